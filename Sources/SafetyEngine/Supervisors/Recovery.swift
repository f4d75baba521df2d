/// How a supervisor that stalled or died is brought back, step by step, each with its time (FEATURES row C38).
///
/// It begins when it is found STALLED or DEAD (LATE restarts nobody) and ends when it beats again, or, where it promised no
/// beat, when its process lives. In between the configured command is asked for: first after `backoffMs`, then after
/// twice that, and so on, at most `mostRestarts` times; and never while one is under way, or while a restarted one still
/// has the time that any other has before it counts as stalled.
struct Recovery: Sendable, Equatable, Codable {
    /// Steps that are kept: the first and the last ones.
    static let mostSteps = 32

    struct Step: Sendable, Equatable, Codable {
        var kind: Supervisor.Step.Kind
        var atMs: UInt64
        var text = ""
    }

    /// When it was found, in desk time; nil: it is well. Kept after it came back, until the next time.
    var detectedMs: UInt64?
    /// Whether it is not back yet.
    var isOpen = false
    /// Since when it is well, in desk time; nil: it never was otherwise, or is not.
    var wellSinceMs: UInt64?
    /// Restarts that were asked, since it was well for long.
    var attempts = 0
    /// The number of the restart that is under way; nil: none.
    var pending: UInt64?
    /// When that was asked.
    var askedMs: UInt64 = 0
    /// Not before this time may the next one be asked.
    var nextMs: UInt64 = 0
    /// When the last restart was done; nil: none was, or it beat since.
    var doneMs: UInt64?
    /// Whether it was said that nothing more is tried.
    var isLeftAlone = false
    /// What happened, oldest first.
    var steps: [Step] = []

    /// What the host was doing when it stopped, nobody knows.
    mutating func hostStarted(at atMs: UInt64) {
        guard pending != nil else { return }
        pending = nil
        note(.failed, at: atMs, "the host stopped before it told")
        nextMs = max(nextMs, atMs)
    }

    mutating func evaluate(
        _ name: String,
        _ member: RosterMember,
        _ health: Supervisor.Health,
        at atMs: UInt64,
        _ beats: EngineSettings.Beats,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        let isBad = health == .stalled || health == .dead
        if !isOpen {
            forgive(at: atMs)
            guard isBad else { return }
            begin(member, health, at: atMs)
        } else if !isBad, isBack(member, health) {
            end(name, member, at: atMs, &decisions)
            return
        }
        guard isBad, let configured = Recovery.restartable(member.configured) else { return }
        restart(name, member, health, configured, at: atMs, beats, &lastNumber, &decisions)
    }

    /// What the configuration says of one that may be restarted at all; nil: there is no command, or no try.
    private static func restartable(
        _ configured: EngineSettings.ExpectedSupervisor?
    ) -> EngineSettings.ExpectedSupervisor? {
        guard let configured, !configured.restart.isEmpty, configured.mostRestarts > 0 else { return nil }
        return configured
    }

    private mutating func begin(_ member: RosterMember, _ health: Supervisor.Health, at atMs: UInt64) {
        isOpen = true
        detectedMs = atMs
        wellSinceMs = nil
        doneMs = nil
        steps = []
        if let last = member.lastBeatMs { note(.lastBeat, at: last) }
        note(.detected, at: atMs, health.rawValue)
        // The rules read the same lateness in the same step.
        note(.alerted, at: atMs)
        nextMs = Recovery.after(atMs, wait(member.configured))
    }

    /// It beat after it was found, or never promised to and lives.
    private func isBack(_ member: RosterMember, _ health: Supervisor.Health) -> Bool {
        guard health == .ok, let detectedMs else { return false }
        if let beat = member.lastBeatMs, beat > detectedMs { return true }
        return member.intervalMs == 0 && (member.isAlive == true || doneMs != nil)
    }

    private mutating func end(
        _ name: String,
        _ member: RosterMember,
        at atMs: UInt64,
        _ decisions: inout [Decision]
    ) {
        let back = member.lastBeatMs.map { $0 > detectedMs ?? 0 ? $0 : atMs } ?? atMs
        isOpen = false
        pending = nil
        doneMs = nil
        isLeftAlone = false
        wellSinceMs = atMs
        note(.beating, at: back)
        let took = SpanText.text(back - min(back, detectedMs ?? back))
        let tries = attempts == 0 ? "by itself" : attempts == 1 ? "after 1 restart" : "after \(attempts) restarts"
        decisions.append(
            .log(.init(.info, "supervisors", "\(name) recovered \(tries), \(took) after it was found"))
        )
    }

    /// Well for long: all restarts are there again.
    private mutating func forgive(at atMs: UInt64) {
        guard attempts > 0, let wellSinceMs, atMs - min(atMs, wellSinceMs) >= Roster.steadyMs else { return }
        attempts = 0
    }

