/// What one source says, as a list, and how fresh it is.
///
/// There is no list without a freshness: a pane that draws one has to say it. Never received (`.never`), empty (no rows,
/// `.live`) and unavailable (`.lost`, with the reason and the last rows) are three different things.
public struct Reading<Row: Sendable & Equatable>: Sendable, Equatable {
    /// Who says it, for people: `engine`, `kraken`, `paper venue`.
    public var source: String
    /// When it was last true.
    public var freshness: Freshness
    /// What it says, or said last.
    public var rows: [Row]
    /// Older than this it is stale, in milliseconds.
    public var staleAfterMs: UInt64
    /// Older than this its source counts as not connected, in milliseconds.
    public var lostAfterMs: UInt64
    /// What to know, or to do, while nothing was ever received.
    public var hint: String

    /// Creates a reading.
    public init(
        source: String,
        freshness: Freshness,
        rows: [Row],
        staleAfterMs: UInt64 = 3000,
        lostAfterMs: UInt64 = 15_000,
        hint: String = ""
    ) {
        self.source = source
        self.freshness = freshness
        self.rows = rows
        self.staleAfterMs = staleAfterMs
        self.lostAfterMs = lostAfterMs
        self.hint = hint
    }

    /// A reading of which nothing has come yet.
    public static func never(source: String, hint: String = "") -> Reading {
        Reading(source: source, freshness: .never, rows: [], hint: hint)
    }
}
