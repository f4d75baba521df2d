/// An order that is not finished, as far as its bot and its venue say.
public struct Order: Sendable, Equatable, Codable {
    /// Which way it trades.
    public enum Side: String, Sendable, CaseIterable, Codable {
        /// Buys.
        case buy
        /// Sells.
        case sell
    }

    /// The life of an order. `unknown`: its venue stopped answering.
    public enum State: String, Sendable, CaseIterable, Codable {
        /// Made, not sent.
        case new = "NEW"
        /// Sent, not answered.
        case submitted = "SUBMITTED"
        /// On the venue's book.
        case acknowledged = "ACKNOWLEDGED"
        /// Filled in part.
        case partiallyFilled = "PARTIALLY_FILLED"
        /// Filled.
        case filled = "FILLED"
        /// Cancelled.
        case canceled = "CANCELED"
        /// Refused by the venue.
        case rejected = "REJECTED"
        /// Run out.
        case expired = "EXPIRED"
        /// Nobody can say.
        case unknown = "UNKNOWN"
    }

    /// The desk's own name for it.
    public var clientID: String
    /// The venue's name for it; empty: not known yet.
    public var venueID: String
    /// The venue.
    public var venue: String
    /// The account there.
    public var account: String
    /// The strategy that sent it; empty: unknown.
    public var strategy: String
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way it trades.
    public var side: Side
    /// How much was ordered.
    public var quantity: Decimal
    /// How much of that is filled.
    public var filled: Decimal
    /// Its limit; nil: a market order.
    public var price: Decimal?
    /// How far it has come.
    public var state: State
    /// Milliseconds since it was sent.
    public var ageMs: UInt64
    /// Past this age it is stuck, in milliseconds; 0: never.
    public var stuckAfterMs: UInt64
    /// What is being done about it, or what the operator can do.
    public var note: String

    /// What goes beyond the columns: when it reached which state; nil: nobody filled it in.
    public var details: Details?

    /// What an operator looks up about one order.
    public struct Details: Sendable, Equatable, Codable {
        /// One state that it reached.
        public struct Reached: Sendable, Equatable, Codable {
            /// The state.
            public var state: State
            /// Milliseconds since it was reached.
            public var ageMs: UInt64

            /// Creates one.
            public init(state: State, ageMs: UInt64) {
                self.state = state
                self.ageMs = ageMs
            }
        }
        /// The states that it went through, the first one first.
        public var reached: [Reached] = []
        /// Milliseconds since its venue spoke of it last; nil: it never did.
        public var heardAgeMs: UInt64?
        /// What a bot says that it is, where its venue says otherwise; nil: no difference.
        public var claimed: State?
        /// Whether it may only make a position smaller.
        public var isReduceOnly = false

        /// Creates details of which nothing is known.
        public init() {}
    }

    /// Creates an order.
    public init(
        clientID: String,
        venueID: String,
        venue: String,
        account: String,
        strategy: String,
        symbol: String,
        side: Side,
        quantity: Decimal,
        filled: Decimal,
        price: Decimal?,
        state: State,
        ageMs: UInt64,
        stuckAfterMs: UInt64,
        note: String = ""
    ) {
        self.clientID = clientID
        self.venueID = venueID
        self.venue = venue
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.filled = filled
        self.price = price
        self.state = state
        self.ageMs = ageMs
        self.stuckAfterMs = stuckAfterMs
        self.note = note
    }
}

extension Order.State {
    /// The state that a unified order status of ccxt means; nil: it is none.
    ///
    /// `canceling` is still open: a cancel that was asked for is not done.
    init?(ccxt status: String) {
        switch status {
        case "open", "canceling": self = .acknowledged
        case "closed": self = .filled
        case "canceled", "cancelled": self = .canceled
        case "expired": self = .expired
        case "rejected": self = .rejected
        default: return nil
        }
    }
}
