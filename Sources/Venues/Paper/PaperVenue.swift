public import SafetyEngine

/// An exchange in memory: accounts, orders and prices from a seed. A pure value that time is given to.
///
/// Time moves in steps of `stepMs`: it makes no difference how often `advance` is called. Orders are sent between steps and
/// looked at some steps later, as if over a wire.
///
/// Invariants (VenuesTests/PaperVenueTests, PaperVenueEquityTests): the same seed and the same calls give the same events;
/// what an account is worth is its money and its holdings at the market's price, exactly, at every step; nothing but
/// prices and fees changes that; money is never less than nothing; nothing is sold that is not held, unless shorting is
/// allowed; an order that only shrinks a position never flips it, and is never refused for want of money.
public struct PaperVenue: Sendable, Equatable, Codable {
    /// The time between two steps, in milliseconds.
    public static let stepMs: UInt64 = 250
    /// Its name, in events and scopes: gates of `venue=paper` may trade in mode `paper`.
    public static let name = "paper"

    /// How it is set up.
    public let settings: PaperSettings
    /// The time of the last step, in milliseconds since its beginning.
    public internal(set) var nowMs: UInt64 = 0

    var market: PaperMarket
    var accounts: [PaperAccount]
    /// Open orders, in the order in which they were sent.
    var orders: [PaperOrder] = []
    /// The last finished ones, oldest first: for questions about them.
    var finished: [PaperOrder] = []
    var faults: [PaperFault] = []
    /// What was said since the last step.
    var pending: [PaperWord] = []
    /// What happened during an outage and will be told after it.
    var undelivered: [PaperWord] = []
    var orderRandom: PaperRandom
    var faultRandom: PaperRandom
    /// Distinguishes names of this run from those of a run before it that was not saved to its end.
    var run: String
    var lastNumber: UInt64 = 0
    /// The wall clock at its time 0: milliseconds since 1970, UTC.
    var originWallMs: Int64
    /// When everything is listed next.
    var listsMs: UInt64 = 0
    var latencyMs: UInt64 = 40
    /// Accounts whose money or holdings changed in this step, by place.
    var touched: [Bool]
    /// Whether the last thing that was said of its state was an outage.
    var saidOutage = false

    /// Most finished orders that are remembered.
    static let mostFinished = 100
    /// Most events that an outage keeps back.
    static let mostUndelivered = 20_000

    /// Creates a venue at its time 0.
    ///
    /// - Parameters:
    ///   - settings: how it is set up.
    ///   - wallMs: the wall clock now: milliseconds since 1970, UTC.
    public init(_ settings: PaperSettings = PaperSettings(), wallMs: Int64) {
        self.settings = settings
        originWallMs = wallMs
        run = PaperVenue.runName(wallMs)
        var seeds = PaperRandom(seed: settings.seed)
        market = PaperMarket(seed: seeds.next())
        orderRandom = PaperRandom(seed: seeds.next())
        faultRandom = PaperRandom(seed: seeds.next())
        let balance = settings.balance.rounded(to: PaperSymbol.moneyPlaces).units(places: PaperSymbol.moneyPlaces)
        let cash = (balance ?? PaperSymbol.most).clamped(to: 0...PaperSymbol.most / 1_000)
        accounts = settings.accounts.map { PaperAccount(name: $0, cash: cash) }
        touched = accounts.map { _ in false }
        if settings.beginsHeld { beginHeld() }
    }

    /// Goes on in another process, or after a pause: nothing happened meanwhile, and all is listed again.
    ///
    /// - Parameter wallMs: the wall clock now.
    public mutating func resume(wallMs: Int64) {
        synchronize(wallMs: wallMs)
        run = PaperVenue.runName(wallMs)
        listsMs = nowMs
    }

    /// Takes the wall clock over, for the times that events bear.
    public mutating func synchronize(wallMs: Int64) {
        originWallMs = wallMs.subtractingReportingOverflow(Int64(clamping: nowMs)).partialValue
    }

    /// Lets time pass.
    ///
    /// - Returns: what happened, in order.
    public mutating func advance(to atMs: UInt64) -> [Event] {
        var events: [Event] = []
        while nowMs + PaperVenue.stepMs <= atMs { events += step() }
        return events
    }

    /// The names of its symbols.
    public static var symbols: [String] { PaperSymbol.all.map(\.name) }

    /// What an account is worth: its money and its holdings at the market's price; nil: no such account.
    public func equity(of account: String) -> Decimal? {
        accounts.first { $0.name == account }.map { .money($0.cash + $0.worth(market)) }
    }

    /// A symbol's price: the middle of the market; nil: no such symbol.
    public func price(of symbol: String) -> Decimal? {
        PaperSymbol.index(of: symbol).map { PaperSymbol.all[$0].price(market.ticks($0)) }
    }

    var wallMs: Int64 { originWallMs.addingReportingOverflow(Int64(clamping: nowMs)).partialValue }

    mutating func number() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private static func runName(_ wallMs: Int64) -> String { String(wallMs.magnitude, radix: 36) }

    /// A few positions of different ages, one of which nobody knows the price of, and orders that would take profits.
    private mutating func beginHeld() {
        let hour: Int64 = 3_600_000
        // Symbol, account, part of the balance in percent, entry in thousandths of the price (nil: unknown), age.
        let beginnings: [(String, Int, Int64, Int64?, Int64?)] = [
            ("AVAX/USD", 0, 8, 996, hour * 2 / 3),
            ("LTC/USD", 0, 6, nil, nil),
            ("BTC/USD", 1, 15, 988, hour * 9),
            ("ETH/USD", 1, 10, 1_009, hour * 3),
        ]
        for (name, account, percent, entry, age) in beginnings {
            guard let index = PaperSymbol.index(of: name), accounts.indices.contains(account) else { continue }
            let symbol = PaperSymbol.all[index]
            let ticks = market.ticks(index)
            let lots = symbol.lots(for: accounts[account].cash / 100 * percent, ticks: ticks)
            guard lots > 0 else { continue }
            let worth = symbol.worth(lots: lots, ticks: ticks)
            accounts[account].cash -= worth
            accounts[account].holdings[index] = PaperAccount.Holding(
                lots: lots,
                cost: entry.map { worth / 1_000 * $0 },
                openedMs: age.map { originWallMs - $0 }
            )
            orders.append(
                PaperOrder(
                    clientID: "by-hand-\(run)-\(number())",
                    venueID: "P\(run)-\(number())",
                    account: account,
                    strategy: "by-hand",
                    symbol: index,
                    side: .sell,
                    lots: lots,
                    limit: ticks + ticks / 25,
                    reduceOnly: true,
                    acceptsMs: 0,
                    expiresMs: settings.restsForMs,
                    rested: true
                )
            )
        }
    }
}
