public import SafetyEngine

/// Something that people are told: what happened to an alert, or that trading was halted or resumed.
///
/// Texts are as they came in, from bots and venues too: only renderers (`Message`) know what is safe where.
public struct Notification: Sendable, Equatable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// An alert is new.
        case raised
        /// An alert's level rose.
        case escalated
        /// An operator has seen an alert.
        case acknowledged
        /// An alert's acknowledgement ended while it is still open.
        case unacknowledged
        /// An alert is still open, nobody was told, and what kept it quiet has ended.
        case reminded
        /// An alert's cause is gone.
        case resolved
        /// Trading was halted, or restricted.
        case halted
        /// Trading was resumed.
        case resumed
        /// More alerts than are told one by one.
        case summary
        /// Nothing: somebody tries whether messages arrive.
        case test
    }

    /// The same in every try and for every target, so that a receiver can drop doubles.
    public var id: String
    /// What happened.
    public var kind: Kind
    /// The desk's name.
    public var desk: String
    /// How grave it is.
    public var level: Alert.Level
    /// The rule's name, such as `ORDER_STUCK`; for halts and resumes their source (`keyboard`, `cli`, `rule`).
    public var rule: String
    /// The alert's id: what makes it the same alert when it is found again. Empty for all that is no alert.
    public var alert: String
    /// What it is about: an order, a venue, an account; for halts and resumes the scope.
    public var subject: String
    /// What happened and what it means for trading.
    public var text: String
    /// When, in milliseconds of the wall clock since 1970.
    public var at: Int64
    /// How often it was found; for a summary, how many alerts it stands for.
    public var count: Int
    /// Who acknowledged it; nil: nobody.
    public var acknowledgedBy: String?
    /// What the rule does about it, such as `halts at 15m`; empty: nothing.
    public var policy: String
    /// How to acknowledge it; empty: there is nothing to acknowledge.
    public var acknowledge: String
    /// What a summary stands for, the most frequent rule first.
    public var rules: [RuleCount]

    /// How many alerts of one rule a summary stands for.
    public struct RuleCount: Sendable, Equatable {
        /// The rule's name.
        public var rule: String
        /// How many.
        public var count: Int

        /// Creates a count.
        public init(_ rule: String, _ count: Int) {
            self.rule = rule
            self.count = count
        }
    }

    /// Creates a notification.
    public init(
        id: String,
        kind: Kind,
        desk: String,
        level: Alert.Level,
        rule: String,
        subject: String,
        text: String,
        at: Int64,
        alert: String = "",
        count: Int = 1,
        acknowledgedBy: String? = nil,
        policy: String = "",
        acknowledge: String = "",
        rules: [RuleCount] = []
    ) {
        self.id = id
        self.kind = kind
        self.desk = desk
        self.level = level
        self.rule = rule
        self.alert = alert
        self.subject = subject
        self.text = text
        self.at = at
        self.count = count
        self.acknowledgedBy = acknowledgedBy
        self.policy = policy
        self.acknowledge = acknowledge
        self.rules = rules
    }
}
