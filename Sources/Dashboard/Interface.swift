public import KillSwitch
public import SafetyEngine

/// The state of the screen, as a value: what has the focus, what lies on top, what was typed. Events go in, effects
/// come out; nothing here waits, locks or looks at a clock.
///
/// Invariants (DashboardTests/HaltKeyTests): an event that halts yields `.halt` as its first effect in every reachable
/// state; `isTyping` becomes true only inside `handle`.
public struct Interface: Sendable {
    /// How long a message stays.
    static let messageMs: UInt64 = 8000

    struct Message: Sendable, Equatable {
        var span: Span
        var untilMs: UInt64
    }

    private(set) var focus: Pane = .steps
    private(set) var offsets: [Pane: Int] = [:]
    private(set) var layers: [any Layer] = []
    private(set) var message: Message?
    private(set) var press: HaltPress?
    private(set) var observedMs: UInt64?
    private var width = 80
    private var height = 24

    /// A screen without anything on top of its panes.
    public init() {}

    /// Whether a text field has the focus: `K` is a letter then, and only Ctrl-K halts.
    public var isTyping: Bool { layers.last?.isTyping ?? false }

    /// Whether something on screen counts in tenths of a second just now.
    public func isCounting(_ snapshot: DeskSnapshot, nowMs: UInt64) -> Bool {
        if let press, !press.answered, nowMs < press.atMs + 60_000 { return true }
        guard freshness(of: snapshot, nowMs: nowMs).isLive else { return false }
        return snapshot.hasPendingStep && (snapshot.sinceAgeMs ?? .max) < 60_000
    }

    // MARK: - Coming in

    /// Handles a key or a paste.
    public mutating func handle(_ event: InputEvent, snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        handle(event, snapshot: snapshot, nowMs: nowMs, wordBefore: snapshot.word)
    }

    /// Handles a key or a paste whose halt, if it is one, has been made already: the snapshot may show it, and
    /// `wordBefore` is the page's word of the last snapshot before it.
    public mutating func handle(
        _ event: InputEvent,
        snapshot: DeskSnapshot,
        nowMs: UInt64,
        wordBefore: Word?
    ) -> [Effect] {
        // What has run out is closed before the key is looked at, also when no tick came for a while.
        var effects = refresh(snapshot, nowMs: nowMs)
        if HaltKey.halts(event, isTyping: isTyping) {
            halt(snapshot, wordBefore: wordBefore, nowMs: nowMs)
            effects.insert(.halt, at: 0)
            return effects
        }
        if let top = layers.indices.last {
            let outcome = layers[top].handle(event, context(snapshot, nowMs))
            effects += apply(outcome, at: top, nowMs: nowMs)
            if outcome.consumed { return effects }
        }
        guard case .key(let key) = event, let action = Action.of(key) else { return effects }
        return effects + perform(action, snapshot: snapshot, nowMs: nowMs)
    }

    /// Takes a new snapshot.
    public mutating func observe(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        observedMs = nowMs
        if let press, !press.answered, snapshot.word != press.word { self.press?.answered = true }
        return refresh(snapshot, nowMs: nowMs)
    }

    /// Lets time pass: closes what has run out, asks again for what is due.
    public mutating func tick(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] { refresh(snapshot, nowMs: nowMs) }

