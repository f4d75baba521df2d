import Console
import SafetyEngine

/// `estop alerts` and what can be done about one.
enum AlertsCommand {
    static let list = CommandTable.Command(
        "alerts",
        summary: "what rules found wrong, the gravest first",
        options: [.init("history", summary: "the alerts that were resolved instead")],
        discussion: ["Exit status: 0; 1 when the host cannot be asked."]
    )
    static let acknowledge = CommandTable.Command(
        "alerts acknowledge",
        summary: "say that you have seen an alert; it stays open until its cause is gone",
        positionals: [.init("ALERT")],
        options: [.init("for", .duration, summary: "until then; default: until it is resolved")]
    )
    static let silence = CommandTable.Command(
        "alerts silence",
        summary: "tell nobody of a rule's alerts for a while; they stay on screen, and halt all the same",
        positionals: [.init("RULE"), .init("REASON", .words)],
        options: [
            .init("for", .duration, required: true, summary: "how long"),
            .init("subject", .text("SUBJECT"), summary: "only about this; default: all of the rule"),
        ]
    )
    static let unsilence = CommandTable.Command(
        "alerts unsilence",
        summary: "end a silence before its time",
        positionals: [.init("RULE")],
        options: [.init("subject", .text("SUBJECT"), summary: "the subject that was silenced")]
    )

    @Sendable static func runList(_ arguments: Arguments) -> Int32 {
        HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let view = try host.alerts(isHistory: arguments.flag("history"))
            let alerts = arguments.flag("history") ? view.resolved : view.alerts
            if arguments.json {
                EngineJSON.write(alerts)
                return 0
            }
            var table = TextTable([
                .init("LEVEL"), .init("ALERT"), .init("AGE", .right), .init("COUNT", .right), .init("SEEN BY"),
                .init("WHAT"),
            ])
            for alert in alerts {
                table.add([
                    .init(alert.level.word, EngineText.role(alert.level)), .init(alert.id),
                    .init(EngineText.age(alert.ageMs)), .init("\(alert.count)"), .init(alert.acknowledgedBy ?? "-"),
                    .init(alert.text),
                ])
            }
            EngineText.write(table, empty: arguments.flag("history") ? "no alert was resolved yet" : "no open alert")
            for silence in view.silences where !arguments.flag("history") {
                let what = silence.subject.isEmpty ? silence.rule : "\(silence.rule) about \(silence.subject)"
                Output.standard.line(
                    "silenced for \(EngineText.age(silence.endsInMs)): \(what) (by \(silence.by): \(silence.reason))"
                )
            }
            return 0
        }
    }

    @Sendable static func runAcknowledge(_ arguments: Arguments) -> Int32 {
        let alert = arguments.positional("ALERT") ?? ""
        return HostQuestion.with(arguments) { host in
            host.act(
                .acknowledge(alert: alert, forMs: arguments.duration("for")),
                reason: "",
                arguments,
                done: "\(alert) is acknowledged; it stays open until its cause is gone"
            )
        }
    }

    @Sendable static func runSilence(_ arguments: Arguments) -> Int32 {
        let rule = arguments.positional("RULE") ?? ""
        let forMs = arguments.duration("for") ?? 0
        return HostQuestion.with(arguments) { host in
            host.act(
                .silence(rule: rule, subject: arguments.value("subject") ?? "", forMs: forMs),
                reason: arguments.positional("REASON") ?? "",
                arguments,
                done:
                    "nobody is told of \(rule) for \(EngineText.age(forMs)); it stays on screen, and halts all the same"
            )
        }
    }

    @Sendable static func runUnsilence(_ arguments: Arguments) -> Int32 {
        let rule = arguments.positional("RULE") ?? ""
        return HostQuestion.with(arguments) { host in
            host.act(
                .endSilence(rule: rule, subject: arguments.value("subject") ?? ""),
                reason: "",
                arguments,
                done: "\(rule) is told of again"
            )
        }
    }
}
