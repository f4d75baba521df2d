import KillSwitch

/// What waits on disk to be told: for reports beside a running host.
public struct NotifyQueue: Sendable, Equatable {
    /// One notification that waits for one target.
    public struct Waiting: Sendable, Equatable {
        /// The target's name.
        public var target: String
        /// What is to be told.
        public var notification: Notification
        /// How often it was tried.
        public var attempts: Int
        /// Why the last try failed; empty: it was not tried yet.
        public var error: String
    }

    /// Oldest first.
    public var waiting: [Waiting]
    /// What cannot be read, in words.
    public var problems: [String]

    /// Reads the queue of a state directory; changes nothing. A host that is at work may have gone on meanwhile.
    public init(state: String) {
        let found = QueueFolder(state: state).read(repairing: false, now: 0, wall: Clock.wallMilliseconds())
        waiting = found.entries.map { entry in
            Waiting(
                target: entry.target,
                notification: entry.notification,
                attempts: entry.attempts,
                error: entry.error
            )
        }
        problems = found.problems
    }
}
