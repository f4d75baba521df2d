extension Engine {
    /// Why a resume to a mode is too early (FEATURES row E42: paper, then reduce-only, then live); nil: it is not.
    ///
    /// Reduce-only asks for `probation.paperMs` in paper, live for `probation.reduceOnlyMs` in reduce-only (or, where none
    /// is asked for, for the time in paper, unless the desk is past paper already). The time counts from when the mode was
    /// reached, without a break: a halt in between begins anew. A time of 0 is not asked for.
    ///
    /// - Parameters:
    ///   - mode: the mode that is asked for, such as `live`.
    ///   - atMs: now, in desk time.
    public func stageProblem(for mode: String, at atMs: UInt64) -> String? {
        let (paperMs, reduceOnlyMs) = (settings.probation.paperMs, settings.probation.reduceOnlyMs)
        switch mode {
        case "reduce-only":
            if self.mode.mode == "live" { return nil }
            return problem(mode, after: "paper", paperMs, at: atMs)
        case "live":
            if self.mode.mode == "live" { return nil }
            if reduceOnlyMs > 0 { return problem(mode, after: "reduce-only", reduceOnlyMs, at: atMs) }
            if self.mode.mode == "reduce-only" { return nil }
            return problem(mode, after: "paper", paperMs, at: atMs)
        default: return nil
        }
    }

    private func problem(_ wanted: String, after stage: String, _ leastMs: UInt64, at atMs: UInt64) -> String? {
        guard leastMs > 0 else { return nil }
        if mode.mode == wanted { return nil }
        guard mode.mode == stage else {
            return "\(wanted) comes after \(Span.text(leastMs)) in \(stage); the desk is \(mode.mode)"
        }
        let reachedMs = atMs.since(breakers.modeSinceMs)
        guard reachedMs < leastMs else { return nil }
        return
            "\(wanted) comes after \(Span.text(leastMs)) in \(stage): \(Span.text(reachedMs)) so far, "
            + "\(Span.text(leastMs - reachedMs)) to go"
    }
}

/// Durations as people read them.
enum Span {
    /// `850ms`, `42s`, `5m 12s`, `3h 5m`, `2d 4h`.
    static func text(_ milliseconds: UInt64) -> String {
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
