/// What everything is worth at one moment, in the desk's base currency. Nil wherever a price or a rate is missing or
/// stale: nothing is valued at a guess.
public struct Valuation: Sendable, Equatable {
    /// One position.
    public struct Worth: Sendable, Equatable {
        /// Its price now, in its own currency; nil: none, or stale.
        public var price: Decimal?
        /// Milliseconds since that price was said; nil: it never was.
        public var priceAgeMs: UInt64?
        /// Which sample of the price it is.
        public var priceVersion: UInt64 = 0
        /// What it is worth, never negative, in the base currency; nil: unpriced.
        public var value: Decimal?
        /// Profit (loss negative) not yet taken, in the base currency; nil: unknown.
        public var profit: Decimal?

        /// Nothing known.
        public init() {}
    }

    /// By the positions' places in `Book.positions`.
    public var positions: [Worth] = []
    /// Values of positions added up, long and short alike; what has no price is left out (see `unpriced`).
    public var gross = Decimal(0)
    /// Long less short.
    public var net = Decimal(0)
    /// Held positions without a value.
    public var unpriced = 0
    /// What each venue holds in all (equity where it says so, else balance and positions), in the order of first sight.
    public var byVenue = Ledger<String, Decimal>()
    /// Equity of the whole desk; nil: a part of it has no price.
    public var equity: Decimal?
    /// Which sample of equity it is: changes with every balance or price that it is made of.
    public var version: UInt64 = 0

    /// Nothing known.
    public init() {}
}
