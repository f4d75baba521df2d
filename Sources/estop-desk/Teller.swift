import Console
import Dashboard
import KillSwitch
import SafetyEngine
import Synchronization

/// Turns what is seen and asked into lines for the writer. Any thread; the lock is held for pure, short work only.
final class Teller: Sendable {
    private struct State {
        var report = PlainReport()
        var snapshot: DeskSnapshot
        /// When that came, CLOCK_BOOTTIME in nanoseconds.
        var at: UInt64
    }

    private let state: Mutex<State>
    private let writer: LineWriter
    private let isJSON: Bool

    init(_ snapshot: DeskSnapshot, writer: LineWriter, isJSON: Bool) {
        state = Mutex(State(snapshot: snapshot, at: Clock.boottime()))
        self.writer = writer
        self.isJSON = isJSON
    }

    /// Says the whole desk and what may be typed.
    func standing() {
        state.withLock { state in
            let wall = Clock.wallMilliseconds()
            let elapsed = Teller.elapsed(state)
            let lines = state.report.standing(state.snapshot, elapsedMs: elapsed, wallMs: wall)
            say(lines + [PlainLine(.news, .answer, WatchWord.howTo)], state, wall)
        }
    }

    /// Takes a snapshot and says what is new.
    func take(_ snapshot: DeskSnapshot) {
        state.withLock { state in
            state.snapshot = snapshot
            state.at = Clock.boottime()
            tell(&state)
        }
    }

    /// Says what time alone has changed: that nothing came for too long.
    func tick() { state.withLock { tell(&$0) } }

    /// Answers.
    func answer(_ text: String, gravity: PlainLine.Gravity = .news, topic: PlainLine.Topic = .answer) {
        state.withLock { say([PlainLine(gravity, topic, text)], $0, Clock.wallMilliseconds()) }
    }

    /// The last snapshot.
    var snapshot: DeskSnapshot { state.withLock { $0.snapshot } }

    /// One line as it is written.
    static func text(_ line: PlainLine, mode: Mode, wallMs: Int64, isJSON: Bool) -> String {
        guard isJSON else { return line.spoken(wallMs: wallMs) }
        return JSON.object([
            .init("at", .string(Clock.now())), .init("gravity", .string(line.gravity.word)),
            .init("topic", .string(line.topic.rawValue)), .init("text", .string(line.text)),
            .init("mode", .string(mode.name)),
        ]).line
    }

    private func tell(_ state: inout State) {
        let wall = Clock.wallMilliseconds()
        let elapsed = Teller.elapsed(state)
        say(state.report.changes(state.snapshot, elapsedMs: elapsed, wallMs: wall), state, wall)
    }

    private func say(_ lines: [PlainLine], _ state: borrowing State, _ wall: Int64) {
        let mode = state.snapshot.mode
        writer.add(lines.map { Teller.text($0, mode: mode, wallMs: wall, isJSON: isJSON) })
    }

    private static func elapsed(_ state: borrowing State) -> UInt64 {
        let now = Clock.boottime()
        return now > state.at ? (now - state.at) / 1_000_000 : 0
    }
}
