/// What everything is worth at one moment, in the desk's base currency. Nil wherever a price or a rate is missing or
/// stale: nothing is valued at a guess.
public struct Valuation: Sendable, Equatable {
    /// One position.
    public struct Worth: Sendable, Equatable {
        /// Its price now, in its own currency; nil: none, or stale, or nobody knows whether the position is still held.
        public var price: Decimal?
        /// The last price that was reported, however old; nil: none ever was.
        public var lastPrice: Decimal?
        /// Milliseconds since `lastPrice` was reported; nil: it never was.
        public var priceAgeMs: UInt64?
        /// Which sample of the price it is.
        public var priceVersion: UInt64 = 0
        /// What it is worth, never negative, in the base currency; nil: unpriced.
        public var value: Decimal?
        /// Profit (loss negative) not yet taken, in the base currency; nil: unknown.
        public var profit: Decimal?
        /// Whether its account has not reported it within the limit: it counts as it was known last, or not at all.
        public var isStale = false

        /// Nothing known.
        public init() {}
    }

    /// One account.
    public struct Account: Sendable, Equatable {
        /// What its worth is made of.
        public enum Basis: String, Sendable, Codable {
            /// The venue's own sum.
            case stated
            /// Balance and positions.
            case counted
            /// A bot's word.
            case claimed
        }
        /// Money, all currencies; nil: no balance was said, or a currency has no rate.
        public var money: Decimal?
        /// Long positions less short ones; those without a price are left out.
        public var holdings = Decimal(0)
        /// Held positions.
        public var held = 0
        /// Held positions without a value.
        public var unpriced = 0
        /// Held positions that were not reported within the limit.
        public var stalePositions = 0
        /// Whether its listing of positions is older than the limit: what it holds is not known.
        public var arePositionsStale = false
        /// The venue's own sum; nil: it states none, or it has no rate, or is older than the limit.
        public var stated: Decimal?
        /// What `equity` is made of.
        public var basis = Basis.counted
        /// What it is worth; nil: not said, or a part has no price.
        public var equity: Decimal?
        /// Whether a balance was said at all.
        var hasBalance = false
        /// Whether one of its currencies has no rate.
        var lacksRate = false
        /// Whether positions were found there that openings do not count yet.
        var hasNewPositions = false
        /// When a balance of it was said last.
        var heardMs: UInt64 = 0
        /// The oldest reading of a balance that holds money or states a sum; nil: there is none, so `heardMs` counts.
        var oldestMs: UInt64?
        /// When the oldest price or report of a position was said that it is counted by; nil: none, or the venue states a sum.
        var oldestReadingMs: UInt64?
        /// Whether such a reading of a balance is older than the limit.
        var hasStaleBalance = false
        /// When `stated` was said.
        var statedMs: UInt64 = 0
        /// Whether the venue states a sum, with or without a rate.
        var states = false
        /// What it is worth where everything without a fresh price or rate counts as it was known last, less what openings do
        /// not count yet (`BookPosition.joins`); nil: of a part nobody ever said a price, nor what was paid.
        public var lastKnown: Decimal?
        /// The parts of `lastKnown`, and whether one is missing.
        var known = KnownParts()

        /// Whether a part of what it is worth is not known now.
        var isPartlyUnknown: Bool { equity == nil && (hasBalance || held > 0) }

        /// What it is worth, as it is known best: what has no price as it was known last; nil: nobody can say.
        var worth: Decimal? {
            if let equity { return equity }
            return states ? lastKnown : lastKnown.flatMap { $0.adding(known.found) }
        }

        /// The parts of what an account was known to be worth last.
        struct KnownParts: Sendable, Equatable {
            var money = Decimal(0)
            var holdings = Decimal(0)
            /// Positions that openings do not count yet, by a fresh price.
            var found = Decimal(0)
            /// The same, by an old price.
            var foundOnce = Decimal(0)
            var stated: Decimal?
            var isMissing = false
        }

        /// Nothing known.
        public init() {}
    }

    /// By the positions' places in `Book.positions`.
    public var positions: [Worth] = []
    /// Values of positions added up, long and short alike; what has no price is left out (see `unpriced`).
    public var gross = Decimal(0)
    /// Long less short.
    public var net = Decimal(0)
    /// Held positions without a value, although their account reports them.
    public var unpriced = 0
    /// Held positions that were not reported within the limit.
    public var stalePositions = 0
    /// What each venue holds in all (equity where it says so, else balance and positions), in the order of first sight. What
    /// has no fresh price counts as it was known last, what never had one as nothing.
    public var byVenue = Ledger<String, Decimal>()
    /// Held positions of accounts that state no sum, seen first so lately that nobody could say their price yet.
    public var unseen = 0
    /// What each account holds, in the order of first sight.
    public var accounts = Ledger<AccountKey, Account>()
    /// Equity of the whole desk; nil: a part of it has no price.
    public var equity: Decimal?
    /// When the oldest reading was said that equity is made of; nil: there is none.
    var oldestMs: UInt64?
    /// Which sample of equity it is: changes with every balance or price that it is made of.
    public var version: UInt64 = 0

    /// Digits behind the point of values and profits, rounded half away from zero.
    public static let places = 12

    /// Nothing known.
    public init() {}
}

/// From one currency to the base currency.
enum Conversion {
    case same
    case times(Decimal)
    case over(Decimal)
    case unknown

    /// An amount in the base currency, to `Valuation.places`; nil: no rate, or it does not fit.
    func value(of amount: Decimal) -> Decimal? {
        switch self {
        case .same: amount.scale > Valuation.places ? amount.rounded(to: Valuation.places) : amount
        case .times(let rate):
            amount.multiplied(by: rate).map {
                $0.scale > Valuation.places ? $0.rounded(to: Valuation.places) : $0
            }
        case .over(let rate): amount.divided(by: rate, places: Valuation.places)
        case .unknown: nil
        }
    }
}
