public import Settings

/// How telling people is going, for the screen.
public struct NotifierState: Sendable, Equatable {
    /// One target.
    public struct Target: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// What is sent.
        public var kind: DeskConfiguration.Notify.Target.Kind
        /// False: the configuration names it no more, and what waits for it is only kept.
        public var isConfigured: Bool
        /// Notifications that wait for it.
        public var waiting: Int
        /// Failures since the last success.
        public var failures: Int
        /// Why the last failed try failed; empty: none has.
        public var lastError: String
        /// When, in milliseconds since 1970.
        public var lastErrorAt: Int64?
        /// When something was delivered last, in milliseconds since 1970.
        public var lastDeliveredAt: Int64?
        /// Notifications delivered since the start.
        public var delivered: Int
        /// Notifications given up or refused since the start: people were not told.
        public var givenUp: Int
    }

    /// In the order of the configuration.
    public var targets: [Target] = []
    /// Why the queue is not on disk; empty: it is.
    public var diskError = ""
    /// Notifications that came faster than they could be taken, and are only counted.
    public var overflowed = 0
    /// Notifications that were told already.
    public var repeated = 0
    /// Notifications that wait for any target.
    public var waiting: Int { targets.reduce(0) { $0 + $1.waiting } }

    /// Nothing yet.
    public init() {}
}

extension NotifierState.Target {
    init(_ lane: Lane) {
        self.init(
            name: lane.target.name,
            kind: lane.target.kind,
            isConfigured: lane.isConfigured,
            waiting: lane.entries.count,
            failures: lane.streak,
            lastError: lane.lastError,
            lastErrorAt: lane.lastErrorAt,
            lastDeliveredAt: lane.lastDeliveredAt,
            delivered: lane.delivered,
            givenUp: lane.givenUp
        )
    }
}
