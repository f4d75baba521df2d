import Desk
import Journal
import KillSwitch
import SafetyEngine
import Synchronization

/// A recorded span of a desk, fed through the engine again and shown as it was then. Everything in it is the past but K, which
/// halts the real desk.
final class ReplayCockpit: Cockpit {
    let real: DeskCockpit
    private let name: String
    private let directory: String
    private let paper: Bool
    private let span: ReplaySpan
    private let isEnding = Atomic<Bool>(false)
    private let isDone = Atomic<Bool>(true)
    let wake = Wire()
    /// Whether K was pressed: from then on the real desk is shown.
    private let isReal = Atomic<Bool>(false)
    private let log: ReplayLog

    /// Most often shown, in milliseconds.
    private static let frameMs: UInt64 = 200

    init(_ desk: OpenedDesk, _ span: ReplaySpan) {
        real = DeskCockpit(desk, hosting: false)
        name = desk.killSwitch.settings.name
        paper = desk.killSwitch.settings.paper
        directory = desk.killSwitch.directory.path
        self.span = span
        log = ReplayLog(desk.killSwitch.wholeFold())
    }

    func first() -> DeskSnapshot { snapshot(nil, wallMs: span.fromMs) }

    func start(
        deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        notify: @escaping @Sendable (String) -> Void
    ) {
        // After K the screen is the real desk's: whoever halts has to see what became of it.
        real.start(
            deliver: { [self] snapshot in if isReal.load(ordering: .acquiring) { deliver(told(snapshot)) } },
            notify: notify
        )
        isDone.store(false, ordering: .releasing)
        let isStarted = ThreadStart.detached { [self] in
            do { try play(deliver, notify) } catch { notify("the replay ended: \(error)") }
            if isReal.load(ordering: .acquiring) {
                // A frame of the past may just have overtaken one of the real desk.
                deliver(told(real.first()))
            }
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

    func halt(reason: String, source: Record.Source) -> Bool {
        let isOnPage = real.halt(reason: reason, source: source)
        isReal.store(true, ordering: .releasing)
        wake.pull()
        return isOnPage
    }

    func giveReason(_ reason: String) { real.giveReason(reason) }

    func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck] {
        isReal.load(ordering: .acquiring) ? real.preflight(mode, scope) : []
    }

    func resume(_ request: ResumeRequest, _ passphrase: String) -> (succeeded: Bool, message: String) {
        isReal.load(ordering: .acquiring)
            ? real.resume(request, passphrase)
            : (false, "this is a replay of the past: open 'estop' to resume the real desk")
    }

    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) -> String {
        isReal.load(ordering: .acquiring)
            ? real.act(change, reason: reason, passphrase: passphrase)
            : "this is a replay of the past: nothing can be done to it"
    }

    // MARK: -

    private func play(
        _ deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        _ notify: @escaping @Sendable (String) -> Void
    ) throws {
        var replay = try Replay(directory, span)
        try replay.skip()
        let begunMs = Clock.boottime() / 1_000_000
        var isMore = true
        while !isEnding.load(ordering: .acquiring), !isReal.load(ordering: .acquiring) {
            if isMore {
                let passedMs = (Clock.boottime() / 1_000_000 - begunMs) &* span.speed
                isMore = try replay.play(untilMs: passedMs)
                if !isMore { notify("the end of the replay: what is shown is how it was then; q quits") }
            }
            // The last frame stays as it was: it is no desk that fell silent.
            deliver(snapshot(replay.engine, wallMs: replay.wallMs))
            _ = wake.wait(milliseconds: Int32(clamping: ReplayCockpit.frameMs))
            wake.rest()
        }
    }

    /// The real desk, and why it is shown: on the screen for as long as the desk is, since what is shown for a moment is
    /// overtaken by the question for the halt's reason.
    private func told(_ snapshot: DeskSnapshot) -> DeskSnapshot {
        var snapshot = snapshot
        snapshot.notices.insert("K halted the REAL desk: the replay is over, this is the real desk", at: 0)
        return snapshot
    }

    private func snapshot(_ engine: Engine?, wallMs: Int64) -> DeskSnapshot {
        var snapshot = DeskSnapshot(deskName: name, paper: paper, directory: directory)
        snapshot.mark = DeskSnapshot.replayMark
        // Before the first event there is no time to show.
        let isTime = (0..<253_402_300_800_000).contains(wallMs)
        let time = isTime ? "\(Clock.text(milliseconds: wallMs).prefix(19))Z" : "the past"
        snapshot.markNote = "of \(time). K halts the REAL desk"
        snapshot.freshness = .live(ageMs: 0)
        snapshot.operatorsEnrolled = true
        log.explain(&snapshot, at: wallMs)
        guard let engine else { return snapshot }
        let mode = Mode.allCases.first { $0.name == engine.mode.mode } ?? .unknown
        snapshot.mode = mode
        snapshot.word = Word(generation: engine.mode.generation, mode: mode)
        snapshot.take(.view(engine.view(at: engine.evaluatedMs), ageMs: 0))
        return snapshot
    }
}
