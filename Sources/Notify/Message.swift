import Console
import KillSwitch
import SafetyEngine

/// A notification in words, the same for every service; what a service takes for more than words is escaped by its
/// renderer.
struct Message: Sendable, Equatable {
    /// What it is, in one short line.
    var title: String
    /// What happened: one or two lines.
    var body: String
    /// Desk, time and what else is known, one by one.
    var details: [String]

    init(_ notification: Notification) {
        let rule = VisibleText.line(notification.rule)
        let level = notification.level.word
        title =
            switch notification.kind {
            case .raised: "\(level) \(rule)"
            case .escalated: "\(level) \(rule) (escalated)"
            case .acknowledged: "ACKNOWLEDGED \(rule) (\(level))"
            case .reminded: "\(level) \(rule) (still open, not told before)"
            case .unacknowledged: "\(level) \(rule) (acknowledgement ended, still open)"
            case .resolved: "RESOLVED \(rule) (was \(level))"
            case .halted: "HALT (\(rule))"
            case .resumed: "RESUME (\(rule))"
            case .summary: "\(level) and \(notification.count) more alert\(notification.count == 1 ? "" : "s")"
            case .test: "TEST"
            }
        let subject = VisibleText.line(notification.subject)
        let text = VisibleText.line(notification.text)
        body = subject.isEmpty ? text : "\(subject)\n\(text)"
        details = ["desk \(VisibleText.line(notification.desk))", Clock.text(milliseconds: notification.at)]
        if notification.count > 1, notification.kind != .summary { details.append("found \(notification.count) times") }
        if !notification.policy.isEmpty { details.append(VisibleText.line(notification.policy)) }
        if let by = notification.acknowledgedBy { details.append("acknowledged by \(VisibleText.line(by))") }
        if !notification.acknowledge.isEmpty {
            details.append("acknowledge: \(VisibleText.line(notification.acknowledge))")
        }
    }
}
