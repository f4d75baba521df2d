public import KillSwitch

/// How an account stands with its position cap (FEATURES row C7).
///
/// Invariant (SafetyEngineTests/CapResultTests): an account that holds more than it may is never `compliant`, whatever was
/// asked for or refused; one whose venue is not heard is not either (LESSONS 17).
public struct CapResult: Sendable, Equatable, Codable {
    /// How it stands.
    public enum Status: String, Sendable, Codable, CaseIterable {
        /// It holds no more than it may, and its venue says so.
        case compliant
        /// It holds too many, and closes for all that are too many are under way.
        case enforcing
        /// It holds too many; what would be sold is proposed.
        case proposed
        /// It holds too many, and selling does not or cannot bring it down to its cap.
        case overCap = "over_cap"
        /// Its venue is not reached, or has not listed its positions within the limit: nobody knows what it holds.
        case unknown
    }

    /// How it stands.
    public var status: Status
    /// Positions held now, dust left out.
    public var currentCount: Int
    /// How many it may hold.
    public var maxAllowed: Int
    /// How many are held too many.
    public var excess: Int
    /// Closes that were done since it came over its cap; kept until it does so again.
    public var sold: Int
    /// Closes that are under way.
    public var closing = 0
    /// Closes that were refused and are proposed still.
    public var refused = 0
    /// Held positions without a value: they count.
    public var unpriced = 0
    /// Held positions that their venue does not sell: they count.
    public var unsellable = 0
    /// Held positions that are dust: they do not count.
    public var dust = 0

    /// Creates a result.
    public init(status: Status, currentCount: Int, maxAllowed: Int, sold: Int = 0) {
        self.status = status
        self.currentCount = currentCount
        self.maxAllowed = maxAllowed
        self.excess = max(0, currentCount - maxAllowed)
        self.sold = sold
    }

    /// The keys that the runbook prints (`status`, `current_count`, `max_allowed`, `excess`, `sold`), and what explains them.
    public var json: JSON {
        .object([
            JSON.Member("status", .string(status.rawValue)),
            JSON.Member("current_count", status == .unknown ? .null : .number(currentCount)),
            JSON.Member("max_allowed", .number(maxAllowed)),
            JSON.Member("excess", status == .unknown ? .null : .number(excess)),
            JSON.Member("sold", .number(sold)),
            JSON.Member("closing", .number(closing)),
            JSON.Member("refused", .number(refused)),
            JSON.Member("unpriced", .number(unpriced)),
            JSON.Member("unsellable", .number(unsellable)),
            JSON.Member("dust", .number(dust)),
        ])
    }
}
