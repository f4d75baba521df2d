/// What is reported of an account (and, of account counts, of the desk) apart from everything else: each has an age and a
/// limit of its own, and one stream's word makes no other fresh.
public enum StreamKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Listings of open orders.
    case orders
    /// Listings of positions.
    case positions
    /// Readings of balances.
    case balances
    /// Prices of the venue's symbols.
    case prices
    /// How many accounts trade, of all (a platform's word about the desk).
    case accountCounts = "account_counts"
}

/// How old one stream is, and whether what it reported still counts.
///
/// Invariant (SafetyEngineTests/StreamTests): what was never reported, or is older than its limit, is not known: no rule, check,
/// breaker, cap or exit counts it, and no surface shows it as none, zero, agreed or live.
public struct StreamAge: Sendable, Equatable, Codable {
    /// How far what it reported is good.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Reported within its limit.
        case known
        /// Reported, but longer ago than its limit, or not believed for another reason (`problem`).
        case stale
        /// Never reported.
        case never
    }

    /// Milliseconds since it was reported last; nil: it never was.
    public var ageMs: UInt64?
    /// Past this age it is stale, in milliseconds; 0: nobody gave a limit.
    public var limitMs: UInt64
    /// Why it is not known although it is young enough: `1 row of the listing was refused`, `the venue is silent`; empty: nothing.
    public var problem: String

    /// Creates an age.
    public init(ageMs: UInt64? = nil, limitMs: UInt64 = 0, problem: String = "") {
        self.ageMs = ageMs
        self.limitMs = limitMs
        self.problem = problem
    }

    /// How far what it reported is good.
    public var state: State {
        guard let ageMs else { return .never }
        return ageMs <= limitMs && problem.isEmpty ? .known : .stale
    }

    /// Whether it counts now.
    public var isKnown: Bool { state == .known }
}

extension Venue {
    /// The streams of one account, each with its own age.
    public struct Streams: Sendable, Equatable, Codable {
        /// Listings of open orders.
        public var orders = StreamAge()
        /// Listings of positions.
        public var positions = StreamAge()
        /// Readings of balances: the oldest one that holds money.
        public var balances = StreamAge()
        /// The newest price that its venue gave, of any symbol. Each position has the age of its own price.
        public var prices = StreamAge()

        /// Creates streams of which none was ever reported.
        public init() {}

        /// Streams that were all reported so long ago: for recordings and tests.
        public static func reported(agoMs: UInt64, limitMs: UInt64 = 60_000) -> Streams {
            var streams = Streams()
            let age = StreamAge(ageMs: agoMs, limitMs: limitMs)
            (streams.orders, streams.positions, streams.balances, streams.prices) = (age, age, age, age)
            return streams
        }
    }
}
