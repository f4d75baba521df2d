import Desk
import Journal
import KillSwitch
import SafetyEngine
import Synchronization

/// A recorded span of a desk, fed through the engine again and shown as it was then. Everything in it is the past but K, which
/// halts the real desk.
final class ReplayCockpit: Cockpit {
    private let real: DeskCockpit
    private let name: String
    private let directory: String
    private let paper: Bool
    private let span: ReplaySpan
    private let isEnding = Atomic<Bool>(false)
    private let isDone = Atomic<Bool>(true)
    private let wake = Wire()

    /// Most often shown, in milliseconds.
    private static let frameMs: UInt64 = 200

    init(_ desk: OpenedDesk, _ span: ReplaySpan) {
        real = DeskCockpit(desk, hosting: false)
        name = desk.killSwitch.settings.name
        paper = desk.killSwitch.settings.paper
        directory = desk.killSwitch.directory.path
        self.span = span
    }

    func first() -> DeskSnapshot { snapshot(nil, wallMs: span.fromMs) }

    func start(
        deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        notify: @escaping @Sendable (String) -> Void
    ) {
        real.start(deliver: { _ in }, notify: notify)
        isDone.store(false, ordering: .releasing)
        let isStarted = ThreadStart.detached { [self] in
            do { try play(deliver) } catch { notify("the replay ended: \(error)") }
            if !isEnding.load(ordering: .acquiring) { notify("the end of the replay; q quits") }
            isDone.store(true, ordering: .releasing)
        }
        if !isStarted { isDone.store(true, ordering: .releasing) }
    }

    func stop() {
        isEnding.store(true, ordering: .releasing)
        wake.pull()
        Patience.wait(milliseconds: 1_000) { isDone.load(ordering: .acquiring) }
        real.stop()
    }

    func halt(reason: String, source: Record.Source) -> Bool { real.halt(reason: reason, source: source) }

    func giveReason(_ reason: String) { real.giveReason(reason) }

    func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck] { [] }

    func resume(_ request: ResumeRequest, _ passphrase: String) -> (succeeded: Bool, message: String) {
        (false, "this is a replay of the past: open 'estop' to resume the real desk")
    }

    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) -> String {
        "this is a replay of the past: nothing can be done to it"
    }

    // MARK: -

    private func play(_ deliver: @escaping @Sendable (DeskSnapshot) -> Void) throws {
        var replay = try Replay(directory, span)
        try replay.skip()
        let begunMs = Clock.boottime() / 1_000_000
        while !isEnding.load(ordering: .acquiring) {
            let passedMs = (Clock.boottime() / 1_000_000 - begunMs) &* span.speed
            let isMore = try replay.play(untilMs: passedMs)
            deliver(snapshot(replay.engine, wallMs: replay.wallMs))
            if !isMore { return }
            _ = wake.wait(milliseconds: Int32(clamping: ReplayCockpit.frameMs))
            wake.rest()
        }
    }

    private func snapshot(_ engine: Engine?, wallMs: Int64) -> DeskSnapshot {
        var snapshot = DeskSnapshot(deskName: name, paper: paper, directory: directory)
        snapshot.mark = "REPLAY"
        // Before the first event there is no time to show.
        let isTime = (0..<253_402_300_800_000).contains(wallMs)
        let time = isTime ? "\(Clock.text(milliseconds: wallMs).prefix(19))Z" : "the past"
        snapshot.markNote = "of \(time). K halts the REAL desk"
        snapshot.freshness = .live(ageMs: 0)
        snapshot.operatorsEnrolled = true
        guard let engine else { return snapshot }
        let mode = Mode.allCases.first { $0.name == engine.mode.mode } ?? .unknown
        snapshot.mode = mode
        snapshot.word = Word(generation: engine.mode.generation, mode: mode)
        snapshot.take(.view(engine.view(at: engine.evaluatedMs), ageMs: 0))
        return snapshot
    }
}
