public import SafetyEngine

extension Notification {
    /// How an alert is acknowledged, unless somebody says otherwise.
    public static let defaultAcknowledge = "estop, key 2 (alerts), then a"

    /// What happened to an alert.
    ///
    /// - Parameters:
    ///   - change: as the engine decided it.
    ///   - desk: the desk's name.
    ///   - at: when, in milliseconds of the wall clock since 1970.
    ///   - acknowledge: how to acknowledge it.
    public init(
        _ change: Decision.AlertChange,
        desk: String,
        at: Int64,
        acknowledge: String = defaultAcknowledge
    ) {
        let alert = change.alert
        let kind: Kind =
            switch change.kind {
            case .raised: .raised
            case .escalated: .escalated
            case .acknowledged: .acknowledged
            case .unacknowledged: .unacknowledged
            case .reminded: .reminded
            case .resolved: .resolved
            }
        self.init(
            id: "\(alert.id)/\(alert.level.word)/\(kind.rawValue)/\(at)",
            kind: kind,
            desk: desk,
            level: alert.level,
            rule: alert.rule,
            subject: alert.subject,
            text: alert.text,
            at: at,
            alert: alert.id,
            count: alert.count,
            acknowledgedBy: alert.acknowledgedBy,
            policy: alert.policy,
            acknowledge: kind == .resolved || kind == .acknowledged ? "" : acknowledge
        )
    }

    /// Trading was halted or restricted: always told, to every target that filters by no rule.
    ///
    /// - Parameters:
    ///   - record: the id of the kill switch's record.
    ///   - mode: what trading is restricted to: `halted`, `reduce-only`, `paper`.
    ///   - source: who did it: `keyboard`, `cli`, `rule`.
    ///   - by: the operator; empty: nobody.
    ///   - reason: why.
    ///   - scope: what it covers: `global`, `account=main`.
    ///   - desk: the desk's name.
    ///   - at: when, in milliseconds of the wall clock since 1970.
    public static func halted(
        record: String,
        mode: String,
        source: String,
        by: String,
        reason: String,
        scope: String,
        desk: String,
        at: Int64
    ) -> Notification {
        Notification(
            id: "halt/\(record)",
            kind: .halted,
            desk: desk,
            level: .emergency,
            rule: source,
            subject: scope,
            text: "trading is \(mode) (\(scope))\(by.isEmpty ? "" : ", by \(by)"): \(reason)",
            at: at
        )
    }

    /// Trading was resumed. Parameters as of `halted`; `mode` is what is permitted now.
    public static func resumed(
        record: String,
        mode: String,
        source: String,
        by: String,
        reason: String,
        scope: String,
        desk: String,
        at: Int64
    ) -> Notification {
        Notification(
            id: "resume/\(record)",
            kind: .resumed,
            desk: desk,
            level: .emergency,
            rule: source,
            subject: scope,
            text: "trading is \(mode) again (\(scope))\(by.isEmpty ? "" : ", by \(by)"): \(reason)",
            at: at
        )
    }

    /// A message that says of itself that it is a test.
    public static func test(desk: String, at: Int64) -> Notification {
        Notification(
            id: "test/\(at)",
            kind: .test,
            desk: desk,
            level: .info,
            rule: "TEST",
            subject: "estop notify test",
            text: "This is a test of estop's notifications. Nothing has happened, and nothing is to be done.",
            at: at
        )
    }
}
