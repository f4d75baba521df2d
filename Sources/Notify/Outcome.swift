/// What became of one try to deliver a notification.
enum Outcome: Sendable, Equatable {
    /// It arrived.
    case delivered
    /// It did not, and may the next time; the receiver may have said how long to wait.
    case failed(String, retryAfterMs: UInt64?)
    /// It never will: the receiver does not take this message.
    case refused(String)
    /// The host is ending: nothing is known.
    case cancelled
}
