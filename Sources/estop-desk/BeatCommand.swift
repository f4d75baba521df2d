import Console
import KillSwitch

/// `estop beat NAME`: one heartbeat, from a script.
enum BeatCommand {
    static let command = CommandTable.Command(
        "beat",
        summary: "one heartbeat, from a script",
        positionals: [.init("NAME")],
        options: [
            .init("interval", .duration, summary: "within which the next one comes; default: 60s (0: no promise)"),
            .init("forget", summary: "the script will not beat any more: do not list it"),
        ],
        discussion: [
            "The host lists NAME among the supervisors: LATE after 1.5 intervals, STALLED after 3.",
            "Exit status: 0; 1 when the beat could not be left (no host has run, or the directory is not writable), or there",
            "was none to forget.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let name = arguments.positional("NAME") ?? ""
        let interval = arguments.duration("interval") ?? 60_000
        guard !VisibleText.hasControls(name) else {
            Output.error.line(
                "estop: '\(VisibleText.line(name))' cannot be a name: type one without control characters"
            )
            return UsageError.exitStatus
        }
        if arguments.flag("forget"), arguments.value("interval") != nil {
            Output.error.line("estop: --forget takes no --interval: type estop beat \(name) --forget")
            return UsageError.exitStatus
        }
        do {
            let killSwitch = try ChosenDesk(arguments, looking: true).killSwitch
            if arguments.flag("forget") {
                let known = killSwitch.forgetBeat(name)
                guard known else {
                    return ChosenDesk.fail(
                        "\(name) left no beat here, so nothing was forgotten; if the host lists it all the same: "
                            + "estop supervisors forget \(name)",
                        arguments,
                        status: 1
                    )
                }
                if arguments.json {
                    let members = [JSON.Member("name", .string(name)), .init("forgotten", .bool(true))]
                    Output.standard.line(JSON.object(members).line)
                }
                return 0
            }
            try killSwitch.beat(name, interval: interval * 1_000_000)
        } catch let error as SwitchError where error.code == .input {
            Output.error.line("estop: \(VisibleText.line(error.message))")
            return UsageError.exitStatus
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
        if arguments.json {
            let members = [JSON.Member("name", .string(name)), .init("interval_ms", .number(interval))]
            Output.standard.line(JSON.object(members).line)
        }
        return 0
    }
}
