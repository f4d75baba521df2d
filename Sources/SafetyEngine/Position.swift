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
    /// The last price; nil: unpriced.
    public var price: Decimal?
    /// Milliseconds since that price was true.
    public var priceAgeMs: UInt64
    /// What it is worth in the desk's base currency; nil: unpriced, never a guess.
    public var value: Decimal?
    /// Profit (or loss, negative) not yet taken, in the base currency; nil: unknown.
    public var profit: Decimal?
    /// Milliseconds since it was opened; nil: unknown.
    public var heldMs: UInt64?
    /// What is peculiar about it: `dust`, `adopted`, `unsellable`, what an exit rule would do.
    public var note: String

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
        self.priceAgeMs = priceAgeMs
        self.value = value
        self.profit = profit
        self.heldMs = heldMs
        self.note = note
    }

    /// What makes it the same position in the next reading.
    public var id: String { "\(venue)/\(account)/\(symbol)/\(side.rawValue)" }
}
