/// One who is expected to beat.
struct RosterMember: Sendable, Equatable, Codable {
    /// Gaps between beats that are kept.
    static let mostGaps = 24
    /// A gap is never told greater, in percent: no screen has room for it.
    static let longestGap = 100_000

    /// What the configuration says of it; nil: it registered by beating.
    var configured: EngineSettings.ExpectedSupervisor?
    /// What its last beat promised, in milliseconds; 0: nothing.
    var promisedMs: UInt64 = 0
    /// The process of its last beat; 0: not said.
    var pid: UInt32 = 0
    /// Its last beat, in desk time; nil: never.
    var lastBeatMs: UInt64?
    /// Since when silence counts, in desk time: its last beat, or later where nobody listened; nil: from the next
    /// evaluation on.
    var silentSinceMs: UInt64?
    /// Whether its process lives; nil: nobody can tell.
    var isAlive: Bool?
    /// Gaps between its last beats in percent of the interval, oldest first.
    var gaps: [Int] = []
    /// What the log said of it last.
    var logged = Supervisor.Health.ok
    /// What was done about it.
    var recovery = Recovery()

    init(since atMs: UInt64?) { silentSinceMs = atMs }

    /// The interval that it is held to: the configured one, or its promise; 0: none.
    var intervalMs: UInt64 {
        if let configured, configured.intervalMs > 0 { return configured.intervalMs }
        return promisedMs
    }

    /// How long it is silent, time in which nobody listened left out.
    func silence(at atMs: UInt64) -> UInt64 { silentSinceMs.map { atMs - min(atMs, $0) } ?? 0 }

    /// Its silence in percent of its interval; 0 without one. Who never beat has its grace, one interval and the slack that
    /// every beat has (150 %), and counts as stalled from then on.
    func percent(at atMs: UInt64, _ beats: EngineSettings.Beats) -> Int {
        guard intervalMs > 0 else { return 0 }
        let percent = Roster.percent(silence(at: atMs), of: intervalMs)
        return lastBeatMs == nil && percent >= beats.latePercent ? max(percent, beats.stalledPercent) : percent
    }

    /// Without a promise it is well as long as its process is; DEAD goes before everything.
    func health(at atMs: UInt64, _ beats: EngineSettings.Beats) -> Supervisor.Health {
        if isAlive == false { return .dead }
        guard intervalMs > 0 else { return .ok }
        let percent = percent(at: atMs, beats)
        if percent >= beats.stalledPercent { return .stalled }
        return percent >= beats.latePercent ? .late : .ok
    }

    mutating func take(_ beat: Heartbeat, at atMs: UInt64) {
        // The gap is told where it was heard from end to end.
        if let last = lastBeatMs, last == silentSinceMs, intervalMs > 0 {
            gaps.append(min(RosterMember.longestGap, Roster.percent(atMs - min(atMs, last), of: intervalMs)))
            if gaps.count > RosterMember.mostGaps { gaps.removeFirst(gaps.count - RosterMember.mostGaps) }
        }
        promisedMs = beat.intervalMs
        lastBeatMs = atMs
        silentSinceMs = atMs
        // The last beats of a process may come after the news that it is gone: only another one brings it back.
        if isAlive == false, beat.pid == 0 || beat.pid != pid { isAlive = nil }
        pid = beat.pid
    }

    mutating func hostStarted(at atMs: UInt64) {
        silentSinceMs = max(silentSinceMs ?? 0, atMs)
        recovery.hostStarted(at: atMs)
    }

    /// Some time up to now counts for nobody.
    mutating func excuse(_ milliseconds: UInt64, at atMs: UInt64) {
        guard let since = silentSinceMs else { return }
        let (later, overflow) = since.addingReportingOverflow(milliseconds)
        silentSinceMs = overflow ? atMs : max(since, min(atMs, later))
    }

    mutating func processChanged(isAlive: Bool, at atMs: UInt64) { self.isAlive = isAlive }

    mutating func restarted(
        _ name: String,
        _ outcome: HostEvent.Outcome,
        at atMs: UInt64,
        _ decisions: inout [Decision]
    ) {
        recovery.restarted(name, outcome, configured, at: atMs, &decisions)
        // Its new process is there as far as anybody knows; its silence counts on until it beats.
        if outcome.isDone, isAlive == false { isAlive = nil }
    }

    mutating func evaluate(
        _ name: String,
        at atMs: UInt64,
        _ beats: EngineSettings.Beats,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        if silentSinceMs == nil { silentSinceMs = atMs }
        let health = health(at: atMs, beats)
        if health != logged {
            log(name, health, at: atMs, &decisions)
            logged = health
        }
        recovery.evaluate(name, self, health, at: atMs, beats, &lastNumber, &decisions)
    }

    /// Tells a change, in the words that operators search for: `heartbeat.*fail`, `thread.*died`, `stall`.
    private func log(
        _ name: String,
        _ health: Supervisor.Health,
        at atMs: UInt64,
        _ decisions: inout [Decision]
    ) {
        let silence = SpanText.text(silence(at: atMs))
        let last = lastBeatMs == nil ? "no beat since it is expected, \(silence)" : "no beat for \(silence)"
        switch health {
        // Who beats again is told by its recovery, with how long it took; who was only late, here.
        case .ok where logged != .late || recovery.isOpen: return
        case .ok: decisions.append(.log(.init(.info, "supervisors", "\(name) beats on time again")))
        case .late:
            let text = "heartbeat check failed: \(name) is late: \(last) (interval \(SpanText.text(intervalMs)))"
            decisions.append(.log(.init(.warning, "supervisors", text)))
        case .stalled:
            let text = "heartbeat check failed: \(name) stalled: \(last) (interval \(SpanText.text(intervalMs)))"
            decisions.append(.log(.init(.error, "supervisors", text)))
        case .dead:
            let process = pid == 0 ? "its process" : "its process \(pid)"
            decisions.append(.log(.init(.error, "supervisors", "supervisor thread \(name) died: \(process) is gone")))
        }
    }
}

extension Roster {
    /// A span in percent of an interval that is not 0, without overflow.
    static func percent(_ span: UInt64, of interval: UInt64) -> Int {
        guard interval > 0 else { return 0 }
        let (hundredfold, overflow) = span.multipliedReportingOverflow(by: 100)
        // Without the factor the span is that great that the last percent is no matter.
        return Int(clamping: overflow ? span / max(1, interval / 100) : hundredfold / interval)
    }
}
