import Console
import Dashboard
import KillSwitch
import SafetyEngine

/// A script at work on a screen that is only kept as text.
struct ScriptRun<World: ScriptWorld> {
    /// How it ended.
    enum Outcome: Equatable {
        /// All steps were made.
        case finished
        /// A key quit.
        case quit
        /// An expectation was not met, or a frame not written.
        case failed(ScriptStep, why: String)
    }

    /// How long an expectation waits, in milliseconds of the script's time.
    static var patienceMs: UInt64 { 10_000 }
    /// Time passes in steps of this.
    private static var tickMs: UInt64 { 100 }

    private var world: World
    private var interface = Interface()
    private var snapshot: DeskSnapshot
    private var size: ScreenSize
    private let unicode: Bool
    private let write: (Frame, String) -> String?
    private var hasQuit = false

    /// - Parameters:
    ///   - world: the desk and the clock.
    ///   - unicode: whether anything but ASCII may be drawn.
    ///   - write: writes a frame to a file, and says why it could not.
    init(_ world: World, size: ScreenSize, unicode: Bool, write: @escaping (Frame, String) -> String?) {
        self.world = world
        self.size = size
        self.unicode = unicode
        self.write = write
        snapshot = self.world.first()
        interface.resize(width: size.columns, height: size.rows)
        perform(interface.observe(snapshot, nowMs: self.world.nowMs))
    }

    /// The screen as it is now.
    var frame: Frame {
        render(
            interface,
            snapshot: snapshot,
            width: size.columns,
            height: size.rows,
            nowMs: world.nowMs,
            wallClockMs: world.wallMs,
            unicode: unicode
        )
    }

    /// Makes the steps, one after another.
    mutating func run(_ steps: [ScriptStep]) -> Outcome {
        for step in steps {
            pass(untilMs: world.nowMs)
            switch step.action {
            case .press(let key): take(.key(key))
            case .paste(let text): take(.paste(text))
            case .wait(let milliseconds): pass(untilMs: world.nowMs &+ milliseconds)
            case .size(let size):
                self.size = size
                interface.resize(width: size.columns, height: size.rows)
            case .frame(let file):
                if let why = write(frame, file) { return .failed(step, why: why) }
            case .expect(let text):
                if !wait(until: { $0.contains(text) }) {
                    return .failed(step, why: "not on the screen within \(Self.patienceMs / 1000) s")
                }
            case .expectNot(let text):
                if !wait(until: { !$0.contains(text) }) {
                    return .failed(step, why: "still on the screen after \(Self.patienceMs / 1000) s")
                }
            }
            if hasQuit { return .quit }
        }
        pass(untilMs: world.nowMs)
        return .finished
    }

    /// Lets go of the desk.
    mutating func end() { world.end() }

    // MARK: - Events

    private mutating func take(_ event: InputEvent) {
        // As the tap does: the halt before anything else.
        let halts = HaltKey.halts(event, isTyping: interface.isTyping)
        if halts { world.halt() }
        let effects = interface.handle(event, snapshot: snapshot, nowMs: world.nowMs, wordBefore: snapshot.word)
        perform(effects, halted: halts)
    }

    private mutating func perform(_ effects: [Effect], halted: Bool = false) {
        for effect in effects {
            switch effect {
            case .halt: if !halted { world.halt() }
            case .giveReason(let reason): world.giveReason(reason)
            case .preflight(let mode, let scope): world.preflight(mode, scope)
            case .resume(let request, let passphrase): world.resume(request, passphrase)
            case .act(let change, let reason, let passphrase):
                world.act(change, reason: reason, passphrase: passphrase)
            case .quit: hasQuit = true
            // Nothing to suspend, to paint again or to colour.
            case .theme, .suspend, .redraw: break
            }
        }
    }

    private mutating func take(_ news: ScriptNews) {
        let now = world.nowMs
        switch news {
        case .snapshot(let new):
            snapshot = new
            perform(interface.observe(new, nowMs: now))
        case .preflight(let checks, let mode, let scope):
            interface.preflight(checks, mode: mode, scope: scope, nowMs: now)
        case .resumed(let succeeded, let message):
            interface.resumeFinished(message: message, succeeded: succeeded, nowMs: now)
        case .notice(let text): interface.notify(text, nowMs: now)
        }
    }

    // MARK: - Time

    /// Lets time pass until then; what has come is taken even if none passes.
    private mutating func pass(untilMs: UInt64) {
        repeat {
            let tick = min(untilMs, world.nowMs &+ Self.tickMs)
            while let news = world.next(untilMs: tick) { take(news) }
            perform(interface.tick(snapshot, nowMs: world.nowMs))
        } while world.nowMs < untilMs
    }

    private mutating func wait(until isMet: (String) -> Bool) -> Bool {
        let until = world.nowMs &+ Self.patienceMs
        while !isMet(FrameText.rows(frame)) {
            if world.nowMs >= until || hasQuit { return false }
            pass(untilMs: min(until, world.nowMs &+ Self.tickMs / 2))
        }
        return true
    }
}

/// A screen as text.
enum FrameText {
    /// The rows, without the blanks at their ends.
    static func rows(_ frame: Frame) -> String {
        (0..<frame.height).map { trimmed(frame.text(row: $0)) + "\n" }.joined()
    }

    /// The rows, and if asked for the letters of the cells' roles behind them.
    static func text(_ frame: Frame, roles: Bool) -> String {
        guard roles else { return rows(frame) }
        return rows(frame) + "--- roles\n" + (0..<frame.height).map { frame.roles(row: $0) + "\n" }.joined()
    }

    /// The same as one JSON object.
    static func json(_ frame: Frame) -> JSON {
        .object([
            .init("columns", .integer(Int64(frame.width))), .init("rows", .integer(Int64(frame.height))),
            .init("text", .array((0..<frame.height).map { .string(trimmed(frame.text(row: $0))) })),
            .init("roles", .array((0..<frame.height).map { .string(frame.roles(row: $0)) })),
        ])
    }

    private static func trimmed(_ row: String) -> String {
        var row = row[...]
        while row.last == " " { row.removeLast() }
        return String(row)
    }
}
