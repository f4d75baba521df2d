/// The engine's own loop as a supervisor: who watches is watched.
///
/// Its interval is such that `Beats.engineStallMs` without an evaluation is STALLED. A stall that the host tells counts for
/// as long again after it ended, so that the rules see it, and is over then.
struct EngineLoop: Sendable, Equatable, Codable {
    /// The last evaluation, in desk time; nil: none since the host's start.
    var evaluatedMs: UInt64?
    /// How long the last stall was, in milliseconds; 0: none.
    private var stallMs: UInt64 = 0
    /// When it ended, in desk time.
    private var stallEndedMs: UInt64 = 0
    /// Stalls since the host's start.
    private var stalls = 0

    init() {}

    mutating func stalled(_ milliseconds: UInt64, at atMs: UInt64) {
        stallMs = milliseconds
        stallEndedMs = atMs
        stalls += 1
    }

    /// How long nothing was evaluated: now, or in the stall that just ended.
    func silence(at atMs: UInt64, _ beats: EngineSettings.Beats) -> UInt64 {
        let now = evaluatedMs.map { atMs - min(atMs, $0) } ?? 0
        let isRecent = stallMs > 0 && atMs - min(atMs, stallEndedMs) < beats.engineStallMs
        return max(now, isRecent ? stallMs : 0)
    }

    /// That in percent of its interval, so that `Beats.engineStallMs` is `Beats.stalledPercent`.
    func percent(at atMs: UInt64, _ beats: EngineSettings.Beats) -> Int {
        let silence = silence(at: atMs, beats)
        let (product, overflow) = silence.multipliedReportingOverflow(by: UInt64(clamping: beats.stalledPercent))
        return overflow ? .max : Int(clamping: product / max(1, beats.engineStallMs))
    }

    func shown(at atMs: UInt64, _ beats: EngineSettings.Beats) -> Supervisor {
        let (hundredfold, overflow) = beats.engineStallMs.multipliedReportingOverflow(by: 100)
        let percent = UInt64(clamping: max(1, beats.stalledPercent))
        // Rounded up: it is never shown late before it is.
        let interval = (overflow ? UInt64.max : hundredfold) / percent
        return Supervisor(
            name: Roster.engineName,
            intervalMs: interval == .max ? interval : interval + 1,
            lastBeatAgeMs: evaluatedMs == nil ? nil : silence(at: atMs, beats),
            alive: true,
            isInGrace: evaluatedMs == nil,
            latePercent: beats.latePercent,
            stalledPercent: beats.stalledPercent,
            note: stalls == 0
                ? "" : "stalled \(stalls == 1 ? "once" : "\(stalls) times"), last for \(SpanText.text(stallMs))"
        )
    }
}
