public import SafetyEngine

/// Ages and times as the screen prints them.
enum Age {
    /// A span of time in at most six cells: `0.4s`, `12s`, `4m12s`, `3h05m`, `9d04h`.
    static func text(_ ms: UInt64) -> String {
        let seconds = ms / 1000
        switch seconds {
        case 0..<10: return "\(seconds).\(ms % 1000 / 100)s"
        case 10..<60: return "\(seconds)s"
        case 60..<3600: return "\(seconds / 60)m\(two(seconds % 60))s"
        case 3600..<86_400: return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
        default: return "\(seconds / 86_400)d\(two(seconds / 3600 % 24))h"
        }
    }

    /// The same without tenths, for what changes once a second.
    static func whole(_ ms: UInt64) -> String { ms < 10_000 ? "\(ms / 1000)s" : text(ms) }

    /// An age in a table of rows, in steps that grow with it: a desk at rest does not repaint its ages.
    static func calm(_ ms: UInt64) -> String {
        switch ms {
        case ..<2000: "<2s"
        case ..<10_000: "\(ms / 1000)s"
        case ..<60_000: "\(ms / 10_000)0s"
        case ..<3_600_000: "\(ms / 60_000)m"
        default: text(ms)
        }
    }

    /// A step's time: `0.15 ms`, `41 ms`, `1.3 s`.
    static func step(_ ms: Double) -> String {
        guard ms.isFinite, ms >= 0, ms < 1e12 else { return "? ms" }
        switch ms {
        case ..<1: return "\(decimals(ms, 2)) ms"
        case ..<10: return "\(decimals(ms, 1)) ms"
        case ..<1000: return "\(Int(ms)) ms"
        case ..<60_000: return "\(decimals(ms / 1000, 1)) s"
        default: return text(UInt64(ms))
        }
    }

    /// A number with fixed decimals.
    static func decimals(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "?" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let whole = scaled / Int64(scale)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let digits = String(scaled % Int64(scale))
        return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
    }

    static func two(_ value: some BinaryInteger) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// `2026-11-21` and `12:00:01` of a time in Unix milliseconds, UTC.
    static func utc(_ unixMs: Int64) -> (date: String, time: String) {
        let seconds = unixMs >= 0 ? unixMs / 1000 : (unixMs - 999) / 1000
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        // Days since 0000-03-01, in eras of 400 years (Howard Hinnant's civil_from_days).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (
            "\(year)-\(two(month))-\(two(day))", "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        )
    }

    /// The time of an RFC 3339 text, with its date where that is not today; whatever is no such text, as it is.
    static func time(_ stamp: String, today: String) -> String {
        let parts = stamp.split(separator: "T", maxSplits: 1)
        guard parts.count == 2, parts[1].count >= 8 else { return stamp }
        let time = String(parts[1].prefix(8))
        return parts[0] == today ? time : "\(parts[0]) \(time)"
    }
}

/// How fresh something is now, on this screen: the producer's word for it, and the time since we received it.
extension Freshness {
    /// Past this age a snapshot is marked stale: three of the host's updates are missing.
    public static let staleAfterMs: UInt64 = 3000
    /// Past this age the host counts as not connected.
    public static let lostAfterMs: UInt64 = 15_000

    /// The same freshness, so much later. Never better than the producer said, and never live past the limit.
    public func later(
        by elapsedMs: UInt64,
        staleAfterMs: UInt64 = Freshness.staleAfterMs,
        lostAfterMs: UInt64 = Freshness.lostAfterMs,
        reason: String = "no news from the host"
    ) -> Freshness {
        switch self {
        case .never: return .never
        case .lost(let age, let reason): return .lost(ageMs: age &+ elapsedMs, reason: reason)
        case .live(let age):
            let now = age &+ elapsedMs
            if now >= lostAfterMs { return .lost(ageMs: now, reason: reason) }
            return now >= staleAfterMs ? .stale(ageMs: now) : .live(ageMs: now)
        case .stale(let age):
            let now = age &+ elapsedMs
            return now >= lostAfterMs ? .lost(ageMs: now, reason: reason) : .stale(ageMs: now)
        }
    }

    /// Whether it may be judged by.
    var isLive: Bool {
        if case .live = self { true } else { false }
    }
}
