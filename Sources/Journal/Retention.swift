import GRDB

/// How much of the past is kept.
public struct Retention: Sendable, Equatable {
    /// Events older than this go: milliseconds of desk time before the last event. Nil: age does not matter.
    public var keepMs: UInt64?
    /// The most that the database may use, in bytes; the oldest go until it does. Nil: size does not matter.
    public var mostBytes: Int64?

    /// Creates a retention.
    public init(keepMs: UInt64? = nil, mostBytes: Int64? = nil) {
        self.keepMs = keepMs
        self.mostBytes = mostBytes
    }
}

/// What was removed.
public struct Pruned: Sendable, Equatable {
    /// Events.
    public var events = 0
    /// Decisions.
    public var decisions = 0
    /// Changes of alerts that were resolved long ago.
    public var alerts = 0
    /// Bytes in use afterwards.
    public var bytes: Int64 = 0
    /// Why it uses more than was asked for, or ended early; nil: all was done.
    public var problem: String?
}

/// One pruning, step by step.
///
/// Invariants (RetentionTests): nothing after the oldest whole snapshot is removed, nor audit, nor alerts; the highest
/// numbers are never freed to be used again.
struct Pruning {
    /// Rows in one transaction: some milliseconds.
    private static let most: Int64 = 2_000

    private let retention: Retention
    private var limit: Int64?
    private var cutoffMs: Int64 = .min
    private var isStarted = false
    private var areEventsDone = false
    private var areDecisionsDone = false
    private var areAlertsDone = false
    /// Through which number events are gone.
    private var through: Int64 = 0
    var pruned = Pruned()

    init(_ retention: Retention) { self.retention = retention }

    /// One small transaction.
    ///
    /// - Returns: whether it was the last.
    mutating func step(_ queue: DatabaseQueue) throws -> Bool {
        try queue.writeWithoutTransaction { database in
            if !isStarted { try start(database) }
            if !areEventsDone {
                try database.inTransaction(.immediate) {
                    try removeEvents(database)
                    return .commit
                }
                return false
            }
            if !areDecisionsDone {
                try database.inTransaction(.immediate) {
                    try removeDecisions(database)
                    return .commit
                }
                return false
            }
            if !areAlertsDone {
                try database.inTransaction(.immediate) {
                    try removeAlerts(database)
                    return .commit
                }
                return false
            }
            if try database.number("PRAGMA freelist_count") ?? 0 > 0 {
                try vacuum(database)
                return false
            }
            pruned.bytes = try used(database)
            if let most = retention.mostBytes, pruned.bytes > most {
                pruned.problem =
                    pruned.problem
                    ?? "it uses \(pruned.bytes) bytes, and [journal] most is \(most): the rest is needed to start, or is audit"
            }
            return true
        }
    }

    private mutating func start(_ database: Database) throws {
        isStarted = true
        if let keepMs = retention.keepMs,
            let last = try database.number("SELECT at_ms FROM events ORDER BY seq DESC LIMIT 1")
        {
            cutoffMs = last - Int64(clamping: keepMs)
        }
        through = (try database.number("SELECT min(seq) FROM events") ?? 1) - 1
        // Cheap, since it is asked every few seconds; the snapshots are read only where something is to go.
        guard try isNeeded(database) else {
            (areEventsDone, areDecisionsDone, areAlertsDone) = (true, true, true)
            return
        }
        limit = try Snapshots.pruneLimit(database)
        if limit == nil {
            areEventsDone = true
            areDecisionsDone = true
            pruned.problem = "there is no whole snapshot yet: everything is needed to start"
        }
    }

    /// Whether it is too large, or the oldest is older than it is to be by a hundredth of that time.
    private func isNeeded(_ database: Database) throws -> Bool {
        if let most = retention.mostBytes, try used(database) > most { return true }
        guard let keepMs = retention.keepMs else { return false }
        let slack = Int64(clamping: keepMs / 100)
        for table in ["events", "alerts"] {
            let oldest = try database.number("SELECT at_ms FROM \(table) ORDER BY seq LIMIT 1") ?? .max
            if oldest < cutoffMs.subtractingReportingOverflow(slack).partialValue { return true }
        }
        return false
    }

    private mutating func removeEvents(_ database: Database) throws {
        let isTooLarge = try retention.mostBytes.map { try used(database) > $0 } ?? false
        var last: Int64?
        var count = 0
        try database.each(
            "SELECT seq, at_ms FROM events WHERE seq <= ? ORDER BY seq LIMIT ?",
            [.integer(limit ?? 0), .integer(Pruning.most)]
        ) {
            guard isTooLarge || $0.integer(1) < cutoffMs else { return false }
            last = $0.integer(0)
            count += 1
            return true
        }
        guard let last else {
            areEventsDone = true
            return
        }
        try database.run("DELETE FROM events WHERE seq <= ?", .integer(last))
        through = last
        pruned.events += count
    }

    /// Changes of alerts that are as old as the events that go, and resolved: an open one is told of until it ends.
    private mutating func removeAlerts(_ database: Database) throws {
        let isTooLarge = try retention.mostBytes.map { try used(database) > $0 } ?? false
        let count = try database.number("SELECT count(*) FROM alerts") ?? 0
        // By size the older half goes, at the end and by pieces: the newest say what happened last.
        let until =
            isTooLarge && count > 1_000
            ? try database.number(
                "SELECT seq FROM alerts ORDER BY seq LIMIT 1 OFFSET ?",
                [.integer(min(count / 2, Pruning.most))]
            )
            : nil
        try database.run(
            "DELETE FROM alerts WHERE seq IN (SELECT a.seq FROM alerts a WHERE (a.at_ms < ?1 OR a.seq < ?2) AND EXISTS "
                + "(SELECT 1 FROM alerts r WHERE r.alert = a.alert AND r.change = 'resolved' AND r.seq >= a.seq "
                + "AND (r.at_ms < ?1 OR r.seq < ?2)) ORDER BY a.seq LIMIT ?3)",
            .integer(cutoffMs),
            .integer(until ?? 0),
            .integer(Pruning.most)
        )
        let removed = Int(try database.number("SELECT changes()") ?? 0)
        pruned.alerts += removed
        areAlertsDone = removed < Pruning.most
    }

    private mutating func removeDecisions(_ database: Database) throws {
        var last: Int64?
        var count = 0
        // The last one stays: the numbers go on after it.
        try database.each(
            "SELECT seq, event_seq FROM decisions WHERE seq < (SELECT max(seq) FROM decisions) ORDER BY seq LIMIT ?",
            [.integer(Pruning.most)]
        ) {
            guard $0.integer(1) <= through else { return false }
            last = $0.integer(0)
            count += 1
            return true
        }
        guard let last else {
            areDecisionsDone = true
            return
        }
        try database.run("DELETE FROM decisions WHERE seq <= ?", .integer(last))
        pruned.decisions += count
    }

    private func vacuum(_ database: Database) throws {
        try database.each("PRAGMA incremental_vacuum(1000)") { _ in true }
    }

    private func used(_ database: Database) throws -> Int64 {
        let pages = try database.number("PRAGMA page_count") ?? 0
        let free = try database.number("PRAGMA freelist_count") ?? 0
        return (pages - free) * (try database.number("PRAGMA page_size") ?? 4096)
    }
}
