import Console
import Logging

/// A log whose messages may hold what a stop file, a bot or a request said: whatever a terminal would obey is shown as its code.
struct VisibleLog: LogHandler {
    private var behind: StreamLogHandler

    init(_ behind: StreamLogHandler) { self.behind = behind }

    var logLevel: Logger.Level {
        get { behind.logLevel }
        set { behind.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { behind.metadata }
        set { behind.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { behind[metadataKey: key] }
        set { behind[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(VisibleText.lines(event.message.description))"
        behind.log(event: event)
    }
}
