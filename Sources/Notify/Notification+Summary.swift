import KillSwitch

extension Notification {
    /// The beginning of a summary, which stands for one notification.
    static func summary(of first: Notification) -> Notification {
        var summary = Notification(
            id: "summary/\(first.id)",
            kind: .summary,
            desk: first.desk,
            level: first.level,
            rule: "SUMMARY",
            subject: "",
            text: "",
            at: first.at,
            count: 0,
            acknowledge: first.acknowledge
        )
        summary.absorb(first)
        return summary
    }

    /// Counts one more notification in a summary.
    mutating func absorb(_ other: Notification) {
        count += max(1, other.kind == .summary ? other.count : 1)
        level = max(level, other.level)
        at = min(at, other.at)
        let added = other.kind == .summary ? other.rules : [RuleCount(other.rule, 1)]
        for entry in added {
            if let place = rules.firstIndex(where: { $0.rule == entry.rule }) {
                rules[place].count += entry.count
            } else if rules.count < 40 {
                rules.append(entry)
            } else if let place = rules.firstIndex(where: { $0.rule == Notification.others }) {
                rules[place].count += entry.count
            } else {
                rules.append(RuleCount(Notification.others, entry.count))
            }
        }
        rules.sort { ($0.count, $1.rule) > ($1.count, $0.rule) }
        text =
            "and \(count) more since \(Clock.text(milliseconds: at)), not told one by one: "
            + rules.map { "\($0.rule) \($0.count)" }.joined(separator: ", ")
            + ". See the alerts in estop."
    }

    private static let others = "others"
}
