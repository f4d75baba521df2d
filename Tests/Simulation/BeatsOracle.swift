import SafetyEngine

/// Who is silent for how long, and whose process is gone.
struct BeatsOracle {
    private struct Known {
        var intervalMs: UInt64 = 0
        /// Nil: from the next look on.
        var silentSinceMs: UInt64?
        var isDead = false
        var hasBeaten = false
        var pid: UInt32 = 0
    }

    private var known: [String: Known] = [:]
    private var configured: [String: UInt64] = [:]
    /// Restarts that were asked, by the number of the decision.
    private var restarts: [UInt64: String] = [:]

    /// Whose process is gone, and whose is not.
    var dead: [(String, Bool)] { known.map { ($0.key, $0.value.isDead) } }

    /// How long each is silent, in percent of its interval. Who is dead is not silent as well.
    func percents(at atMs: UInt64) -> [(String, Int)] {
        known.compactMap { name, member in
            let interval = configured[name] ?? member.intervalMs
            guard !member.isDead, let since = member.silentSinceMs else { return nil }
            // Who never beat has its first interval besides, and counts as stalled after that.
            guard interval > 0, member.hasBeaten else { return nil }
            return (name, Int((atMs - min(atMs, since)) * 100 / interval))
        }
    }

    mutating func take(_ beat: Heartbeat, at atMs: UInt64) {
        var member = known[beat.name] ?? Known()
        if member.isDead, beat.pid == 0 || beat.pid != member.pid { member.isDead = false }
        member.pid = beat.pid
        member.intervalMs = beat.intervalMs
        member.silentSinceMs = atMs
        member.hasBeaten = true
        known[beat.name] = member
    }

    mutating func process(_ name: String, isAlive: Bool, at atMs: UInt64) {
        known[name, default: Known(silentSinceMs: atMs)].isDead = !isAlive
    }

    mutating func hostStarted(at atMs: UInt64, _ settings: EngineSettings) {
        settingsChanged(at: atMs, settings)
        restarts = [:]
        for (name, member) in known { known[name]?.silentSinceMs = max(member.silentSinceMs ?? 0, atMs) }
    }

    mutating func settingsChanged(at atMs: UInt64, _ settings: EngineSettings) {
        configured = [:]
        for supervisor in settings.supervisors {
            configured[supervisor.name] = supervisor.intervalMs
            if known[supervisor.name] == nil { known[supervisor.name] = Known(silentSinceMs: atMs) }
        }
    }

    /// Time in which nobody listened.
    mutating func excuse(_ milliseconds: UInt64, at atMs: UInt64) {
        for (name, member) in known {
            guard let since = member.silentSinceMs else { continue }
            known[name]?.silentSinceMs = max(since, min(atMs, since + milliseconds))
        }
    }

    mutating func forget(_ name: String) { known[name] = configured[name] == nil ? nil : Known() }

    mutating func take(_ effect: Decision.Effect) {
        if case .restart(let name, _) = effect.action { restarts[effect.number] = name }
    }

    /// A restart was done: the new process is there as far as anybody knows.
    mutating func take(_ outcome: HostEvent.Outcome) {
        guard let name = restarts.removeValue(forKey: outcome.number), outcome.isDone else { return }
        known[name]?.isDead = false
    }

    mutating func settle(at atMs: UInt64) {
        for name in known.keys where known[name]?.silentSinceMs == nil { known[name]?.silentSinceMs = atMs }
    }
}
