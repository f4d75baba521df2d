import Console
import SafetyEngine

/// Figures and ages as the commands print them.
enum EngineText {
    /// An age in its greatest unit and the one below: `12s`, `4m12s`, `3h05m`, `9d04h`.
    static func age(_ milliseconds: UInt64?) -> String {
        guard let milliseconds else { return "?" }
        let seconds = milliseconds / 1000
        func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m\(two(seconds % 60))s"
        case ..<86_400: return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
        default: return "\(seconds / 86_400)d\(two(seconds / 3600 % 24))h"
        }
    }

    /// Money to the cent; what is not known says so.
    static func money(_ value: Decimal?, or unknown: String = "unknown") -> String {
        value.map { "\($0.rounded(to: 2))" } ?? unknown
    }

    /// How loud a level is.
    static func role(_ level: Alert.Level) -> TextRole {
        switch level {
        case .info: .plain
        case .warning: .caution
        case .critical, .emergency: .bad
        }
    }

    /// Says what is missing: nothing listed is no all-clear then.
    static func sayUnknown(_ listing: ListingState) {
        guard let problem = listing.problem else { return }
        let style = TextStyle(for: .standard)
        Output.standard.line(style.paint("NOT KNOWN: \(VisibleText.line(problem))", .caution))
    }

    /// The same on standard error, where standard output is a list of rows: an empty one says nothing of what was never listed.
    static func sayUnknownBesideJSON(_ listing: ListingState) {
        guard let problem = listing.problem else { return }
        Output.error.line("estop: NOT KNOWN: \(VisibleText.line(problem))")
    }

    /// A position's price; one that is not fresh is the last one, in brackets, with its age.
    static func price(_ position: Position) -> String {
        if let price = position.price { return "\(price)" }
        guard let last = position.lastPrice else { return "none" }
        return "[\(last), \(age(position.lastPriceAgeMs)) ago]"
    }

    /// Writes a table, or says that there is nothing in it.
    static func write(_ table: TextTable, empty: String) {
        if table.rows.isEmpty {
            _ = Output.standard.line(empty)
            return
        }
        Output.standard.write(table.text(style: TextStyle(for: .standard)))
    }
}
