@testable import SafetyEngine

/// Lines of every type, and lines that are refused, each with the exact reason.
enum EventLineSamples {
    static let bot = #""v":1,"source":"bot:grid-1""#
    static let venue = #""v":1,"source":"venue:kraken","venue":"kraken","account":"main""#
    static let orderFields = #""client_id":"g-1","symbol":"BTC-USD","side":"buy","quantity":"0.25","state":"NEW""#

    private static let grid = Event.Origin(source: Event.Source(.bot, "grid-1"))
    private static let kraken = Event.Origin(
        venue: "kraken",
        account: "main",
        source: Event.Source(.venue, "kraken")
    )

    /// Good lines, with what they say.
    static let good: [(line: String, event: Event)] = [
        (
            #"{"v":1,"type":"order","source":"bot:grid-1","venue":"kraken","account":"main","strategy":"grid","#
                + #""desk":"main","id":"e-1","at":"2026-11-21T09:00:00.123Z","client_id":"g-1","venue_id":"O-1","#
                + #""symbol":"BTC-USD","side":"sell","quantity":"0.25","filled":"0.10","price":64000.10,"#
                + #""currency":"USD","reduce_only":true,"state":"PARTIALLY_FILLED","note":"a \"quoted\"\nnote"}"#,
            Event(
                Event.Origin(
                    desk: "main",
                    venue: "kraken",
                    account: "main",
                    strategy: "grid",
                    source: Event.Source(.bot, "grid-1")
                ),
                .order(
                    OrderReport(
                        clientID: "g-1",
                        venueID: "O-1",
                        symbol: "BTC-USD",
                        side: .sell,
                        quantity: decimal("0.25"),
                        filled: decimal("0.10"),
                        price: decimal("64000.10"),
                        currency: "USD",
                        reduceOnly: true,
                        state: .partiallyFilled,
                        note: "a \"quoted\"\nnote"
                    )
                ),
                id: "e-1",
                happenedMs: 1_795_251_600_123
            )
        ),
        (
            "  {\(bot) , \"type\" : \"order\" ,\(orderFields)}\r\n",
            Event(
                grid,
                .order(
                    OrderReport(
                        clientID: "g-1",
                        symbol: "BTC-USD",
                        side: .buy,
                        quantity: decimal("0.25"),
                        state: .new
                    )
                )
            )
        ),
        (
            #"{\#(bot),"type":"order","venue_id":"O-1","symbol":"X","side":"buy","quantity":0,"state":"UNKNOWN","#
                + #""client_id":null,"price":null,"note":null,"at":null,"x_mine":[{"a":[1,{}]}],"x_":-1.5e3}"#,
            Event(
                grid,
                .order(
                    OrderReport(
                        clientID: "",
                        venueID: "O-1",
                        symbol: "X",
                        side: .buy,
                        quantity: Decimal(0),
                        state: .unknown
                    )
                )
            )
        ),
        (
            #"{\#(venue),"type":"open_orders","orders":[{\#(orderFields)}, {"x_a":1,\#(orderFields),"filled":"0.1"}]}"#,
            Event(
                kraken,
                .openOrders([
                    OrderReport(
                        clientID: "g-1",
                        symbol: "BTC-USD",
                        side: .buy,
                        quantity: decimal("0.25"),
                        state: .new
                    ),
                    OrderReport(
                        clientID: "g-1",
                        symbol: "BTC-USD",
                        side: .buy,
                        quantity: decimal("0.25"),
                        filled: decimal("0.1"),
                        state: .new
                    ),
                ])
            )
        ),
        (#"{\#(venue),"type":"open_orders","orders":[ ]}"#, Event(kraken, .openOrders([]))),
        (
            #"{\#(venue),"type":"fill","fill_id":"f-1","client_id":"g-1","symbol":"BTC-USD","side":"buy","#
                + #""quantity":"0.1","price":"64000","fee":"-0.02"}"#,
            Event(
                kraken,
                .fill(
                    FillReport(
                        fillID: "f-1",
                        clientID: "g-1",
                        symbol: "BTC-USD",
                        side: .buy,
                        quantity: decimal("0.1"),
                        price: Decimal(64_000),
                        fee: decimal("-0.02")
                    )
                )
            )
        ),
        (
            #"{\#(venue),"type":"position","symbol":"ETH-USD","side":"short","quantity":"2","entry_price":"3000.5","#
                + #""opened_at":"2026-11-21T10:00:00+01:00","sellable":false,"note":"staked"}"#,
            Event(
                kraken,
                .position(
                    PositionReport(
                        symbol: "ETH-USD",
                        side: .short,
                        quantity: Decimal(2),
                        entryPrice: decimal("3000.5"),
                        openedMs: 1_795_251_600_000,
                        isSellable: false,
                        note: "staked"
                    )
                )
            )
        ),
        (
            #"{\#(venue),"type":"positions","positions":[{"symbol":"ETH-USD","quantity":"1e-8"}]}"#,
            Event(kraken, .positions([PositionReport(symbol: "ETH-USD", quantity: decimal("0.00000001"))]))
        ),
        (
            #"{\#(venue),"type":"balance","currency":"USD","total":"-12.5","free":0,"equity":"17250.00"}"#,
            Event(
                kraken,
                .balance(
                    BalanceReport(
                        currency: "USD",
                        total: decimal("-12.5"),
                        free: Decimal(0),
                        equity: decimal("17250.00")
                    )
                )
            )
        ),
        (
            #"{\#(venue),"type":"transfer","transfer_id":"t-1","amount":"-500"}"#,
            Event(kraken, .transfer(TransferReport(transferID: "t-1", amount: Decimal(-500))))
        ),
        (
            #"{\#(venue),"type":"price","symbol":"BTC-USD","price":"64000.10","currency":"USD"}"#,
            Event(kraken, .price(PriceReport(symbol: "BTC-USD", price: decimal("64000.10"), currency: "USD")))
        ),
        (
            #"{\#(venue),"type":"price","symbol":"DUST-USD","price":null}"#,
            Event(kraken, .price(PriceReport(symbol: "DUST-USD", price: nil)))
        ),
        (
            #"{\#(bot),"type":"heartbeat","name":"grid-1","interval_ms":5e3,"pid":4711}"#,
            Event(grid, .heartbeat(Heartbeat(name: "grid-1", intervalMs: 5_000, pid: 4_711)))
        ),
        (
            #"{\#(bot),"type":"metric","name":"cpu_percent","subject":"host-2","value":81.50}"#,
            Event(grid, .metric(MetricReport(name: "cpu_percent", subject: "host-2", value: decimal("81.50"))))
        ),
        (
            #"{\#(venue),"type":"api_result","endpoint":"POST /orders","ok":false,"latency_ms":120,"error":"429"}"#,
            Event(
                kraken,
                .apiResult(APIResult(endpoint: "POST /orders", isSuccess: false, latencyMs: 120, error: "429"))
            )
        ),
        (
            #"{\#(bot),"type":"accounts","active":50,"total":100}"#,
            Event(grid, .accounts(AccountCounts(active: 50, total: 100)))
        ),
        (
            #"{\#(venue),"type":"trade","trade_id":"d-4","symbol":"BTC-USD","profit":"-12.50","currency":"EUR"}"#,
            Event(
                kraken,
                .trade(TradeReport(tradeID: "d-4", symbol: "BTC-USD", profit: decimal("-12.50"), currency: "EUR"))
            )
        ),
        (#"{\#(bot),"type":"signals","count":12}"#, Event(grid, .signals(count: 12))),
        (
            #"{\#(venue),"type":"venue","state":"DEGRADED","latency_ms":900,"note":"EService: Busy"}"#,
            Event(kraken, .venue(VenueReport(state: .degraded, latencyMs: 900, note: "EService: Busy")))
        ),
        // Keys and words with escapes are what they spell.
        (
            #"{\#(bot),"\u0074ype":"signals","co\u0075nt":3,"desk":"\u00e9\ud83d\ude00"}"#,
            Event(
                Event.Origin(desk: "\u{e9}\u{1f600}", source: Event.Source(.bot, "grid-1")),
                .signals(count: 3)
            )
        ),
    ]

    /// A decimal that is written here; 0 would be seen at once.
    static func decimal(_ text: String) -> Decimal { Decimal(text) ?? Decimal(0) }
}
