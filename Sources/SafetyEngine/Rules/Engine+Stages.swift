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

    /// Where the desk stands between paper and live.
    func stageInView(at atMs: UInt64) -> EngineView.StageState? {
        guard mode.mode != "unknown" else { return nil }
        var stage = EngineView.StageState(mode: mode.mode, sinceAgeMs: atMs.since(breakers.modeSinceMs))
        let (paperMs, reduceOnlyMs) = (settings.probation.paperMs, settings.probation.reduceOnlyMs)
        let leastMs: UInt64
        switch mode.mode {
        case "paper" where !settings.isPaper && paperMs > 0:
            (stage.next, leastMs) = (reduceOnlyMs > 0 ? "reduce-only" : "live", paperMs)
        case "reduce-only" where reduceOnlyMs > 0: (stage.next, leastMs) = ("live", reduceOnlyMs)
        default: return stage
        }
        stage.nextInMs = leastMs - min(leastMs, stage.sinceAgeMs)
        return stage
    }

    private func problem(_ wanted: String, after stage: String, _ leastMs: UInt64, at atMs: UInt64) -> String? {
        guard leastMs > 0 else { return nil }
        if mode.mode == wanted { return nil }
        guard mode.mode == stage else {
            return "\(wanted) comes after \(ElapsedText.of(leastMs)) in \(stage); the desk is \(mode.mode)"
        }
        let reachedMs = atMs.since(breakers.modeSinceMs)
        guard reachedMs < leastMs else { return nil }
        return
            "\(wanted) comes after \(ElapsedText.of(leastMs)) in \(stage): \(ElapsedText.of(reachedMs)) so far, "
            + "\(ElapsedText.of(leastMs - reachedMs)) to go"
    }
}
