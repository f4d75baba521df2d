public import SafetyEngine

/// One exchange, broker or bot platform, as the desk reaches it.
///
/// Every call may be made from any thread, blocks that thread for at most `patienceMs`, and may be repeated: cancelling
/// twice cancels once, a close with the same client id is one order. What is returned was accepted by the venue; what
/// was done comes through the feed and the listings, and those alone prove anything.
///
/// What a venue cannot do throws `VenueError.Code.notSupported`; an adapter never pretends.
public protocol VenueAdapter: Sendable {
    /// The venue's name: that of its events' source (`venue:NAME`) and origin.
    var name: String { get }

    /// The accounts that it reaches there.
    var accounts: [String] { get }

    /// The longest that any call may take, in milliseconds.
    var patienceMs: UInt64 { get }

    /// Begins to deliver what happens at the venue, in the order in which the adapter learns it, with source `venue:NAME`.
    ///
    /// Full listings of orders, positions and balances come with it from time to time. Called at most once.
    ///
    /// - Parameter deliver: called on a thread of the adapter; must not wait.
    func start(_ deliver: @escaping @Sendable ([Event]) -> Void)

    /// Ends the feed and waits for its thread.
    func stop()

    /// Asks for all open orders of a scope to be cancelled, those that are sent and not answered yet included.
    func cancelAll(_ scope: CancelScope) throws(VenueError) -> CancelAnswer

    /// Asks for one order to be cancelled. One that is finished already is refused.
    func cancel(_ order: OrderName, account: String) throws(VenueError) -> CancelAnswer

    /// All orders that may still trade in an account, those on their way and those being cancelled included.
    func openOrders(account: String) throws(VenueError) -> [OrderReport]

    /// Sends an order that shrinks a position. One that cannot be held to `CloseRequest.noWorseThan` is not sent
    /// (`notSupported`): never at market instead.
    ///
    /// - Returns: the order's names.
    func close(_ request: CloseRequest) throws(VenueError) -> OrderName

    /// All positions of an account.
    func positions(account: String) throws(VenueError) -> [PositionReport]

    /// How one order stands; nil: the venue answered that it does not know it.
    func inquire(_ order: OrderName, account: String) throws(VenueError) -> OrderReport?
}
