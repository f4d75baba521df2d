import KillSwitch
import Settings

/// One try to deliver one notification to one target; it may take as long as the target may.
enum Sending {
    /// Tries.
    ///
    /// - Parameter cancel: a descriptor whose readability ends it at once; -1: none.
    static func attempt(
        _ notification: Notification,
        to target: DeskConfiguration.Notify.Target,
        cancel: Int32 = -1
    ) -> Outcome {
        let bytes = notification.rendered(for: target.kind).bytes
        switch target.kind {
        case .webhook, .slack, .discord:
            return Post.send(
                bytes,
                id: notification.id,
                to: target.url,
                timeoutMs: target.timeoutMs,
                cancel: cancel
            )
        case .command:
            return CommandRun.run(
                target.command,
                environment: notification.environment,
                input: bytes + [UInt8(ascii: "\n")],
                timeoutMs: target.timeoutMs,
                cancel: cancel
            )
        }
    }
}
