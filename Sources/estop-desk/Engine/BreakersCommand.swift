import Console
import SafetyEngine

/// `estop breakers`: every circuit breaker; and one can be put back.
enum BreakersCommand {
    static let list = CommandTable.Command(
        "breakers",
        summary: "every circuit breaker: state, value, limit, when it tripped"
    )
    static let reset = CommandTable.Command(
        "breakers reset",
        summary: "put one tripped breaker back; lifts no latch (that is 'estop resume')",
        positionals: [.init("NAME"), .init("REASON", .words)],
        options: [.init("stdin", summary: "read the passphrase, if one is set up, from standard input")]
    )

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        HostQuestion.show(arguments) { view in
            if arguments.json {
                EngineJSON.write(view.breakers)
                return 0
            }
            var table = TextTable([
                .init("BREAKER"), .init("STATE"), .init("VALUE", .right), .init("LIMIT", .right),
                .init("TRIPPED", .right), .init("ABOUT"), .init("NOTE"),
            ])
            for breaker in view.breakers {
                let state = breaker.isTripped ? "TRIPPED" : breaker.isEnabled ? "armed" : "off"
                table.add([
                    .init(breaker.name), .init(state, breaker.isTripped ? .bad : breaker.isEnabled ? .good : .dim),
                    .init(breaker.value.map { "\($0)" } ?? "unknown"), .init("\(breaker.limit)"),
                    .init(breaker.trippedAgeMs.map { EngineText.age($0) + " ago" } ?? "-"), .init(breaker.subject),
                    .init(breaker.note),
                ])
            }
            EngineText.write(table, empty: "no rule may halt: no breaker")
            if let probation = view.probation {
                Output.standard.line(
                    "probation: for \(EngineText.age(probation.endsInMs)) more, limits are at \(probation.percent) %"
                )
            }
            return 0
        }
    }

    @Sendable static func runReset(_ arguments: Arguments) -> Int32 {
        let name = arguments.positional("NAME") ?? ""
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            host.act(
                .resetBreaker(name: name),
                reason: arguments.positional("REASON") ?? "",
                passphrase: try host.passphrase(arguments),
                arguments,
                done: "\(name) is reset and armed; latches are as they were"
            )
        }
    }
}
