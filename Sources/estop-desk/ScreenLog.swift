import Logging

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
