import Desk
import KillSwitch
import Logging
import Operators
import SafetyEngine
import Synchronization

/// A real desk: the watch that sees it, the hand on its switch, the recorder behind it, and the host if there is no other.
final class DeskCockpit: Cockpit {
    private let killSwitch: KillSwitch
    private let identity = Identity.current()
    private let hand: Hand
    private let recorder = Recorder()
    private let lastHalt = Mutex<String?>(nil)
    private let host = Mutex<HostedDesk?>(nil)
    private let link: EngineLink?
    private let watch: DeskWatch
    private let messages: ScreenMessages
    /// Calls for a snapshot.
    let bell = DeskWatch.Bell()

    /// Takes hold of a desk.
    ///
    /// - Parameter hosting: become its host where it may be hosted here and no other runs.
    init(_ desk: OpenedDesk, hosting: Bool) {
        killSwitch = desk.killSwitch
        let bell = bell
        let messages = ScreenMessages(bell)
        self.messages = messages
        var notices = desk.notices
        if hosting && desk.mayHost {
            do {
                let logger = Self.logger(messages)
                let started = try HostedDesk(
                    desk.killSwitch,
                    desk.arguments,
                    logger: logger,
                    onView: { bell.ring() }
                )
                host.withLock { $0 = started }
                if let notice = started.notice { notices.append(notice) }
            } catch let error as SwitchError {
                if error.code != .inUse { notices.append(error.message) }
            } catch {
                notices.append("this screen does not host the desk: \(error)")
            }
        }
        // After the host, which may have made the page.
        hand = Hand(desk.killSwitch.directory)
        let started = host.withLock { $0 }
        let isHost = started != nil
        let link = isHost ? nil : EngineLink(desk.killSwitch, onView: { bell.ring() })
        self.link = link
        watch = DeskWatch(
            desk.killSwitch,
            isHost: { isHost },
            notices: notices,
            engine: { started?.sight ?? link?.sight },
            bell: bell
        )
    }

    private static func logger(_ messages: ScreenMessages) -> Logger {
        var logger = Logger(label: "estop") { _ in ScreenLog { messages.add($0) } }
        logger.logLevel = .warning
        return logger
    }

    /// Long enough for a host that is well; a stuck one holds up neither the screen nor K for longer, in milliseconds.
    private static let firstViewMs: UInt64 = 20

    /// With what the host's engine says, if it says it at once: the first frame then is the whole screen.
    func first() -> DeskSnapshot {
        if let link {
            link.start()
            Patience.wait(milliseconds: DeskCockpit.firstViewMs, everyMs: 1) { link.hasAnswered }
        }
        return watch.first()
    }

    func start(
        deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        notify: @escaping @Sendable (String) -> Void
    ) {
        recorder.start(killSwitch, watch)
        let messages = messages
        watch.start { snapshot in
            for text in messages.take() { notify(text) }
            deliver(snapshot)
        }
    }

    func stop() {
        link?.stop()
        watch.stop()
        // Not joined for long: a frozen disk must not keep the operator's shell.
        recorder.finish(milliseconds: 1_000)
        host.withLock { host in
            host?.stop()
            host = nil
        }
    }

    func halt(reason: String, source: Record.Source) -> Bool {
        let keyAt = Clock.boottime()
        let pulled = hand.pull()
        watch.halted(pulled.word, keyAt: keyAt, pageAt: pulled.at)
        lastHalt.withLock { $0 = pulled.id }
        recorder.add(pulled, HaltRequest(reason: reason, source: source, op: identity.name, from: identity.from))
        return pulled.onPage
    }

    func giveReason(_ reason: String) {
        guard let id = lastHalt.withLock({ $0 }) else { return }
        try? killSwitch.giveReason(reason, for: id, identity: identity)
        watch.wake()
    }

    func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck] {
        killSwitch.preflight(killSwitch.observe(), mode: mode, scope: scope, answers: [])
    }

    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) -> String {
        do {
            let client = try ControlClient(killSwitch.directory)
            try client.send(
                .act(
                    OperatorAction(name: identity.name, reason: reason, change: change),
                    passphrase: passphrase,
                    waitMs: ControlRequest.waitMs
                )
            )
            guard let line = try client.line(within: 40_000 + ControlRequest.waitMs) else {
                return "the host did not answer: see whether it is stuck (estop status)"
            }
            if let outcome = OutcomeLine.outcome(of: line) {
                return outcome.headline(done: DeskHost.done(change), waitedMs: ControlRequest.waitMs)
            }
            return JSON(bytes: line)?["error"]?.string ?? "the host's answer is not understood"
        } catch {
            return error.message
        }
    }

    func resume(_ request: ResumeRequest, _ passphrase: String) -> (succeeded: Bool, message: String) {
        var request = request
        request.from = identity.from
        request.source = .keyboard
        if request.op.isEmpty { request.op = identity.name }
        // Checking a passphrase takes a while: a halt that comes meanwhile is not lifted unseen.
        request.seen = killSwitch.observe().word
        defer { watch.wake() }
        switch Authority.check(request, passphrase: passphrase, on: killSwitch, identity: identity) {
        case .accepted(let credential): request.credential = credential
        case .refused(let why): return (false, why)
        }
        switch killSwitch.resume(request) {
        case .resumed(let word): return (true, "resumed to \(word.mode.name), generation \(word.generation)")
        case .already(let word): return (true, "nothing to resume: the desk is \(word.mode.name)")
        case .waiting(let waiting):
            return (true, "asked: another operator has to confirm it, with R or '\(waiting.command)'")
        case .refused(let why): return (false, why)
        case .unapproved(let refusal): return (false, refusal.message)
        }
    }
}
