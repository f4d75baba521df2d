/// One notification on its way to one target.
struct OutboxEntry: Sendable, Equatable {
    /// Its place in the order of arrival, never used twice; the name of its file.
    var number: UInt64
    /// The target's name.
    var target: String
    /// What is to be told.
    var notification: Notification
    /// When it came, in milliseconds of the monotonic clock; below 0 when that was before the clock's beginning.
    var bornAt: Int64
    /// Not before this time is it sent, on the same clock: a summary gathers until then.
    var dueAt: Int64
    /// How often it was tried.
    var attempts = 0
    /// Why the last try failed; empty: it was not tried yet.
    var error = ""
    /// Whether a try is under way.
    var isUnderWay = false

    /// Whether more alerts can still be added to it.
    var isGathering: Bool { notification.kind == .summary && attempts == 0 && !isUnderWay }
}
