import Console
import Desk
import KillSwitch
import Remote
import SafetyEngine

/// A desk on another machine. What is asked of it goes over its API; what a halt needs has a way of its own.
final class RemoteCockpit: Cockpit {
    let desk: RemoteDesk

    init(_ chosen: ChosenRemote, notices: [String]) {
        desk = RemoteDesk(
            chosen.address,
            tokenFile: chosen.tokenFile,
            authorityFile: chosen.authorityFile,
            operatorName: Identity.current().name,
            notices: notices
        )
    }

    func first() -> DeskSnapshot { desk.snapshot() }

    func start(
        deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        notify: @escaping @Sendable (String) -> Void
    ) {
        guard !desk.start(deliver: deliver) else { return }
        notify("the system has no thread for the link: K does NOT work here. Use ssh and estop activate")
    }

    func stop() {
        // The screen is gone by now: this is the last word.
        if let problem = desk.stop() { Output.error.line("estop: \(VisibleText.line(problem))") }
    }

    /// - Returns: true: it is sent until it is confirmed. What the desk says of it comes with its snapshots.
    func halt(reason: String, source: Record.Source) -> Bool {
        desk.halt(reason: reason)
        return true
    }

    func giveReason(_ reason: String) { desk.giveReason(reason) }

    func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck] { desk.preflight(mode, scope) }

    func resume(_ request: ResumeRequest, _ passphrase: String) -> (succeeded: Bool, message: String) {
        desk.resume(request)
    }

    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) -> String {
        desk.act(ControlRequest.json(of: change), reason: reason)
    }
}
