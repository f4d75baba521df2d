@testable import SafetyEngine

/// A book with a venue, a bot and a clock that only moves when told to: wall time and desk time run together.
struct BookDesk {
    var book = Book()
    var settings = EngineSettings()
    var calendar = Calendar()
    var atMs: UInt64 = 1_000
    /// The wall clock at desk time 0: Monday, 5 January 1970, midnight UTC.
    let originMs: Int64 = 4 * 86_400_000

    var wallMs: Int64 { originMs + Int64(atMs) }
    var receipt: Receipt { Receipt(atMs: atMs, wallMs: wallMs) }

    init() { calendar.accept(receipt) }

    /// The venue says something.
    mutating func venue(
        _ body: Event.Body,
        id: String = "",
        happened: Int64? = nil,
        venue: String = "kraken",
        account: String = "main"
    ) {
        say(Event.Source(.venue, venue), body, id, happened, venue, account)
    }

    /// A bot says something.
    mutating func bot(
        _ body: Event.Body,
        id: String = "",
        happened: Int64? = nil,
        name: String = "grid",
        venue: String = "kraken"
    ) {
        say(Event.Source(.bot, name), body, id, happened, venue, "main")
    }

    /// Somebody states a rate, which belongs to no venue.
    mutating func rate(_ symbol: String, _ rate: String, source: String = "ecb") {
        say(Event.Source(.venue, source), .price(PriceReport(symbol: symbol, price: Decimal(rate))), "", nil, "", "")
    }

    mutating func price(_ symbol: String, _ price: String?, currency: String = "", venue: String = "kraken") {
        self.venue(
            .price(PriceReport(symbol: symbol, price: price.flatMap { Decimal($0) }, currency: currency)),
            venue: venue
        )
    }

    private mutating func say(
        _ source: Event.Source,
        _ body: Event.Body,
        _ id: String,
        _ happened: Int64?,
        _ venue: String,
        _ account: String
    ) {
        let origin = Event.Origin(venue: venue, account: account, strategy: "grid", source: source)
        book.take(Event(origin, body, id: id, happenedMs: happened), receipt, settings)
    }

    /// Lets time pass, then evaluates once.
    @discardableResult
    mutating func pass(_ ms: UInt64 = 250) -> Valuation {
        atMs += ms
        return book.settle(at: atMs, calendar, settings)
    }

    var worth: Valuation { book.valuation(at: atMs, settings) }

    func order(_ clientID: String, venue: String = "kraken") -> BookOrder? {
        book.orders[OrderKey(venue: venue, account: "main", clientID: clientID)]
    }

    func position(
        _ symbol: String,
        _ side: Position.Side = .long,
        venue: String = "kraken"
    ) -> BookPosition? {
        book.positions[PositionKey(venue: venue, account: "main", symbol: symbol, side: side)]
    }

    var account: BookVenue? { book.venues[AccountKey(venue: "kraken", account: "main")] }
}

/// A number that a test wrote.
func number(_ text: String) -> Decimal { Decimal(text) ?? Decimal(Int.min) }

/// An order's report of 10 BTC/USD at 100.
func report(
    _ state: Order.State,
    _ clientID: String = "a",
    venueID: String = "",
    filled: Int = 0,
    quantity: Int = 10,
    side: Order.Side = .buy,
    symbol: String = "BTC/USD"
) -> OrderReport {
    OrderReport(
        clientID: clientID,
        venueID: venueID,
        symbol: symbol,
        side: side,
        quantity: Decimal(quantity),
        filled: Decimal(filled),
        price: Decimal(100),
        state: state
    )
}

/// A fill.
func fill(
    _ side: Order.Side,
    _ quantity: String,
    _ price: String,
    id: String = "",
    order: String = "",
    symbol: String = "BTC/USD"
) -> FillReport {
    FillReport(
        fillID: id,
        clientID: order,
        symbol: symbol,
        side: side,
        quantity: number(quantity),
        price: number(price)
    )
}

/// A position's report.
func held(
    _ quantity: String,
    _ symbol: String = "BTC/USD",
    _ side: Position.Side = .long,
    entry: String? = nil
) -> PositionReport {
    PositionReport(symbol: symbol, side: side, quantity: number(quantity), entryPrice: entry.flatMap { Decimal($0) })
}

func balance(_ total: String, equity: String? = nil, currency: String = "") -> Event.Body {
    .balance(BalanceReport(currency: currency, total: number(total), equity: equity.flatMap { Decimal($0) }))
}
