/// What is known of the desk: orders, positions, money, prices, venues, results. A bot's word and a venue's are kept apart.
///
/// Invariants (SafetyEngineTests/BookTests): a venue's word is never replaced by a bot's; an order's filled quantity never
/// falls and an order that its venue called finished is open again only by its venue's own later word, and then UNKNOWN; the
/// same event twice changes nothing but a counter; whatever cannot be true raises a counter and a text, and the safer reading
/// stays.
public struct Book: Sendable, Equatable, Codable {
    /// Orders, until some time after they are finished.
    public internal(set) var orders = Ledger<OrderKey, BookOrder>()
    /// Positions that a venue holds or a bot claims.
    public internal(set) var positions = Ledger<PositionKey, BookPosition>()
    /// Money and equity by venue, account and currency.
    public internal(set) var balances = Ledger<BalanceKey, BookBalance>()
    /// Prices by venue and symbol; conversion rates have no venue.
    public internal(set) var prices = Ledger<PriceKey, BookPrice>()
    /// Venues' accounts and how they are reached.
    public internal(set) var venues = Ledger<AccountKey, BookVenue>()
    /// How venues are reached of which no account is known yet.
    public internal(set) var reached = Ledger<String, BookReach>()
    /// What each account's trades and days brought.
    public internal(set) var results = Ledger<AccountKey, AccountResults>()
    /// Requests to venues, in windows, by venue.
    public internal(set) var requests = Ledger<String, RequestWindow>()
    /// The last reading of each metric, by `name` or `name/subject`.
    public internal(set) var metrics = Ledger<String, BookMetric>()
    /// Signals of strategies, in a window.
    public internal(set) var signals = SignalWindow()
    /// Accounts that trade, of all; nil: nobody said.
    public internal(set) var accounts: AccountCounts?
    /// How often `accounts` was said.
    public internal(set) var accountsVersion: UInt64 = 0
    /// When it was reported last, in desk time.
    public internal(set) var accountsMs: UInt64 = 0
    /// Gross and net exposure as they were known last; nil: they never were.
    public internal(set) var exposure: BookExposure?
    /// Equity of the whole desk: the day's and the week's opening, the peak.
    public internal(set) var equity = EquityRecord()
    /// What was strange about events.
    public internal(set) var counts = EventCounts()

    /// Most things of one kind that bots can make known by their words alone. What a venue says has room up to
    /// `EngineSettings.Bounds`.
    public static let mostClaims = 100_000
    /// Finished orders are forgotten after so long, in milliseconds.
    public static let finishedMs: UInt64 = 600_000
    /// Most finished orders that are remembered.
    public static let mostFinished = 50_000

    /// How much of each kind is kept, as it is configured.
    var bounds = EngineSettings.Bounds()
    /// What was left out lately because there was no room, by what it is.
    public internal(set) var overloads = Ledger<String, RefusedCount>()
    /// Lines, and rows of lists, that could not be read lately, by who sent them.
    public internal(set) var refusals = Ledger<String, RefusedCount>()
    /// Sources that told times that nobody can know yet, lately.
    var ahead = Ledger<Event.Source, SourceAhead>()
    /// Where only the venue's name of an order is told: the name under which it is known here.
    var clientIDs = Ledger<OrderKey, String>()
    /// Orders that are known by their venue's name alone.
    var nameless = 0
    /// Finished orders, in the order in which they finished, from `finishedFrom` on.
    var finished: [FinishedOrder] = []
    var finishedFrom = 0
    /// The last ids of events, by who says them.
    var names = Ledger<Event.Source, RecentNames>()
    /// What counts once, by account.
    var memories = Ledger<AccountKey, AccountMemory>()
    /// What each bot claims to hold.
    var claims = Ledger<ClaimKey, Decimal>()
    /// What fills make of positions.
    var tracks = Ledger<PositionKey, FillTrack>()
    /// Transfers that are in no reading of a balance yet.
    var transfers = Ledger<BalanceKey, [WaitingTransfer]>()
    /// When the host started last, in desk time.
    var startedMs: UInt64 = 0
    /// Samples of equity that ended with what they were made of (see `Valuation.version`).
    var versionBase: UInt64 = 0

    /// Creates an empty book.
    public init() {}
}

/// One account of one venue.
public struct AccountKey: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The venue.
    public var venue: String
    /// The account there.
    public var account: String
    /// Creates a key.
    public init(venue: String, account: String) {
        self.venue = venue
        self.account = account
    }
    /// `venue/account`; the venue alone where no account was named.
    public var description: String { account.isEmpty ? venue : "\(venue)/\(account)" }
}

/// One order. Where only the venue's name is known, `clientID` is `@` and that name.
public struct OrderKey: Sendable, Hashable, Codable {
    /// The venue.
    public var venue: String
    /// The account there.
    public var account: String
    /// The desk's own name for it.
    public var clientID: String
    /// Creates a key.
    public init(venue: String, account: String, clientID: String) {
        self.venue = venue
        self.account = account
        self.clientID = clientID
    }
}

/// One position: one symbol, one way, in one account.
public struct PositionKey: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The venue.
    public var venue: String
    /// The account there.
    public var account: String
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way.
    public var side: Position.Side
    /// Creates a key.
    public init(venue: String, account: String, symbol: String, side: Position.Side) {
        self.venue = venue
        self.account = account
        self.symbol = symbol
        self.side = side
    }
    /// `venue/account/symbol/side`, as `Position.id`.
    public var description: String { "\(venue)/\(account)/\(symbol)/\(side.rawValue)" }
}

/// One currency of one account.
public struct BalanceKey: Sendable, Hashable, Codable {
    /// The venue.
    public var venue: String
    /// The account there.
    public var account: String
    /// The currency.
    public var currency: String
    /// Creates a key.
    public init(venue: String, account: String, currency: String) {
        self.venue = venue
        self.account = account
        self.currency = currency
    }
}

/// One symbol at one venue; a conversion rate (`EUR/USD`) has no venue.
public struct PriceKey: Sendable, Hashable, Codable {
    /// The venue.
    public var venue: String
    /// The symbol.
    public var symbol: String
    /// Creates a key.
    public init(venue: String, symbol: String) {
        self.venue = venue
        self.symbol = symbol
    }
}

/// What one bot claims of one position.
struct ClaimKey: Sendable, Hashable, Codable {
    var position: PositionKey
    var source: Event.Source
}

/// A source that told a time that lies ahead.
struct SourceAhead: Sendable, Equatable, Codable {
    /// For so long it counts, in milliseconds: long enough to be seen after a single word.
    static let keptMs: UInt64 = 300_000

    /// By how much, in milliseconds.
    var aheadMs: UInt64
    /// When it did so last, in desk time.
    var atMs: UInt64
    /// When it last spoke without doing so, since then; nil: nobody knows whether its clock is right now.
    var wellMs: UInt64?
}

/// An order that is finished, and since when.
struct FinishedOrder: Sendable, Equatable, Codable {
    var key: OrderKey
    var atMs: UInt64
}

/// What fills make of a position: how much, and what was paid.
struct FillTrack: Sendable, Equatable, Codable {
    var quantity = Decimal(0)
    /// What was paid for `quantity`; nil: unknown.
    var cost: Decimal? = Decimal(0)
    /// The last fill, in desk time.
    var lastMs: UInt64 = 0
}
