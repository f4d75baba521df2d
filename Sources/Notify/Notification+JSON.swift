public import KillSwitch
import SafetyEngine

extension Notification {
    /// The version of `json`: raised when a key changes its meaning or goes; new keys may come at any time.
    public static let formatVersion: Int64 = 1

    /// The notification as webhooks and commands get it, and as it waits on disk.
    ///
    /// | key | what |
    /// | --- | --- |
    /// | `version` | 1 |
    /// | `id` | the same in every try: for dropping doubles |
    /// | `event` | `raised`, `escalated`, `acknowledged`, `unacknowledged`, `resolved`, `halted`, `resumed`, `summary`, `test` |
    /// | `desk` | the desk's name |
    /// | `at` | when, RFC 3339, UTC |
    /// | `level` | `INFO`, `WARNING`, `CRITICAL`, `EMERGENCY` |
    /// | `rule` | the rule, or for halts and resumes their source |
    /// | `alert` | the alert's id; null: no alert |
    /// | `subject` | what it is about; for halts and resumes the scope |
    /// | `text` | what happened |
    /// | `count` | how often it was found; for a summary, how many alerts it stands for |
    /// | `acknowledged_by` | who has seen it, or null |
    /// | `policy` | what the rule does about it, or null |
    /// | `acknowledge` | how to acknowledge it, or null |
    /// | `rules` | of a summary: a list of `{rule, count}` |
    public var json: JSON {
        var members: [JSON.Member] = [
            .init("version", .integer(Notification.formatVersion)), .init("id", .string(id)),
            .init("event", .string(kind.rawValue)), .init("desk", .string(desk)),
            .init("at", .string(Clock.text(milliseconds: at))), .init("level", .string(level.word)),
            .init("rule", .string(rule)), .init("alert", .text(alert.isEmpty ? nil : alert)),
            .init("subject", .string(subject)), .init("text", .string(text)), .init("count", .number(count)),
            .init("acknowledged_by", .text(acknowledgedBy)), .init("policy", .text(policy.isEmpty ? nil : policy)),
            .init("acknowledge", .text(acknowledge.isEmpty ? nil : acknowledge)),
        ]
        if kind == .summary {
            let counts = rules.map {
                JSON.object([.init("rule", .string($0.rule)), .init("count", .number($0.count))])
            }
            members.append(.init("rules", .array(counts)))
        }
        return .object(members)
    }

    /// Reads what `json` wrote; nil for anything else.
    init?(_ json: JSON) {
        guard json["version"]?.integer == Notification.formatVersion,
            let id = json["id"]?.string, let kind = json["event"]?.string.flatMap(Kind.init(rawValue:)),
            let desk = json["desk"]?.string, let at = json["at"]?.string.flatMap(Clock.milliseconds(of:)),
            let word = json["level"]?.string, let level = Notification.level(word),
            let rule = json["rule"]?.string, let subject = json["subject"]?.string, let text = json["text"]?.string,
            let count = json["count"]?.integer.flatMap({ Int(exactly: $0) }), count >= 0
        else { return nil }
        var rules: [RuleCount] = []
        for entry in json["rules"]?.array ?? [] {
            guard let rule = entry["rule"]?.string, let count = entry["count"]?.integer, count > 0,
                let count = Int(exactly: count)
            else { return nil }
            rules.append(RuleCount(rule, count))
        }
        self.init(
            id: id,
            kind: kind,
            desk: desk,
            level: level,
            rule: rule,
            subject: subject,
            text: text,
            at: at,
            alert: json["alert"]?.string ?? "",
            count: count,
            acknowledgedBy: json["acknowledged_by"]?.string,
            policy: json["policy"]?.string ?? "",
            acknowledge: json["acknowledge"]?.string ?? "",
            rules: rules
        )
    }

    /// The level of a word; nil: it is none.
    static func level(_ word: String) -> Alert.Level? { Alert.Level.allCases.first { $0.word == word } }

    /// The notification with every text cut to what a message can bear: 4,096 bytes of text, 512 of every other one, so
    /// that neither a file of the queue nor a message can be made large from outside.
    var bounded: Notification {
        var bounded = self
        bounded.id = Cut.identity(512, id)
        bounded.desk = Cut.to(512, desk)
        bounded.rule = Cut.to(512, rule)
        bounded.alert = Cut.identity(512, alert)
        bounded.subject = Cut.to(512, subject)
        bounded.text = Cut.to(4096, text)
        bounded.acknowledgedBy = acknowledgedBy.map { Cut.to(512, $0) }
        bounded.policy = Cut.to(512, policy)
        bounded.acknowledge = Cut.to(512, acknowledge)
        bounded.rules = rules.prefix(50).map { RuleCount(Cut.to(512, $0.rule), $0.count) }
        return bounded
    }
}
