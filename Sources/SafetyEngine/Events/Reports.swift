/// One order, as its bot or its venue says it stands.
public struct OrderReport: Sendable, Equatable, Codable {
    /// The desk's own name for it, unique per account: the same one is the same order. Empty where only the venue's is known.
    public var clientID: String
    /// The venue's name for it; empty: not known.
    public var venueID: String
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way it trades.
    public var side: Order.Side
    /// How much was ordered.
    public var quantity: Decimal
    /// How much of that is filled.
    public var filled: Decimal
    /// Its limit; nil: a market order.
    public var price: Decimal?
    /// The currency of its price; empty: the desk's base currency.
    public var currency: String
    /// Whether it may only shrink a position.
    public var reduceOnly: Bool
    /// How far it has come.
    public var state: Order.State
    /// Why, where it was refused, and anything else worth reading.
    public var note: String

    /// Creates a report.
    public init(
        clientID: String,
        venueID: String = "",
        symbol: String,
        side: Order.Side,
        quantity: Decimal,
        filled: Decimal = Decimal(0),
        price: Decimal? = nil,
        currency: String = "",
        reduceOnly: Bool = false,
        state: Order.State,
        note: String = ""
    ) {
        self.clientID = clientID
        self.venueID = venueID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.filled = filled
        self.price = price
        self.currency = currency
        self.reduceOnly = reduceOnly
        self.state = state
        self.note = note
    }
}

/// One fill of an order.
public struct FillReport: Sendable, Equatable, Codable {
    /// The venue's name for the fill, unique per account: the same one counts once. Empty: none given.
    public var fillID: String
    /// The order's client id; empty where only the venue's is known.
    public var clientID: String
    /// The order's name at the venue; empty: not known.
    public var venueID: String
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way it traded.
    public var side: Order.Side
    /// How much.
    public var quantity: Decimal
    /// At what price.
    public var price: Decimal
    /// The currency of price and fee; empty: the desk's base currency.
    public var currency: String
    /// What it cost besides; nil: not said.
    public var fee: Decimal?

    /// Creates a report.
    public init(
        fillID: String = "",
        clientID: String,
        venueID: String = "",
        symbol: String,
        side: Order.Side,
        quantity: Decimal,
        price: Decimal,
        currency: String = "",
        fee: Decimal? = nil
    ) {
        self.fillID = fillID
        self.clientID = clientID
        self.venueID = venueID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.price = price
        self.currency = currency
        self.fee = fee
    }
}

/// One position, as its bot or its venue says it stands.
public struct PositionReport: Sendable, Equatable, Codable {
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way it points.
    public var side: Position.Side
    /// How much, never negative; 0: closed.
    public var quantity: Decimal
    /// The average price paid; nil: unknown, and never invented.
    public var entryPrice: Decimal?
    /// The currency of the price; empty: the desk's base currency.
    public var currency: String
    /// When it was opened: milliseconds since 1970, UTC; nil: not said.
    public var openedMs: Int64?
    /// Whether the venue would sell it: false for delisted, locked or staked holdings.
    public var isSellable: Bool
    /// Why not, and anything else worth reading.
    public var note: String

    /// Creates a report.
    public init(
        symbol: String,
        side: Position.Side = .long,
        quantity: Decimal,
        entryPrice: Decimal? = nil,
        currency: String = "",
        openedMs: Int64? = nil,
        isSellable: Bool = true,
        note: String = ""
    ) {
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.entryPrice = entryPrice
        self.currency = currency
        self.openedMs = openedMs
        self.isSellable = isSellable
        self.note = note
    }
}

/// What an account holds in money, and what it is worth in all.
public struct BalanceReport: Sendable, Equatable, Codable {
    /// The currency; empty: the desk's base currency.
    public var currency: String
    /// Money there, orders' reservations included.
    public var total: Decimal
    /// Money that no order reserves; nil: not said.
    public var free: Decimal?
    /// What the account is worth in all, by the venue's own sum, in `currency`: balance and positions. Nil: not said.
    public var equity: Decimal?

    /// Creates a report.
    public init(currency: String = "", total: Decimal, free: Decimal? = nil, equity: Decimal? = nil) {
        self.currency = currency
        self.total = total
        self.free = free
        self.equity = equity
    }
}

