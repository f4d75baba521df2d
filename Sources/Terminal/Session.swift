import CTerminal
import Dashboard
import Glibc
public import KillSwitch
public import SafetyEngine
import Synchronization

/// What the screen can make happen. Given by the host; the screen knows no page, no log and no file.
public struct SessionActions: Sendable {
    /// Halts: the store into the page. Called on the tap's thread before any lock is taken; must not wait.
    public var halt: @Sendable () -> Void
    /// Records why the last halt was made. Called on a worker's thread.
    public var giveReason: @Sendable (String) -> Void
    /// Runs the checks for a resume to a mode, of a scope. Called on a worker's thread.
    public var preflight: @Sendable (Mode, Scope) -> [PreflightCheck]
    /// Resumes, with the passphrase (empty when no operator is enrolled). The request's `op` is the operator's name as
    /// typed, or empty, its `from` is empty: the host fills in who and where. Called on a worker's thread.
    public var resume: @Sendable (ResumeRequest, String) -> (succeeded: Bool, message: String)
    /// Has an operator's action done by the engine: what, why, the passphrase (empty where none is needed). What became of
    /// it comes back in words. Called on a worker's thread.
    public var act: @Sendable (OperatorAction.Change, String, String) -> String

    /// Creates the actions.
    public init(
        halt: @escaping @Sendable () -> Void,
        giveReason: @escaping @Sendable (String) -> Void,
        preflight: @escaping @Sendable (Mode, Scope) -> [PreflightCheck],
        resume: @escaping @Sendable (ResumeRequest, String) -> (succeeded: Bool, message: String),
        act: @escaping @Sendable (OperatorAction.Change, String, String) -> String
    ) {
        self.halt = halt
        self.giveReason = giveReason
        self.preflight = preflight
        self.resume = resume
        self.act = act
    }
}

/// How the screen looks. NO_COLOR and the locale are asked besides.
public struct SessionOptions: Sendable {
    /// No colours, as with NO_COLOR.
    public var mono: Bool
    /// ASCII only, as where the locale is not UTF-8.
    public var ascii: Bool
    /// The themes to choose from.
    public var themes: ThemeLibrary
    /// The name of the one to begin with; where there is none of the name, it is `default`.
    public var theme: String
    /// Another terminal than the process's own, for tests.
    var terminal: Int32?

    /// Creates options; NO_COLOR in the environment is no colours.
    public init(
        mono: Bool = false,
        ascii: Bool = false,
        themes: ThemeLibrary = .shipped,
        theme: String = ThemeLibrary.standard
    ) {
        let noColor = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        self.mono = mono || noColor
        self.ascii = ascii
        self.themes = themes
        self.theme = theme
    }
}

/// The dashboard on a terminal: the tap, the painter, and the workers for what may wait.
///
/// One lock guards the interface and the last snapshot. It is held for pure, short work only, never across a write, a
/// read or an action. `isTyping` beside it is what the tap asks before it takes the lock; it is stored whenever the
/// interface has changed, and only the tap's own events make it true.
public final class Session: Sendable {
    /// The exit status when the terminal went away.
    static let hangUpStatus: Int32 = 1
    /// The exit status when there is no terminal that a screen can be drawn on.
    public static let noTerminalStatus: Int32 = 2

    private struct State {
        var interface: Interface
        var snapshot: DeskSnapshot
        /// Counts snapshots.
        var revision: UInt64 = 0
        /// A key came: paint at once.
        var urgent = true
        /// The desk changed: paint when the frame rate allows.
        var changed = true
        var suspend = false
        var redraw = false
        var theme: Theme?
        var ended: Int32?
    }

    let actions: SessionActions
    let options: SessionOptions
    let input: Int32
    let output: Int32
    private let state: Mutex<State>
    private let typing = Atomic<Bool>(false)
    /// The word of the last snapshot, with bit 32 set; 0: none. For the tap, which halts before it takes the lock.
    private let word = Atomic<UInt64>(0)
    /// Answers of the terminal that the painter has not looked at.
    private let answers = Atomic<Int>(0)
    private let finished = Semaphore()
    private let reasons = Worker("reasons")
    private let questions = Worker("questions")

