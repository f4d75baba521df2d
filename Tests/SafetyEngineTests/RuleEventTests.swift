import Testing

@testable import SafetyEngine

/// From events to alerts and halts, through the whole engine.
struct RuleEventTests {
    /// An engine that is fed events, one after the other.
    struct Feed {
        var engine = Engine()
        var atMs: UInt64 = 0
        var decisions: [Decision] = []
        let venue = Event.Origin(venue: "kraken", account: "main", source: .init(.venue, "kraken"))
        let host = Event.Origin(source: .init(.host, "desk"))

        init() {
            tell(host, .host(.started(engine.settings)))
            tell(host, .host(.mode(.init(mode: "live", generation: 2, latches: 0))))
        }

        mutating func tell(_ origin: Event.Origin, _ body: Event.Body) {
            let receipt = Receipt(atMs: atMs, wallMs: 1_700_000_000_000 + Int64(atMs))
            decisions += engine.apply(Event(origin, body), at: receipt)
        }

        mutating func wait(_ milliseconds: UInt64) {
            atMs += milliseconds
            decisions += engine.advance(to: Receipt(atMs: atMs, wallMs: 1_700_000_000_000 + Int64(atMs)))
        }

        mutating func hold(_ symbol: String, _ side: Position.Side, _ quantity: Int, entry: Int) {
            let report = PositionReport(
                symbol: symbol,
                side: side,
                quantity: Decimal(quantity),
                entryPrice: Decimal(entry)
            )
            tell(venue, .positions([report]))
        }

        mutating func price(_ symbol: String, _ price: String) {
            tell(venue, .price(PriceReport(symbol: symbol, price: Decimal(price))))
        }

        /// Rules of alerts raised so far.
        var raised: [String] { decisions.changes.filter { $0.kind == .raised }.map(\.alert.rule) }
    }

    @Test(arguments: [(3, false), (4, true), (10, true)])
    func anErrorRateOverThirtyPercentIsTold(errors: Int, fires: Bool) {
        var feed = Feed()
        for number in 0..<10 {
            let result = APIResult(
                endpoint: "GET /orders",
                isSuccess: number >= errors,
                latencyMs: 50,
                error: "EService:Busy"
            )
            feed.tell(feed.venue, .apiResult(result))
        }
        feed.wait(1_000)
        #expect(feed.raised.contains("HIGH_ERROR_RATE") == fires)
        let text = feed.decisions.changes.first { $0.alert.rule == "HIGH_ERROR_RATE" }?.alert.text
        #expect(text?.contains("the last with: EService:Busy") != false)
    }

    @Test func nineRequestsAreTooFewForARate() {
        var feed = Feed()
        for _ in 0..<9 {
            feed.tell(feed.venue, .apiResult(APIResult(endpoint: "GET /", isSuccess: false, error: "down")))
        }
        feed.wait(1_000)
        #expect(feed.raised.isEmpty)
        feed.tell(feed.venue, .apiResult(APIResult(endpoint: "GET /", isSuccess: false, error: "down")))
        feed.wait(1_000)
        #expect(feed.raised == ["HIGH_ERROR_RATE"])
    }

    @Test(arguments: [(UInt64(2_000), false), (2_500, true)])
    func slowAnswersAreTold(latencyMs: UInt64, fires: Bool) {
        var feed = Feed()
        for _ in 0..<20 {
            feed.tell(feed.venue, .apiResult(APIResult(endpoint: "GET /", isSuccess: true, latencyMs: latencyMs)))
        }
        feed.wait(1_000)
        #expect(feed.raised.contains("API_LATENCY") == fires)
    }

    @Test(arguments: [(10, false), (8, true)])
    func fewSignalsAreToldAfterHalfAnHour(perHour: Int, fires: Bool) {
        var feed = Feed()
        for _ in 0..<2 * perHour {
            feed.tell(feed.venue, .signals(count: 1))
            feed.wait(3_600_000 / UInt64(perHour))
        }
        #expect(feed.raised.contains("SIGNALS") == fires)
    }

    /// A position and its price; long and short; at, just under and just over the day's limit.
    @Test(
        arguments: [
            (Position.Side.long, "750.01", false), (.long, "750", false), (.long, "749.99", true),
            (.long, "1250.01", false), (.long, "5000", false), (.short, "1249.99", false), (.short, "1250", false),
            (.short, "1250.01", true), (.short, "749.99", false), (.short, "1", false),
        ]
    )
    func aDaysLossHaltsAndAGainNever(side: Position.Side, price: String, halts: Bool) {
        var feed = Feed()
        // 10,000 in all, and 2.5 % of that is what one unit moves from 1,000 to 750, or a short one to 1,250.
        feed.tell(feed.venue, .balance(BalanceReport(total: Decimal(side == .long ? 9_000 : 11_000))))
        feed.hold("BTC", side, 1, entry: 1_000)
        feed.price("BTC", "1000")
        feed.wait(1_000)
        #expect(feed.engine.view(at: feed.atMs).money.equity == Decimal(10_000))
        for _ in 0..<12 {
            feed.price("BTC", price)
            feed.wait(1_000)
        }
        #expect(feed.decisions.halts.map(\.rule) == (halts ? ["DAILY_DRAWDOWN"] : []))
    }

    @Test func onePhantomPriceHaltsNobody() {
        var feed = Feed()
        feed.tell(feed.venue, .balance(BalanceReport(total: Decimal(9_000))))
        feed.hold("BTC", .long, 1, entry: 1_000)
        for number in 0..<60 {
            feed.price("BTC", number == 20 ? "1" : "1000")
            feed.wait(1_000)
        }
        #expect(feed.decisions.halts.isEmpty)
        #expect(!feed.raised.contains("DAILY_DRAWDOWN"))
    }

    @Test func aHaltFollowsWithinASecondOnceTimeAndConfirmationsAreMet() {
        var feed = Feed()
        feed.tell(feed.venue, .balance(BalanceReport(total: Decimal(9_000))))
        feed.hold("BTC", .long, 1, entry: 1_000)
        feed.price("BTC", "1000")
        feed.wait(1_000)
        for _ in 0..<3 {
            feed.price("BTC", "700")
            feed.wait(1_000)
        }
        feed.wait(2_000)
        #expect(feed.decisions.halts.isEmpty)
        feed.wait(1_000)
        #expect(feed.decisions.halts.count == 1)
    }

    @Test func stuckOrdersUnknownOrdersAndLossesComeFromEvents() {
        var feed = Feed()
        let order = OrderReport(clientID: "a", symbol: "BTC", side: .buy, quantity: Decimal(1), state: .acknowledged)
        feed.tell(feed.venue, .order(order))
        for number in 0..<4 {
            let trade = TradeReport(tradeID: "\(number)", symbol: "BTC", profit: Decimal(-1))
            feed.tell(feed.venue, .trade(trade))
        }
        feed.wait(250)
        #expect(feed.raised == ["CONSECUTIVE_LOSSES"])
        feed.wait(62_000)
        #expect(feed.raised.contains("ORDER_UNKNOWN"))
        feed.wait(240_000)
        #expect(feed.raised.contains("ORDER_STUCK"))
    }
}
