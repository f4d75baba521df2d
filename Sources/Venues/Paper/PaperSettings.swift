public import SafetyEngine

/// How the paper venue and its bots are set up. Everything random comes from the seed.
public struct PaperSettings: Sendable, Equatable, Codable {
    /// Where prices and luck begin.
    public var seed: UInt64
    /// How many bots trade, at most `PaperSettings.mostBots`.
    public var bots: Int
    /// What each account is worth at its beginning, positions included, in the base currency.
    public var balance: Decimal
    /// The desk's name, for the origin of events.
    public var desk = "paper"
    /// The accounts. Bots trade on the first one.
    public var accounts = ["main", "reserve"]
    /// Whether accounts begin with a few positions and orders.
    public var beginsHeld = true
    /// Whether more can be sold than is held.
    public var allowsShorting = false
    /// What a trade that takes from the book costs, in millionths of its worth.
    public var takerFee: Int64 = 100
    /// What a trade that rested on the book costs, in millionths of its worth.
    public var makerFee: Int64 = 20
    /// Of a thousand orders so many are refused by chance.
    public var rejectsPerMille = 5
    /// Of a thousand orders so many get stuck: sent, and never answered. Orders that only close never do by chance.
    public var stuckPerMille = 12
    /// A stuck order is given up by the venue after so long, in milliseconds: past ORDER_STUCK's 300 s, before its 900 s.
    public var stuckForMs: UInt64 = 420_000
    /// The longest that an order rests, in milliseconds, where it does not say: below ORDER_STUCK's 300 s.
    public var restsForMs: UInt64 = 240_000
    /// Between two full listings, in milliseconds.
    public var listsEveryMs: UInt64 = 5_000
    /// The process that the bots run in, for their beats; 0: not said.
    public var pid: UInt32 = 0

    /// Most bots.
    public static let mostBots = 32

    /// Creates settings.
    public init(seed: UInt64 = 1, bots: Int = 3, balance: Decimal = Decimal(10_000)) {
        self.seed = seed
        self.bots = bots
        self.balance = balance
    }
}
