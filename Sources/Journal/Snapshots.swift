import GRDB
import SafetyEngine

/// The engine's state after an event, stored so that a start need not replay everything.
enum Snapshots {
    /// A hash that also binds the place in the journal.
    static func checksum(eventSeq: Int64, _ body: [UInt8]) -> [UInt8] {
        var bytes = Array("estop snapshot 1 \(eventSeq) ".utf8)
        bytes.reserveCapacity(bytes.count + body.count)
        bytes += body
        return SHA256.hash(bytes)
    }

    /// A snapshot that was read and verified.
    struct Found {
        var engine: Engine
        var eventSeq: Int64
        var receipt: Receipt
    }

    /// The newest snapshot that verifies and can be decoded.
    ///
    /// - Parameter problems: gets what was wrong with newer ones.
    static func newest(_ database: Database, problems: inout [String]) throws -> Found? {
        var numbers: [Int64] = []
        try database.each("SELECT seq FROM snapshots ORDER BY seq DESC") {
            numbers.append($0.integer(0))
            return true
        }
        for number in numbers {
            do {
                if let found = try read(number, database) { return found }
            } catch let error as JournalError {
                problems.append(error.message)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
                problems.append("snapshot \(number) cannot be read: \(error.message ?? "")")
            }
        }
        return nil
    }

    static func read(_ number: Int64, _ database: Database) throws -> Found? {
        let row = try database.first(
            "SELECT event_seq, at_ms, wall_ms, body, checksum FROM snapshots WHERE seq = ?",
            [.integer(number)]
        ) {
            (
                eventSeq: $0.integer(0),
                receipt: Receipt(atMs: UInt64(bitPattern: $0.integer(1)), wallMs: $0.integer(2)),
                body: $0.bytes(3), checksum: $0.bytes(4)
            )
        }
        guard let row else { return nil }
        guard checksum(eventSeq: row.eventSeq, row.body) == row.checksum else {
            throw JournalError(
                .content,
                "snapshot \(number) (after event \(row.eventSeq)) is damaged: its checksum is another"
            )
        }
        do {
            let engine = try Packed.value(Engine.self, from: row.body)
            return Found(engine: engine, eventSeq: row.eventSeq, receipt: row.receipt)
        } catch {
            throw JournalError(
                .content,
                "snapshot \(number) (after event \(row.eventSeq)) cannot be decoded; was it made by another version? \(error)"
            )
        }
    }

    /// The event after which the oldest kept snapshot stands, where all kept snapshots are whole: what is before may be
    /// pruned. Nil: nothing may.
    ///
    /// - Parameter kept: how many of the newest count; a journal that is too large keeps fewer.
    static func pruneLimit(_ database: Database, kept: Int = .max) throws -> Int64? {
        var oldest: Int64?
        var isWhole = true
        try database.each(
            "SELECT event_seq, body, checksum FROM snapshots ORDER BY seq DESC LIMIT ?",
            [.integer(Int64(clamping: kept))]
        ) {
            isWhole = isWhole && checksum(eventSeq: $0.integer(0), $0.bytes(1)) == $0.bytes(2)
            if isWhole { oldest = min(oldest ?? .max, $0.integer(0)) }
            return isWhole
        }
        return oldest
    }
}
