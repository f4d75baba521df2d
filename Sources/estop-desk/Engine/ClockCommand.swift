import Console
import SafetyEngine

/// `estop clock accept`: after a jump of the machine's clock, it is right as it is now.
enum ClockCommand {
    static let accept = CommandTable.Command(
        "clock accept",
        summary: "after a jump of the machine's clock: it is right now; days begin by it",
        positionals: [.init("REASON", .words)],
        options: [.init("stdin", summary: "read the passphrase, if one is set up, from standard input")]
    )

    @Sendable static func runAccept(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            host.act(
                .acceptClock,
                reason: arguments.positional("REASON") ?? "",
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "the machine's clock is taken over as it is"
            )
        }
    }
}
