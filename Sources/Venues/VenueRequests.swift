public import SafetyEngine

/// One order, by the names that it has. One of the two is enough where the venue knows it by that one.
public struct OrderName: Sendable, Hashable, Codable {
    /// The desk's own name for it; empty: not known.
    public var clientID: String
    /// The venue's name for it; empty: not known.
    public var venueID: String

    /// Creates a name.
    public init(clientID: String, venueID: String = "") {
        self.clientID = clientID
        self.venueID = venueID
    }
}

/// Which orders of a venue are to be cancelled. Empty: all.
public struct CancelScope: Sendable, Equatable, Codable {
    /// Only this account's.
    public var account: String
    /// Only those of this strategy. A venue that does not know strategies cancels more, never less.
    public var strategy: String
    /// Only those in this symbol.
    public var symbol: String

    /// Creates a scope.
    public init(account: String = "", strategy: String = "", symbol: String = "") {
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
    }
}

/// What a venue accepted of a request to cancel. Accepted is not done (LESSONS 8): an order is gone when a listing that
/// was asked for afterwards does not have it any more.
public struct CancelAnswer: Sendable, Equatable {
    /// One order that will not be cancelled.
    public struct Refusal: Sendable, Equatable {
        /// The order.
        public var order: OrderName
        /// Why, in the venue's words.
        public var reason: String

        /// Creates a refusal.
        public init(order: OrderName, reason: String) {
            self.order = order
            self.reason = reason
        }
    }

    /// The orders whose cancelling was accepted, as far as the venue names them.
    public var accepted: [OrderName]
    /// How many were accepted in all; nil: the venue did not say.
    public var count: Int?
    /// The orders that the venue will not cancel.
    public var refused: [Refusal]

    /// Creates an answer.
    public init(accepted: [OrderName], count: Int?, refused: [Refusal] = []) {
        self.accepted = accepted
        self.count = count
        self.refused = refused
    }
}

/// An order that shrinks a position: sells a long one, buys a short one back, and never flips it.
public struct CloseRequest: Sendable, Equatable {
    /// The account.
    public var account: String
    /// The symbol as the venue writes it.
    public var symbol: String
    /// Which way the position points.
    public var side: Position.Side
    /// How much of it is closed at most.
    public var quantity: Decimal
    /// The desk's name for the order: the same one again is the same order, not a second one.
    public var clientID: String
    /// What does not trade at this price or better at once is cancelled (immediate or cancel). The venue's own step of
    /// prices is kept by moving to the better side. Nil: at market.
    public var noWorseThan: Decimal?

    /// Creates a request.
    public init(
        account: String,
        symbol: String,
        side: Position.Side,
        quantity: Decimal,
        clientID: String,
        noWorseThan: Decimal? = nil
    ) {
        self.account = account
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.clientID = clientID
        self.noWorseThan = noWorseThan
    }
}
