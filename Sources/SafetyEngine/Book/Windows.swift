/// Requests to one venue in the last while, counted in buckets: errors and latencies over a window.
public struct RequestWindow: Sendable, Equatable, Codable {
    /// How many were ever counted: tells one sample from the next.
    public internal(set) var version: UInt64 = 0

    /// Creates an empty window.
    public init() {}
}

/// Signals of strategies in the last while.
public struct SignalWindow: Sendable, Equatable, Codable {
    /// When the first one came, in desk time; nil: none ever did, and then no rule counts them.
    public internal(set) var firstMs: UInt64?

    /// Creates an empty window.
    public init() {}
}

/// The desk's equity over time, in the base currency.
public struct EquityRecord: Sendable, Equatable, Codable {
    /// The desk's day (see `Calendar.day`) that `dayOpening` opened; nil: none yet.
    public internal(set) var day: Int64?
    /// Equity when the day opened, changed by what was transferred since.
    public internal(set) var dayOpening: Decimal?
    /// The same for the week, which begins on Monday.
    public internal(set) var weekOpening: Decimal?
    /// The highest equity so far, changed by what was transferred since.
    public internal(set) var peak: Decimal?

    /// Creates a record of nothing.
    public init() {}
}
