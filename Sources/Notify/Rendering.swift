import Console
public import KillSwitch
import SafetyEngine
public import Settings

extension Notification {
    /// What is sent to a target of that kind: the body of a POST, or a command's standard input.
    public func rendered(for kind: DeskConfiguration.Notify.Target.Kind) -> JSON {
        switch kind {
        case .webhook, .command: json
        case .slack: Message(bounded).slack
        case .discord: Message(bounded).discord(bounded)
        }
    }

    /// What a command finds in its environment, in this order; control characters are shown as codes, so that a value
    /// is always one line. The whole notification is on its standard input.
    public var environment: [(name: String, value: String)] {
        [
            ("ESTOP_ALERT_ID", id), ("ESTOP_ALERT_EVENT", kind.rawValue), ("ESTOP_ALERT_DESK", desk),
            ("ESTOP_ALERT_LEVEL", level.word), ("ESTOP_ALERT_RULE", rule), ("ESTOP_ALERT_ALERT", alert),
            ("ESTOP_ALERT_SUBJECT", subject), ("ESTOP_ALERT_TEXT", text),
            ("ESTOP_ALERT_AT", Clock.text(milliseconds: at)), ("ESTOP_ALERT_COUNT", String(count)),
            ("ESTOP_ALERT_TITLE", Message(self).title),
        ].map { ($0.0, VisibleText.line($0.1)) }
    }
}
