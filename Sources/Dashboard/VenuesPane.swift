import SafetyEngine

/// Exchanges, brokers and platforms: reached or not, what rests there, and how far a halt has come.
enum VenuesPane {
    static func content(_ scene: Scene) -> PaneContent {
        let venues = scene.snapshot.venues
        let order: [Venue.State] = [.disconnected, .degraded, .connected, .stopped]
        let bad = venues.rows.filter { $0.state == .disconnected || $0.state == .degraded }.count
        var summary = [Span(venues.rows.isEmpty ? "none" : "\(venues.rows.count) known", .dim)]
        if bad > 0 { summary += [Span(", ", .dim), Span("\(bad) not well", .bad)] }
        return PaneContent(
            scene,
            source: venues.source,
            age: scene.freshness(of: venues),
            summary: Line(summary),
            body: .table(
                Table(
                    columns: columns,
                    rows: order.flatMap { state in venues.rows.filter { $0.state == state } }.map { row($0, scene) }
                )
            ),
            empty: "no venue is configured",
            hint: venues.hint
        )
    }

    private static let columns: [Table.Column] = [
        .init(title: "venue", width: 8, most: 14, rank: 0, order: .ascending),
        .init(title: "state", width: 12, rank: 1, order: .ascending),
        .init(title: "orders", width: 6, right: true, rank: 2, order: .descending),
        .init(title: "gone", width: 7, right: true, rank: 3),
        .init(title: "answered", width: 8, right: true, rank: 4, order: .descending),
        .init(title: "takes", width: 7, right: true, rank: 6, order: .descending),
        .init(title: "account", width: 8, most: 14, rank: 7, order: .ascending),
        .init(title: "note", width: 10, most: 60, rank: 5),
    ]

    private static func row(_ venue: Venue, _ scene: Scene) -> Table.Row {
        let role: Role =
            switch venue.state {
            case .connected, .stopped: .good
            case .degraded: .warning
            case .disconnected: .bad
            }
        let answered = venue.lastReplyAgeMs.map { scene.aged($0) }
        let gone: Value
        if let cancelled = venue.cancelled {
            gone = Value("\(cancelled)/\(venue.toCancel)", cancelled < venue.toCancel ? .warning : .good)
        } else {
            gone = Value("-", .dim)
        }
        return Table.Row(
            id: venue.id,
            values: [
                Value(venue.name), Value(venue.state.rawValue, role),
                Value(
                    venue.openOrders.map { "\($0)" } ?? "?",
                    venue.openOrders == nil ? .warning : .text,
                    key: .of(venue.openOrders.map { UInt64(max(0, $0)) })
                ),
                gone,
                Value(answered.map { Age.calm($0) } ?? "never", key: .of(answered)),
                Value(venue.latencyMs.map { "\($0) ms" } ?? "-", .dim, key: .of(venue.latencyMs)),
                Value(venue.account, .dim), Value(venue.note, venue.state == .disconnected ? .bad : .notice),
            ],
            facts: {
                [
                    Fact("orders resting there", venue.openOrders.map { "\($0)" } ?? "it has not said"),
                    Fact(
                        "gone since the halt",
                        venue.cancelled.map { "\($0) of \(venue.toCancel)" } ?? "no halt has asked it yet"
                    ),
                    Fact("answered last", answered.map { "\(Age.text($0)) ago" } ?? "never"),
                ]
            }
        )
    }
}
