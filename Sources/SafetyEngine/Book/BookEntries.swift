/// An order as far as it is known.
public struct BookOrder: Sendable, Equatable, Codable {
    /// The venue's name for it; empty: not known.
    public var venueID = ""
    /// The strategy that sent it; empty: not known.
    public var strategy = ""
    /// The symbol.
    public var symbol = ""
    /// Which way it trades.
    public var side = Order.Side.buy
    /// How much was ordered.
    public var quantity = Decimal(0)
    /// How much of that is filled. Never falls.
    public var filled = Decimal(0)
    /// Its limit; nil: a market order.
    public var price: Decimal?
    /// The currency of its price.
    public var currency = ""
    /// Whether it may only shrink a position.
    public var isReduceOnly = false
    /// How far it has come, by the best word there is.
    public var state = Order.State.new
    /// The state by which it would be open again once its venue answers (while it is `unknown`).
    public var stateBefore: Order.State?
    /// Whether its venue ever spoke of it.
    public var isProven = false
    /// What its bot says, where that is not what its venue says; nil: they agree, or only one spoke.
    public var claimed: Order.State?
    /// When it was first heard of, in desk time.
    public var sinceMs: UInt64 = 0
    /// When its state changed last, in desk time.
    public var changedMs: UInt64 = 0
    /// When it was sent, taken by its venue, and filled for the first time, in desk time; nil: not seen.
    public internal(set) var submittedMs: UInt64?
    /// When its venue took it.
    public internal(set) var acknowledgedMs: UInt64?
    /// When a part of it was filled first.
    public internal(set) var firstFillMs: UInt64?
    /// When its venue spoke of it last, in desk time; nil: never.
    public var seenMs: UInt64?
    /// When the venue's last word was true by its source's clock; nil: not said.
    public var happenedMs: Int64?
    /// What was said of it that cannot be true, and how often.
    public var contradictions = 0
    /// The last such thing in words.
    public var contradiction = ""
    /// What its venue said besides.
    public var note = ""
    /// Whether it only counts as finished because its venue lists it no more: its word opens it again.
    public internal(set) var isInferred = false
    /// Whether its venue said that it is open after it had said that it was finished: until it says so again, or lists it no
    /// more, it may be open.
    var isReopened = false
    /// What its bot said last; nil: no bot spoke of it.
    var said: Order.State?
    /// When that was true by the bot's clock; nil: not said.
    var saidMs: Int64?
    /// Fills of it added up.
    var fillsTotal = Decimal(0)
    /// When the last of them was true by its source's clock; nil: not said.
    var filledMs: Int64?
    /// The listing of its venue that it was in last.
    var listing: UInt64 = 0

    /// Creates an order of which nothing is known.
    public init() {}

    /// Whether it may still trade.
    public var isOpen: Bool { !state.isFinal }
}

extension Order.State {
    /// Whether nothing follows it.
    public var isFinal: Bool {
        switch self {
        case .filled, .canceled, .rejected, .expired: true
        case .new, .submitted, .acknowledged, .partiallyFilled, .unknown: false
        }
    }
}

/// A position as far as it is known.
public struct BookPosition: Sendable, Equatable, Codable {
    /// Where it came from (FEATURES row C22).
    public enum Source: String, Sendable, Codable, CaseIterable {
        /// It was there when its venue was first looked at.
        case existing = "broker_existing"
        /// It came from a fill of a strategy here.
        case strategy = "nija_strategy"
    }

