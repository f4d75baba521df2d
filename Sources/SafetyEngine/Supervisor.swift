/// Anything expected to beat: a thread, a process, a bot, a feed.
public struct Supervisor: Sendable, Equatable, Codable {
    /// What its last beat says about it.
    public enum Health: String, Sendable, CaseIterable, Codable {
        /// Beating, or without a promise to beat.
        case ok = "OK"
        /// No beat for 1.5 intervals.
        case late = "LATE"
        /// No beat for 3 intervals.
        case stalled = "STALLED"
        /// Its process is gone.
        case dead = "DEAD"
    }

    /// The name that it beats under.
    public var name: String
    /// The interval that it promised, in milliseconds; 0: no promise.
    public var intervalMs: UInt64
    /// Milliseconds since its last beat; nil: never beat.
    public var lastBeatAgeMs: UInt64?
    /// Whether its process lives; nil when nobody can tell (a script's beat).
    public var alive: Bool?
    /// The last gaps between its beats, oldest first, in percent of the interval: 100 is a beat on time. The gap that
    /// is still open is not among them.
    public var gaps: [Int]
    /// How much of `lastBeatAgeMs` does not count, in milliseconds: nobody listened then (there was no host).
    public var uncountedMs: UInt64
    /// It never beat, and is not expected to have beaten yet.
    public var isInGrace: Bool
    /// So many percent of its interval without a beat are LATE.
    public var latePercent: Int
    /// So many are STALLED.
    public var stalledPercent: Int
    /// Restarts that were asked for, since it was last well for long.
    public var restarts: Int
    /// What was done about it the last time that it stalled or died, the oldest first.
    public var recovery: [Step]
    /// What is being done about it, or what the operator can do; empty: nothing.
    public var note: String

    /// One step of bringing it back.
    public struct Step: Sendable, Equatable, Codable {
        /// What happened.
        public enum Kind: String, Sendable, CaseIterable, Codable {
            /// Its last beat before.
            case lastBeat = "last beat"
            /// It was found stalled or dead.
            case detected
            /// The rules were told.
            case alerted
            /// A restart was asked for.
            case asked = "restart asked"
            /// It was done.
            case done = "restarted"
            /// It was not.
            case failed = "restart failed"
            /// It beats again, or its process lives.
            case beating = "beating again"
            /// Nothing more is tried.
            case leftAlone = "left alone"
        }
        /// What happened.
        public var kind: Kind
        /// Milliseconds since then.
        public var ageMs: UInt64
        /// Milliseconds between its detection and this step; 0 for what came before.
        public var afterMs: UInt64
        /// Which restart, why it failed.
        public var text: String

        /// Creates a step.
        public init(kind: Kind, ageMs: UInt64, afterMs: UInt64, text: String = "") {
            self.kind = kind
            self.ageMs = ageMs
            self.afterMs = afterMs
            self.text = text
        }
    }

    /// Creates a supervisor as observed.
    public init(
        name: String,
        intervalMs: UInt64,
        lastBeatAgeMs: UInt64?,
        alive: Bool?,
        gaps: [Int] = [],
        uncountedMs: UInt64 = 0,
        isInGrace: Bool = false,
        latePercent: Int = 150,
        stalledPercent: Int = 300,
        restarts: Int = 0,
        recovery: [Step] = [],
        note: String = ""
    ) {
        self.name = name
        self.intervalMs = intervalMs
        self.lastBeatAgeMs = lastBeatAgeMs
        self.alive = alive
        self.gaps = gaps
        self.uncountedMs = uncountedMs
        self.isInGrace = isInGrace
        self.latePercent = latePercent
        self.stalledPercent = stalledPercent
        self.restarts = restarts
        self.recovery = recovery
        self.note = note
    }

    /// Takes over what is done about it, from somebody who knows.
    mutating func take(_ other: Supervisor) {
        restarts = other.restarts
        recovery = other.recovery
        note = other.note
    }

    /// Whole intervals that passed without a beat.
    public var missed: UInt64 {
        guard intervalMs > 0, let silence else { return 0 }
        return silence / intervalMs
    }

    /// OK, LATE after 1.5 intervals, STALLED after 3 (unless configured otherwise), DEAD once its process is gone.
    public var health: Health {
        if alive == false { return .dead }
        guard intervalMs > 0 else { return .ok }
        guard let silence else { return isInGrace ? .ok : .stalled }
        let percent = Roster.percent(silence, of: intervalMs)
        if percent >= stalledPercent { return .stalled }
        return percent >= latePercent ? .late : .ok
    }

    /// The part of its last beat's age that counts; nil: it never beat.
    private var silence: UInt64? { lastBeatAgeMs.map { $0 - min($0, uncountedMs) } }
}
