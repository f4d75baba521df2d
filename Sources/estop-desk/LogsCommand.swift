import Console
import Desk
import KillSwitch
import SafetyEngine

/// `estop logs`: the end of the desk's log, of a level or a part, and on while it is written.
enum LogsCommand {
    static let command = CommandTable.Command(
        "logs",
        summary: "the last lines of the desk's log (logs/estop.log)",
        options: [
            .init("tail", .integer(1...100_000), summary: "how many; default: 100"),
            .init(
                "level",
                .choice(Decision.LogLine.Level.allCases.map { $0.rawValue.lowercased() }),
                summary: "this grave and graver; default: info"
            ),
            .init("part", .choice(LogPart.allCases.map(\.rawValue)), summary: "one of the logs that runbooks read"),
            .init("follow", summary: "go on while it is written; Ctrl-C ends it"),
        ],
        discussion: [
            "system: who beats, rules, alerts, the host. trading: cap, accounts, dust, exits, adoption, normalization.",
            "error: level error and graver, of both.",
            "With --json each line is the object that stands in logs/estop.jsonl.",
            "Exit status: 0; 1 when the log cannot be read.",
        ]
    )

    private static let usual = 100
    /// Between two looks at a log that is followed, in milliseconds.
    private static let lookMs: UInt64 = 200

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let level = arguments.value("level").flatMap { Decision.LogLine.Level(rawValue: $0.uppercased()) } ?? .info
        let choice = LogChoice(level: level, part: arguments.value("part").flatMap(LogPart.init(rawValue:)))
        do {
            let state = try ChosenDesk(arguments, looking: true).killSwitch.directory.path
            let reader = LogReader(state: state)
            let lines = try reader.last(arguments.integer("tail") ?? usual, choice)
            if lines.isEmpty, !arguments.json { Output.error.line("no such line is in \(state)/logs yet") }
            guard write(lines, arguments), arguments.flag("follow") else { return 0 }
            while true {
                Clock.sleep(milliseconds: lookMs)
                guard write(try reader.more(choice), arguments) else { return 0 }
            }
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    /// Writes lines; false: nobody reads any more.
    private static func write(_ lines: [LoggedLine], _ arguments: Arguments) -> Bool {
        for line in lines {
            guard Output.standard.line(arguments.json ? line.json.line : VisibleText.lines(line.text)) else {
                return false
            }
        }
        return true
    }
}
