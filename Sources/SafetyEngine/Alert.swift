/// Something that a rule found wrong with the desk: one alert for one cause, however often it is found again.
public struct Alert: Sendable, Equatable, Codable {
    /// How grave it is. It only rises while the alert is open.
    public enum Level: Int, Sendable, CaseIterable, Comparable, Codable {
        /// Worth knowing.
        case info
        /// Worth a look.
        case warning
        /// Needs an operator now.
        case critical
        /// Trading is in danger; a rule may halt.
        case emergency

        /// The word that every screen and message uses.
        public var word: String {
            switch self {
            case .info: "INFO"
            case .warning: "WARNING"
            case .critical: "CRITICAL"
            case .emergency: "EMERGENCY"
            }
        }

        /// By gravity.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// What makes it the same alert when it is found again: rule and subject.
    public var id: String
    /// How grave it is.
    public var level: Level
    /// The rule's name, such as `ORDER_STUCK`.
    public var rule: String
    /// What it is about: an order, a venue, an account.
    public var subject: String
    /// What happened and what it means for trading.
    public var text: String
    /// Milliseconds since it was found first.
    public var ageMs: UInt64
    /// How often it was found.
    public var count: Int
    /// Who acknowledged it; nil: nobody.
    public var acknowledgedBy: String?
    /// What the rule does about it, such as `halts at 15m`; empty: nothing.
    public var policy: String
    /// When it was found first, in desk time.
    public var raisedMs: UInt64
    /// When its cause was gone, in desk time; nil: it is open.
    public var resolvedMs: UInt64?
    /// The last value that passed a threshold; nil: not said.
    public var value: Decimal?
    /// Until when it counts as seen, in desk time; nil: until it is resolved, or nobody has seen it.
    public var acknowledgedUntilMs: UInt64?
    /// Milliseconds since its value was known last, where it is not known now; nil: it is. It stays open meanwhile.
    public var noDataMs: UInt64?
    /// Why nobody is told of it now: `silenced by alice: drill`, `follows FEED_STALE/kraken`; empty: somebody is.
    public var quiet = ""

    /// The last values that met the condition, the oldest first, as people read them; nil: nobody filled them in.
    public var samples: [Sample]?
    /// Milliseconds since a value met the condition last; nil: not known.
    public var lastAgeMs: UInt64?

    /// One value that met the condition.
    public struct Sample: Sendable, Equatable, Codable {
        /// The value, with its unit.
        public var value: String
        /// Milliseconds since it was read.
        public var ageMs: UInt64

        /// Creates a sample.
        public init(value: String, ageMs: UInt64) {
            self.value = value
            self.ageMs = ageMs
        }
    }

    /// Creates an alert.
    public init(
        id: String,
        level: Level,
        rule: String,
        subject: String,
        text: String,
        ageMs: UInt64,
        count: Int = 1,
        acknowledgedBy: String? = nil,
        policy: String = "",
        raisedMs: UInt64 = 0
    ) {
        self.id = id
        self.level = level
        self.rule = rule
        self.subject = subject
        self.text = text
        self.ageMs = ageMs
        self.count = count
        self.acknowledgedBy = acknowledgedBy
        self.policy = policy
        self.raisedMs = raisedMs
    }
}
