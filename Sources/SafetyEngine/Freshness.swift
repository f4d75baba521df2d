/// When a figure was last true.
///
/// Embedded in every snapshot: a pane cannot be drawn without one. Ages are milliseconds of the monotonic clock.
public enum Freshness: Sendable, Equatable {
    /// Nothing was ever received.
    case never
    /// True as of `ageMs` ago, within its limit.
    case live(ageMs: UInt64)
    /// Past its limit: shown, but marked, and no rule treats it as good.
    case stale(ageMs: UInt64)
    /// Not connected any more.
    case lost(ageMs: UInt64, reason: String)
}
