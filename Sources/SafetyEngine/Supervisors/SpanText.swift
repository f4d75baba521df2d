/// A span of time in words, for log lines and notes: the same text on every replay.
enum SpanText {
    /// `250 ms`, `1.5 s`, `59.9 s`, `12 min 30 s`, `3 h 20 min`, `2 d 4 h`; cut, not rounded.
    static func text(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1_000
        if milliseconds < 1_000 { return "\(milliseconds) ms" }
        if seconds < 60 { return "\(seconds).\(milliseconds % 1_000 / 100) s" }
        if seconds < 3_600 { return "\(seconds / 60) min \(seconds % 60) s" }
        if seconds < 86_400 { return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min" }
        return "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h"
    }
}
