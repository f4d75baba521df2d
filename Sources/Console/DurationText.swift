/// Durations as people write them: `2s`, `250ms`, `5m`, `1h`, `0`.
public enum DurationText {
    /// What to write, for errors.
    public static let examples = "2s, 250ms, 5m or 0"

    /// The milliseconds of a duration; nil when it is none.
    ///
    /// A number without a unit is only understood as `0`: five of what would be a guess. Nor are fractions: `1500ms`.
    public static func milliseconds(_ text: String) -> UInt64? {
        if text == "0" { return 0 }
        let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty, let number = UInt64(Substring(digits)) else { return nil }
        let factor: UInt64
        switch String(text.dropFirst(digits.count)) {
        case "ms": factor = 1
        case "s": factor = 1000
        case "m": factor = 60_000
        case "h": factor = 3_600_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        // What follows counts in nanoseconds too.
        return overflow || product > UInt64(Int64.max) / 1_000_000 ? nil : product
    }

    /// The shortest way to write a duration exactly, as in `5s`, `1500ms`, `0`.
    public static func text(milliseconds: UInt64) -> String {
        if milliseconds == 0 { return "0" }
        if milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000)h" }
        if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
        if milliseconds % 1000 == 0 { return "\(milliseconds / 1000)s" }
        return "\(milliseconds)ms"
    }
}
