import SafetyEngine

/// A desk of a given size: so many positions and as many open orders, a tenth as many supervisors, at five venues, eight
/// positions and eight orders an account (the cap), everything priced and on time.
struct BenchWorld: Sendable {
    private static let venues = ["kraken", "coinbase", "binance", "okx", "bybit"]
    private static let symbols = 200
    private static let perAccount = 8
    /// When it begins, in desk time and on the wall clock.
    private static let startMs: UInt64 = 1_700_000_000_000

    /// Positions, and as many orders.
    let size: Int
    private(set) var engine = Engine()
    private(set) var atMs = BenchWorld.startMs
    private var touches = 0

    var accounts: Int { max(1, (size + BenchWorld.perAccount - 1) / BenchWorld.perAccount) }
    var supervisors: Int { max(1, size / 10) }

    /// A desk with accounts, prices and supervisors, and nothing held or ordered yet.
    init(size: Int) {
        self.size = size
        let desk = Event.Origin(source: .init(.host, "desk"))
        apply(Event(desk, .host(.started(EngineSettings()))))
        apply(Event(desk, .host(.mode(HostEvent.ModeState(mode: "live", generation: 1, latches: 0)))))
        refresh()
    }

    private var receipt: Receipt { Receipt(atMs: atMs, wallMs: Int64(atMs)) }

    /// One event, now.
    mutating func apply(_ event: Event) { BenchSink.take(engine.apply(event, at: receipt).count) }

    /// Everybody speaks: beats, balances, prices.
    mutating func refresh() {
        for number in 0..<supervisors { apply(beat(number)) }
        for number in 0..<accounts { apply(balance(number)) }
        changePrices()
    }

    /// Every price is another one.
    mutating func changePrices() {
        touches += 1
        for number in 0..<BenchWorld.symbols * BenchWorld.venues.count { apply(price(number, touches)) }
    }

    mutating func addPositions() { for number in 0..<size { apply(position(number)) } }

    mutating func addOrders() { for number in 0..<size { apply(order(number)) } }

    /// A store of the same positions, orders, balances and beats.
    var stored: BenchStore {
        var store = BenchStore()
        for number in 0..<supervisors { store.take(beat(number)) }
        for number in 0..<accounts { store.take(balance(number)) }
        for number in 0..<size {
            store.take(position(number))
            store.take(order(number))
        }
        return store
    }

    /// The next step of the engine's grid, and what time alone decides there.
    mutating func step() {
        atMs += Engine.stepMs
        BenchSink.take(engine.advance(to: receipt).count)
    }

    /// Events about anything that this desk has: a price, a fill, a beat and a balance in turn, scattered.
    func touch(_ number: Int) -> Event {
        let place = number &* 7_919 % size
        switch number % 4 {
        case 0: return price(number % (BenchWorld.symbols * BenchWorld.venues.count), number)
        case 1: return fill(place, number)
        case 2: return beat(place % supervisors)
        default: return balance(place % accounts)
        }
    }

    // MARK: - Events

    private func origin(_ account: Int) -> Event.Origin {
        let venue = BenchWorld.venues[account % BenchWorld.venues.count]
        return Event.Origin(venue: venue, account: "account-\(account)", source: .init(.venue, venue))
    }

    private func symbol(_ number: Int) -> Int {
        (number / BenchWorld.perAccount + number % BenchWorld.perAccount * 25) % BenchWorld.symbols
    }

    private static func name(_ symbol: Int) -> String { "COIN\(symbol)-USD" }

    private static func decimal(_ digits: Int, _ scale: Int) -> Decimal {
        Decimal(digits: Int128(digits), scale: scale) ?? Decimal(digits)
    }

    func beat(_ number: Int) -> Event {
        Event(
            Event.Origin(source: .init(.bot, "bot-\(number)")),
            .heartbeat(Heartbeat(name: "bot-\(number)", intervalMs: 3_600_000))
        )
    }

    func balance(_ number: Int) -> Event {
        Event(origin(number), .balance(BalanceReport(currency: "USD", total: Decimal(10_000))))
    }

    /// Within two percent of 100: no exit is due.
    func price(_ number: Int, _ variant: Int) -> Event {
        let venue = BenchWorld.venues[number % BenchWorld.venues.count]
        let price = BenchWorld.decimal(100_00 + (number + variant) % 200, 2)
        return Event(
            Event.Origin(venue: venue, source: .init(.venue, venue)),
            .price(
                PriceReport(
                    symbol: BenchWorld.name(number / BenchWorld.venues.count),
                    price: price,
                    currency: "USD"
                )
            )
        )
    }

    func position(_ number: Int) -> Event {
        Event(
            origin(number / BenchWorld.perAccount),
            .position(
                PositionReport(
                    symbol: BenchWorld.name(symbol(number)),
                    quantity: BenchWorld.decimal(125, 2),
                    entryPrice: BenchWorld.decimal(100_50, 2),
                    currency: "USD"
                )
            )
        )
    }

    func order(_ number: Int) -> Event {
        Event(
            origin(number / BenchWorld.perAccount),
            .order(
                OrderReport(
                    clientID: "order-\(number)",
                    venueID: "V-\(number)",
                    symbol: BenchWorld.name(symbol(number)),
                    side: .buy,
                    quantity: Decimal(1_000),
                    price: Decimal(99),
                    currency: "USD",
                    state: .acknowledged
                )
            )
        )
    }

    private func fill(_ place: Int, _ number: Int) -> Event {
        Event(
            origin(place / BenchWorld.perAccount),
            .fill(
                FillReport(
                    fillID: "F-\(number)",
                    clientID: "order-\(place)",
                    venueID: "V-\(place)",
                    symbol: BenchWorld.name(symbol(place)),
                    side: .buy,
                    quantity: BenchWorld.decimal(1, 3),
                    price: Decimal(99),
                    currency: "USD"
                )
            )
        )
    }
}
