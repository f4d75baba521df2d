import KillSwitch
import SafetyEngine

extension DeskLog.Line {
    /// A line that the engine decided to write, in the form that operators' searches expect.
    init(_ line: Decision.LogLine, wallMs: Int64) {
        self.init(wallMs, line.level.rawValue, line.part, line.text, [])
    }

    /// What happened to an alert.
    init(_ change: Decision.AlertChange, wallMs: Int64) {
        let alert = change.alert
        self.init(
            wallMs,
            alert.level.word,
            "alerts",
            "\(change.kind.rawValue): \(alert.rule) \(alert.subject): \(alert.text)",
            [
                .init("alert", .string(alert.id)), .init("change", .string(change.kind.rawValue)),
                .init("rule", .string(alert.rule)), .init("subject", .string(alert.subject)),
                .init("count", .number(alert.count)),
            ]
        )
    }

    /// A rule halted.
    init(_ order: Decision.HaltOrder, wallMs: Int64) {
        self.init(
            wallMs,
            "CRITICAL",
            "rules",
            "HALT (\(order.scope)) by \(order.rule): \(order.reason)",
            [
                .init("rule", .string(order.rule)), .init("alert", .string(order.alert)),
                .init("scope", .string(order.scope)),
            ]
        )
    }

    private init(_ wallMs: Int64, _ level: String, _ part: String, _ text: String, _ more: [JSON.Member]) {
        let at = Clock.text(milliseconds: wallMs)
        let seconds = at.prefix(19).split(separator: "T").joined(separator: " ")
        self.text = "\(seconds) | nija.\(part) | \(level) | \(text)"
        json =
            JSON.object(
                [
                    .init("at", .string(at)), .init("level", .string(level)), .init("part", .string(part)),
                    .init("text", .string(text)),
                ] + more
            ).line
    }
}
