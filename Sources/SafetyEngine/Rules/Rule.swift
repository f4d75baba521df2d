/// One row of the table of rules: a value, the limits that it may pass, and what follows.
///
/// A threshold is strict: a value exactly at it does not fire. Percentages are percent (30 is 30 %), durations seconds.
public struct Rule: Sendable, Equatable, Codable {
    /// Which way a value has to pass its threshold.
    public enum Comparison: String, Sendable, Codable, CaseIterable {
        /// Fires above.
        case over
        /// Fires below.
        case under
        /// Fires at the threshold and above: for counts ("4 losses in a row").
        case atLeast
    }

    /// A threshold, and what passing it means.
    public struct Step: Sendable, Equatable, Codable {
        /// Where.
        public var threshold: Decimal
        /// How grave.
        public var level: Alert.Level
        /// Whether passing it halts.
        public var kills: Bool

        /// Creates a step.
        public init(_ threshold: Decimal, _ level: Alert.Level, kills: Bool = false) {
            self.threshold = threshold
            self.level = level
            self.kills = kills
        }
    }

    /// What a halt of this rule covers.
    public enum Reach: String, Sendable, Codable, CaseIterable {
        /// The whole desk.
        case global
        /// The account that the subject belongs to.
        case account
        /// The venue that the subject belongs to.
        case venue
    }

    /// Its name, such as `ORDER_STUCK`.
    public var name: String
    /// Whether it is evaluated.
    public var isEnabled: Bool
    /// What it watches: a `Measure`'s name, or `metric:NAME` for anything ingested.
    public var measure: String
    /// Which way.
    public var comparison: Comparison
    /// From the mildest to the gravest.
    public var steps: [Step]
    /// How long a step has to be passed without a break before it counts, in milliseconds.
    public var forMs: UInt64
    /// How many samples in a row have to pass it: one bad price is one sample, however often it is looked at. A state that
    /// goes on, such as a loss, counts once more in each such part of `forMs` (at least a second).
    public var confirmations: Int
    /// After it resolved, how long the same alert is not notified again, in milliseconds. It is raised all the same.
    public var cooldownMs: UInt64
    /// How long the value has to be back before its alert is resolved, in milliseconds: a value that trembles at its
    /// threshold is one alert. What is gone altogether (an order that is finished) does not wait.
    public var holdMs: UInt64
    /// Over how long a time its measure looks back, in milliseconds; 0: it has no window.
    public var windowMs: UInt64
    /// How many readings in the window the measure needs before it says anything.
    public var minimumSamples: Int
    /// What a halt covers.
    public var reach: Reach

    /// Creates a rule.
    public init(
        _ name: String,
        measure: String,
        _ comparison: Comparison,
        steps: [Step],
        forMs: UInt64 = 0,
        confirmations: Int = 1,
        cooldownMs: UInt64 = 0,
        holdMs: UInt64 = 0,
        windowMs: UInt64 = 0,
        minimumSamples: Int = 1,
        reach: Reach = .global,
        isEnabled: Bool = true
    ) {
        self.name = name
        self.isEnabled = isEnabled
        self.measure = measure
        self.comparison = comparison
        self.steps = steps
        self.forMs = forMs
        self.confirmations = confirmations
        self.cooldownMs = cooldownMs
        self.holdMs = holdMs
        self.windowMs = windowMs
        self.minimumSamples = minimumSamples
        self.reach = reach
    }
}