    private mutating func restart(
        _ name: String,
        _ member: RosterMember,
        _ health: Supervisor.Health,
        _ configured: EngineSettings.ExpectedSupervisor,
        at atMs: UInt64,
        _ beats: EngineSettings.Beats,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        if pending != nil {
            guard atMs - min(atMs, askedMs) >= Roster.outcomeWaitMs else { return }
            let wait = SpanText.text(Roster.outcomeWaitMs)
            failed(name, "no outcome for \(wait)", configured, at: atMs, &decisions)
        }
        // A restarted one may be silent as long as any other, before it counts as stalled.
        if health == .stalled, let doneMs,
            Roster.percent(atMs - min(atMs, doneMs), of: member.intervalMs) < beats.stalledPercent
        {
            return
        }
        guard attempts < configured.mostRestarts else {
            guard !isLeftAlone else { return }
            isLeftAlone = true
            note(.leftAlone, at: atMs)
            let tries = attempts == 1 ? "1 restart" : "\(attempts) restarts"
            let text = "supervisor thread \(name) stopped for good: \(tries) did not help; start it by hand"
            decisions.append(.log(.init(.critical, "supervisors", text)))
            return
        }
        guard atMs >= nextMs else { return }
        attempts += 1
        lastNumber += 1
        pending = lastNumber
        askedMs = atMs
        doneMs = nil
        note(.asked, at: atMs, "\(attempts) of \(configured.mostRestarts)")
        let reason = "\(name) is \(health.rawValue): restart \(attempts) of \(configured.mostRestarts)"
        decisions.append(
            .effect(
                Decision.Effect(
                    number: lastNumber,
                    by: health == .dead ? "HEARTBEAT_DEAD" : "HEARTBEAT_STALLED",
                    reason: reason,
                    action: .restart(supervisor: name, attempt: attempts)
                )
            )
        )
        decisions.append(.log(.init(.warning, "supervisors", "\(reason) is asked for")))
    }

    /// What became of the restart that is under way.
    mutating func restarted(
        _ name: String,
        _ outcome: HostEvent.Outcome,
        _ configured: EngineSettings.ExpectedSupervisor?,
        at atMs: UInt64,
        _ decisions: inout [Decision]
    ) {
        guard outcome.isDone else {
            failed(name, outcome.text, configured, at: atMs, &decisions)
            return
        }
        pending = nil
        doneMs = atMs
        nextMs = Recovery.after(atMs, wait(configured))
        note(.done, at: atMs, outcome.text)
        let took = SpanText.text(atMs - min(atMs, askedMs))
        decisions.append(.log(.init(.info, "supervisors", "\(name) was restarted in \(took); its beat is awaited")))
    }

    private mutating func failed(
        _ name: String,
        _ why: String,
        _ configured: EngineSettings.ExpectedSupervisor?,
        at atMs: UInt64,
        _ decisions: inout [Decision]
    ) {
        pending = nil
        nextMs = Recovery.after(atMs, wait(configured))
        note(.failed, at: atMs, why)
        let text = "restart \(attempts) of \(name) failed" + (why.isEmpty ? "" : ": \(why)")
        decisions.append(.log(.init(.error, "supervisors", text)))
    }

    /// The wait before the next restart: doubled for each that was asked.
    private func wait(_ configured: EngineSettings.ExpectedSupervisor?) -> UInt64 {
        guard let configured else { return 0 }
        let doublings = min(attempts, 32)
        let (wait, overflow) = configured.backoffMs.multipliedReportingOverflow(by: 1 << UInt64(doublings))
        return overflow ? .max : wait
    }

    private static func after(_ atMs: UInt64, _ wait: UInt64) -> UInt64 {
        let (sum, overflow) = atMs.addingReportingOverflow(wait)
        return overflow ? .max : sum
    }

    private mutating func note(_ kind: Supervisor.Step.Kind, at atMs: UInt64, _ text: String = "") {
        // The first ones say how it was found, the last ones how it stands.
        if steps.count >= Recovery.mostSteps { steps.remove(at: Recovery.mostSteps / 2) }
        steps.append(Step(kind: kind, atMs: atMs, text: text))
    }

    /// What is done about it now; nil: nothing to say.
    func note(at atMs: UInt64, _ configured: EngineSettings.ExpectedSupervisor?) -> String? {
        guard isOpen else {
            guard let last = steps.last, last.kind == .beating, let detectedMs else { return nil }
            let took = SpanText.text(last.atMs - min(last.atMs, detectedMs))
            return "beats again since \(SpanText.text(atMs - min(atMs, last.atMs))), \(took) after it was found"
        }
        guard let configured = Recovery.restartable(configured) else {
            return "no restart is configured: start it by hand"
        }
        if isLeftAlone {
            return "left alone after \(attempts) of \(configured.mostRestarts) restarts: start it by hand"
        }
        let count = "restart \(attempts) of \(configured.mostRestarts)"
        if pending != nil { return "\(count) under way since \(SpanText.text(atMs - min(atMs, askedMs)))" }
        if let doneMs { return "\(count) done \(SpanText.text(atMs - min(atMs, doneMs))) ago: its beat is awaited" }
        let next = "restart \(attempts + 1) of \(configured.mostRestarts)"
        return attempts >= configured.mostRestarts
            ? "\(count) did not help" : "\(next) in \(SpanText.text(nextMs - min(nextMs, atMs)))"
    }
}