    /// Creates a session on standard input and output, or on the controlling terminal where those are none.
    public init(actions: SessionActions, initial: DeskSnapshot, options: SessionOptions = SessionOptions()) {
        self.actions = actions
        self.options = options
        let controlling = isatty(0) == 1 && isatty(1) == 1 ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        input = options.terminal ?? (isatty(0) == 1 ? 0 : controlling)
        output = options.terminal ?? (isatty(1) == 1 ? 1 : controlling)
        let interface = Interface(themes: options.themes.names, theme: options.theme)
        state = Mutex(State(interface: interface, snapshot: initial))
        word.store(initial.word.map { 1 << 32 | UInt64($0.rawValue) } ?? 0, ordering: .releasing)
    }

    /// Shows the screen until the operator quits or the terminal goes away. Blocks the calling thread.
    ///
    /// - Returns: 0 after `q`, 1 when the terminal went away, 2 when there is none.
    public func run() -> Int32 {
        guard input >= 0, output >= 0, term_guard(input, output) == 0 else { return Session.noTerminalStatus }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            term_restore()
            return Session.noTerminalStatus
        }
        // The tap first: K works before anything is painted.
        let tap = Tap(session: self, terminal: input, stop: ends[0])
        let reading = Thread("tap") { tap.run() }
        let painting = Thread("painter") {
            var painter = Painter(session: self, backend: CursesBackend())
            painter.run()
        }
        if reading == nil || painting == nil { end(status: Session.noTerminalStatus) }
        finished.wait()
        term_wake()
        // It has no more to wait for than a last answer.
        _ = painting?.wait(ms: 2 * Int(Painter.leaveMs))
        term_restore()
        close(ends[1])
        _ = reading?.wait(ms: 300)
        close(ends[0])
        reasons.finish(ms: 2000)
        term_unguard()
        return state.withLock { $0.ended ?? 0 }
    }

    /// Takes a new snapshot of the desk. Any thread.
    public func update(_ snapshot: DeskSnapshot) {
        let now = Clock.monotonicMs()
        let (effects, visible) = change { state in
            let visible = snapshot.differsVisibly(from: state.snapshot)
            state.snapshot = snapshot
            state.revision += 1
            if visible { state.changed = true }
            return (state.interface.observe(snapshot, nowMs: now), visible)
        }
        perform(effects, halted: false)
        // Mere ages wait for the next tick: a desk at rest wakes nobody.
        if visible { term_wake() }
    }

    /// Says something on the screen's message line. Any thread.
    public func notify(_ text: String) {
        change { state in
            state.interface.notify(text, nowMs: Clock.monotonicMs())
            state.urgent = true
        }
        term_wake()
    }

    // MARK: - For the tap

    var isTyping: Bool { typing.load(ordering: .acquiring) }

    /// The page's word as the last snapshot has it.
    var lastWord: Word? {
        let stored = word.load(ordering: .acquiring)
        return stored == 0 ? nil : Word(rawValue: UInt32(truncatingIfNeeded: stored))
    }

    /// Handles an event whose halt, if it is one, has been made. One that is alone wakes the painter, and that before
    /// it is handled: by the time that the painter is awake and has the lock, there is something to paint.
    func handle(_ event: InputEvent, halted: Bool, wordBefore: Word?, isAlone: Bool = true) {
        let now = Clock.monotonicMs()
        let effects = change { state in
            if isAlone { term_wake() }
            state.urgent = true
            return state.interface.handle(
                event,
                snapshot: state.snapshot,
                nowMs: now,
                wordBefore: halted ? wordBefore : state.snapshot.word
            )
        }
        perform(effects, halted: halted)
        if !effects.isEmpty { term_wake() }
    }

    func end(status: Int32) {
        change { if $0.ended == nil { $0.ended = status } }
        finished.post()
        term_wake()
    }

    /// The terminal answered so often.
    func answered(_ count: Int) {
        answers.add(count, ordering: .acquiringAndReleasing)
        term_wake()
    }

    // MARK: - For the painter

    func takeAnswers() -> Int { answers.exchange(0, ordering: .acquiringAndReleasing) }

    /// Whether the terminal went away: it will not answer any more.
    var hasHungUp: Bool { state.withLock { $0.ended == Session.hangUpStatus } }

    var hasEnded: Bool { state.withLock { $0.ended != nil } }

    func opened(as name: String) {
        let asked = getenv("TERM").map { String(cString: $0) } ?? ""
        guard asked != name else { return }
        notify("TERM=\(asked.isEmpty ? "(none)" : asked) cannot be used here: drawing for \(name)")
    }

    func resized(width: Int, height: Int) {
        change { state in
            state.interface.resize(width: width, height: height)
            state.urgent = true
        }
    }

    func takeRequests() -> (suspend: Bool, redraw: Bool, theme: Theme?) {
        change { state in
            defer {
                state.suspend = false
                state.redraw = false
                state.theme = nil
            }
            if state.suspend || state.redraw || state.theme != nil { state.urgent = true }
            return (state.suspend, state.redraw, state.theme)
        }
    }

    /// When the next frame is due: at once for a key, within the frame rate for news, and for the clock's next second.
    func nextFrame(paintedMs: UInt64, tickMs: UInt64, nowMs: UInt64) -> UInt64 {
        let (urgent, soon) = state.withLock { state in
            (state.urgent, state.changed || state.interface.isCounting(state.snapshot, nowMs: nowMs))
        }
        if urgent { return nowMs }
        return max(paintedMs + Painter.frameMs, soon ? 0 : tickMs)
    }

    /// Lets time pass in the interface, and gives what is to be drawn.
    func scene(nowMs: UInt64) -> (Interface, DeskSnapshot, revision: UInt64) {
        let (effects, interface, snapshot, revision) = change { state in
            let effects = state.interface.tick(state.snapshot, nowMs: nowMs)
            state.urgent = false
            state.changed = false
            return (effects, state.interface, state.snapshot, state.revision)
        }
        perform(effects, halted: false)
        return (interface, snapshot, revision)
    }

    /// Takes note of what was drawn.
    func drawn(_ drawing: Drawing) { state.withLock { $0.interface.drawn(drawing) } }

    // MARK: - Effects

    /// Changes the state under the lock, and stores what the tap asks without it before the lock is let go.
    @discardableResult
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            let result = body(&state)
            typing.store(state.interface.isTyping, ordering: .releasing)
            word.store(state.snapshot.word.map { 1 << 32 | UInt64($0.rawValue) } ?? 0, ordering: .releasing)
            return result
        }
    }

    func perform(_ effects: [Effect], halted: Bool) {
        for effect in effects {
            switch effect {
            case .halt:
                // The tap has halted already, unless what was being typed in ran out just now.
                if !halted { actions.halt() }
            case .giveReason(let reason):
                reasons.add { [actions] in actions.giveReason(reason) }
            case .preflight(let mode, let scope):
                questions.add { [self] in
                    let results = actions.preflight(mode, scope)
                    answer { $0.preflight(results, mode: mode, scope: scope, nowMs: Clock.monotonicMs()) }
                }
            case .resume(let request, let passphrase):
                questions.add { [self] in
                    let (succeeded, message) = actions.resume(request, passphrase)
                    answer {
                        $0.resumeFinished(message: message, succeeded: succeeded, nowMs: Clock.monotonicMs())
                    }
                }
            case .act(let change, let reason, let passphrase):
                questions.add { [self] in
                    let message = actions.act(change, reason, passphrase)
                    answer { $0.notify(message, nowMs: Clock.monotonicMs()) }
                }
            case .theme(let name): choose(name)
            case .quit: end(status: 0)
            case .suspend: change { $0.suspend = true }
            case .redraw: change { $0.redraw = true }
            }
        }
    }

    /// Draws with another theme from now on.
    private func choose(_ name: String) {
        guard let theme = options.themes[name] else { return notify("there is no theme \(name)") }
        change { $0.theme = theme }
        if let problem = options.themes.problem(of: name) { notify(problem) }
        term_wake()
    }

    private func answer(_ body: (inout Interface) -> Void) {
        change { state in
            body(&state.interface)
            state.urgent = true
        }
        term_wake()
    }
}