    /// The window's size, for scrolling by pages.
    public mutating func resize(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The results of `Effect.preflight`. Those for a choice that is no longer the dialog's are dropped.
    public mutating func preflight(_ results: [PreflightCheck], mode: Mode, scope: Scope, nowMs: UInt64) {
        withResumeDialog { dialog in
            guard dialog.scope == scope, (dialog.mode ?? .live) == mode else { return }
            dialog.take(results, nowMs: nowMs)
        }
    }

    /// The outcome of `Effect.resume`.
    public mutating func resumeFinished(message text: String, succeeded: Bool, nowMs: UInt64) {
        if succeeded {
            layers.removeAll { $0 is ResumeDialog }
        } else {
            withResumeDialog { $0.finished(message: text, nowMs: nowMs) }
        }
        say(Span(text, succeeded ? .good : .bad), nowMs: nowMs)
    }

    /// Says something on the message line.
    public mutating func notify(_ text: String, nowMs: UInt64) { say(Span(text, .notice), nowMs: nowMs) }

    // MARK: - The halt

    /// What the screen does about a halt that has been made: shows its steps, asks why, closes what could resume.
    private mutating func halt(_ snapshot: DeskSnapshot, wordBefore: Word?, nowMs: UInt64) {
        press = HaltPress(atMs: nowMs, word: wordBefore, answered: snapshot.word != wordBefore)
        focus = .steps
        layers.removeAll { !($0 is ReasonPicker) }
        if layers.isEmpty { layers.append(ReasonPicker()) }
        if wordBefore?.mode == .halted {
            let since = snapshot.since.map { " since " + Age.time($0, today: "") } ?? ""
            say(Span("already halted\(since); recorded again", .warning), nowMs: nowMs)
        } else {
            message = nil
        }
    }

    // MARK: - Actions of the base

    private mutating func perform(_ action: Action, snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        switch action {
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .interrupt: say(Span(isTyping ? "press Esc, then q, to quit" : "press q to quit", .notice), nowMs: nowMs)
        case .help where !(layers.last is HelpLayer) && !isTyping: layers.append(HelpLayer())
        case .close, .back:
            if !layers.isEmpty {
                layers.removeLast()
            } else if action == .close {
                return [.quit]
            }
        default:
            // With something on top, the panes below hear nothing.
            return layers.isEmpty ? performOnPanes(action, snapshot: snapshot, nowMs: nowMs) : []
        }
        return []
    }

    private mutating func performOnPanes(_ action: Action, snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        let page = max(1, height / 3)
        switch action {
        case .resume: return openResume(snapshot, nowMs: nowMs)
        case .switchPane: focus = focus == .steps ? .gates : .steps
        case .supervisorsPane: focus = .supervisors
        case .nextPane: walk(1)
        case .previousPane: walk(-1)
        case .down: scroll(1, snapshot, nowMs)
        case .up: scroll(-1, snapshot, nowMs)
        case .pageDown: scroll(page, snapshot, nowMs)
        case .pageUp: scroll(-page, snapshot, nowMs)
        case .top: offsets[focus] = 0
        case .bottom: scroll(1_000_000, snapshot, nowMs)
        case .halt, .help, .redraw, .suspend, .interrupt, .back, .close: break
        }
        return []
    }

    private mutating func walk(_ by: Int) {
        let panes = Pane.allCases
        focus = panes[(focus.rawValue + by + panes.count) % panes.count]
    }

    private mutating func scroll(_ by: Int, _ snapshot: DeskSnapshot, _ nowMs: UInt64) {
        let last = Screen.lastOffset(
            of: focus,
            in: self,
            snapshot: snapshot,
            width: width,
            height: height,
            nowMs: nowMs
        )
        offsets[focus] = max(0, min(last, min(last, offsets[focus] ?? 0) + by))
    }

    private mutating func openResume(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        if snapshot.mode.permitsAnything, snapshot.latches.isEmpty {
            say(Span("nothing to resume: no latch holds", .notice), nowMs: nowMs)
            return []
        }
        var dialog = ResumeDialog(snapshot: snapshot, nowMs: nowMs)
        let effects = dialog.askPreflight(nowMs)
        layers.append(dialog)
        return effects
    }

    // MARK: - Layers

    func freshness(of snapshot: DeskSnapshot, nowMs: UInt64) -> Freshness {
        snapshot.freshness.later(by: observedMs.map { nowMs &- min(nowMs, $0) } ?? 0)
    }

    private func context(_ snapshot: DeskSnapshot, _ nowMs: UInt64) -> LayerContext {
        LayerContext(snapshot: snapshot, freshness: freshness(of: snapshot, nowMs: nowMs), nowMs: nowMs)
    }

    private mutating func refresh(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        if let message, nowMs >= message.untilMs { self.message = nil }
        var effects: [Effect] = []
        for index in layers.indices.reversed() {
            effects += apply(layers[index].refresh(context(snapshot, nowMs)), at: index, nowMs: nowMs)
        }
        return effects
    }

    private mutating func apply(_ outcome: LayerOutcome, at index: Int, nowMs: UInt64) -> [Effect] {
        if outcome.closes { layers.remove(at: index) }
        if let span = outcome.message { say(span, nowMs: nowMs) }
        return outcome.effects
    }

    private mutating func withResumeDialog(_ body: (inout ResumeDialog) -> Void) {
        for index in layers.indices {
            guard var dialog = layers[index] as? ResumeDialog else { continue }
            body(&dialog)
            layers[index] = dialog
        }
    }

    private mutating func say(_ span: Span, nowMs: UInt64) {
        message = Message(span: span, untilMs: nowMs + Interface.messageMs)
    }
}
