import Console
import KillSwitch
import Notify
import SafetyEngine
import Settings

/// `estop notify test|status`: whether people would be told, and what they have not been told yet.
enum NotifyCommand {
    static let test = CommandTable.Command(
        "notify test",
        summary: "send a test message to everybody who is told of alerts, or to one",
        positionals: [.init("NAME", .optional)],
        discussion: [
            "The message says of itself that it is a test. Each target is tried once, whatever its level and rules.",
            "Exit status: 0 when every one took it; 1 when one did not, or there is none; 64 for an unknown NAME.",
        ]
    )
    static let status = CommandTable.Command(
        "notify status",
        summary: "what waits on disk to be told, and why",
        discussion: [
            "Exit status: 0 when nothing waits; 1 when something does, or the queue has files that cannot be read."
        ]
    )

    /// Who is told, in the order of the configuration.
    static func targets(_ arguments: Arguments) throws -> [DeskConfiguration.Notify.Target] {
        let location = try StateLocation.choose(option: arguments.state)
        return try DeskConfiguration.load(named: arguments.config, state: location.path).desk.notify.targets
    }

    // MARK: - test

    @Sendable static func runTest(_ arguments: Arguments) -> Int32 {
        do {
            let location = try StateLocation.choose(option: arguments.state)
            let configuration = try Configuration.load(named: arguments.config, state: location.path)
            return try test(arguments, desk: configuration.desk.name, targets: try targets(arguments))
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    /// Tries the targets one after the other, and prints each as soon as it is known.
    static func test(
        _ arguments: Arguments,
        desk: String,
        targets: [DeskConfiguration.Notify.Target]
    ) throws -> Int32 {
        var chosen = targets
        if let name = arguments.positional("NAME") {
            chosen = targets.filter { $0.name == name }
            if chosen.isEmpty {
                Output.error.line("estop: \(unknown(name, among: targets.map(\.name)))")
                return UsageError.exitStatus
            }
        }
        guard !chosen.isEmpty else {
            return ChosenDesk.fail(
                "nobody is told of alerts: name a webhook or a command in estop.toml ([notify])",
                arguments,
                status: 1
            )
        }
        let notification = Notification.test(desk: desk, at: Clock.wallMilliseconds())
        let style = TextStyle(for: .standard)
        var results: [JSON] = []
        var failed = false
        for target in chosen {
            let reason = NotifyTrial.send(notification, to: target)
            failed = failed || reason != nil
            if arguments.json {
                results.append(
                    .object([
                        .init("target", .string(target.name)), .init("kind", .string(target.kind.rawValue)),
                        .init("delivered", .bool(reason == nil)), .init("error", .text(reason)),
                    ])
                )
            } else {
                let word = reason == nil ? style.paint("delivered", .good) : style.paint("FAILED", .bad)
                let name = VisibleText.line(target.name)
                Output.standard.line(
                    "\(name) (\(target.kind.rawValue), \(target.shown)): \(word)"
                        + (reason.map { ": \(VisibleText.line($0))" } ?? "")
                )
            }
        }
        if arguments.json { Output.standard.line(JSON.array(results).line) }
        return failed ? 1 : 0
    }

    /// What is wrong with a name, and what to type instead.
    static func unknown(_ name: String, among known: [String]) -> String {
        let shown = VisibleText.line(name)
        if known.isEmpty { return "there is no target '\(shown)': estop.toml names none ([notify])" }
        if let nearest = Suggestion.nearest(to: name, among: known) {
            return "there is no target '\(shown)': did you mean \(VisibleText.line(nearest))?"
        }
        return "there is no target '\(shown)': type one of \(known.map(VisibleText.line).joined(separator: ", "))"
    }

    // MARK: - status

    @Sendable static func runStatus(_ arguments: Arguments) -> Int32 {
        let queue: NotifyQueue
        do {
            queue = NotifyQueue(state: try ChosenDesk(arguments, looking: true).killSwitch.directory.path)
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
        if arguments.json {
            let members: [JSON.Member] = [
                .init("waiting", .array(queue.waiting.map(\.json))),
                .init("problems", .array(queue.problems.map { .string($0) })),
            ]
            Output.standard.line(JSON.object(members).line)
        } else {
            Output.standard.write(text(queue, TextStyle(for: .standard)))
        }
        return queue.waiting.isEmpty && queue.problems.isEmpty ? 0 : 1
    }

    /// The report: a table of what waits, then what cannot be read.
    static func text(_ queue: NotifyQueue, _ style: TextStyle) -> String {
        var out = ""
        if queue.waiting.isEmpty {
            out = "nothing waits to be told\n"
        } else {
            var table = TextTable([
                .init("TARGET"), .init("SINCE"), .init("LEVEL"), .init("EVENT"), .init("RULE"), .init("SUBJECT"),
                .init("TRIES", .right), .init("LAST ERROR"),
            ])
            for entry in queue.waiting {
                let told = entry.notification
                table.add([
                    .init(entry.target), .init(Clock.text(milliseconds: told.at)), .init(told.level.word),
                    .init(told.kind.rawValue), .init(told.rule), .init(told.subject), .init(String(entry.attempts)),
                    .init(entry.error),
                ])
            }
            out = table.text(style: style)
        }
        for problem in queue.problems { out += style.paint(VisibleText.line(problem), .bad) + "\n" }
        return out
    }
}

extension NotifyQueue.Waiting {
    /// The entry as `estop notify status --json` prints it.
    fileprivate var json: JSON {
        .object([
            .init("target", .string(target)), .init("attempts", .number(attempts)),
            .init("error", .text(error.isEmpty ? nil : error)), .init("notification", notification.json),
        ])
    }
}
