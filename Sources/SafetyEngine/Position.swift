import KillSwitch

/// What an account holds of one symbol, as its venue says it.
public struct Position: Sendable, Equatable, Codable {
    /// Which way it points.
    public enum Side: String, Sendable, CaseIterable, Codable {
        /// Gains when the price rises.
        case long
        /// Gains when the price falls.
        case short
    }

    /// The venue that holds it.
    public var venue: String
    /// The account there.
    public var account: String
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way it points.
    public var side: Side
    /// How much, never negative.
    public var quantity: Decimal
    /// The average price paid; nil: unknown, never invented.
    public var entryPrice: Decimal?
    /// The price that counts now; nil: none, or an old one (`lastPrice`), or its venue has not reported the position lately.
    public var price: Decimal?
    /// The last price that was reported, however old; nil: none ever was. `priceAgeMs` is its age.
    public var lastPrice: Decimal?
    /// Milliseconds since `lastPrice` was true; 0 where there is none.
    public var priceAgeMs: UInt64
    /// The age of `lastPrice` in milliseconds; nil: there is none.
    public var lastPriceAgeMs: UInt64? { lastPrice == nil ? nil : priceAgeMs }
    /// Milliseconds since its venue reported it last; nil: never.
    public var seenAgeMs: UInt64?
    /// Whether its venue has not reported it within the limit: then nobody knows whether it is still held.
    public var isStale = false
    /// What it is worth in the desk's base currency; nil: unpriced, never a guess.
    public var value: Decimal?
    /// Profit (or loss, negative) not yet taken, in the base currency; nil: unknown.
    public var profit: Decimal?
    /// Milliseconds since it was opened; nil: unknown.
    public var heldMs: UInt64?
    /// What is peculiar about it: `dust`, `adopted`, `unsellable`, what an exit rule would do.
    public var note: String

    /// What goes beyond the columns: its cost basis, its peak and how far its exits are; nil: nobody filled it in.
    public var details: Details?

    /// What an operator looks up about one position.
    public struct Details: Sendable, Equatable, Codable {
        /// The currency of its prices; empty: the desk's base currency.
        public var currency = ""
        /// Who gave the entry price; empty: its venue or its fills.
        public var entryPriceBy = ""
        /// The best price since it was opened: what a trailing stop counts from.
        public var peak: Decimal?
        /// Whether it was found at its venue, not opened by a bot of this desk.
        public var isAdopted = false
        /// Whether its venue sells it.
        public var isSellable = true
        /// How much a bot says is held, where that is another figure; nil: no difference.
        public var claimed: Decimal?
        /// Milliseconds since its venue spoke of it last; nil: never.
        public var heardAgeMs: UInt64?
        /// Why it is dust; nil: it is none.
        public var dust: String?
        /// Positions of its account that count for the cap; nil: not counted yet.
        public var countedInCap: Int?
        /// The cap of its account.
        public var cap = 0
        /// Its exit rules, in their order.
        public var exits: [Exit] = []

        /// Creates details of which nothing is known.
        public init() {}
    }

    /// How far one exit rule of a position is.
    public struct Exit: Sendable, Equatable, Codable {
        /// `STOP_LOSS`, `TAKE_PROFIT`, `TRAILING`, `TIME_EXIT`.
        public var rule: String
        /// Its limit: `3 %`, `24h`.
        public var limit: String
        /// `observe` or `enforce`; `off`: it is not watched.
        public var policy: String
        /// The price past which it is met; nil: none, or not known.
        public var trigger: Decimal?
        /// How far the price is from it, in percent of the price; negative: past it. Nil: not known.
        public var percentLeft: Decimal?
        /// Milliseconds until its time is up; 0: it is. Nil: it has none, or it is not known.
        public var leftMs: UInt64?
        /// Why it cannot be judged; empty: it can.
        public var problem: String
        /// Why it would not close anything by itself just now, where it is to; empty: it would.
        public var blocker = ""

        /// Creates an exit rule's state.
        public init(
            rule: String,
            limit: String,
            policy: String,
            trigger: Decimal? = nil,
            percentLeft: Decimal? = nil,
            leftMs: UInt64? = nil,
            problem: String = ""
        ) {
            self.rule = rule
            self.limit = limit
            self.policy = policy
            self.trigger = trigger
            self.percentLeft = percentLeft
            self.leftMs = leftMs
            self.problem = problem
        }
    }

    /// Creates a position.
    public init(
        venue: String,
        account: String,
        symbol: String,
        side: Side,
        quantity: Decimal,
        entryPrice: Decimal?,
        price: Decimal?,
        priceAgeMs: UInt64,
        value: Decimal?,
        profit: Decimal?,
        heldMs: UInt64?,
        note: String = ""
    ) {
        self.venue = venue
        self.account = account
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.entryPrice = entryPrice
        self.price = price
        lastPrice = price
        self.priceAgeMs = priceAgeMs
        self.value = value
        self.profit = profit
        self.heldMs = heldMs
        self.note = note
    }

    /// What makes it the same position in the next reading.
    public var id: String { "\(venue)/\(account)/\(symbol)/\(side.rawValue)" }
}

extension Position {
    /// What other programs ask for about where a position is from (FEATURES row C22).
    public struct Metadata: Sendable, Equatable {
        /// `broker_existing`: found at its venue; `estop_strategy`: a bot of this desk opened it; nil: not known.
        public var source: String?
        /// `adopted`, `opened`; nil: not known.
        public var adoptionStatus: String?
        /// Whether exits are watched for it: what was paid is known.
        public var isTracked: Bool
        /// When it was opened, RFC 3339 UTC; nil: not known.
        public var entryTime: String?
    }

    /// The metadata at a wall time.
    public func metadata(wallMs: Int64) -> Metadata {
        Metadata(
            source: details.map { $0.isAdopted ? "broker_existing" : "estop_strategy" },
            adoptionStatus: details.map { $0.isAdopted ? "adopted" : "opened" },
            isTracked: entryPrice != nil,
            entryTime: heldMs.map { Clock.text(milliseconds: wallMs - Int64(clamping: $0)) }
        )
    }
}
