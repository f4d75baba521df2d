/// An exchange, broker or bot platform, as its adapter finds it.
public struct Venue: Sendable, Equatable, Codable {
    /// How it is reached.
    public enum State: String, Sendable, CaseIterable, Codable {
        /// It answers.
        case connected = "CONNECTED"
        /// It answers late, in part, or with errors.
        case degraded = "DEGRADED"
        /// It does not answer.
        case disconnected = "DISCONNECTED"
        /// It stopped trading on our demand, and that was observed.
        case stopped = "STOPPED"
    }

    /// Its name.
    public var name: String
    /// The account there.
    public var account: String
    /// How it is reached.
    public var state: State
    /// Orders resting there; nil: it has not said.
    public var openOrders: Int?
    /// Of the orders that the last halt found there, those confirmed gone; nil: no halt asked.
    public var cancelled: Int?
    /// The orders that the last halt found there.
    public var toCancel: Int
    /// Milliseconds since it last answered; nil: never.
    public var lastReplyAgeMs: UInt64?
    /// How long its answers take, in milliseconds; nil: unknown.
    public var latencyMs: UInt64?
    /// The last error, in the venue's words, and what to do; empty: none.
    public var note: String

    /// Creates a venue.
    public init(
        name: String,
        account: String,
        state: State,
        openOrders: Int?,
        cancelled: Int? = nil,
        toCancel: Int = 0,
        lastReplyAgeMs: UInt64?,
        latencyMs: UInt64?,
        note: String = ""
    ) {
        self.name = name
        self.account = account
        self.state = state
        self.openOrders = openOrders
        self.cancelled = cancelled
        self.toCancel = toCancel
        self.lastReplyAgeMs = lastReplyAgeMs
        self.latencyMs = latencyMs
        self.note = note
    }

    /// What makes it the same venue in the next reading.
    public var id: String { "\(name)/\(account)" }
}
