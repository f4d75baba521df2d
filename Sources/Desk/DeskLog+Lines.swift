import KillSwitch
import SafetyEngine

extension DeskLog.Line {
    /// A line that the engine decided to write, in the form that operators' searches expect, and the same as JSON.
    init(_ line: Decision.LogLine, wallMs: Int64) {
        text = RunbookLog.text(line, wallMs: wallMs)
        json = RunbookLog.json(line, wallMs: wallMs).line
        parts = LoggedLine(Array(json.utf8)).map { logged in LogPart.allCases.filter { $0.has(logged) } } ?? []
    }

    /// What happened to an alert.
    init(_ change: Decision.AlertChange, wallMs: Int64) {
        let alert = change.alert
        let line = Decision.LogLine(
            // That its cause is gone is no fault, however grave it was.
            change.kind == .resolved ? .info : Decision.LogLine.Level(alert.level),
            "alerts",
            "\(change.kind.rawValue) \(alert.level.word): \(alert.rule) \(alert.subject): \(alert.text)",
            event: "alert_\(change.kind.rawValue)",
            fields: [
                .init("alert", alert.id), .init("rule", alert.rule), .init("subject", alert.subject),
                .init("alert_level", alert.level.word), .init("count", "\(alert.count)"),
                .init("value", alert.value?.description),
            ]
        )
        self.init(line, wallMs: wallMs)
    }

    /// A rule halted.
    init(_ order: Decision.HaltOrder, wallMs: Int64) {
        let line = Decision.LogLine(
            .critical,
            "rules",
            "HALT (\(order.scope)) by \(order.rule): \(order.reason)",
            event: "halt",
            fields: [
                .init("rule", order.rule), .init("alert", order.alert), .init("scope", order.scope),
                .init("mode", order.mode), .init("number", "\(order.number)"),
            ]
        )
        self.init(line, wallMs: wallMs)
    }
}

extension DeskLog.Line {
    /// A halt or a resume that no rule made: what a command, a key, a request, a stop file or estop itself did.
    init(_ record: Record, wallMs: Int64) {
        let isHalt = record.change == .halt
        let author = record.source.author(record.people)
        let who = record.source.isOfPeople ? "\(author) (\(record.source.rawValue))" : author
        let count = record.count.map { " (\($0) times)" } ?? ""
        let overrides = record.overrides.map { "\($0.key) (\($0.value.string ?? ""))" }
        let overridden = overrides.isEmpty ? "" : "; overridden: " + overrides.joined(separator: ", ")
        let line = Decision.LogLine(
            isHalt ? .critical : .warning,
            "switch",
            isHalt
                ? "HALT (\(record.scope)) by \(who)\(count): \(record.reason)"
                : "RESUME (\(record.scope)) to \(record.mode.name) by \(who): \(record.reason)\(overridden)",
            event: isHalt ? "halt" : "resume",
            fields: [
                .init("id", record.id), .init("scope", record.scope.description), .init("mode", record.mode.name),
                .init("source", record.source.rawValue), .init("operator", record.op), .init("from", record.from),
            ]
        )
        self.init(line, wallMs: wallMs)
    }
}

extension Decision.LogLine.Level {
    /// The log has no level above critical.
    fileprivate init(_ level: Alert.Level) {
        switch level {
        case .info: self = .info
        case .warning: self = .warning
        case .critical, .emergency: self = .critical
        }
    }
}
