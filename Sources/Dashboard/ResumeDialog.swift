import KillSwitch
import SafetyEngine

/// The resume dialog: everything that has to be seen, answered and typed before trading is permitted again.
///
/// Invariants (DashboardTests/ResumeDialogTests): Cancel has the focus when it opens; Enter on Cancel and Esc cancel;
/// keys of its first 300 ms are dropped; pastes are refused; it closes itself when the state changes under it and
/// after 60 s without a key; it submits nothing while a check is unknown, failing without a reason, or a figure stale.
///
/// Where another operator's request waits for a second person, it confirms exactly that: who asked what and why is
/// shown, and nothing of it can be changed here.
struct ResumeDialog: Layer {
    /// Type-ahead must not confirm anything.
    static let deafMs: UInt64 = 300
    /// An open dialog is an offer to trade: it does not stay when nobody is there.
    static let idleMs: UInt64 = 60_000
    /// How often the checks are run again while it is open.
    static let preflightEveryMs: UInt64 = 2000
    /// Results older than this are not judged by.
    static let preflightLimitMs: UInt64 = 6000

    /// What can have the focus, in the order in which Tab walks.
    enum Item: Hashable {
        case scope
        case mode
        case question(PreflightCheck.Name)
        case override(PreflightCheck.Name)
        case reason
        case word
        case operatorName
        case passphrase
        case submit
        case cancel
    }

    /// What must not change while it is open.
    struct Fingerprint: Equatable {
        var word: Word?
        var mode: Mode
        var latches: [String]

        init(_ snapshot: DeskSnapshot) {
            word = snapshot.word
            mode = snapshot.mode
            latches = snapshot.latches.map { "\($0.id) \($0.count)" }
        }
    }

    let openedMs: UInt64
    let fingerprint: Fingerprint
    let latches: [Latch]
    let scopes: [Scope]
    let modes: [Mode]
    /// Whether a name and a passphrase are asked for; somebody may be enrolled while the dialog is open.
    private(set) var enrolled: Bool
    /// How many operators a resume of this desk takes.
    let approvals: Int
    /// The request that it confirms; nil: it asks for a resume of its own.
    let confirms: WaitingResume?
    var scope: Scope
    var mode: Mode?
    var answers: Set<PreflightCheck.Name> = []
    var overrides: [PreflightCheck.Name: TextField] = [:]
    var reason = TextField()
    var word = TextField(capacity: 20)
    var operatorName = TextField(capacity: 64)
    var passphrase = TextField(masked: true, capacity: 200)
    var focus: Item = .cancel
    var problem: String?
    var submittedMs: UInt64?
    private(set) var checks: [PreflightCheck]?
    /// Whether they are of another choice, or of before a try: still shown, so that no field vanishes under a typing hand,
    /// and not judged by.
    private(set) var areOfBefore = false
    private(set) var checkedMs: UInt64 = 0
    private var askedMs: UInt64?
    private var lastKeyMs: UInt64
    /// Rows that PgUp and PgDn moved the view away from the focus.
    private(set) var scrolled = 0

    init(snapshot: DeskSnapshot, nowMs: UInt64) {
        openedMs = nowMs
        lastKeyMs = nowMs
        fingerprint = Fingerprint(snapshot)
        latches = snapshot.latches
        enrolled = snapshot.operatorsEnrolled
        approvals = snapshot.approvals
        confirms = snapshot.waiting
        if let waiting = snapshot.waiting {
            modes = [waiting.mode]
            mode = waiting.mode
            scopes = [waiting.scope]
            scope = waiting.scope
            return
        }
        modes = snapshot.paper ? [.paper] : [.live, .paper, .reduceOnly]
        mode = snapshot.paper ? .paper : nil
        var scoped: [Scope] = []
        for latch in snapshot.latches where !latch.scope.isGlobal && !scoped.contains(latch.scope) {
            scoped.append(latch.scope)
        }
        scopes = [.global] + scoped
        // While the desk trades, what is halted is a scope: that is what R is about.
        scope = snapshot.mode.permitsAnything ? scoped.first ?? .global : .global
    }

    var items: [Item] {
        var items: [Item] = []
        // What is typed ahead must not land in another field than it was meant for: what has to be overridden, and so which
        // fields there are, is not known before the checks have answered.
        let isKnown = checks != nil
        if scopes.count > 1 { items.append(.scope) }
        if modes.count > 1 { items.append(.mode) }
        guard isKnown else { return items + [.cancel] }
        items += listedOverrides.map { .override($0) }
        items += questions.map { .question($0) }
        items += confirms == nil ? [.reason, .word] : [.word]
        if enrolled { items += [.operatorName, .passphrase] }
        return items + [.submit, .cancel]
    }

