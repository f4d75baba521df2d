/// Durations as people read them.
enum ElapsedText {
    /// `850ms`, `42s`, `5m 12s`, `3h 5m`, `2d 4h`.
    static func of(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        if seconds == 0, milliseconds > 0 { return "\(milliseconds)ms" }
        func two(_ large: UInt64, _ unit: String, _ small: UInt64, _ smaller: String) -> String {
            small == 0 ? "\(large)\(unit)" : "\(large)\(unit) \(small)\(smaller)"
        }
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return two(seconds / 60, "m", seconds % 60, "s")
        case ..<86_400: return two(seconds / 3_600, "h", seconds % 3_600 / 60, "m")
        default: return two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
        }
    }
}
