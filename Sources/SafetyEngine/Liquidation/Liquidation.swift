/// An operator's order to sell everything that is held, in slices, never at a worse price than a cap allows, until a
/// deadline (FEATURES rows F7 and F8). A value: it survives restarts with the engine, and replays.
///
/// Invariants (SafetyEngineTests/LiquidationTests): it works in every mode, halted included; at most one close of a position
/// is under way, and never of more than is held; no close without a limit, none without a reference price, none after the
/// deadline or a stop; whatever is not sold is named with why.
public struct Liquidation: Sendable, Equatable, Codable {
    /// The cap where none is given: 5 % (FEATURES row F7).
    public static let defaultSlippage = Decimal(unchecked: 5, 2)
    /// The time where none is given, in milliseconds (FEATURES row F7).
    public static let defaultMs: UInt64 = 300_000
    /// Times that can be given, in milliseconds.
    public static let times: ClosedRange<UInt64> = 1_000...86_400_000
    /// Most digits behind the point of a cap.
    public static let slippagePlaces = 8

    /// After a slice that sold something, so long until the next one, in milliseconds; doubled for each that sold nothing.
    static let againMs: UInt64 = 1_000
    /// The longest such wait.
    static let mostAgainMs: UInt64 = 32_000
    /// After the end, how long a slice that is under way may take to be answered, in milliseconds.
    static let graceMs: UInt64 = 30_000

    /// Who stopped it.
    public struct Stop: Sendable, Equatable, Codable {
        /// The operator.
        public var by: String
        /// Why.
        public var reason: String
        /// When, in desk time.
        public var atMs: UInt64
    }

    /// One higher than the last one's.
    public let number: UInt64
    /// The operator who ordered it.
    public let by: String
    /// Why.
    public let reason: String
    /// The account that it sells; nil: all.
    public let account: String?
    /// How far below its reference price a position is sold at most (above, for a short one), as a fraction of it.
    public let maxSlippage: Decimal
    /// When it began, in desk time.
    public let startedMs: UInt64
    /// How long it may take, in milliseconds.
    public let withinMs: UInt64
    /// Accounts whose venue was not heard when it began: what they hold may be more than is listed here.
    public let unheard: [String]
    /// What it sells, by name.
    public internal(set) var holdings = Ledger<PositionKey, LiquidationHolding>()
    /// Who stopped it; nil: nobody.
    public internal(set) var stop: Stop?
    /// When its last position was done or left; nil: it runs.
    public internal(set) var endedMs: UInt64?
    /// When slices were sent, within the last minute.
    var starts: [UInt64] = []
    /// Fills that were counted.
    var fills = RecentNames()

    init(
        number: UInt64,
        by name: String,
        reason: String,
        account: String?,
        maxSlippage: Decimal,
        startedMs: UInt64,
        withinMs: UInt64,
        unheard: [String]
    ) {
        self.number = number
        by = name
        self.reason = reason
        self.account = account
        self.maxSlippage = maxSlippage
        self.startedMs = startedMs
        self.withinMs = withinMs
        self.unheard = unheard
    }

    /// Its name.
    public var id: String { "liquidation-\(number)" }

    /// Whether it still sells, or waits for an answer.
    public var isActive: Bool { endedMs == nil }

    /// When nothing more is sent, in desk time.
    public var deadlineMs: UInt64 {
        let (end, isNever) = startedMs.addingReportingOverflow(withinMs)
        return isNever ? .max : end
    }

    /// Whether closing a position is its business alone: exit rules and the cap leave it to it.
    func owns(_ key: PositionKey) -> Bool { isActive && holdings[key]?.state == .working }

    /// Whether a position is being sold, as far as its venue says: a slice was accepted or filled, and nothing was refused since.
    func isSelling(_ key: PositionKey) -> Bool { isActive && holdings[key]?.isSelling ?? false }

    /// Why a position that is its business is not being sold; nil: it is, or it is none of its business.
    func standing(of key: PositionKey) -> String? {
        guard owns(key), let holding = holdings[key], !holding.isSelling else { return nil }
        return "\(id): \(holding.why.isEmpty ? "nothing of it is sold yet" : holding.why)"
    }

    /// Why nothing more is sent, and since when; nil: it goes on.
    func over(at atMs: UInt64) -> (why: String, sinceMs: UInt64)? {
        if let stop, stop.atMs <= deadlineMs { return ("stopped by \(stop.by)", stop.atMs) }
        return atMs >= deadlineMs ? ("the time is up", deadlineMs) : nil
    }

    /// What is wrong with an order's figures; nil: nothing.
    public static func objection(maxSlippage: Decimal, withinMs: UInt64) -> String? {
        guard maxSlippage > Decimal(0), maxSlippage <= Decimal(1), maxSlippage.scale <= slippagePlaces else {
            return "max_slippage is a fraction above 0 and at most 1 (0.05 is 5 %), with at most \(slippagePlaces) "
                + "digits behind the point"
        }
        guard times.contains(withinMs) else { return "time_limit is 1 to 86,400 seconds" }
        return nil
    }
}
