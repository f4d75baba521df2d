extension Roster {
    /// Everybody for screens and commands: the engine's own loop first, then the members in the order in which they came.
    public func shown(at atMs: UInt64, settings: EngineSettings) -> [Supervisor] {
        var all = [engine.shown(at: atMs, settings.beats)]
        all.reserveCapacity(members.count + 1)
        for place in members.indices {
            all.append(members[at: place].shown(members.keys[place], at: atMs, settings.beats))
        }
        return all
    }
}

extension Roster {
    /// What is done about members that are not well, by name.
    func restarts(at atMs: UInt64) -> [String: (note: String, isLeftAlone: Bool)] {
        var found: [String: (note: String, isLeftAlone: Bool)] = [:]
        for place in members.indices where members[at: place].recovery.isOpen {
            let member = members[at: place]
            found[members.keys[place]] = (
                member.recovery.note(at: atMs, member.configured) ?? "", member.recovery.isLeftAlone
            )
        }
        return found
    }
}

extension RosterMember {
    func shown(_ name: String, at atMs: UInt64, _ beats: EngineSettings.Beats) -> Supervisor {
        let age = lastBeatMs.map { atMs - min(atMs, $0) }
        return Supervisor(
            name: name,
            intervalMs: intervalMs,
            lastBeatAgeMs: age,
            alive: isAlive,
            gaps: gaps,
            uncountedMs: age.map { $0 - min($0, silence(at: atMs)) } ?? 0,
            isInGrace: lastBeatMs == nil && health(at: atMs, beats) == .ok,
            latePercent: beats.latePercent,
            stalledPercent: beats.stalledPercent,
            restarts: recovery.attempts,
            recovery: recovery.steps.map { step in
                Supervisor.Step(
                    kind: step.kind,
                    ageMs: atMs - min(atMs, step.atMs),
                    afterMs: step.atMs - min(step.atMs, recovery.detectedMs ?? step.atMs),
                    text: step.text
                )
            },
            note: note(at: atMs, beats)
        )
    }

    /// What is being done about it, or what the operator can do.
    private func note(at atMs: UInt64, _ beats: EngineSettings.Beats) -> String {
        if let next = recovery.note(at: atMs, configured) { return next }
        if lastBeatMs == nil, isAlive == nil, intervalMs > 0 {
            return health(at: atMs, beats) == .ok
                ? "no beat yet: due within its interval" : "never beat since it is expected"
        }
        return ""
    }
}
