public import SafetyEngine

/// What the host can have done at one venue. Each call may block for the venue, is made on a thread of its own, and answers
/// why it was not accepted (nil: it was). Accepted is not done: what was done is what the venue's own words say afterwards.
public struct VenueHand: Sendable {
    /// The venue's name, as its events have it.
    public var name: String
    /// Cancels every open order of every account.
    public var cancelAll: @Sendable () -> String?
    /// Cancels one order: account, client id, venue's id.
    public var cancel: @Sendable (String, String, String) -> String?
    /// Closes so much of a position: account, symbol, side, quantity, the client id of the order.
    public var close: @Sendable (String, String, Position.Side, Decimal, String) -> String?
    /// Asks about one order: account, client id, venue's id. What the venue says comes as an event.
    public var inquire: @Sendable (String, String, String) -> String?

    /// Creates a hand.
    public init(
        name: String,
        cancelAll: @escaping @Sendable () -> String?,
        cancel: @escaping @Sendable (String, String, String) -> String?,
        close: @escaping @Sendable (String, String, Position.Side, Decimal, String) -> String?,
        inquire: @escaping @Sendable (String, String, String) -> String?
    ) {
        self.name = name
        self.cancelAll = cancelAll
        self.cancel = cancel
        self.close = close
        self.inquire = inquire
    }
}
