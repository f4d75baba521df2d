import GRDB
import SafetyEngine

/// Reads a journal, also while the host writes it, also from another process. Every look is a short transaction of its
/// own: a slow reader never makes the write-ahead log grow.
public final class JournalReader: Sendable {
    private let file: JournalFile
    private let queue: DatabaseQueue
    private let store: EventStore

    init(_ file: JournalFile, codec: any EventCodec) throws(JournalError) {
        self.file = file
        queue = try file.openReader()
        store = EventStore(codec: codec)
    }

    /// Runs one short look.
    func read<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw JournalError(error, path: file.path)
        }
    }

    /// The events of a span of numbers, in their order.
    public func events(from: Int64 = 0, to: Int64 = .max) -> JournalCursor<StoredEvent> {
        let store = store
        return JournalCursor(self, from: from, to: to, most: 2_000) { database, from, to, most in
            var found: [StoredEvent] = []
            try database.each(
                "SELECT seq, at_ms, wall_ms, kind, body FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
                [.integer(from), .integer(to), .integer(most)]
            ) {
                found.append(
                    StoredEvent(
                        seq: $0.integer(0),
                        receipt: Receipt(atMs: UInt64(bitPattern: $0.integer(1)), wallMs: $0.integer(2)),
                        kind: $0.text(3),
                        bytes: $0.bytes(4),
                        store: store
                    )
                )
                return true
            }
            return found
        }
    }

    /// The events of a span of the wall clock, milliseconds since 1970: from the first that was received at `wallMs` or later, to
    /// the last that was received at `toWallMs` or before.
    public func events(wallMs: Int64, toWallMs: Int64 = .max) throws(JournalError) -> JournalCursor<StoredEvent> {
        let span = try numbers(wallMs: wallMs, toWallMs: toWallMs)
        return events(from: span.first ?? .max, to: span.last ?? 0)
    }

    /// The numbers of the first and of the last event of a span of the wall clock; nil: there is none.
    public func numbers(wallMs: Int64, toWallMs: Int64) throws(JournalError) -> (first: Int64?, last: Int64?) {
        let span = try read { database in
            (
                try database.number(
                    "SELECT seq FROM events WHERE wall_ms >= ? ORDER BY seq LIMIT 1",
                    [.integer(wallMs)]
                ),
                try database.number(
                    "SELECT seq FROM events WHERE wall_ms <= ? ORDER BY seq DESC LIMIT 1",
                    [.integer(toWallMs)]
                )
            )
        }
        return (span.0, span.1)
    }

    /// The decisions of a span of events' numbers, in their order.
    public func decisions(
        fromEvent: Int64 = 0,
        toEvent: Int64 = .max
    ) throws(JournalError) -> JournalCursor<StoredDecision> {
        let span = try read { database in
            (
                try database.number(
                    "SELECT seq FROM decisions WHERE event_seq >= ? ORDER BY seq LIMIT 1",
                    [.integer(fromEvent)]
                ),
                try database.number(
                    "SELECT seq FROM decisions WHERE event_seq <= ? ORDER BY seq DESC LIMIT 1",
                    [.integer(toEvent)]
                )
            )
        }
        return JournalCursor(self, from: span.0 ?? .max, to: span.1 ?? 0, most: 2_000) { database, from, to, most in
            var found: [StoredDecision] = []
            try database.each(
                "SELECT seq, event_seq, at_ms, wall_ms, body FROM decisions WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
                [.integer(from), .integer(to), .integer(most)]
            ) {
                found.append(
                    StoredDecision(
                        seq: $0.integer(0),
                        eventSeq: $0.integer(1),
                        receipt: Receipt(atMs: UInt64(bitPattern: $0.integer(2)), wallMs: $0.integer(3)),
                        bytes: $0.bytes(4)
                    )
                )
                return true
            }
            return found
        }
    }

    /// The last changes of alerts, the newest first.
    ///
    /// - Parameter alert: of this alert only; nil: of all.
    public func alertHistory(limit: Int, alert: String? = nil) throws(JournalError) -> [AlertRecord] {
        try read { database in
            var found: [AlertRecord] = []
            try database.each(
                "SELECT seq, at_ms, wall_ms, body FROM alerts WHERE ?1 IS NULL OR alert = ?1 ORDER BY seq DESC LIMIT ?2",
                [alert.map { .text($0) } ?? .null, .integer(Int64(limit))]
            ) {
                let receipt = Receipt(atMs: UInt64(bitPattern: $0.integer(1)), wallMs: $0.integer(2))
                do {
                    let change = try StoredJSON.value(Decision.AlertChange.self, from: $0.bytes(3))
                    found.append(AlertRecord(seq: $0.integer(0), receipt: receipt, change: change))
                } catch {
                    throw JournalError(.content, "the change \($0.integer(0)) of an alert cannot be read: \(error)")
                }
                return true
            }
            return found
        }
    }

    /// The last audit records, the newest first.
    public func audit(limit: Int) throws(JournalError) -> [AuditRecord] {
        try read { database in
            var found: [AuditRecord] = []
            try database.each(
                "SELECT \(AuditChain.columns) FROM audit ORDER BY seq DESC LIMIT ?",
                [.integer(Int64(limit))]
            ) {
                found.append(AuditChain.record($0))
                return true
            }
            return found
        }
    }

    /// The last audit record of one of these kinds.
    public func lastAudit(of kinds: [String]) throws(JournalError) -> AuditRecord? {
        try read { database in
            var found: AuditRecord?
            let places = kinds.map { _ in "?" }.joined(separator: ", ")
            try database.each(
                "SELECT \(AuditChain.columns) FROM audit WHERE what IN (\(places)) ORDER BY seq DESC LIMIT 1",
                kinds.map { .text($0) }
            ) {
                found = AuditChain.record($0)
                return false
            }
            return found
        }
    }

    /// What the row of the trading mode says now.
    public func tradingMode() throws(JournalError) -> TradingModeWatch.Reading {
        try read { database in
            if let missing = try TradingModeRow.missing(database) {
                return TradingModeWatch.Reading(word: .halt, value: "(\(missing) is gone)", changedAt: "")
            }
            return try TradingModeLook.standing(database)
        }
    }

    /// The first broken link of the audit.
    ///
    /// - Returns: nil when every link is whole.
    public func verifyAudit() throws(JournalError) -> BrokenLink? { try read { try AuditChain.verify($0) } }

    /// Looks at every page of the file.
    ///
    /// - Returns: what is wrong with it; nil: nothing. Takes as long as reading the whole file.
    public func damage() throws(JournalError) -> String? {
        try read { database in
            let found = try database.first("PRAGMA quick_check(1)") { $0.text(0) }
            return found == "ok" ? nil : found
        }
    }
}

extension Journal {
    /// A reader of a state directory's journal, for any process.
    ///
    /// - Throws: `JournalError`: `file` when there is none, `newer`, `corrupt`, `database`.
    public static func reader(directory: String, codec: any EventCodec) throws(JournalError) -> JournalReader {
        try JournalReader(JournalFile(directory: directory), codec: codec)
    }

    /// A reader of this journal.
    public func reader() throws(JournalError) -> JournalReader { try JournalReader(file, codec: store.codec) }
}
