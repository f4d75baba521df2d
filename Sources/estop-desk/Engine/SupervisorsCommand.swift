import Console
import SafetyEngine

/// `estop supervisors`: who is expected to beat, and who does not.
enum SupervisorsCommand {
    static let list = CommandTable.Command(
        "supervisors",
        summary: "who is expected to beat, and who does not",
        discussion: [
            "LATE after 1.5 intervals, STALLED after 3, DEAD when the process is gone. Exit status: 0; 1 without a host."
        ]
    )
    static let forget = CommandTable.Command(
        "supervisors forget",
        summary: "one that is not expected any more",
        positionals: [.init("NAME")]
    )

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        HostQuestion.show(arguments) { view in
            if arguments.json {
                EngineJSON.write(view.supervisors)
                return 0
            }
            var table = TextTable([
                .init("NAME"), .init("HEALTH"), .init("LAST BEAT", .right), .init("INTERVAL", .right),
                .init("MISSED", .right),
            ])
            for supervisor in view.supervisors {
                let role: TextRole =
                    switch supervisor.health {
                    case .ok: .good
                    case .late: .caution
                    case .stalled, .dead: .bad
                    }
                table.add([
                    .init(supervisor.name), .init(supervisor.health.rawValue, role),
                    .init(supervisor.lastBeatAgeMs.map { EngineText.age($0) } ?? "never"),
                    .init(supervisor.intervalMs == 0 ? "-" : DurationText.text(milliseconds: supervisor.intervalMs)),
                    .init("\(supervisor.missed)"),
                ])
            }
            EngineText.write(table, empty: "nobody is expected to beat")
            return 0
        }
    }

    @Sendable static func runForget(_ arguments: Arguments) -> Int32 {
        let name = arguments.positional("NAME") ?? ""
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            host.act(
                .forgetSupervisor(name: name),
                reason: "operator",
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "\(name) is not expected any more; a beat of it makes it known again"
            )
        }
    }
}
