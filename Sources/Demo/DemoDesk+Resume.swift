public import KillSwitch
import SafetyEngine

extension DemoDesk {
    private static let modes: [Mode] = [.live, .paper, .reduceOnly]

    /// Every check before a resume, as a real desk makes them; the operator's answers are not among those passed.
    public func preflight(mode: Mode, scope: Scope, atMs: UInt64) -> [PreflightCheck] {
        preflight(mode: mode, answers: [], atMs: atMs)
    }

    /// Resumes, or says why not: with what a real desk refuses.
    ///
    /// - Returns: whether the desk is as asked for now, and what to tell the operator.
    public mutating func resume(
        _ request: ResumeRequest,
        atMs: UInt64,
        wallMs: Int64
    ) -> (succeeded: Bool, message: String) {
        if let problem = objection(to: request) { return (false, problem) }
        if nothingToResume(request) { return (true, "nothing to resume: the desk is \(word.mode.name)") }
        let checks = preflight(mode: request.mode, answers: request.answers, atMs: atMs)
        let refusing = KillSwitch.refusing(checks, request, permits: false)
        guard refusing.isEmpty else { return (false, KillSwitch.words(refusing)) }
        let before = word
        let generation = before.generation + (before.generation % 2 == 0 ? 2 : 1)
        guard generation <= Word.lastGeneration else {
            return (false, "the generations of this page have run out: set up a new state directory")
        }
        let after = Word(generation: generation, mode: request.scope.isGlobal ? request.mode : before.mode)
        apply(request, from: before, to: after, moment(atMs, wallMs))
        return (true, "resumed: the desk is \(after.mode.name)")
    }

    private mutating func apply(_ request: ResumeRequest, from before: Word, to after: Word, _ moment: Moment) {
        changes += 1
        keep(
            Record(
                change: .resume,
                id: "demo-resume-\(changes)",
                at: Clock.text(milliseconds: moment.wallMs),
                mode: after.mode,
                scope: request.scope,
                reason: request.reason,
                source: request.source,
                op: request.op,
                from: request.from,
                was: before,
                state: after,
                clears: changes * 400,
                overrides: PreflightCheck.Name.allCases.compactMap { name in
                    request.overrides[name].map { JSON.Member(name.rawValue, .string($0)) }
                }
            )
        )
        change = Change(word: after, before: before, atMs: moment.nowMs)
        if request.scope.isGlobal {
            // Only from a halt does everything begin anew.
            if !halts.isEmpty { resumedMs = moment.nowMs }
            halts = []
            venueIsHalted = false
        } else if request.scope == Recording.venueScope {
            venueIsHalted = false
        }
    }

    private func objection(to request: ResumeRequest) -> String? {
        if request.reason.allSatisfy(\.isWhitespace) { return "a resume needs a reason" }
        if request.scope.isGlobal, !DemoDesk.modes.contains(request.mode) {
            return "a resume goes to one of \(DemoDesk.modes.map(\.name).joined(separator: ", "))"
        }
        if let name = PreflightCheck.Name.allCases.first(where: { request.overrides[$0] != nil && !$0.canBeOverridden })
        {
            return "the check \(name.rawValue) cannot be overridden"
        }
        let blank = PreflightCheck.Name.allCases.first { request.overrides[$0]?.allSatisfy(\.isWhitespace) ?? false }
        if let blank { return "overriding \(blank.rawValue) needs a reason: --override \(blank.rawValue)=WHY" }
        return nil
    }

    private func nothingToResume(_ request: ResumeRequest) -> Bool {
        guard word.mode.permitsAnything else { return false }
        if request.scope.isGlobal { return word.mode == request.mode && halts.isEmpty && !venueIsHalted }
        return !(venueIsHalted && request.scope == Recording.venueScope)
    }

    private func preflight(mode: Mode, answers: Set<PreflightCheck.Name>, atMs: UInt64) -> [PreflightCheck] {
        PreflightCheck.Name.allCases.map { name in
            switch name {
            case .recorded: recorded(atMs)
            case .durable: PreflightCheck(name: name, passed: true, detail: "the log can be written")
            case .stopFile: PreflightCheck(name: name, passed: true, detail: "no stop file")
            case .environment:
                PreflightCheck(name: name, passed: true, detail: "TRADING_MODE does not forbid \(mode.name)")
            case .host: PreflightCheck(name: name, passed: true, detail: "the host beats")
            case .gates: acknowledged(atMs)
            case .clock: PreflightCheck(name: name, passed: true, detail: "the clock agrees with the log")
            case .venues: PreflightCheck(name: name, passed: true, detail: "every venue is reached")
            case .ordersGone: PreflightCheck(name: name, passed: true, detail: "no order is left of the halt's")
            case .database: PreflightCheck(name: name, passed: true, detail: "system_config.trading_mode says 'live'")
            case .reconciled: PreflightCheck(name: name, passed: true, detail: "what venues and bots say adds up")
            case .feeds: PreflightCheck(name: name, passed: true, detail: "prices are fresh")
            case .rules: PreflightCheck(name: name, passed: true, detail: "no rule would halt now")
            case .understood, .resolved, .verified, .safe:
                PreflightCheck(
                    name: name,
                    passed: answers.contains(name),
                    detail: answers.contains(name) ? "answered yes" : "not answered: \(name.question ?? "")"
                )
            }
        }
    }

    /// A halt has its record some milliseconds after its word.
    private func recorded(_ atMs: UInt64) -> PreflightCheck {
        let moment = moment(atMs, 0)
        if case .pending = steps(moment, gates(moment)).disk {
            let problem = "the page was changed by a halt that has no record yet: wait for it (2 s)"
            return PreflightCheck(name: .recorded, passed: false, detail: problem)
        }
        return PreflightCheck(name: .recorded, passed: true, detail: "every change is in the log")
    }

    private func acknowledged(_ atMs: UInt64) -> PreflightCheck {
        let open = gates(moment(atMs, 0)).filter(\.alive)
        // While the desk trades, a resume pauses it by itself, and no gate is asked.
        let waiting = word.mode.permitsAnything ? [] : open.filter { !$0.acknowledged }
        let names = waiting.map { "\($0.name) (pid \($0.pid))" }.joined(separator: ", ")
        return PreflightCheck(
            name: .gates,
            passed: waiting.isEmpty,
            detail: waiting.isEmpty
                ? "\(open.count) of \(open.count) gates acknowledged" : "not acknowledged by \(names)"
        )
    }
}
