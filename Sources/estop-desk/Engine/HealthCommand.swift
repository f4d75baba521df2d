import Console
import Desk
import KillSwitch
import SafetyEngine

/// `estop health`: whether everything that watches is alive and finds nothing grave; `estop summary` for people.
enum HealthCommand {
    static let command = CommandTable.Command(
        "health",
        summary: "whether switch, engine, journal, venues, supervisors and alerts are well",
        discussion: ["Exit status: 0 ok; 3 not ok (says what), which is also what a host is that cannot be asked."]
    )
    static let summary = CommandTable.Command("summary", summary: "the desk in a few lines, for people")

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let (health, view): (DeskHealth, EngineView)
        do {
            let host = try HostQuestion(arguments)
            view = try host.view()
            health = DeskHealth(host.desk.killSwitch.observe(), view)
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 3)
        }
        let style = TextStyle(for: .standard)
        if arguments.json {
            Output.standard.line(
                JSON.object(
                    health.jsonMembers + [
                        .init("problems", .array(health.reasons.map { .string($0) })),
                        .init("alerts", .number(view.alerts.count)),
                        .init("evaluation_age_ms", .number(view.evaluationAgeMs)),
                        .init("parts", .array(health.parts.map(\.json))),
                    ]
                ).line
            )
        } else if health.isHealthy {
            Output.standard.line(
                style.paint("ok", .good) + ": \(view.alerts.count) open alerts, none of them critical"
            )
        } else {
            for reason in health.reasons { Output.standard.line(style.paint(reason, .bad)) }
        }
        return health.isHealthy ? 0 : 3
    }

    @Sendable static func runSummary(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let answer = JSON(bytes: try host.answer(to: .summary))
            guard let text = answer?["summary"]?.string else {
                throw ChosenDesk.Failure(message: "the host's answer is not understood")
            }
            if arguments.json, let answer { Output.standard.line(answer.line) } else { Output.standard.line(text) }
            return 0
        }
    }
}
