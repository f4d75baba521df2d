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

    private(set) var focus: Pane = .steps {
        didSet { hasChosen = true }
    }
    /// Whether the operator has touched the panes. Before that the focus goes where there is something to look at.
    private var hasChosen = false
    private(set) var isZoomed = false
    private(set) var layers: [any Layer] = []
    private(set) var message: Message?
    private(set) var press: HaltPress?
    private(set) var observedMs: UInt64?
    private(set) var theme: String
    private let themes: [String]
    private var views: [Pane: View] = [:]
    /// What was drawn last, so that a key that moves the cursor does not make it all again.
    private var last = Drawn()

    private struct Drawn: Sendable {
        /// When the snapshot came that was drawn.
        var observedMs: UInt64?
        var listings: [Pane: Listing] = [:]
        var rects: [Pane: Rect] = [:]
        var wallClockMs: Int64 = 0
    }
    private var width = 80
    private var height = 24

    /// A screen without anything on top of its panes.
    ///
    /// - Parameters:
    ///   - themes: the names of the themes that there are.
    ///   - theme: the one that is drawn with.
    public init(themes: [String] = [], theme: String = "default") {
        self.themes = themes
        self.theme = theme
    }

    /// How a pane is looked at.
    func view(of pane: Pane) -> View { views[pane] ?? View() }

    /// Whether a text field has the focus: `K` is a letter then, and only Ctrl-K halts.
    public var isTyping: Bool { layers.last?.isTyping ?? false }

    /// Whether something on screen counts in tenths of a second just now.
    public func isCounting(_ snapshot: DeskSnapshot, nowMs: UInt64) -> Bool {
        if let press, !press.answered, nowMs < press.atMs + 60_000 { return true }
        if snapshot.link?.halt != nil { return true }
        guard freshness(of: snapshot, nowMs: nowMs).isLive else { return false }
        return snapshot.hasPendingStep && (snapshot.changeAgeMs ?? snapshot.sinceAgeMs ?? .max) < 60_000
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
            effects += apply(outcome, at: top, snapshot: snapshot, nowMs: nowMs)
            if outcome.consumed { return effects }
        }
        guard case .key(let key) = event, let action = Action.of(key) else { return effects }
        let (open, said) = (layers.count, message)
        effects += perform(action, snapshot: snapshot, nowMs: nowMs)
        // What was said before has nothing to do with what is opened now.
        if layers.count > open, message == said { message = nil }
        return effects
    }

    /// Takes a new snapshot.
    public mutating func observe(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        observedMs = nowMs
        if let press, !press.answered {
            // Without a page no word changes: then what took the halt in its place is the answer.
            let isTaken = snapshot.word == nil && snapshot.steps.wentElsewhere
            if snapshot.word != press.word || isTaken { self.press?.answered = true }
        }
        return refresh(snapshot, nowMs: nowMs)
    }

    /// Lets time pass: closes what has run out, asks again for what is due.
    public mutating func tick(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] { refresh(snapshot, nowMs: nowMs) }

    /// The window's size, for scrolling by pages.
    public mutating func resize(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Takes note of what was drawn, for scrolling.
    public mutating func drawn(_ drawing: Drawing) {
        guard let screen = drawing.screen else { return }
        last = Drawn(
            observedMs: screen.interface.observedMs,
            listings: screen.listings,
            rects: screen.layout.panes,
            wallClockMs: screen.scene.wallClockMs
        )
    }

    /// Whether a screen drawn for the other one is right for this one but for the cursors of its panes.
    func differsOnlyInViews(from other: Interface) -> Bool {
        layers.isEmpty && other.layers.isEmpty && focus == other.focus && isZoomed == other.isZoomed
            && message == other.message && press == other.press && observedMs == other.observedMs
            && views[focus]?.filter == other.views[focus]?.filter
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
            // Of two people the first is told what happens now; which request is theirs, the next snapshot says.
            let asked = layers.contains {
                ($0 as? ResumeDialog).map { $0.approvals > 1 && $0.confirms == nil } ?? false
            }
            layers.removeAll { $0 is ResumeDialog }
            if asked { layers.append(WaitingDialog(openedMs: nowMs)) }
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
            let today = Age.utc(last.wallClockMs).date
            let since = snapshot.since.map { " since \(Age.time($0, today: today)) UTC" } ?? ""
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
        case .help where !(layers.last is HelpLayer) && !isTyping:
            layers.append(HelpLayer(pane: focus, over: layers.last, scene(snapshot, nowMs)))
        case .close, .back:
            if !layers.isEmpty {
                layers.removeLast()
            } else if isZoomed {
                isZoomed = false
            } else if action == .close {
                return [.quit]
            } else {
                views[focus]?.filter = ""
            }
        default:
            // With something on top, the panes below hear nothing; what is done to a row is done from its details, too.
            let isOfRow = action == .acknowledge || action == .cancelOrder || action == .carryOut
            return layers.isEmpty || (isOfRow && layers.last is DetailLayer)
                ? performOnPanes(action, snapshot: snapshot, nowMs: nowMs) : []
        }
        return []
    }

    private mutating func performOnPanes(_ action: Action, snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        hasChosen = true
        switch action {
        case .halt:
            // From the palette: the key itself never comes here.
            halt(snapshot, wordBefore: snapshot.word, nowMs: nowMs)
            return [.halt]
        case .resume: return openResume(snapshot, nowMs: nowMs)
        case .switchPane: focus = focus == .steps ? .gates : .steps
        case .alertsPane: focus = .alerts
        case .positionsPane: focus = .positions
        case .ordersPane: focus = .orders
        case .supervisorsPane: focus = .supervisors
        case .venuesPane: focus = .venues
        case .nextPane: walk(1)
        case .previousPane: walk(-1)
        case .down: step(1, snapshot, nowMs)
        case .up: step(-1, snapshot, nowMs)
        case .pageDown: move(max(1, height / 3), snapshot, nowMs)
        case .pageUp: move(-max(1, height / 3), snapshot, nowMs)
        case .top: views[focus, default: View()].select(nil, at: 0)
        case .bottom: move(1_000_000, snapshot, nowMs)
        case .detail: openDetail(snapshot, nowMs: nowMs)
        case .filter: openFilter(snapshot, nowMs: nowMs)
        case .sort: sort(snapshot, nowMs: nowMs)
        case .acknowledge, .cancelOrder, .carryOut: return act(action, snapshot, nowMs)
        case .alertHistory: layers.append(AlertHistoryLayer())
        case .liquidation: layers.append(LiquidationLayer())
        case .incident:
            say(
                Span(
                    "incidents are not part of this version: the history and 'estop audit' have what happened",
                    .notice
                ),
                nowMs: nowMs
            )
        case .reason:
            // The reason belongs to a halt, and this screen knows which one it made.
            guard press != nil, !snapshot.mode.permitsAnything else {
                say(
                    Span("no halt of this screen is in force: its reason is given where it was made", .notice),
                    nowMs: nowMs
                )
                return []
            }
            layers.append(ReasonPicker())
        case .zoom: isZoomed.toggle()
        case .theme: layers.append(ThemePicker(themes: themes, current: theme))
        case .palette: layers.append(PaletteLayer(themes: themes))
        case .help, .redraw, .suspend, .interrupt, .back, .close: break
        }
        return []
    }

    /// Does something to the row under the cursor.
    private mutating func act(_ action: Action, _ snapshot: DeskSnapshot, _ nowMs: UInt64) -> [Effect] {
        let listing = listing(of: focus, scene(snapshot, nowMs))
        let row = listing.selected.flatMap { listing.id(at: $0) }
        let outcome =
            switch action {
            case .acknowledge: EngineActions.acknowledge(focus, row: row, snapshot)
            case .cancelOrder: EngineActions.cancelOrder(focus, row: row, snapshot, nowMs: nowMs)
            default: EngineActions.carryOut(focus, row: row, scene(snapshot, nowMs))
            }
        switch outcome {
        case .effects(let effects): return effects
        case .layer(let layer): layers.append(layer)
        case .message(let text): say(Span(text, .notice), nowMs: nowMs)
        }
        return []
    }

    /// What an operator who has just opened the screen looks at first.
    private func natural(_ snapshot: DeskSnapshot) -> Pane {
        if !snapshot.mode.permitsAnything { return .steps }
        if !snapshot.alerts.rows.isEmpty { return .alerts }
        return snapshot.gates.isEmpty ? .steps : .gates
    }

    private mutating func walk(_ by: Int) {
        let panes = Pane.allCases
        focus = panes[(focus.rawValue + by + panes.count) % panes.count]
    }

    /// One row on. At the end of a pane the cursor goes on to the next one that has rows, so that a single key walks
    /// through all that is on the screen; a zoomed pane keeps it.
    private mutating func step(_ by: Int, _ snapshot: DeskSnapshot, _ nowMs: UInt64) {
        let scene = scene(snapshot, nowMs)
        let here = listing(of: focus, scene)
        if let selected = here.selected, isZoomed || here.order.indices.contains(selected + by) {
            move(to: selected + by, in: here, scene)
            return
        }
        if isZoomed { return }
        let panes = Pane.allCases
        for distance in 1...panes.count {
            let index = (focus.rawValue + by * distance + panes.count * 2) % panes.count
            let next = listing(of: panes[index], scene)
            guard !next.order.isEmpty else { continue }
            focus = panes[index]
            views[focus, default: View()].select(nil, at: 0)
            if by < 0 { move(to: next.order.count - 1, in: next, scene) }
            return
        }
    }

    /// Moves the cursor of the focused pane by so many rows.
    private mutating func move(_ by: Int, _ snapshot: DeskSnapshot, _ nowMs: UInt64) {
        let scene = scene(snapshot, nowMs)
        let here = listing(of: focus, scene)
        if let selected = here.selected { move(to: selected + by, in: here, scene) }
    }

    /// Puts the cursor on a row, and moves what is shown as little as that takes.
    private mutating func move(to place: Int, in listing: Listing, _ scene: Scene) {
        guard !listing.order.isEmpty else { return }
        let target = max(0, min(listing.order.count - 1, place))
        var view = view(of: focus)
        let room =
            last.rects[focus].map { Screen.room(listing, $0) }
            ?? Screen(self, scene, width: width, height: height).room(of: focus)
        let top = listing.top(from: view.top, room: room)
        view.select(listing.id(at: target), at: target)
        view.top = listing.top(from: top, room: room, for: target)
        views[focus] = view
    }

    /// A pane without regard to where it is: for what needs its rows only.
    private func listing(of pane: Pane, _ scene: Scene) -> Listing {
        if last.observedMs == observedMs, let known = last.listings[pane]?.looked(at: view(of: pane)) { return known }
        return Listing(pane.content(scene, width: width), view(of: pane), width: width)
    }

    private mutating func openDetail(_ snapshot: DeskSnapshot, nowMs: UInt64) {
        let listing = listing(of: focus, scene(snapshot, nowMs))
        guard let layer = DetailLayer(focus, listing) else {
            say(Span("\(focus.name): there is no row to look into", .notice), nowMs: nowMs)
            return
        }
        // The cursor stays with the row whose details are open.
        if let selected = listing.selected {
            views[focus, default: View()].select(listing.id(at: selected), at: selected)
        }
        layers.append(layer)
    }

    private mutating func openFilter(_ snapshot: DeskSnapshot, nowMs: UInt64) {
        guard focus.content(scene(snapshot, nowMs), width: width).table != nil else {
            say(Span("\(focus.name): nothing to filter here; choose a list (Tab)", .notice), nowMs: nowMs)
            return
        }
        layers.append(FilterPrompt(view(of: focus).filter))
    }

    private mutating func sort(_ snapshot: DeskSnapshot, nowMs: UInt64) {
        let content = focus.content(scene(snapshot, nowMs), width: width)
        guard let table = content.table else {
            say(Span("\(focus.name): nothing to sort here; choose a list (Tab)", .notice), nowMs: nowMs)
            return
        }
        let columns: [Int?] = [nil] + table.sortable.map { $0 }
        let at = columns.firstIndex(of: view(of: focus).sortedBy) ?? 0
        let next = columns[(at + 1) % columns.count]
        views[focus, default: View()].sortedBy = next
        let name = next.map { "by \(table.columns[$0].title)" } ?? "its own order, the worst first"
        say(Span("\(focus.name): sorted \(name)", .label), nowMs: nowMs)
    }

    private mutating func openResume(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        // A real desk that is not live may move on to the next stage without any latch.
        if snapshot.mode.permitsAnything, snapshot.latches.isEmpty, snapshot.paper || snapshot.mode == .live {
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

    /// All that a view may look at, at one moment.
    func scene(_ snapshot: DeskSnapshot, nowMs: UInt64, wallClockMs: Int64) -> Scene {
        Scene(
            snapshot: snapshot,
            freshness: freshness(of: snapshot, nowMs: nowMs),
            elapsedMs: (observedMs.map { nowMs &- min(nowMs, $0) } ?? 0) &+ (snapshot.link?.heldMs ?? 0),
            press: press,
            nowMs: nowMs,
            wallClockMs: wallClockMs
        )
    }

    /// The same for what is not drawn now, with the wall clock of what was drawn last.
    private func scene(_ snapshot: DeskSnapshot, _ nowMs: UInt64) -> Scene {
        scene(snapshot, nowMs: nowMs, wallClockMs: last.wallClockMs)
    }

    private func context(_ snapshot: DeskSnapshot, _ nowMs: UInt64) -> LayerContext {
        let scene = scene(snapshot, nowMs)
        return LayerContext(scene: scene, listing: listing(of: focus, scene))
    }

    private mutating func refresh(_ snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        if !hasChosen {
            focus = natural(snapshot)
            hasChosen = false
        }
        if let message, nowMs >= message.untilMs { self.message = nil }
        guard !layers.isEmpty else { return [] }
        var effects: [Effect] = []
        let context = context(snapshot, nowMs)
        for index in layers.indices.reversed() {
            effects += apply(layers[index].refresh(context), at: index, snapshot: snapshot, nowMs: nowMs)
        }
        return effects
    }

    private mutating func apply(
        _ outcome: LayerOutcome,
        at index: Int,
        snapshot: DeskSnapshot,
        nowMs: UInt64
    ) -> [Effect] {
        if outcome.closes { layers.remove(at: index) }
        if let span = outcome.message { say(span, nowMs: nowMs) }
        guard let request = outcome.request else { return outcome.effects }
        return outcome.effects + grant(request, snapshot: snapshot, nowMs: nowMs)
    }

    private mutating func grant(_ request: LayerRequest, snapshot: DeskSnapshot, nowMs: UInt64) -> [Effect] {
        switch request {
        case .perform(let action): return perform(action, snapshot: snapshot, nowMs: nowMs)
        case .filter(let text): views[focus, default: View()].filter = text
        case .move(let by):
            move(by, snapshot, nowMs)
            let listing = listing(of: focus, scene(snapshot, nowMs))
            for index in layers.indices {
                guard var detail = layers[index] as? DetailLayer else { continue }
                detail.follow(listing)
                layers[index] = detail
            }
        case .theme(let name):
            theme = name
            return [.theme(name)]
        }
        return []
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
