import SafetyEngine

/// What the callers and the journal's thread share.
struct JournalWork {
    var backlog = Backlog()
    /// Rows that are being written.
    var inFlight = 0
    var nextOrder: UInt64 = 1
    var nextEventSeq: Int64 = 1
    var nextDecisionSeq: Int64 = 1
    /// Everything up to this order is on disk, or was dropped.
    var durable: UInt64 = 0
    var problem: String?
    /// Since when every write has failed, by CLOCK_BOOTTIME in milliseconds; nil: the last one did not.
    var failingSinceMs: UInt64?
    var dropped: UInt64 = 0
    var written: UInt64 = 0
    /// Callers that wait for the disk.
    var waiters = 0
    /// The event of the last snapshot.
    var snapshotSeq: Int64 = 0
    /// Events that were dropped before it: a later loss makes another one due.
    var snapshotDropped: UInt64 = 0
    var isSnapshotting = false
    /// Bytes that were written since the last snapshot was handed over.
    var bytesSinceSnapshot: Int64 = 0
    /// Since when it is larger than it is to be, and why, by CLOCK_BOOTTIME in milliseconds; nil: it is not.
    var overgrownSinceMs: UInt64?
    var overgrown: String?
    var bytes: Int64 = 0
    var pruneRequest: Retention?
    var pruned = Pruned()
    var prunes: UInt64 = 0
    var isClosing = false
    var isAbandoned = false
    var isEnded = false

    var waiting: Int { backlog.count + inFlight }

    var ticket: Journal.Ticket { Journal.Ticket(order: nextOrder - 1, lastEventSeq: nextEventSeq - 1) }

    mutating func add(_ entry: Journal.Entry) {
        let kind = EventStore.kind(of: entry.event)
        // Only what comes from outside comes as a line.
        let line = EventStore.isInside(entry.event) ? nil : entry.line
        backlog.add(
            Backlog.WaitingEvent(
                order: takeOrder(),
                seq: nextEventSeq,
                receipt: entry.receipt,
                kind: kind,
                body: line.map { .bytes($0) } ?? .event(entry.event)
            )
        )
        nextEventSeq += 1
        if let audit = AuditEntry(entry.event, entry.receipt) { add(.audit(audit)) }
    }

    mutating func add(_ decision: Decision, at receipt: Receipt) {
        add(.decision(seq: nextDecisionSeq, eventSeq: nextEventSeq - 1, receipt: receipt, decision))
        nextDecisionSeq += 1
        if let audit = AuditEntry(decision, receipt) { add(.audit(audit)) }
    }

    mutating func add(_ content: Backlog.Waiting.Content) {
        backlog.add(Backlog.Waiting(order: takeOrder(), content: content))
    }

    private mutating func takeOrder() -> UInt64 {
        defer { nextOrder += 1 }
        return nextOrder
    }

    /// Whether the events since the last snapshot fill so much of what it may use that the past could not go in time.
    private func isFull(_ options: JournalOptions) -> Bool {
        guard let most = options.mostBytes, nextEventSeq - 1 > snapshotSeq else { return false }
        return bytesSinceSnapshot > most / 8
    }

    func standing(_ options: JournalOptions) -> JournalStanding {
        var standing = JournalStanding()
        standing.waiting = waiting
        standing.problem = problem
        standing.dropped = dropped
        standing.written = written
        standing.lastEventSeq = nextEventSeq - 1
        standing.sinceSnapshot = nextEventSeq - 1 - snapshotSeq
        // What was dropped cannot be replayed: only a snapshot from after it knows it.
        standing.isSnapshotDue =
            !isSnapshotting
            && (standing.sinceSnapshot >= Int64(options.snapshotEvery) || dropped > snapshotDropped
                || isFull(options))
        standing.overgrown = overgrown
        standing.bytes = bytes
        return standing
    }
}
