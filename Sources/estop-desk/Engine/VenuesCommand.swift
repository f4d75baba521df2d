import Console
import Desk

/// `estop reconnect` and `estop reconcile`: venues list what is open and held afresh, and the books are compared with it.
enum VenuesCommand {
    private static let options: [CommandTable.Option] = [
        .init("venue", .text("VENUE"), summary: "only this venue; default: all that are reached"),
        .init("reason", .text("WHY"), summary: "why, where it is not written as REASON"),
        .init("stdin", summary: "read the passphrase, if one is set up, from standard input"),
    ]
    private static let status = "Exit status: 0 every venue listed them; 1 one did not (says why)."

    static let reconnect = CommandTable.Command(
        "reconnect",
        aliases: ["reconcile"],
        summary: "have venues list their orders and positions afresh, and say what differs from the books",
        positionals: [.init("REASON", .optionalWords)],
        options: options,
        discussion: [status]
    )
    static let restart = CommandTable.Command(
        "supervisors restart",
        summary: "start a supervisor's process again by its restart command; not while trading is halted",
        positionals: [.init("NAME"), .init("REASON", .optionalWords)],
        options: Array(options.dropFirst()),
        discussion: ["Exit status: 0 its command ran; 1 not restarted (says why)."]
    )

    @Sendable static func runReconnect(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let request = ControlRequest.reconnect(
                venue: arguments.value("venue"),
                operatorName: host.name,
                reason: arguments.reason.isEmpty ? "operator" : arguments.reason,
                passphrase: try host.passphrase(arguments)
            )
            return host.carryOut(request, arguments, done: "every venue listed its orders and positions")
        }
    }

    @Sendable static func runRestart(_ arguments: Arguments) -> Int32 {
        let name = arguments.positional("NAME") ?? ""
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let request = ControlRequest.restart(
                supervisor: name,
                operatorName: host.name,
                reason: try arguments.neededReason(),
                passphrase: try host.passphrase(arguments)
            )
            return host.carryOut(request, arguments, done: "\(name) is restarted")
        }
    }
}
