import GRDB

/// One link of the audit, as it is stored.
public struct AuditRecord: Sendable, Equatable {
    /// Its place in the chain, from 1.
    public var seq: Int64
    /// What was entered.
    public var entry: AuditEntry
    /// The hash of the link before it; 32 zero bytes for the first.
    public var previous: [UInt8]
    /// The hash over all of this.
    public var hash: [UInt8]
}

/// The first thing that is wrong with the audit.
public struct BrokenLink: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Fault: String, Sendable, CaseIterable {
        /// A link, or the record of the last one, is not what its hash was made of.
        case changed
        /// One or more links are not there.
        case missing
        /// Links are whole, but not at their places.
        case reordered
        /// A link does not carry the hash of the one before it.
        case hash
    }
    /// The link.
    public var seq: Int64
    /// What is wrong.
    public var fault: Fault
    /// The particulars, for a person.
    public var text: String
    /// All of it in words.
    public var description: String { "audit record \(seq): \(fault.rawValue): \(text)" }
}

/// The audit as a chain: every link carries the hash of the one before, so that none can be changed, taken out or moved
/// without it being seen.
///
/// Whoever can write the file can also make a new chain from the start: the chain tells of accidents and of clumsy hands;
/// against others its last hash has to be kept elsewhere.
///
/// Invariants (AuditChainTests): changing a byte of any column of any link, taking links out at the beginning, in the
/// middle or at the end, and swapping two are found, and the first place is named.
enum AuditChain {
    static let none = [UInt8](repeating: 0, count: SHA256.length)

    /// The hash of a link: over all of its fields, each with its length, and the hash before.
    static func hash(seq: Int64, _ entry: AuditEntry, previous: [UInt8]) -> [UInt8] {
        var bytes = Array("estop audit 1".utf8)
        func add(_ number: UInt64) {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
            }
        }
        func add(_ field: some Collection<UInt8>) {
            add(UInt64(field.count))
            bytes += field
        }
        bytes.reserveCapacity(entry.body.count + 256)
        add(UInt64(bitPattern: seq))
        add(entry.atMs)
        add(UInt64(bitPattern: entry.wallMs))
        add(entry.who.utf8)
        add(entry.what.utf8)
        add(entry.body)
        add(previous)
        return SHA256.hash(bytes)
    }

    /// Adds links, inside of a transaction: the last one is read there, so that several processes may add.
    static func append(_ entries: [AuditEntry], to database: Database) throws {
        guard !entries.isEmpty else { return }
        let last = try database.first("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1") {
            ($0.integer(0), $0.bytes(1))
        }
        // Where the end was cut off, the chain goes on after what is known to have been there: the gap stays.
        let head = try database.first("SELECT seq, hash FROM audit_head") { ($0.integer(0), $0.bytes(1)) }
        var (seq, previous) = last ?? (0, none)
        if let head, head.0 > seq { (seq, previous) = head }
        let insert = try Prepared(
            "INSERT INTO audit (seq, at_ms, wall_ms, who, what, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            database
        )
        for entry in entries {
            seq += 1
            let hash = hash(seq: seq, entry, previous: previous)
            try insert.run(
                .integer(seq),
                .integer(Int64(clamping: entry.atMs)),
                .integer(entry.wallMs),
                .text(entry.who),
                .text(entry.what),
                .blob(entry.body),
                .blob(previous),
                .blob(hash)
            )
            previous = hash
        }
        try database.run(
            "INSERT OR REPLACE INTO audit_head (id, seq, hash) VALUES (1, ?, ?)",
            .integer(seq),
            .blob(previous)
        )
    }

    static let columns = "seq, at_ms, wall_ms, who, what, body, previous, hash"

    static func record(_ columns: Columns) -> AuditRecord {
        AuditRecord(
            seq: columns.integer(0),
            entry: AuditEntry(
                atMs: UInt64(bitPattern: columns.integer(1)),
                wallMs: columns.integer(2),
                who: columns.text(3),
                what: columns.text(4),
                body: columns.bytes(5)
            ),
            previous: columns.bytes(6),
            hash: columns.bytes(7)
        )
    }

    /// The first broken link; nil: the chain is whole.
    static func verify(_ database: Database) throws -> BrokenLink? {
        var broken: BrokenLink?
        var expected: Int64 = 1
        var previous = none
        let head = try database.first("SELECT seq, hash FROM audit_head") { ($0.integer(0), $0.bytes(1)) }
        try database.each("SELECT \(columns) FROM audit ORDER BY seq") { row in
            let record = record(row)
            broken = try fault(of: record, at: expected, after: previous, database)
            expected += 1
            previous = record.hash
            return broken == nil
        }
        if let broken { return broken }
        let last = expected - 1
        guard let head else {
            return last == 0 ? nil : BrokenLink(seq: last, fault: .missing, text: "the record of the last link is gone")
        }
        if head.0 > last {
            return BrokenLink(
                seq: last + 1,
                fault: .missing,
                text: "the chain ends at \(last), and there were \(head.0) links"
            )
        }
        if head.0 != last || head.1 != previous {
            return BrokenLink(
                seq: last,
                fault: .changed,
                text: "the record of the last link names \(head.0), or another hash"
            )
        }
        return nil
    }

    private static func fault(
        of record: AuditRecord,
        at expected: Int64,
        after previous: [UInt8],
        _ database: Database
    ) throws -> BrokenLink? {
        guard record.seq == expected else {
            let text =
                record.seq > expected + 1
                ? "records \(expected) to \(record.seq - 1) are gone" : "record \(expected) is gone"
            return BrokenLink(seq: expected, fault: .missing, text: text)
        }
        let isWhole = hash(seq: record.seq, record.entry, previous: record.previous) == record.hash
        if isWhole {
            if record.previous == previous { return nil }
            return BrokenLink(
                seq: record.seq,
                fault: .hash,
                text: "it carries the hash \(short(record.previous)), and the record before it has \(short(previous))"
            )
        }
        // Whole under another number: it was moved here.
        if let home = try home(of: record, database) {
            return BrokenLink(seq: record.seq, fault: .reordered, text: "what is here belongs at \(home)")
        }
        return BrokenLink(seq: record.seq, fault: .changed, text: "its content is not what its hash was made of")
    }

    /// The number under which a record's hash is right; nil: none that is in use.
    private static func home(of record: AuditRecord, _ database: Database) throws -> Int64? {
        var found: Int64?
        try database.each("SELECT seq FROM audit ORDER BY seq") {
            let seq = $0.integer(0)
            if hash(seq: seq, record.entry, previous: record.previous) == record.hash { found = seq }
            return found == nil
        }
        return found
    }

    private static func short(_ hash: [UInt8]) -> String { String(SHA256.hexadecimal(hash).prefix(12)) }
}
