import Console
import Desk
import Journal
import KillSwitch
import SafetyEngine

/// `estop alerts` and what can be done about one.
enum AlertsCommand {
    static let list = CommandTable.Command(
        "alerts",
        summary: "what rules found wrong, the gravest first",
        options: [.init("history", summary: "the alerts that were resolved instead, from the journal")]
            + SearchOptions.all + [SearchOptions.level],
        discussion: [
            "With --history, or a time, the journal is read, the last first, in pages; a host need not run.",
            "Exit status: 0; 1 when the host cannot be asked or the journal cannot be read.",
        ]
    )
    static let acknowledge = CommandTable.Command(
        "alerts acknowledge",
        summary: "say that you have seen an alert; it stays open until its cause is gone",
        positionals: [.init("ALERT", .optional)],
        options: [
            .init("all", summary: "every alert that is open now, instead of one"),
            .init("rule", .text("RULE"), summary: "with --all: only those of this rule"),
            .init("for", .duration, summary: "until then; default: until it is resolved"),
        ],
        discussion: ["Exit status: 0; 1 when nothing was acknowledged (says why)."]
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
        guard let chosen = SearchOptions.chosen(arguments) else { return UsageError.exitStatus }
        if arguments.flag("history") || chosen.isPast { return past(chosen, arguments) }
        return HostQuestion.with(arguments) { host throws(ChosenDesk.Failure) in
            let view = try host.alerts(isHistory: false)
            let level = SearchOptions.level(arguments)
            let wanted = view.alerts.filter { alert in
                alert.level >= level && arguments.value("rule").map { $0 == alert.rule } ?? true
            }
            let alerts = arguments.value("limit") == nil ? wanted : Array(wanted.prefix(chosen.limit))
            if arguments.json {
                EngineJSON.write(alerts.map(AlertRow.init))
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
            EngineText.write(table, empty: "no open alert")
            for silence in view.silences {
                let what = silence.subject.isEmpty ? silence.rule : "\(silence.rule) about \(silence.subject)"
                Output.standard.line(
                    "silenced for \(EngineText.age(silence.endsInMs)): \(what) (by \(silence.by): \(silence.reason))"
                )
            }
            return 0
        }
    }

    /// Changes of alerts, from the journal.
    private static func past(_ chosen: SearchOptions.Chosen, _ arguments: Arguments) -> Int32 {
        var search = AlertSearch()
        search.wallMs = chosen.wallMs
        search.before = chosen.before
        search.rule = arguments.value("rule")
        search.level = SearchOptions.level(arguments)
        if arguments.flag("history") { search.kinds = [.resolved] }
        do {
            let desk = try ChosenDesk(arguments)
            let reader = try Journal.reader(directory: desk.killSwitch.directory.path, codec: LineCodec())
            let page = try reader.alerts(search, limit: chosen.limit)
            if arguments.json {
                let rows: [JSON] = page.rows.map { record in
                    .object([
                        .init("seq", .number(record.seq)),
                        .init("at", .string(Clock.text(milliseconds: record.receipt.wallMs))),
                        .init("change", .string(record.change.kind.rawValue)),
                        .init("level", .string(record.change.alert.level.word)),
                        .init("rule", .string(record.change.alert.rule)), .init("id", .string(record.change.alert.id)),
                        .init("count", .number(record.change.alert.count)),
                        .init("acknowledged_by", .text(record.change.alert.acknowledgedBy)),
                        .init("text", .string(record.change.alert.text)),
                    ])
                }
                Output.standard.line(JSON.array(rows).line)
            } else {
                var table = TextTable([
                    .init("SEQ", .right), .init("AT"), .init("LEVEL"), .init("ALERT"), .init("CHANGE"),
                    .init("COUNT", .right), .init("SEEN BY"), .init("WHAT"),
                ])
                for record in page.rows {
                    let alert = record.change.alert
                    table.add([
                        .init("\(record.seq)"), .init(Clock.text(milliseconds: record.receipt.wallMs)),
                        .init(alert.level.word, EngineText.role(alert.level)), .init(alert.id),
                        .init(record.change.kind.rawValue), .init("\(alert.count)"), .init(alert.acknowledgedBy ?? "-"),
                        .init(alert.text),
                    ])
                }
                let empty =
                    arguments.flag("history") ? "no alert was resolved in that time" : "no alert changed in that time"
                EngineText.write(table, empty: empty)
            }
            SearchOptions.more(page.next, arguments)
            return 0
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }

    @Sendable static func runAcknowledge(_ arguments: Arguments) -> Int32 {
        let alert = arguments.positional("ALERT") ?? ""
        guard alert.isEmpty == arguments.flag("all"), arguments.flag("all") || arguments.value("rule") == nil else {
            Output.error.line("estop: name one ALERT, or type --all (with --rule RULE for one rule)")
            return UsageError.exitStatus
        }
        if arguments.flag("all") {
            let rule = arguments.value("rule") ?? ""
            let change = OperatorAction.Change.acknowledgeAll(rule: rule, forMs: arguments.duration("for"))
            return HostQuestion.with(arguments) { host in
                host.act(change, reason: "", arguments, done: DeskHost.done(change))
            }
        }
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

/// An alert as `estop alerts --json` prints it: its level is the word that every other text says.
private struct AlertRow: Encodable {
    let alert: Alert

    private enum Key: CodingKey { case level }

    func encode(to encoder: any Encoder) throws {
        try alert.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(alert.level.word, forKey: .level)
    }
}
