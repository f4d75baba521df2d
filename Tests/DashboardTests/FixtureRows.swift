import SafetyEngine

/// Rows for the panes that venues and rules fill.
extension Fixture {
    static func number(_ text: String) -> Decimal { Decimal(text) ?? Decimal(0) }

    static let alerts: [Alert] = [
        Alert(
            id: "ORDER_STUCK/o-1",
            level: .critical,
            rule: "ORDER_STUCK",
            subject: "kraken/grid-0017",
            text: "SUBMITTED for 6m12s and not answered: it may still fill",
            ageMs: 72_000,
            count: 14,
            policy: "EMERGENCY and halt at 15m"
        ),
        Alert(
            id: "PLATFORM_EXPOSURE/kraken",
            level: .emergency,
            rule: "PLATFORM_EXPOSURE",
            subject: "kraken",
            text: "38 % of the desk's money is on one platform (limit 30 %)",
            ageMs: 512_000,
            count: 3,
            policy: "halts at 45 %"
        ),
        Alert(
            id: "BALANCE_DROP/okx",
            level: .warning,
            rule: "BALANCE_DROP",
            subject: "okx/main",
            text: "22 % less than the reading before",
            ageMs: 33_000,
            acknowledgedBy: "alice"
        ),
        Alert(
            id: "DUST/okx/SHIB",
            level: .info,
            rule: "DUST",
            subject: "okx/main SHIB",
            text: "worth $0.41: left alone",
            ageMs: 7_300_000
        ),
    ]

    static let positions: [Position] = [
        position(
            "BTC-USD",
            .long,
            "0.41870000",
            entry: "91250.10",
            price: "88012.50",
            value: "36850.83",
            profit: "-1355.58"
        ),
        position("ETH-USD", .short, "12.500", entry: "3120.00", price: "2988.40", value: "37355.00", profit: "1645.00"),
        position("WIF-USD", .long, "81000", entry: "0.412", price: nil, value: nil, profit: nil, note: "unsellable"),
        position(
            "SHIB-USD",
            .long,
            "41000.5",
            entry: nil,
            price: "0.00001001",
            value: "0.41",
            profit: nil,
            note: "dust"
        ),
    ]

    private static func position(
        _ symbol: String,
        _ side: Position.Side,
        _ quantity: String,
        entry: String?,
        price: String?,
        value: String?,
        profit: String?,
        note: String = ""
    ) -> Position {
        Position(
            venue: "kraken",
            account: "main",
            symbol: symbol,
            side: side,
            quantity: number(quantity),
            entryPrice: entry.map { number($0) },
            price: price.map { number($0) },
            priceAgeMs: 900,
            value: value.map { number($0) },
            profit: profit.map { number($0) },
            heldMs: 7_260_000,
            note: note
        )
    }

    static let orders: [Order] = [
        order("grid-0017", "", "BTC-USD", .buy, "0.0500", "0", "87900.0", .submitted, ageMs: 372_000),
        order(
            "mm-99121-b",
            "OQCLML-BW3P3-BUCMWZ",
            "ETH-USD",
            .sell,
            "3.250",
            "1.125",
            "2991.20",
            .partiallyFilled,
            ageMs: 64_000
        ),
        order("exit-4", "7731", "WIF-USD", .sell, "81000", "0", nil, .unknown, ageMs: 941_000, note: "venue silent"),
    ]

    private static func order(
        _ id: String,
        _ venueID: String,
        _ symbol: String,
        _ side: Order.Side,
        _ quantity: String,
        _ filled: String,
        _ price: String?,
        _ state: Order.State,
        ageMs: UInt64,
        note: String = ""
    ) -> Order {
        Order(
            clientID: id,
            venueID: venueID,
            venue: "kraken",
            account: "main",
            strategy: "grid",
            symbol: symbol,
            side: side,
            quantity: number(quantity),
            filled: number(filled),
            price: price.map { number($0) },
            state: state,
            ageMs: ageMs,
            stuckAfterMs: 300_000,
            note: note
        )
    }

    static let venues: [Venue] = [
        Venue(name: "kraken", account: "main", state: .connected, openOrders: 14, lastReplyAgeMs: 400, latencyMs: 82),
        Venue(
            name: "okx",
            account: "main",
            state: .degraded,
            openOrders: 3,
            lastReplyAgeMs: 6_100,
            latencyMs: 2_210,
            note: "429 Too Many Requests, asked again in 4s"
        ),
        Venue(
            name: "alpaca",
            account: "fund",
            state: .disconnected,
            openOrders: nil,
            lastReplyAgeMs: 941_000,
            latencyMs: nil,
            note: "connection refused"
        ),
    ]

    /// The readings of a desk on which everything works.
    static func filled(_ desk: DeskSnapshot) -> DeskSnapshot {
        var desk = desk
        desk.alerts = Reading(source: "engine", freshness: .live(ageMs: 200), rows: alerts)
        desk.positions = Reading(source: "venues", freshness: .live(ageMs: 1200), rows: positions)
        desk.orders = Reading(source: "venues", freshness: .live(ageMs: 1200), rows: orders)
        desk.venues = Reading(source: "adapters", freshness: .live(ageMs: 300), rows: venues)
        return desk
    }

    /// A desk whose venues have stopped talking, each pane in another state.
    static func broken() -> DeskSnapshot {
        var desk = filled(trading())
        desk.alerts.rows = []
        desk.positions.freshness = .stale(ageMs: 14_000)
        desk.orders.freshness = .lost(ageMs: 42_000, reason: "connection refused")
        desk.venues = .never(source: "adapters", hint: "no venue is connected to this desk yet")
        desk.supervisors = [
            Supervisor(
                name: "market-data",
                intervalMs: 1000,
                lastBeatAgeMs: 4200,
                alive: true,
                gaps: [100, 100, 130, 100, 170, 100, 220]
            )
        ]
        return desk
    }
}