/// Money that came or went, and is neither gain nor loss.
public struct TransferReport: Sendable, Equatable, Codable {
    /// The venue's name for it, unique per account: the same one counts once. Empty: none given.
    public var transferID: String
    /// How much: positive a deposit, negative a withdrawal.
    public var amount: Decimal
    /// The currency; empty: the desk's base currency.
    public var currency: String

    /// Creates a report.
    public init(transferID: String = "", amount: Decimal, currency: String = "") {
        self.transferID = transferID
        self.amount = amount
        self.currency = currency
    }
}

/// The price of a symbol at a venue, or of one currency in another.
public struct PriceReport: Sendable, Equatable, Codable {
    /// The symbol as the venue writes it; for a conversion rate `FROM/TO`, such as `EUR/USD`, without a venue.
    public var symbol: String
    /// The price; nil: the venue was asked and has none (then it counts as unpriced from now on).
    public var price: Decimal?
    /// Its currency; empty: the desk's base currency.
    public var currency: String

    /// Creates a report.
    public init(symbol: String, price: Decimal?, currency: String = "") {
        self.symbol = symbol
        self.price = price
        self.currency = currency
    }
}

/// A beat of a supervisor.
public struct Heartbeat: Sendable, Equatable, Codable {
    /// The name that it beats under.
    public var name: String
    /// When it promises the next beat, in milliseconds; 0: no promise.
    public var intervalMs: UInt64
    /// Its process; 0: not said.
    public var pid: UInt32

    /// Creates a beat.
    public init(name: String, intervalMs: UInt64 = 0, pid: UInt32 = 0) {
        self.name = name
        self.intervalMs = intervalMs
        self.pid = pid
    }
}

/// A reading of anything that a rule may watch. The names that built-in rules watch are in `Measure`.
public struct MetricReport: Sendable, Equatable, Codable {
    /// Its name, such as `cpu_percent`.
    public var name: String
    /// What it is a reading of (a host, a model); empty: the desk.
    public var subject: String
    /// The reading.
    public var value: Decimal

    /// Creates a reading.
    public init(name: String, subject: String = "", value: Decimal) {
        self.name = name
        self.subject = subject
        self.value = value
    }
}

/// What became of one request to a venue.
public struct APIResult: Sendable, Equatable, Codable {
    /// What was asked for, such as `POST /orders`.
    public var endpoint: String
    /// Whether it was answered as asked.
    public var isSuccess: Bool
    /// How long it took, in milliseconds; nil: not known.
    public var latencyMs: UInt64?
    /// The error in the venue's words; empty: none.
    public var error: String

    /// Creates a result.
    public init(endpoint: String, isSuccess: Bool, latencyMs: UInt64? = nil, error: String = "") {
        self.endpoint = endpoint
        self.isSuccess = isSuccess
        self.latencyMs = latencyMs
        self.error = error
    }
}

/// How many accounts there are, and how many of them trade.
public struct AccountCounts: Sendable, Equatable, Codable {
    /// Accounts that trade.
    public var active: Int
    /// All accounts.
    public var total: Int

    /// Creates counts.
    public init(active: Int, total: Int) {
        self.active = active
        self.total = total
    }
}

/// A trade that was closed.
public struct TradeReport: Sendable, Equatable, Codable {
    /// Its name, unique per account: the same one counts once. Empty: none given.
    public var tradeID: String
    /// The symbol.
    public var symbol: String
    /// What it brought, fees paid; a loss is negative.
    public var profit: Decimal
    /// The currency; empty: the desk's base currency.
    public var currency: String

    /// Creates a report.
    public init(tradeID: String = "", symbol: String, profit: Decimal, currency: String = "") {
        self.tradeID = tradeID
        self.symbol = symbol
        self.profit = profit
        self.currency = currency
    }
}

/// How a venue is reached, as its adapter finds it.
public struct VenueReport: Sendable, Equatable, Codable {
    /// How it is reached.
    public var state: Venue.State
    /// How long its answers take, in milliseconds; nil: not known.
    public var latencyMs: UInt64?
    /// The last error in the venue's words; empty: none.
    public var note: String

    /// Creates a report.
    public init(state: Venue.State, latencyMs: UInt64? = nil, note: String = "") {
        self.state = state
        self.latencyMs = latencyMs
        self.note = note
    }
}
