import SafetyEngine

/// Exchanges, brokers and platforms: reached or not, what rests there, and how far a halt has come.
enum VenuesPane {
    static func content(_ scene: Scene) -> PaneContent {
        let venues = scene.snapshot.venues
        let order: [Venue.State] = [.disconnected, .degraded, .connected, .stopped]
        let bad = venues.rows.filter { $0.state == .disconnected || $0.state == .degraded }.count
        var summary = [Span(venues.rows.isEmpty ? "none" : "\(venues.rows.count) known", .dim)]
        if bad > 0 { summary += [Span(", ", .dim), Span("\(bad) not well", .bad)] }
        let differing = venues.rows.filter { !($0.books?.differences ?? []).isEmpty }.count
        if differing > 0 { summary += [Span(", ", .dim), Span("\(differing) DO NOT ADD UP", .bad)] }
        let unlisted = venues.rows.filter { $0.openOrders == nil && $0.state == .connected }.count
        if unlisted > 0 { summary += [Span(", ", .dim), Span("\(unlisted) never listed orders", .warning)] }
        return PaneContent(
            scene,
            source: venues.source,
            age: scene.freshness(of: venues),
            summary: Line(summary),
            body: .table(
                Table(
                    columns: columns(venues.rows),
                    rows: order.flatMap { state in
                        let rows = venues.rows.filter { $0.state == state }
                        // What nobody can see comes before what is known to be well.
                        return rows.filter { $0.openOrders == nil } + rows.filter { $0.openOrders != nil }
                    }.map { row($0, isHalted: isHalted(venues.rows), scene) }
                )
            ),
            empty: "no venue is configured",
            hint: venues.hint
        )
    }

    /// How far a halt's cancels are has a column only where a halt asked for any.
    private static func columns(_ venues: [Venue]) -> [Table.Column] {
        [
            .init(title: "venue", width: 8, most: 14, rank: 0, order: .ascending),
            .init(title: "account", width: 8, most: 14, rank: 2, order: .ascending),
            .init(title: "state", width: 12, rank: 1, order: .ascending),
            .init(title: "books", width: 8, most: 14, rank: 3, order: .ascending),
            .init(title: "orders", width: 6, right: true, rank: 4, order: .descending),
        ] + (isHalted(venues) ? [.init(title: "gone", width: 7, right: true, rank: 5)] : []) + [
            .init(title: "answered", width: 8, right: true, rank: 6, order: .descending),
            .init(title: "held", width: 4, right: true, rank: 8, order: .descending),
            .init(title: "balance", width: 12, right: true, rank: 9, order: .descending),
            .init(title: "feed", width: 6, right: true, rank: 10, order: .descending),
            .init(title: "takes", width: 7, right: true, rank: 11, order: .descending),
            .init(title: "note", width: 10, most: 60, rank: 7),
        ]
    }

    private static func isHalted(_ venues: [Venue]) -> Bool { venues.contains { $0.cancelled != nil } }

    private static func row(_ venue: Venue, isHalted: Bool, _ scene: Scene) -> Table.Row {
        let answered = venue.lastReplyAgeMs.map { scene.aged($0) }
        let feed = venue.books?.feedAgeMs.map { scene.aged($0) }
        let isFeedStale = feed.map { $0 > (venue.books?.feedLimitMs ?? .max) } ?? false
        var values = [
            Value(venue.name), Value(venue.account, .label), Value(venue.state.rawValue, role(venue.state)),
            books(venue),
            Value(
                venue.openOrders.map { "\($0)" } ?? "?",
                venue.openOrders == nil ? .warning : .text,
                key: .of(venue.openOrders.map { UInt64(max(0, $0)) })
            ),
        ]
        if isHalted { values.append(gone(venue)) }
        values += [
            Value(answered.map { Age.calm($0) } ?? "never", key: .of(answered)),
            Value(
                venue.books?.positions.map { "\($0)" } ?? "?",
                .dim,
                key: .of(venue.books?.positions.map { UInt64(max(0, $0)) })
            ),
            Value(venue.books?.balance.map { Figures.money($0) } ?? "?", .dim, key: .of(venue.books?.balance)),
            Value(feed.map { Age.calm($0) } ?? "-", isFeedStale ? .bad : .dim, key: .of(feed)),
            Value(venue.latencyMs.map { "\($0) ms" } ?? "-", .dim, key: .of(venue.latencyMs)),
            Value(venue.note, venue.state == .disconnected ? .bad : .notice),
        ]
        return Table.Row(
            id: venue.id,
            values: values,
            facts: { VenueFacts.of(venue, scene) },
            factsAreWhole: true
        )
    }

    static func role(_ state: Venue.State) -> Role {
        switch state {
        case .connected, .stopped: .good
        case .degraded: .warning
        case .disconnected: .bad
        }
    }

    /// Whether what the account says adds up.
    private static func books(_ venue: Venue) -> Value {
        guard let books = venue.books else { return Value("?", .dim) }
        if !books.differences.isEmpty { return Value("\(books.differences.count) DIFFER", .bad) }
        return books.notCompared.isEmpty ? Value("agree", .good) : Value("unproven", .dim)
    }

    private static func gone(_ venue: Venue) -> Value {
        guard let cancelled = venue.cancelled else { return Value("-", .dim) }
        return Value("\(cancelled)/\(venue.toCancel)", cancelled < venue.toCancel ? .warning : .good)
    }
}
