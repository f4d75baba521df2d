import Console
import Desk
import KillSwitch

/// `estop health`: whether everything that watches is alive and finds nothing grave; `estop summary` for people.
enum HealthCommand {
    static let command = CommandTable.Command(
        "health",
        summary: "whether switch, engine, journal, venues, supervisors and alerts are well",
        discussion: ["Exit status: 0 ok; 3 not ok (says what), which is also what a host is that cannot be asked."]
    )
    static let summary = CommandTable.Command("summary", summary: "the desk in a few lines, for people")

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let answer: JSON
        let isHealthy: Bool
        do throws(ChosenDesk.Failure) {
            guard let found = JSON(bytes: try HostQuestion(arguments).answer(to: .health)),
                case .bool(let value)? = found["healthy"]
            else { throw ChosenDesk.Failure(message: "the host's answer is not understood") }
            (answer, isHealthy) = (found, value)
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 3)
        }
        let style = TextStyle(for: .standard)
        if arguments.json {
            Output.standard.line(answer.line)
        } else if isHealthy {
            let alerts = answer["alerts"]?.integer ?? 0
            Output.standard.line(style.paint("ok", .good) + ": \(alerts) open alerts, none of them critical")
        } else {
            let reasons = answer["reasons"]?.array?.compactMap(\.string) ?? []
            for reason in reasons { Output.standard.line(style.paint(VisibleText.line(reason), .bad)) }
        }
        return isHealthy ? 0 : 3
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
