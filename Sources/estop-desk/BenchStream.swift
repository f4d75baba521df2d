import SafetyEngine

/// What a busy desk is told, event by event: prices, beats, orders with their fills, balances, metrics, results of requests.
///
/// The same stream every time: nothing in it is drawn. Of 20 events 8 are prices, 7 of orders and fills, 2 beats, and one each
/// a balance, a metric and a result of a request. Sixteen orders are on their way at any time, each by seven events: made
/// and sent by its bot, acknowledged, half filled, said to be so, filled, said to be so by its venue. What one order
/// buys the next one sells.
struct BenchStream: Sendable {
    private static let lanes = 16
    private static let stepsOfOrder = 7
    /// Which kind comes when: `p`rice, `o`rder, `h`eartbeat, `b`alance, `m`etric, `a`PI result.
    private static let pattern = Array("popohpopbpohopmopoap".utf8)
    private static let symbols = 50
    private static let venues = ["kraken", "coinbase", "binance", "okx"]

    /// How many were made.
    private(set) var count = 0
    private var orderEvents = 0
    private var others = 0

    /// The next event.
    mutating func next() -> Event {
        let kind = BenchStream.pattern[count % BenchStream.pattern.count]
        count += 1
        if kind == UInt8(ascii: "o") {
            defer { orderEvents += 1 }
            return order(orderEvents)
        }
        defer { others += 1 }
        switch kind {
        case UInt8(ascii: "h"):
            let name = "bot-\(others % 20)"
            return Event(Event.Origin(source: .init(.bot, name)), .heartbeat(Heartbeat(name: name, intervalMs: 60_000)))
        case UInt8(ascii: "b"):
            let report = BalanceReport(currency: "USD", total: BenchStream.decimal(10_000_00 + others % 100, 2))
            return Event(account(others % BenchStream.lanes), .balance(report))
        case UInt8(ascii: "m"):
            let report = MetricReport(
                name: "cpu_percent",
                subject: "host-\(others % 5)",
                value: Decimal(20 + others % 20)
            )
            return Event(Event.Origin(source: .init(.bot, "collector")), .metric(report))
        case UInt8(ascii: "a"):
            let result = APIResult(endpoint: "POST /orders", isSuccess: true, latencyMs: UInt64(40 + others % 60))
            return Event(account(others % BenchStream.lanes), .apiResult(result))
        default:
            let venue = BenchStream.venues[others % BenchStream.venues.count]
            let symbol = others / BenchStream.venues.count % BenchStream.symbols
            let price = BenchStream.decimal(100_00 + symbol * 100 + others % 7, 2)
            return Event(
                Event.Origin(venue: venue, source: .init(.venue, venue)),
                .price(PriceReport(symbol: BenchStream.symbol(symbol), price: price, currency: "USD"))
            )
        }
    }

    private func order(_ number: Int) -> Event {
        let lane = number % BenchStream.lanes
        let step = number / BenchStream.lanes % BenchStream.stepsOfOrder
        let turn = number / BenchStream.lanes / BenchStream.stepsOfOrder
        let client = "grid-\(lane)-\(turn)"
        let venueID = "V\(lane)-\(turn)"
        let side: Order.Side = turn % 2 == 0 ? .buy : .sell
        let symbol = BenchStream.symbol(lane)
        let price = BenchStream.decimal(100_00 + lane * 100, 2)
        let (half, whole) = (BenchStream.decimal(25, 2), BenchStream.decimal(50, 2))
        func report(_ state: Order.State, filled: Decimal = Decimal(0), _ venueID: String) -> OrderReport {
            OrderReport(
                clientID: client,
                venueID: venueID,
                symbol: symbol,
                side: side,
                quantity: whole,
                filled: filled,
                price: price,
                currency: "USD",
                state: state
            )
        }
        func fill(_ part: Int) -> Event.Body {
            .fill(
                FillReport(
                    fillID: "F\(lane)-\(turn)-\(part)",
                    clientID: client,
                    venueID: venueID,
                    symbol: symbol,
                    side: side,
                    quantity: half,
                    price: price,
                    currency: "USD",
                    fee: BenchStream.decimal(1, 3)
                )
            )
        }
        switch step {
        case 0: return Event(claim(lane), .order(report(.new, "")), id: "\(client)-n")
        case 1: return Event(claim(lane), .order(report(.submitted, "")), id: "\(client)-s")
        case 2: return Event(account(lane), .order(report(.acknowledged, venueID)), id: "\(client)-a")
        case 3: return Event(account(lane), fill(1))
        case 4: return Event(account(lane), .order(report(.partiallyFilled, filled: half, venueID)), id: "\(client)-p")
        case 5: return Event(account(lane), fill(2))
        default: return Event(account(lane), .order(report(.filled, filled: whole, venueID)), id: "\(client)-f")
        }
    }

    private func account(_ lane: Int) -> Event.Origin {
        let venue = BenchStream.venues[lane % BenchStream.venues.count]
        return Event.Origin(venue: venue, account: "account-\(lane)", source: .init(.venue, venue))
    }

    private func claim(_ lane: Int) -> Event.Origin {
        let venue = BenchStream.venues[lane % BenchStream.venues.count]
        return Event.Origin(
            venue: venue,
            account: "account-\(lane)",
            strategy: "grid",
            source: .init(.bot, "bot-\(lane)")
        )
    }

    private static func symbol(_ number: Int) -> String { "COIN\(number)-USD" }

    private static func decimal(_ digits: Int, _ scale: Int) -> Decimal {
        Decimal(digits: Int128(digits), scale: scale) ?? Decimal(digits)
    }
}
