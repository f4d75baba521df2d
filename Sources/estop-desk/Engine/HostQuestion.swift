import Console
import Desk
import KillSwitch
import SafetyEngine

/// What a command asks of the host of a desk, and how it says what the host answered.
struct HostQuestion {
    let desk: ChosenDesk
    let client: ControlClient
    private let identity = Identity.current()

    /// How long an answer may take, in milliseconds: a wrong passphrase takes half a minute.
    static let patienceMs: UInt64 = 40_000

    /// Connects to the host of the arguments' desk.
    ///
    /// - Throws: `ChosenDesk.Failure` when there is none.
    init(_ arguments: Arguments) throws(ChosenDesk.Failure) {
        desk = try ChosenDesk(arguments, looking: true)
        let killSwitch = desk.killSwitch
        let begin = Clock.boottime()
        while true {
            do {
                client = try ControlClient(killSwitch.directory)
                return
            } catch {
                // A host takes its lock first and listens a moment later. A beat outlives its host for some seconds: it alone is
                // no host.
                guard error.isAbsent, HostPresence.isThere(killSwitch.directory) else {
                    throw ChosenDesk.Failure(message: error.message)
                }
                guard Clock.boottime() - begin < HostQuestion.startsWithinMs * 1_000_000 else {
                    throw ChosenDesk.Failure(
                        message:
                            "a host runs, but nobody listens at estop.sock: it has just begun, or the socket was deleted or cannot "
                            + "be opened. The host opens it again within seconds, or says on its standard error why not: try again"
                    )
                }
            }
            Clock.sleep(milliseconds: 20)
        }
    }

    /// The engine's view.
    func view() throws(ChosenDesk.Failure) -> EngineView {
        guard let view = ViewLine.view(of: try answer(to: .view)) else {
            throw ChosenDesk.Failure(message: "the host's answer is not understood: is it another version of estop?")
        }
        return view
    }

    /// Open alerts and silences alone, or the resolved alerts: a large desk's whole view takes long.
    func alerts(isHistory: Bool) throws(ChosenDesk.Failure) -> EngineView {
        guard let view = ViewLine.view(of: try answer(to: .alerts(isHistory: isHistory))) else {
            throw ChosenDesk.Failure(message: "the host's answer is not understood: is it another version of estop?")
        }
        return view
    }

    /// How long a host that is starting may take until its engine runs, in milliseconds.
    private static let startsWithinMs: UInt64 = 3_000

    /// One line of an answer.
    func answer(
        to request: ControlRequest,
        within limitMs: UInt64 = HostQuestion.patienceMs
    ) throws(ChosenDesk.Failure) -> [UInt8] {
        let begin = Clock.boottime()
        while true {
            let line: [UInt8]?
            do {
                try client.send(request)
                line = try client.line(within: limitMs)
            } catch {
                throw ChosenDesk.Failure(message: error.message)
            }
            guard let line else {
                throw ChosenDesk.Failure(message: "the host did not answer: see whether it is stuck (estop status)")
            }
            // The switch's host answers in the engine's place: it says what is the matter.
            guard let answer = JSON(bytes: line), answer["engine"]?.string == "down",
                let problem = answer["error"]?.string
            else { return line }
            guard Clock.boottime() - begin < HostQuestion.startsWithinMs * 1_000_000 else {
                throw ChosenDesk.Failure(message: problem)
            }
            Clock.sleep(milliseconds: 50)
        }
    }

    /// The passphrase for what spends or loosens; asked for on the terminal where an operator is enrolled.
    func passphrase(_ arguments: Arguments) throws(ChosenDesk.Failure) -> String {
        try EnginePassphrase.ask(desk.killSwitch, identity, fromInput: arguments.flag("stdin"))
    }

    /// Has an operator's action done, waits for what becomes of it (`--wait`), and says that, one line a request.
    ///
    /// - Returns: the exit status: 0 all of it is done; 1 anything is not.
    func act(
        _ change: OperatorAction.Change,
        reason: String,
        passphrase: String = "",
        _ arguments: Arguments,
        done: String
    ) -> Int32 {
        let action = OperatorAction(name: identity.name, reason: reason, change: change)
        let waitMs = arguments.duration("wait") ?? ControlRequest.waitMs
        return carryOut(.act(action, passphrase: passphrase, waitMs: waitMs), arguments, done: done, waitMs: waitMs)
    }

    /// Who asks.
    var name: String { identity.name }

    /// Asks for what has an outcome, and says that.
    ///
    /// - Returns: the exit status: 0 all of it is done; 1 anything is not.
    func carryOut(_ request: ControlRequest, _ arguments: Arguments, done: String, waitMs: UInt64 = 0) -> Int32 {
        do {
            let line = try answer(to: request, within: waitMs + HostQuestion.patienceMs)
            if let why = JSON(bytes: line)?["error"]?.string { return ChosenDesk.fail(why, arguments, status: 1) }
            guard let outcome = OutcomeLine.outcome(of: line) else {
                return ChosenDesk.fail(
                    "the host's answer is not understood: is it another version of estop?",
                    arguments,
                    status: 1
                )
            }
            say(outcome, done: done, waitMs: waitMs, arguments)
            return outcome.isDone ? 0 : 1
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
    }

    private func say(_ outcome: ActionOutcome, done: String, waitMs: UInt64, _ arguments: Arguments) {
        if arguments.json {
            Output.standard.line(outcome.json(done: done, waitedMs: waitMs).line)
            return
        }
        for line in outcome.lines(done: done, waitedMs: waitMs) { Output.standard.line(VisibleText.line(line)) }
        for account in outcome.accounts {
            let result = account.result
            Output.standard.line(
                VisibleText.line(
                    "\(account.account): status=\(result.status.rawValue) current_count=\(result.currentCount) "
                        + "max_allowed=\(result.maxAllowed) excess=\(result.excess) sold=\(result.sold)"
                )
            )
        }
    }

    /// Asks for the view and hands it to a command, or says why it cannot be had.
    ///
    /// - Parameter status: the exit status then.
    static func show(_ arguments: Arguments, otherwise status: Int32 = 1, _ body: (EngineView) -> Int32) -> Int32 {
        do { return body(try HostQuestion(arguments).view()) } catch {
            return ChosenDesk.fail(error.message, arguments, status: status)
        }
    }

    /// Connects and goes on, or says why not.
    static func with(_ arguments: Arguments, _ body: (HostQuestion) throws(ChosenDesk.Failure) -> Int32) -> Int32 {
        do { return try body(HostQuestion(arguments)) } catch {
            return ChosenDesk.fail(error.message, arguments, status: error.status)
        }
    }
}
