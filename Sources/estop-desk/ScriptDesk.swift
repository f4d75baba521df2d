import KillSwitch
import SafetyEngine
import Synchronization

/// A script on a real desk: time is real, and what it does is really done, by the dashboard's own actions.
struct ScriptDesk: ScriptWorld {
    private let cockpit: any Cockpit
    private let inbox = Inbox()

    /// What the cockpit's threads bring.
    private final class Inbox: Sendable {
        let news = Mutex<[ScriptNews]>([])
        let wake = Wire()

        func add(_ item: ScriptNews) {
            news.withLock { $0.append(item) }
            wake.pull()
        }

        func take() -> ScriptNews? { news.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    init(_ cockpit: any Cockpit) { self.cockpit = cockpit }

    var nowMs: UInt64 { Clock.boottime() / 1_000_000 }
    var wallMs: Int64 { Clock.wallMilliseconds() }

    func first() -> DeskSnapshot {
        let first = cockpit.first()
        let inbox = inbox
        cockpit.start(deliver: { inbox.add(.snapshot($0)) }, notify: { inbox.add(.notice($0)) })
        return first
    }

    func next(untilMs: UInt64) -> ScriptNews? {
        while true {
            inbox.wake.rest()
            if let item = inbox.take() { return item }
            let now = nowMs
            if now >= untilMs { return nil }
            _ = inbox.wake.wait(milliseconds: Int32(clamping: untilMs - now))
        }
    }

    func halt() { cockpit.halt(reason: HaltReason.none, source: .keyboard) }

    func giveReason(_ reason: String) { cockpit.giveReason(reason) }

    func preflight(_ mode: Mode, _ scope: Scope) {
        inbox.add(.preflight(cockpit.preflight(mode, scope), mode, scope))
    }

    func resume(_ request: ResumeRequest, _ passphrase: String) {
        let (succeeded, message) = cockpit.resume(request, passphrase)
        inbox.add(.resumed(succeeded: succeeded, message: message))
    }

    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) {
        inbox.add(.notice(cockpit.act(change, reason: reason, passphrase: passphrase)))
    }

    func end() { cockpit.stop() }
}
