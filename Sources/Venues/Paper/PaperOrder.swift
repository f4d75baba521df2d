public import SafetyEngine

/// An order as somebody sends it to the paper venue.
public struct PaperRequest: Sendable, Equatable {
    /// The sender's name for it, unique per account: the same one again is the same order.
    public var clientID: String
    /// The account.
    public var account: String
    /// The strategy that sends it.
    public var strategy: String
    /// The symbol.
    public var symbol: String
    /// Which way it trades.
    public var side: Order.Side
    /// How much.
    public var quantity: Decimal
    /// Its limit; nil: a market order.
    public var price: Decimal?
    /// Whether it may only shrink a position.
    public var reduceOnly = false
    /// How long it may rest, in milliseconds; nil: as the venue is set up.
    public var restsForMs: UInt64?
    /// Whether what does not trade at once is cancelled.
    public var isImmediate: Bool

    /// Creates a request.
    public init(
        clientID: String,
        account: String,
        strategy: String,
        symbol: String,
        side: Order.Side,
        quantity: Decimal,
        price: Decimal? = nil,
        reduceOnly: Bool = false,
        restsForMs: UInt64? = nil,
        isImmediate: Bool = false
    ) {
        self.clientID = clientID
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.price = price
        self.reduceOnly = reduceOnly
        self.restsForMs = restsForMs
        self.isImmediate = isImmediate
    }
}

/// An order as the paper venue has it.
struct PaperOrder: Sendable, Equatable, Codable {
    var clientID: String
    var venueID: String
    /// The account's place.
    var account: Int
    var strategy: String
    /// The symbol's place.
    var symbol: Int
    var side: Order.Side
    var lots: Int64
    var filled: Int64 = 0
    /// Nil: a market order.
    var limit: Int64?
    var reduceOnly: Bool
    var state = Order.State.submitted
    /// When the venue looks at it first, in its own time.
    var acceptsMs: UInt64
    /// When it runs out.
    var expiresMs: UInt64
    /// When it is cancelled; nil: nobody asked.
    var cancelsMs: UInt64?
    /// Whether it is never answered.
    var isStuck = false
    /// Whether it is refused by chance.
    var isUnlucky = false
    /// Whether it found nothing to trade with at once, and rests: the smaller fee, and its own price.
    var rested = false
    /// Whether what does not trade at once is cancelled; nil: it rests. Not there in what older versions saved.
    var isImmediate: Bool?
    var note = ""

    var remaining: Int64 { lots - filled }
    /// One for a buy, minus one for a sell.
    var sign: Int64 { side == .buy ? 1 : -1 }
    var name: OrderName { OrderName(clientID: clientID, venueID: venueID) }

    var report: OrderReport {
        let symbol = PaperSymbol.all[symbol]
        return OrderReport(
            clientID: clientID,
            venueID: venueID,
            symbol: symbol.name,
            side: side,
            quantity: symbol.quantity(lots),
            filled: symbol.quantity(filled),
            price: limit.map { symbol.price($0) },
            reduceOnly: reduceOnly,
            state: state,
            note: note
        )
    }

    /// Whether it is one that this program could have written.
    func isSound(accounts: Int) -> Bool {
        (0..<accounts).contains(account) && PaperSymbol.all.indices.contains(symbol)
            && (1...PaperSymbol.most).contains(lots) && (0...lots).contains(filled)
            && limit.map { (1...PaperSymbol.most).contains($0) } ?? true
            && PaperSymbol.all[symbol].worth(lots: lots, ticks: limit ?? PaperSymbol.all[symbol].anchor)
                <= PaperSymbol.most
    }
}
