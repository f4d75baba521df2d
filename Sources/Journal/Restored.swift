import GRDB
public import SafetyEngine

/// What a start finds in the journal: the engine as of the newest snapshot that is whole, and the events after it.
public struct Restored {
    /// The engine of the snapshot; nil: there is none, and the events begin at the first.
    public var engine: Engine?
    /// The event after which it stands; 0: before the first.
    public var eventSeq: Int64
    /// The events after it.
    public var events: JournalCursor<StoredEvent>
    /// The number of the last event.
    public var lastEventSeq: Int64
    /// Events that should be among these and are not: they were dropped while the disk could not be written, or pruned
    /// where no snapshot stands for them. Not 0: the engine does not know all that it knew.
    public var missing: Int64
    /// The last receipt; nil: nothing was ever journaled.
    public var last: Receipt?
    /// The last session; nil: there was none.
    public var session: Session?
    /// What was wrong with newer snapshots, for a person.
    public var problems: [String]

    /// The engine after all of it.
    ///
    /// - Parameters:
    ///   - settings: what an engine without a snapshot begins with.
    ///   - decided: gets each event's number and what was decided at it again.
    /// - Throws: `JournalError`: `content`, `corrupt`, `database`.
    public func replay(
        settings: EngineSettings = EngineSettings(),
        decided: (Int64, [Decision]) -> Void = { _, _ in }
    ) throws(JournalError) -> Engine {
        var engine = engine ?? Engine(settings: settings)
        var events = events
        while let stored = try events.next() {
            let decisions = engine.apply(try stored.event(), at: stored.receipt)
            decided(stored.seq, decisions)
        }
        return engine
    }
}

extension JournalReader {
    /// What a start needs.
    ///
    /// - Parameter useSnapshots: false replays everything, to verify the snapshots.
    /// - Throws: `JournalError`: `corrupt` when the file is damaged, `database`.
    public func restore(useSnapshots: Bool = true) throws(JournalError) -> Restored {
        var problems: [String] = []
        let found = try read { database in
            let snapshot = useSnapshots ? try Snapshots.newest(database, problems: &problems) : nil
            let after = snapshot?.eventSeq ?? 0
            let lastEvent = try database.first(
                "SELECT seq, at_ms, wall_ms FROM events ORDER BY seq DESC LIMIT 1",
                value: receipt
            )
            let lastDecision = try database.first(
                "SELECT event_seq, at_ms, wall_ms FROM decisions ORDER BY seq DESC LIMIT 1",
                value: receipt
            )
            let session = try database.first(
                "SELECT boot_id, boot_ms, at_ms, wall_ms FROM sessions ORDER BY seq DESC LIMIT 1"
            ) {
                Session(
                    bootID: $0.text(0),
                    bootMs: UInt64(bitPattern: $0.integer(1)),
                    receipt: Receipt(atMs: UInt64(bitPattern: $0.integer(2)), wallMs: $0.integer(3))
                )
            }
            let known = [
                lastEvent, lastDecision, snapshot.map { ($0.eventSeq, $0.receipt) }, session.map { (0, $0.receipt) },
            ].compactMap { $0 }
            let lastSeq = known.map(\.0).reduce(after, max)
            let count = try database.number("SELECT count(*) FROM events WHERE seq > ?", [.integer(after)]) ?? 0
            return (snapshot, session, lastSeq, lastSeq - after - count, known.map(\.1).max { $0.atMs < $1.atMs })
        }
        let after = found.0?.eventSeq ?? 0
        return Restored(
            engine: found.0?.engine,
            eventSeq: after,
            events: events(from: after + 1),
            lastEventSeq: found.2,
            missing: found.3,
            last: found.4,
            session: found.1,
            problems: problems
        )
    }

    private func receipt(_ columns: Columns) -> (Int64, Receipt) {
        (columns.integer(0), Receipt(atMs: UInt64(bitPattern: columns.integer(1)), wallMs: columns.integer(2)))
    }
}

extension Journal {
    /// What a start needs; before anything is appended.
    ///
    /// - Throws: `JournalError`.
    public func restore() throws(JournalError) -> Restored { try reader().restore() }
}
