import GRDB
import SafetyEngine

/// Writes batches into the tables, one transaction each.
struct BatchWriter {
    /// Encodes events.
    let store: EventStore
    /// How many snapshots are kept.
    let keptSnapshots: Int

    /// Turns events into bytes, before the transaction: its lock is held no longer than needed.
    ///
    /// - Returns: why events could not be encoded, and how many; they are no longer in the batch.
    func encode(_ batch: inout Backlog.Batch) -> (count: Int, problem: String)? {
        var refused: (count: Int, problem: String)?
        for place in batch.events.indices {
            guard case .event(let event) = batch.events[place].body else { continue }
            do {
                batch.events[place].body = .bytes(try store.bytes(of: event))
            } catch {
                refused = ((refused?.count ?? 0) + 1, "event \(batch.events[place].seq) cannot be encoded: \(error)")
            }
        }
        if refused != nil {
            batch.events.removeAll { if case .event = $0.body { true } else { false } }
        }
        return refused
    }

    /// Writes a batch; when this returns, it is on disk.
    func write(_ batch: Backlog.Batch, to queue: DatabaseQueue) throws {
        try queue.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                try insertEvents(batch.events, into: database)
                try insertOthers(batch.others, into: database)
                return .commit
            }
        }
    }

    private func insertEvents(_ events: [Backlog.WaitingEvent], into database: Database) throws {
        guard !events.isEmpty else { return }
        let insert = try Prepared(
            "INSERT INTO events (seq, at_ms, wall_ms, kind, body) VALUES (?, ?, ?, ?, ?)",
            database
        )
        for event in events {
            guard case .bytes(let bytes) = event.body else { continue }
            try insert.run(
                .integer(event.seq),
                .integer(Int64(clamping: event.receipt.atMs)),
                .integer(event.receipt.wallMs),
                .word(event.kind),
                .blob(bytes)
            )
        }
    }

    private func insertOthers(_ others: [Backlog.Waiting], into database: Database) throws {
        // Links of one transaction are chained in one go.
        var audit: [AuditEntry] = []
        for other in others {
            switch other.content {
            case .decision(let seq, let eventSeq, let receipt, let decision):
                try insert(decision, seq: seq, eventSeq: eventSeq, receipt, into: database)
            case .audit(let entry): audit.append(entry)
            case .resumed(let entry, let tradingMode, let id):
                audit.append(try TradingModeRow.set(tradingMode, entry, id: id, in: database))
            case .session(let session):
                try database.run(
                    "INSERT INTO sessions (boot_id, boot_ms, at_ms, wall_ms) VALUES (?, ?, ?, ?)",
                    .text(session.bootID),
                    .integer(Int64(clamping: session.bootMs)),
                    .integer(Int64(clamping: session.receipt.atMs)),
                    .integer(session.receipt.wallMs)
                )
            case .snapshot(let snapshot): try insert(snapshot, into: database)
            }
        }
        try AuditChain.append(audit, to: database)
    }

    private func insert(
        _ decision: Decision,
        seq: Int64,
        eventSeq: Int64,
        _ receipt: Receipt,
        into database: Database
    ) throws {
        let body = try StoredJSON.bytes(of: decision)
        try database.run(
            "INSERT INTO decisions (seq, event_seq, at_ms, wall_ms, kind, body) VALUES (?, ?, ?, ?, ?, ?)",
            .integer(seq),
            .integer(eventSeq),
            .integer(Int64(clamping: receipt.atMs)),
            .integer(receipt.wallMs),
            .word(decision.kind),
            .blob(body)
        )
        guard case .alert(let change) = decision else { return }
        try database.run(
            "INSERT INTO alerts (decision_seq, at_ms, wall_ms, change, alert, body) VALUES (?, ?, ?, ?, ?, ?)",
            .integer(seq),
            .integer(Int64(clamping: receipt.atMs)),
            .integer(receipt.wallMs),
            .text(change.kind.rawValue),
            .text(change.alert.id),
            .blob(try StoredJSON.bytes(of: change))
        )
    }

    private func insert(_ snapshot: Backlog.SnapshotBytes, into database: Database) throws {
        try database.run(
            "INSERT INTO snapshots (event_seq, at_ms, wall_ms, body, checksum) VALUES (?, ?, ?, ?, ?)",
            .integer(snapshot.eventSeq),
            .integer(Int64(clamping: snapshot.receipt.atMs)),
            .integer(snapshot.receipt.wallMs),
            .blob(snapshot.body),
            .blob(Snapshots.checksum(eventSeq: snapshot.eventSeq, snapshot.body))
        )
        try database.run(
            "DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)",
            .integer(Int64(keptSnapshots))
        )
    }
}
