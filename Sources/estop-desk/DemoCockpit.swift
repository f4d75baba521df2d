import KillSwitch
import SafetyEngine
import Synchronization

/// What a demo says of what it cannot do.
enum DemoWords {
    static let noEngine = "this is a recorded desk: nothing can be done to it but K and R"
}

/// A demo desk that is played in real time. K halts it and nothing else.
final class DemoCockpit<Source: DemoSource>: Cockpit {
    private let desk = Mutex(Source())
    private let notices: [String]
    private let operatorName = Identity.current().name
    private let beganMs = Clock.boottime() / 1_000_000
    let wake = Wire()
    private let ending = Atomic<Bool>(false)
    private let isDone = Atomic<Bool>(true)

    /// - Parameter notices: what the operator ought to know besides.
    init(notices: [String] = []) { self.notices = notices }

    private var atMs: UInt64 { Clock.boottime() / 1_000_000 - beganMs }

    func first() -> DeskSnapshot {
        let (at, wall) = (atMs, Clock.wallMilliseconds())
        var snapshot = desk.withLock { $0.snapshot(atMs: at, wallMs: wall) }
        snapshot.notices += notices
        return snapshot
    }

    func start(
        deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        notify: @escaping @Sendable (String) -> Void
    ) {
        isDone.store(false, ordering: .releasing)
        let isStarted = ThreadStart.detached { [self] in
            while !ending.load(ordering: .acquiring) {
                let snapshot = first()
                deliver(snapshot)
                _ = wake.wait(milliseconds: Int32(clamping: snapshot.lookAgainMs))
                wake.rest()
            }
            isDone.store(true, ordering: .releasing)
        }
        if !isStarted { isDone.store(true, ordering: .releasing) }
    }

    func stop() {
        ending.store(true, ordering: .releasing)
        wake.pull()
        Patience.wait(milliseconds: 300) { isDone.load(ordering: .acquiring) }
    }

    func halt(reason: String, source: Record.Source) -> Bool {
        let (at, wall) = (atMs, Clock.wallMilliseconds())
        desk.withLock { $0.halt(atMs: at, wallMs: wall, by: operatorName) }
        if reason != HaltReason.none { desk.withLock { $0.giveReason(reason) } }
        wake.pull()
        return true
    }

    func giveReason(_ reason: String) {
        desk.withLock { $0.giveReason(reason) }
        wake.pull()
    }

    func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck] {
        let at = atMs
        return desk.withLock { $0.preflight(mode: mode, scope: scope, atMs: at) }
    }

    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) -> String { DemoWords.noEngine }

    func resume(_ request: ResumeRequest, _ passphrase: String) -> (succeeded: Bool, message: String) {
        var request = request
        if request.op.isEmpty { request.op = operatorName }
        let (asked, at, wall) = (request, atMs, Clock.wallMilliseconds())
        let outcome = desk.withLock { $0.resume(asked, atMs: at, wallMs: wall) }
        wake.pull()
        return outcome
    }
}
