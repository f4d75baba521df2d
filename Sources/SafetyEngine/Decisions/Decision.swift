/// What the engine decided. The host carries it out and journals it; the engine is told what became of it.
public enum Decision: Sendable, Equatable, Codable {
    /// An alert was raised, rose, was found again in another way, acknowledged or resolved.
    case alert(AlertChange)
    /// Trading has to stop.
    case halt(HaltOrder)
    /// Something outside has to be done.
    case effect(Effect)
    /// A line for the log, word for word as operators search for it.
    case log(LogLine)

    /// What happened to an alert.
    public struct AlertChange: Sendable, Equatable, Codable {
        /// What happened.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            /// It is new.
            case raised
            /// Its level rose.
            case escalated
            /// An operator has seen it.
            case acknowledged
            /// Its acknowledgement ended while it is still open.
            case unacknowledged
            /// It is still open, nobody was told, and what kept it quiet has ended.
            case reminded
            /// Its cause is gone.
            case resolved
        }
        /// What happened.
        public var kind: Kind
        /// The alert after it.
        public var alert: Alert
        /// Whether somebody should be told: not silenced, inhibited or in its cooldown.
        public var isToBeNotified: Bool

        /// Creates a change.
        public init(_ kind: Kind, _ alert: Alert, isToBeNotified: Bool) {
            self.kind = kind
            self.alert = alert
            self.isToBeNotified = isToBeNotified
        }
    }

    /// Trading has to stop, and why.
    public struct HaltOrder: Sendable, Equatable, Codable {
        /// Its number, one higher than the last decision's that had one.
        public var number: UInt64
        /// The rule that decided it, such as `DAILY_DRAWDOWN`.
        public var rule: String
        /// The alert that it belongs to.
        public var alert: String
        /// What it covers, as a kill switch's scope: `global`, `account=main`.
        public var scope: String
        /// The mode that is asked for: `halted` or `reduce-only`.
        public var mode: String
        /// Why: the alert, and the samples that confirmed it.
        public var reason: String

        /// Creates an order to halt.
        public init(number: UInt64, rule: String, alert: String, scope: String, mode: String, reason: String) {
            self.number = number
            self.rule = rule
            self.alert = alert
            self.scope = scope
            self.mode = mode
            self.reason = reason
        }
    }

    /// Something that has to be done outside.
    public struct Effect: Sendable, Equatable, Codable {
        /// Its number; its outcome names it.
        public var number: UInt64
        /// Who wants it: a rule's name, or `operator:alice`.
        public var by: String
        /// Why.
        public var reason: String
        /// What.
        public var action: Action

        /// Creates an effect.
        public init(number: UInt64, by: String, reason: String, action: Action) {
            self.number = number
            self.by = by
            self.reason = reason
            self.action = action
        }

        /// What has to be done.
        public enum Action: Sendable, Equatable, Codable {
            /// Cancel one order at its venue.
            case cancel(venue: String, account: String, clientID: String, venueID: String)
            /// Close so much of a position: sell a long one, buy a short one back. Never more than is held.
            ///
            /// `noWorseThan`: what cannot be sold at this price or better at once is not sold (immediate or cancel). Nil:
            /// at market.
            case close(
                venue: String,
                account: String,
                symbol: String,
                side: Position.Side,
                quantity: Decimal,
                noWorseThan: Decimal? = nil
            )
            /// Start a supervisor's process again: the n-th attempt.
            case restart(supervisor: String, attempt: Int)
            /// Ask a venue about an order whose state nobody knows.
            case inquire(venue: String, account: String, clientID: String, venueID: String)
        }
    }

    /// A line for the log.
    public struct LogLine: Sendable, Equatable, Codable {
        /// How grave it is.
        public enum Level: String, Sendable, Codable, CaseIterable {
            /// Normal.
            case info = "INFO"
            /// Worth a look.
            case warning = "WARNING"
            /// Wrong.
            case error = "ERROR"
            /// In danger.
            case critical = "CRITICAL"
        }
        /// How grave it is.
        public var level: Level
        /// Which part says it: `cap`, `dust`, `exits`, `adoption`, `supervisors`, `accounts`.
        public var part: String
        /// The words.
        public var text: String
        /// What it says, for programs: an event's name, such as `cap_sold`; empty: only the words.
        public var event: String
        /// The figures in it, for programs.
        public var fields: [Field]

        /// One figure of a line.
        public struct Field: Sendable, Equatable, Codable {
            /// Its name.
            public var name: String
            /// Its value; numbers as exact decimal texts. Nil: unknown.
            public var value: String?

            /// Creates a figure.
            public init(_ name: String, _ value: String?) {
                self.name = name
                self.value = value
            }
        }

        /// Creates a line.
        public init(_ level: Level, _ part: String, _ text: String, event: String = "", fields: [Field] = []) {
            self.level = level
            self.part = part
            self.text = text
            self.event = event
            self.fields = fields
        }
    }
}
