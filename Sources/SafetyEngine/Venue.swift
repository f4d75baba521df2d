/// An exchange, broker or bot platform, as its adapter finds it.
public struct Venue: Sendable, Equatable, Codable {
    /// How it is reached.
    public enum State: String, Sendable, CaseIterable, Codable {
        /// It answers.
        case connected = "CONNECTED"
        /// It answers late, in part, or with errors.
        case degraded = "DEGRADED"
        /// It does not answer.
        case disconnected = "DISCONNECTED"
        /// It stopped trading on our demand, and that was observed.
        case stopped = "STOPPED"
    }

    /// Its name.
    public var name: String
    /// The account there.
    public var account: String
    /// How it is reached.
    public var state: State
    /// Orders resting there, by a listing that is known (`streams.orders`); nil: not known. `openOrdersSeen` says how many
    /// there are at least.
    public var openOrders: Int?
    /// Open orders that are on record there, however old their listing is. Never to be shown as all there are, unless
    /// `streams.orders` is known.
    public var openOrdersSeen = 0
    /// Of the orders that the last halt found there, those confirmed gone; nil: no halt asked.
    public var cancelled: Int?
    /// The orders that the last halt found there.
    public var toCancel: Int
    /// Milliseconds since it last answered; nil: never.
    public var lastReplyAgeMs: UInt64?
    /// How long its answers take, in milliseconds; nil: unknown.
    public var latencyMs: UInt64?
    /// The last error, in the venue's words, and what to do; empty: none.
    public var note: String

    /// How old what is known of the account is, stream by stream.
    public var streams = Streams()
    /// What is known of the account's books; nil: nobody filled it in.
    public var books: Books?

    /// What one account of a venue holds, and whether it adds up.
    public struct Books: Sendable, Equatable, Codable {
        /// Held positions, by a listing that is known (`Venue.streams`); nil: not known. `positionsSeen` says how many there
        /// are at least.
        public var positions: Int?
        /// Held positions that are on record, however old their listing is.
        public var positionsSeen = 0
        /// Of them, how many have no price.
        public var unpriced = 0
        /// What balances are worth, in the desk's base currency; nil: not known.
        public var balance: Decimal?
        /// What the account is worth in all; nil: not known.
        public var equity: Decimal?
        /// The desk's base currency.
        public var currency = ""
        /// Milliseconds since the newest price from this venue; nil: it gave none.
        public var feedAgeMs: UInt64?
        /// Past this age a price is stale, in milliseconds.
        public var feedLimitMs: UInt64 = 0
        /// Milliseconds since it listed its open orders; nil: never.
        public var ordersAgeMs: UInt64?
        /// Milliseconds since it listed its positions; nil: never.
        public var positionsAgeMs: UInt64?
        /// What does not add up; empty: all of what can be compared agrees.
        public var differences: [String] = []
        /// Why it cannot be compared; empty: it was.
        public var notCompared = ""

        /// Creates books of which nothing is known.
        public init() {}
    }

    /// Creates a venue.
    public init(
        name: String,
        account: String,
        state: State,
        openOrders: Int?,
        cancelled: Int? = nil,
        toCancel: Int = 0,
        lastReplyAgeMs: UInt64?,
        latencyMs: UInt64?,
        note: String = ""
    ) {
        self.name = name
        self.account = account
        self.state = state
        self.openOrders = openOrders
        self.cancelled = cancelled
        self.toCancel = toCancel
        self.lastReplyAgeMs = lastReplyAgeMs
        self.latencyMs = latencyMs
        self.note = note
    }

    /// What makes it the same venue in the next reading.
    public var id: String { AccountKey(venue: name, account: account).description }
}
