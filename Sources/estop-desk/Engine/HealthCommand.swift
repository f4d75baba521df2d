import Console
import Desk
import KillSwitch
import SafetyEngine

/// `estop health`: whether everything that watches is alive and finds nothing grave; `estop summary` for people.
enum HealthCommand {
    static let command = CommandTable.Command(
        "health",
        summary: "whether the engine, the journal, the venues and the supervisors are well",
        discussion: ["Exit status: 0 ok; 3 not ok (says what), which is also what a host is that cannot be asked."]
    )
    static let summary = CommandTable.Command("summary", summary: "the desk in a few lines, for people")

    /// What is not well, in words; empty: everything is.
    static func complaints(_ view: EngineView) -> [String] {
        var complaints: [String] = []
        if view.evaluationAgeMs > 3_000 {
            complaints.append("the engine has not run for \(EngineText.age(view.evaluationAgeMs))")
        }
        if let words = view.journal.words { complaints.append(words) }
        for venue in view.venues where venue.state != .connected {
            complaints.append("\(venue.id) is \(venue.state.rawValue): \(venue.note)")
        }
        for supervisor in view.supervisors where supervisor.health == .stalled || supervisor.health == .dead {
            complaints.append("\(supervisor.name) is \(supervisor.health.rawValue)")
        }
        for alert in view.alerts where alert.level >= .critical { complaints.append("\(alert.level.word) \(alert.id)") }
        return complaints
    }

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        HostQuestion.show(arguments, otherwise: 3) { view in
            let complaints = complaints(view)
            let style = TextStyle(for: .standard)
            if arguments.json {
                Output.standard.line(
                    JSON.object([
                        .init("healthy", .bool(complaints.isEmpty)),
                        .init("problems", .array(complaints.map { .string($0) })),
                        .init("alerts", .number(view.alerts.count)),
                        .init("evaluation_age_ms", .number(view.evaluationAgeMs)),
                    ]).line
                )
            } else if complaints.isEmpty {
                Output.standard.line(
                    style.paint("ok", .good) + ": \(view.alerts.count) open alerts, none of them critical"
                )
            } else {
                for complaint in complaints { Output.standard.line(style.paint(complaint, .bad)) }
            }
            return complaints.isEmpty ? 0 : 3
        }
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
