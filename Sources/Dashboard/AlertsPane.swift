import SafetyEngine

/// What rules found wrong: the gravest first, then the oldest; those that somebody acknowledged after those that nobody
/// did.
enum AlertsPane {
    static func content(_ scene: Scene) -> PaneContent {
        let alerts = scene.snapshot.alerts
        let sorted = alerts.rows.sorted { left, right in
            if left.level != right.level { return left.level > right.level }
            if (left.acknowledgedBy == nil) != (right.acknowledgedBy == nil) { return left.acknowledgedBy == nil }
            return left.ageMs > right.ageMs
        }
        return PaneContent(
            scene,
            source: alerts.source,
            age: scene.freshness(of: alerts),
            summary: summary(alerts.rows),
            body: .table(Table(columns: columns, rows: sorted.map { row($0, scene) })),
            empty: empty(scene),
            hint: alerts.hint
        )
    }

    /// Without the venues' word most rules judge nothing: no alert says nothing then.
    private static func empty(_ scene: Scene) -> String {
        guard let engine = scene.snapshot.engine else { return "no open alert" }
        guard let problem = engine.orderListing.problem ?? engine.positionListing.problem else {
            return "no open alert"
        }
        return "no open alert; rules wait for data: \(problem)"
    }

    private static func summary(_ alerts: [Alert]) -> Line {
        if alerts.isEmpty { return Line("none", .dim) }
        var spans: [Span] = []
        for level in Alert.Level.allCases.reversed() {
            let count = alerts.filter { $0.level == level }.count
            guard count > 0 else { continue }
            if !spans.isEmpty { spans.append(Span(", ", .dim)) }
            spans.append(Span("\(count) \(level.word)", level.role))
        }
        return Line(spans)
    }

    private static let columns: [Table.Column] = [
        .init(title: "level", width: 9, rank: 0, order: .descending),
        .init(title: "age", width: 6, right: true, rank: 2, order: .descending),
        .init(title: "rule", width: 14, most: 18, rank: 4, order: .ascending),
        .init(title: "about", width: 12, most: 14, rank: 3, order: .ascending, middle: true),
        .init(title: "what", width: 30, most: 110, rank: 1),
        .init(title: "seen", width: 5, right: true, rank: 6, order: .descending),
        .init(title: "ack", width: 8, rank: 5, order: .ascending),
    ]

    private static func row(_ alert: Alert, _ scene: Scene) -> Table.Row {
        let age = scene.aged(alert.ageMs)
        return Table.Row(
            id: alert.id,
            values: [
                Value(alert.level.word, alert.level.role, key: .count(UInt64(alert.level.rawValue))),
                Value(Age.calm(age), key: .count(age)), Value(alert.rule, .label), Value(alert.subject),
                Value(alert.text, alert.acknowledgedBy == nil ? .text : .dim),
                Value("\(alert.count)x", .dim, key: .count(UInt64(max(0, alert.count)))),
                Value(alert.acknowledgedBy ?? "-", alert.acknowledgedBy == nil ? .text : .dim),
            ],
            facts: { AlertFacts.of(alert, scene) },
            factsAreWhole: true
        )
    }
}

extension Alert.Level {
    /// The role that it is drawn in.
    var role: Role {
        switch self {
        case .info: .levelInfo
        case .warning: .levelWarning
        case .critical: .levelCritical
        case .emergency: .levelEmergency
        }
    }
}