    /// Failing checks that a reason overrides. One that has text stays listed when its check passes again, so that no
    /// field vanishes under a typing hand.
    var listedOverrides: [PreflightCheck.Name] {
        if confirms != nil { return [] }
        return PreflightCheck.Name.allCases.filter { name in
            if focus == .override(name) || !(overrides[name]?.text ?? "").isEmpty { return true }
            return name.canBeOverridden && failing.contains { $0.name == name }
        }
    }

    /// The questions that have to be answered here: all that the request does not override.
    var questions: [PreflightCheck.Name] { PreflightCheck.Name.answers.filter { confirms?.overrides[$0] == nil } }

    /// The checks that estop made itself; the operator's answers are asked here.
    var ownChecks: [PreflightCheck] { (checks ?? []).filter { $0.name.question == nil } }
    /// The checks that refuse unless a reason overrides them: those that failed, and those that were not checked where the
    /// desk has venues.
    var failing: [PreflightCheck] { ownChecks.filter(\.refuses) }

    var isTyping: Bool {
        switch focus {
        case .override, .reason, .word, .operatorName, .passphrase: submittedMs == nil
        case .scope, .mode, .question, .submit, .cancel: false
        }
    }

    var name: String { "Resume" }

    var hints: [(key: String, does: String)] {
        let move = [("Tab", "next"), ("Esc", "cancel")]
        switch focus {
        case .question: return [("y n", "answer")] + move
        case .scope, .mode: return [("Space", "change")] + move
        case .submit: return [("Enter", "resume")] + move
        case .cancel: return [("Enter", "cancel")] + move
        default: return move
        }
    }

    // MARK: - Asking for the checks

    /// Asks for the checks of what is chosen now. Before a mode is chosen, for the one that asks most.
    mutating func askPreflight(_ nowMs: UInt64) -> [Effect] {
        askedMs = nowMs
        return [.preflight(mode ?? .live, scope)]
    }

    /// Takes results.
    mutating func take(_ results: [PreflightCheck], nowMs: UInt64) {
        checks = results
        areOfBefore = false
        checkedMs = nowMs
        askedMs = nil
    }

    mutating func refresh(_ context: LayerContext) -> LayerOutcome {
        if submittedMs != nil { return .consumed }
        if Fingerprint(context.snapshot) != fingerprint {
            return .close(Span("the state changed: the resume dialog was closed. Nothing was resumed", .warning))
        }
        enrolled = context.snapshot.operatorsEnrolled
        if !items.contains(focus) { focus = .cancel }
        if let confirms, context.snapshot.waiting?.id != confirms.id {
            return .close(Span("what \(confirms.askedBy) asked for waits no more: nothing was resumed here", .warning))
        }
        if context.nowMs >= lastKeyMs + ResumeDialog.idleMs {
            return .close(Span("the resume dialog was closed after 60 s without a key. Nothing was resumed", .warning))
        }
        // One question at a time: results that do not come must not pile up requests.
        let due = askedMs == nil && context.nowMs >= checkedMs + ResumeDialog.preflightEveryMs
        return LayerOutcome(effects: due ? askPreflight(context.nowMs) : [])
    }

