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

    /// Creates a supervisor as observed.
    public init(name: String, intervalMs: UInt64, lastBeatAgeMs: UInt64?, alive: Bool?, gaps: [Int] = []) {
        self.name = name
        self.intervalMs = intervalMs
        self.lastBeatAgeMs = lastBeatAgeMs
        self.alive = alive
        self.gaps = gaps
    }

    /// Takes over what is done about it, from somebody who knows.
    mutating func take(_ other: Supervisor) {}

    /// Whole intervals that passed without a beat.
    public var missed: UInt64 {
        guard intervalMs > 0, let age = lastBeatAgeMs else { return 0 }
        return age / intervalMs
    }

    /// OK, LATE after 1.5 intervals, STALLED after 3, DEAD once its process is gone.
    public var health: Health {
        if alive == false { return .dead }
        guard intervalMs > 0 else { return .ok }
        guard let age = lastBeatAgeMs else { return .stalled }
        if age >= intervalMs.multipliedReportingOverflow(by: 3).partialValue { return .stalled }
        if age >= intervalMs + intervalMs / 2 { return .late }
        return .ok
    }
}