    /// How much its venue says is held; nil: the venue never spoke of it (a bot's claim alone).
    public var quantity: Decimal?
    /// How much a bot says is held; nil: no bot spoke of it.
    public var claimed: Decimal?
    /// The average price paid; nil: unknown, and then no exit is automatic.
    public var entryPrice: Decimal?
    /// Who stated that price, where it was an operator; empty: the venue, or fills.
    public var entryPriceBy = ""
    /// The currency of its prices.
    public var currency = ""
    /// When it was opened, in desk time; nil: unknown.
    public var openedMs: UInt64?
    /// When it was opened, milliseconds since 1970 UTC, for display; nil: unknown.
    public var openedWallMs: Int64?
    /// When it was first seen here, in desk time.
    public var firstSeenMs: UInt64 = 0
    /// When its venue spoke of it last, in desk time; nil: never.
    public var seenMs: UInt64?
    /// Where it came from.
    public var source = Source.strategy
    /// Whether it was taken into the desk's care as found.
    public var isAdopted = false
    /// Whether its venue would sell it.
    public var isSellable = true
    /// What its venue said besides.
    public var note = ""
    /// The best price since it was opened: highest for a long one, lowest for a short one. Survives restarts.
    public var peak: Decimal?
    /// Whether `entryPrice` is its venue's word: fills do not replace it.
    var isPricedByVenue = false
    /// When its venue's last word was true by its clock; nil: not said.
    var happenedMs: Int64?
    /// Where its price is in `Book.prices`, whose places never change; nil: not looked for.
    var pricePlace: Int?
    /// The samples in a row that are better than the peak, the last ones.
    var peakSamples: [Decimal] = []
    /// The last price that was looked at for the peak.
    var peakVersion: UInt64 = 0
    /// The listing of its venue that it was in last.
    var listing: UInt64 = 0
    /// Whether the desk's openings are still to be changed by its worth: it was found, not bought.
    var joins = false

    /// Creates a position of which nothing is known.
    public init() {}

    /// Whether its venue holds any of it.
    public var isHeld: Bool { quantity.map { $0 > Decimal(0) } ?? false }
}

/// Money of one account in one currency.
public struct BookBalance: Sendable, Equatable, Codable {
    /// Money there.
    public var total = Decimal(0)
    /// Money that no order reserves; nil: not said.
    public var free: Decimal?
    /// What the account is worth by the venue's own sum; nil: not said.
    public var equity: Decimal?
    /// The reading before, adjusted by what was deposited or withdrawn since; nil: this is the first.
    public var before: Decimal?
    /// When it was said, in desk time.
    public var seenMs: UInt64 = 0
    /// How often it was said: tells one sample from the next.
    public var version: UInt64 = 0
    /// Whether a venue said it; false: a bot did, and no venue ever.
    public internal(set) var isProven = false
    /// Whether `before` is equity, and so to be compared with equity; else it is money.
    var beforeIsEquity = false
    /// When the reading was true by its source's clock; nil: not said.
    var happenedMs: Int64?

    /// Creates an empty balance.
    public init() {}
}

/// A price.
public struct BookPrice: Sendable, Equatable, Codable {
    /// The price; nil: the venue was asked and has none.
    public var price: Decimal?
    /// Its currency.
    public var currency = ""
    /// When it was said, in desk time.
    public var seenMs: UInt64 = 0
    /// How often it was said: tells one sample from the next.
    public var version: UInt64 = 0
    /// The last price that it had, where it has none now.
    var lastPrice: Decimal?
    /// Who said a conversion rate; empty for other prices.
    public internal(set) var source = ""
    /// When it was true by its source's clock; nil: not said.
    var happenedMs: Int64?
    /// Samples since the last step that others have replaced: no peak depends on when a step happens to be.
    var replaced: [Sample] = []

    /// One sample of a price.
    struct Sample: Sendable, Equatable, Codable {
        var version: UInt64
        var price: Decimal
    }

    /// Creates an unknown price.
    public init() {}
}

/// A venue's account, and how it is reached.
public struct BookVenue: Sendable, Equatable, Codable {
    /// How its adapter says it is reached.
    public var state = Venue.State.connected
    /// How long its answers take, in milliseconds; nil: not known.
    public var latencyMs: UInt64?
    /// The last error in its words.
    public var note = ""
    /// When it last said anything, in desk time.
    public var seenMs: UInt64 = 0
    /// When it last listed its open orders in full, in desk time; nil: never.
    public var ordersListedMs: UInt64?
    /// When it last listed its positions in full, in desk time; nil: never.
    public var positionsListedMs: UInt64?
    /// Rows of its last listing of orders that could not be read: it was not complete. 0: it was.
    public internal(set) var refusedOrderRows = 0
    /// The same for positions.
    public internal(set) var refusedPositionRows = 0
    /// How often it listed its positions: tells one sample from the next.
    public var listings: UInt64 = 0
    /// Whether it has been silent for too long, or its adapter does not reach it, or nothing was heard since the start.
    public internal(set) var isSilent = false
    /// Whether it says itself what it holds. Then fills explain positions, and do not change their quantities.
    public internal(set) var reportsPositions = false
    /// How often it listed its orders.
    var orderListings: UInt64 = 0
    /// When its last listing of orders was true by its clock; nil: not said.
    var ordersHappenedMs: Int64?
    /// The same for positions.
    var positionsHappenedMs: Int64?