    // MARK: - Keys

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        if context.nowMs < openedMs + ResumeDialog.deafMs { return .consumed }
        lastKeyMs = max(lastKeyMs, context.nowMs)
        guard case .key(let key) = event else {
            problem = "pasted text is refused here: type it"
            return .consumed
        }
        if submittedMs != nil {
            return key == .escape ? .close(Span("still resuming: the answer follows", .warning)) : .consumed
        }
        problem = nil
        switch key {
        case .escape: return .close(Span("cancelled: nothing was resumed", .label))
        case .tab, .down: move(1)
        case .backTab, .up: move(-1)
        case .enter: return enter(context)
        case .pageUp: scrolled = max(-400, scrolled - 8)
        case .pageDown: scrolled = min(400, scrolled + 8)
        default: return edit(key, context)
        }
        return .consumed
    }

    private mutating func move(_ by: Int) {
        let all = items
        let at = all.firstIndex(of: focus) ?? all.count - 1
        focus = all[(at + by + all.count) % all.count]
        scrolled = 0
    }

    private mutating func enter(_ context: LayerContext) -> LayerOutcome {
        switch focus {
        case .cancel: return .close(Span("cancelled: nothing was resumed", .label))
        case .submit: return submit(context)
        default:
            move(1)
            return .consumed
        }
    }

    private mutating func edit(_ key: Key, _ context: LayerContext) -> LayerOutcome {
        switch focus {
        case .override(let name): return typed(overrides[name, default: TextField()].handle(key))
        case .reason: return typed(reason.handle(key))
        case .word: return typed(word.handle(key))
        case .operatorName: return typed(operatorName.handle(key))
        case .passphrase: return typed(passphrase.handle(key))
        case .question(let name): return answer(name, key)
        case .scope, .mode: return change(key, context)
        case .submit, .cancel: return walk(key)
        }
    }

    private func typed(_ handled: Bool) -> LayerOutcome { handled ? .consumed : .ignored }

    private mutating func walk(_ key: Key) -> LayerOutcome {
        switch key {
        case .character("j"), .right: move(1)
        case .character("k"), .left: move(-1)
        default: return .ignored
        }
        return .consumed
    }

    private mutating func answer(_ name: PreflightCheck.Name, _ key: Key) -> LayerOutcome {
        switch key {
        case .character("y"):
            answers.insert(name)
            move(1)
            return .consumed
        case .character("n"):
            answers.remove(name)
            return .consumed
        default: return walk(key)
        }
    }

    private mutating func change(_ key: Key, _ context: LayerContext) -> LayerOutcome {
        let by: Int
        switch key {
        case .character(" "), .right: by = 1
        case .left: by = -1
        default: return walk(key)
        }
        if focus == .scope {
            let at = scopes.firstIndex(of: scope) ?? 0
            scope = scopes[(at + by + scopes.count) % scopes.count]
        } else if let mode, let at = modes.firstIndex(of: mode) {
            self.mode = modes[(at + by + modes.count) % modes.count]
        } else {
            mode = by > 0 ? modes.first : modes.last
        }
        // Results for another choice are no results for this one.
        areOfBefore = checks != nil
        return LayerOutcome(effects: askPreflight(context.nowMs))
    }

    // MARK: - Submitting

    private mutating func submit(_ context: LayerContext) -> LayerOutcome {
        if let missing = missing(context.freshness, context.nowMs) {
            problem = missing.text
            focus = missing.item
            return .consumed
        }
        var given: [PreflightCheck.Name: String] = [:]
        if let confirms {
            given = confirms.overrides
        } else {
            for check in failing { given[check.name] = overrides[check.name]?.trimmed }
        }
        let request = ResumeRequest(
            mode: chosenMode(context),
            scope: scope,
            reason: confirms?.reason ?? reason.trimmed,
            op: operatorName.trimmed,
            from: "",
            source: .keyboard,
            answers: answers,
            overrides: given,
            approve: confirms?.id
        )
        let secret = passphrase.text
        passphrase.clear()
        submittedMs = context.nowMs
        return LayerOutcome(effects: [.resume(request, passphrase: secret)])
    }

    /// A resume of one scope restores the mode that it finds.
    private func chosenMode(_ context: LayerContext) -> Mode {
        if let confirms { return confirms.mode }
        if !scope.isGlobal, context.snapshot.mode.permitsAnything { return context.snapshot.mode }
        return mode ?? .reduceOnly
    }

    /// What is missing, and where; nil when all is there.
    func missing(_ freshness: Freshness, _ nowMs: UInt64) -> (text: String, item: Item)? {
        if !freshness.isLive { return ("the desk's state is stale: nothing can be judged by it", .cancel) }
        if modes.count > 1, mode == nil { return ("choose the mode to resume to (Space)", .mode) }
        guard checks != nil, !areOfBefore, nowMs < checkedMs + ResumeDialog.preflightLimitMs else {
            return ("the checks have not answered: wait for them", .submit)
        }
        for check in failing where confirms?.overrides[check.name] == nil {
            if let confirms, check.name.canBeOverridden {
                return ("\(check.name.rawValue) fails, and \(confirms.askedBy) did not override it: ask anew", .cancel)
            }
            if !check.name.canBeOverridden {
                return ("\(check.name.rawValue) fails and cannot be overridden: \(check.detail)", .cancel)
            }
            let why = overrides[check.name]?.trimmed ?? ""
            if why.isEmpty {
                let what = check.outcome == .notChecked ? "was not checked" : "fails"
                return (
                    "\(check.name.rawValue) \(what): Tab to it, and say why it may be overridden", .override(check.name)
                )
            }
            if let problem = OverrideReason.problem(why, for: check.name) { return (problem, .override(check.name)) }
        }
        for name in questions where !answers.contains(name) {
            return ("answer this question with y, or do not resume", .question(name))
        }
        if confirms == nil, reason.trimmed.isEmpty { return ("a reason is required", .reason) }
        if word.text != ResumeRequest.word { return ("type the word \(ResumeRequest.word)", .word) }
        if enrolled {
            if operatorName.trimmed.isEmpty { return ("who resumes? type the operator's name", .operatorName) }
            if passphrase.text.isEmpty { return ("the passphrase is required", .passphrase) }
        }
        return nil
    }

    /// The answer to a submitted request. Refused: it stays open with what the kill switch said.
    mutating func finished(message: String, nowMs: UInt64) {
        submittedMs = nil
        problem = message
        focus = .cancel
        lastKeyMs = nowMs
        areOfBefore = checks != nil
        checkedMs = 0
        askedMs = nil
    }
}
