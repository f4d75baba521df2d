import SafetyEngine
import Settings

/// One target of the outbox: what waits for it, how it is doing, and how much it has been told lately.
struct Lane: Sendable {
    var target: DeskConfiguration.Notify.Target
    /// In the order of arrival.
    var entries: [OutboxEntry] = []
    /// False once the configuration names it no more: what waits is kept until it is given up.
    var isConfigured = true
    /// Failures since the last success.
    var streak = 0
    /// No try before, on the monotonic clock.
    var notBefore: Int64 = 0
    /// Whether the receiver itself asked for that wait.
    private var isAsked = false
    private(set) var delivered = 0
    var givenUp = 0
    private(set) var lastError = ""
    private(set) var lastErrorAt: Int64?
    private(set) var lastDeliveredAt: Int64?

    /// The minute that runs, per level.
    private struct Minute: Sendable {
        var begin: Int64
        var count: Int
    }
    private var minutes = [Minute?](repeating: nil, count: Alert.Level.allCases.count)

    init(_ target: DeskConfiguration.Notify.Target) { self.target = target }

    var isBusy: Bool { entries.contains(where: \.isUnderWay) }

    // MARK: - Which one

    /// The entry to try: the gravest one that no earlier one of the same alert has to precede; nil: none is due.
    func next(at now: Int64) -> Int? {
        var seen: Set<String> = []
        var best: Int?
        for (index, entry) in entries.enumerated() {
            let alert = entry.notification.alert
            if !alert.isEmpty, !seen.insert(alert).inserted { continue }
            guard entry.dueAt <= now else { continue }
            if let found = best, entries[found].rank >= entry.rank { continue }
            best = index
        }
        return best
    }

    /// Whether nothing as grave waits already.
    func isGraver(_ notification: Notification) -> Bool {
        entries.allSatisfy { $0.notification.level < notification.level }
    }

    /// What can make room for something of that level: the oldest of the mildest.
    func mildest(below level: Alert.Level) -> Int? {
        let free = entries.indices.filter {
            !entries[$0].isUnderWay && entries[$0].notification.kind != .summary
                && entries[$0].notification.level < level
        }
        return free.min { entries[$0].notification.level < entries[$1].notification.level }
    }

    // MARK: - Storms

    /// When the summary is due that this has to go into; nil: it is told by itself.
    ///
    /// Each level has its own limit: a storm of warnings does not swallow an emergency.
    mutating func dueOfSummary(for notification: Notification, at now: Int64) -> Int64? {
        switch notification.kind {
        case .halted, .resumed, .test, .summary: return nil
        case .raised, .escalated, .reminded, .acknowledged, .unacknowledged, .resolved: break
        }
        let level = notification.level.rawValue
        guard let minute = minutes[level], now - minute.begin < Outbox.minuteMs, now >= minute.begin else {
            minutes[level] = Minute(begin: now, count: 1)
            return nil
        }
        guard minute.count >= Outbox.mostPerMinute else {
            minutes[level]?.count += 1
            return nil
        }
        return minute.begin + Outbox.minuteMs
    }

    // MARK: - How it is doing

    mutating func succeeded(at wall: Int64) {
        delivered += 1
        streak = 0
        notBefore = 0
        isAsked = false
        lastDeliveredAt = wall
    }

    mutating func failed(_ reason: String, at wall: Int64) {
        lastError = reason
        lastErrorAt = wall
    }

    /// No further try for a while: doubled with each failure, or as long as the receiver asks for, if that is longer.
    mutating func wait(_ settings: DeskConfiguration.Notify, asked: UInt64?, from now: Int64) {
        let doubled = settings.backoffMs.multipliedReportingOverflow(by: 1 << UInt64(min(streak, 20)))
        streak += 1
        let own = doubled.overflow ? Outbox.longestBackoffMs : min(doubled.partialValue, Outbox.longestBackoffMs)
        let wait = max(own, min(asked ?? 0, Outbox.longestRetryAfterMs))
        isAsked = asked != nil
        notBefore = now + Int64(clamping: wait)
    }

    /// Something graver than all that waits does not wait for the backoff, but for what the receiver asked for.
    mutating func hurry() { if !isAsked { notBefore = 0 } }
}

extension OutboxEntry {
    fileprivate var rank: Int { notification.kind == .halted ? Int.max : notification.level.rawValue }
}
