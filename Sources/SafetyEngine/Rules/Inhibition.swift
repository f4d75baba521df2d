/// What silences what it starves: an open alert of a cause keeps its effects quiet. They are shown, and kill, all the same.
///
/// One of a venue only quiets alerts of that venue, and those of the desk that belong to no venue.
struct Inhibition: Sendable {
    /// The cause.
    let cause: String
    /// From which level on.
    let level: Alert.Level
    /// What stays quiet.
    let effects: [String]

    /// What the lack of fresh prices alone brings about.
    private static let starved = ["UNPRICED", "RECONCILIATION", "NO_TRADES", "SIGNALS", "DUST"]

    /// Loss rules, stuck and unknown orders are in no row: what may cost money is always told.
    static let table = [
        Inhibition(cause: "FEED_STALE", level: .warning, effects: starved),
        Inhibition(cause: "HEARTBEAT_STALLED", level: .warning, effects: starved + ["FEED_STALE"]),
        Inhibition(cause: "HEARTBEAT_DEAD", level: .warning, effects: starved + ["FEED_STALE"]),
        // A venue that does not answer at all: nothing it fails to answer is news.
        Inhibition(
            cause: "API_ERROR",
            level: .critical,
            effects: starved + ["FEED_STALE", "HIGH_ERROR_RATE", "API_LATENCY"]
        ),
    ]
}