    /// Creates a venue of which nothing is known.
    public init() {}
}

/// What of one sender could not be read lately.
public struct RefusedCount: Sendable, Equatable, Codable {
    /// For so long after the last one it counts, in milliseconds.
    public static let keptMs: UInt64 = 300_000

    /// How many lines or rows, since the last time that none was refused for so long.
    public private(set) var count: UInt64 = 0
    /// When the last one was, in desk time.
    public private(set) var lastMs: UInt64 = 0

    /// Creates a count of nothing.
    public init() {}

    mutating func add(_ more: UInt64, at atMs: UInt64) {
        count &+= more
        lastMs = atMs
    }
}

/// Gross and net exposure at the last moment at which both were known.
public struct BookExposure: Sendable, Equatable, Codable {
    /// Long and short added up, in the base currency.
    public var gross: Decimal
    /// Long less short.
    public var net: Decimal
    /// When, in desk time.
    public var atMs: UInt64
}

/// How a venue is reached of which no account is known yet.
public struct BookReach: Sendable, Equatable, Codable {
    /// How its adapter reaches it.
    public var state: Venue.State
    /// How long its answers take, in milliseconds; nil: not known.
    public var latencyMs: UInt64?
    /// The last error in its words.
    public var note: String
    /// When its adapter said so, in desk time.
    public var atMs: UInt64
}

/// What an account's trades brought.
public struct AccountResults: Sendable, Equatable, Codable {
    /// Losing trades in a row.
    public var lossesInARow = 0
    /// Closed trades in all, and those that won: the last ones, oldest first (desk time, won).
    public var recent: [Outcome] = []
    /// How many trades were closed: tells one sample from the next.
    public var version: UInt64 = 0
    /// When the last fill was seen, in desk time; nil: never.
    public var lastTradeMs: UInt64?

    /// One closed trade.
    public struct Outcome: Sendable, Equatable, Codable {
        /// When, in desk time.
        public var atMs: UInt64
        /// Whether it brought money.
        public var isWin: Bool
        /// Creates an outcome.
        public init(atMs: UInt64, isWin: Bool) {
            self.atMs = atMs
            self.isWin = isWin
        }
    }

    /// Creates results without a trade.
    public init() {}
}

/// A reading of a metric.
public struct BookMetric: Sendable, Equatable, Codable {
    /// Its name.
    public var name = ""
    /// What it is a reading of; empty: the desk.
    public var subject = ""
    /// The reading.
    public var value = Decimal(0)
    /// When, in desk time.
    public var seenMs: UInt64 = 0
    /// How often it was read: tells one sample from the next.
    public var version: UInt64 = 0

    /// Creates a reading of 0.
    public init() {}
}

/// What was strange about events, counted since the desk began.
public struct EventCounts: Sendable, Equatable, Codable {
    /// Events taken.
    public var taken: UInt64 = 0
    /// They had happened long before they came (more than 60 s).
    public var late: UInt64 = 0
    /// They told a time that lay far ahead (more than 60 s); it was not believed.
    public var ahead: UInt64 = 0
    /// They said the same again.
    public var duplicate: UInt64 = 0
    /// They were older than what was known already.
    public var outOfOrder: UInt64 = 0
    /// They cannot be true with what was known.
    public var contradictory: UInt64 = 0
    /// Bots' words for which there was no room (see `Book.mostClaims`).
    public var crowdedOut: UInt64 = 0

    /// Creates counts of nothing.
    public init() {}
}
