import Desk
import Logging
import Synchronization

/// What the embedded host has to say on the screen, kept until the screen's watch takes it.
final class ScreenMessages: Sendable {
    private let waiting = Mutex<[String]>([])
    private let bell: DeskWatch.Bell

    /// So many are kept; of more the oldest are dropped, since the screen shows one at a time.
    private static let most = 32

    init(_ bell: DeskWatch.Bell) { self.bell = bell }

    func add(_ text: String) {
        waiting.withLock { waiting in
            if waiting.count >= ScreenMessages.most { waiting.removeFirst() }
            waiting.append(text)
        }
        bell.ring()
    }

    func take() -> [String] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}

/// The embedded host's log: warnings become messages on the screen, since standard error is under it.
struct ScreenLog: LogHandler {
    var logLevel = Logger.Level.warning
    var metadata = Logger.Metadata()
    let show: @Sendable (String) -> Void

    init(_ show: @escaping @Sendable (String) -> Void) { self.show = show }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { show("\(event.message)") }
}
