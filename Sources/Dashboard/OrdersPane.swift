import SafetyEngine

/// Open orders, the oldest first; those that hang are marked.
enum OrdersPane {
    static func content(_ scene: Scene) -> PaneContent {
        let orders = scene.snapshot.orders
        let sorted = orders.rows.sorted { $0.ageMs > $1.ageMs }
        let stuck = sorted.filter { isStuck($0, scene) }.count
        let listing = scene.snapshot.engine?.orderListing
        var summary = [PaneContent.count(sorted.count, "open", listing)]
        if stuck > 0 { summary += [Span(", ", .dim), Span("\(stuck) STUCK", .bad)] }
        return PaneContent(
            scene,
            source: orders.source,
            age: scene.freshness(of: orders),
            summary: Line(summary),
            body: .table(
                Table(columns: columns(isOneVenue: sorted.areAtOneVenue(\.venue)), rows: sorted.map { row($0, scene) })
            ),
            empty: PaneContent.empty("no order is open", "no order is known to be open", listing),
            hint: orders.hint
        )
    }

    private static func columns(isOneVenue: Bool) -> [Table.Column] {
        [
            .init(title: "symbol", width: 9, most: 14, rank: 0, order: .ascending),
            .init(title: "side", width: 4, rank: 3, order: .ascending),
            .init(title: "age", width: 6, right: true, rank: 1, order: .descending),
            .init(title: "state", width: 12, most: 16, rank: 2, order: .ascending),
            .init(title: "quantity", width: 11, right: true, rank: 5, order: .descending),
            .init(title: "filled", width: 11, right: true, rank: 7, order: .descending),
            .init(title: "price", width: 11, right: true, rank: 6),
            .init(title: "venue", width: 8, most: 12, rank: isOneVenue ? 8 : 4, order: .ascending),
            .init(title: "account", width: 8, most: 12, rank: isOneVenue ? 4 : 8, order: .ascending),
            .init(title: "order", width: 10, most: 24, rank: 9, order: .ascending, middle: true),
            .init(title: "note", width: 10, most: 40, rank: 10),
        ]
    }

    private static func isStuck(_ order: Order, _ scene: Scene) -> Bool {
        order.stuckAfterMs > 0 && scene.aged(order.ageMs) >= order.stuckAfterMs
    }

    private static func row(_ order: Order, _ scene: Scene) -> Table.Row {
        let age = scene.aged(order.ageMs)
        let isStuck = isStuck(order, scene)
        let state: Role = order.state == .unknown ? .bad : isStuck ? .warning : .text
        return Table.Row(
            id: "\(order.venue)/\(order.clientID)",
            values: [
                Value(order.symbol), Value(order.side.rawValue, order.side == .sell ? .label : .text),
                Value(Age.calm(age), isStuck ? .bad : .text, key: .count(age)), Value(order.state.rawValue, state),
                Value("\(order.quantity)", key: .amount(order.quantity)),
                Value("\(order.filled)", key: .amount(order.filled)),
                Value(order.price.map { "\($0)" } ?? "market", order.price == nil ? .dim : .text),
                Value(order.venue, .dim), Value(order.account, .dim), Value(order.clientID, .dim),
                Value(order.note, .notice),
            ],
            facts: { OrderFacts.of(order, isStuck: isStuck, scene) },
            factsAreWhole: true
        )
    }
}
