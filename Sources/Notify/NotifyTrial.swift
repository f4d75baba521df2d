public import Settings

/// One try outside of any queue: `estop notify test`.
public enum NotifyTrial {
    /// Sends a notification to one target, whatever it filters, and waits for the end, at most its `timeoutMs`.
    ///
    /// - Returns: why it did not arrive; nil: it did.
    public static func send(_ notification: Notification, to target: DeskConfiguration.Notify.Target) -> String? {
        switch Sending.attempt(notification, to: target) {
        case .delivered: nil
        case .failed(let reason, _), .refused(let reason): reason.isEmpty ? "it failed without a reason" : reason
        case .cancelled: "it was cancelled"
        }
    }
}
