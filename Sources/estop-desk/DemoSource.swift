import KillSwitch
import SafetyEngine

/// A desk that is only played: it has no state directory, and what is done to it changes nothing outside. A value; it is
/// told the time.
protocol DemoSource: Sendable {
    /// A desk at its beginning.
    init()
    /// The desk so long after its beginning.
    func snapshot(atMs: UInt64, wallMs: Int64) -> DeskSnapshot
    /// Halts it.
    mutating func halt(atMs: UInt64, wallMs: Int64, by name: String)
    /// Says why the last halt was made.
    mutating func giveReason(_ reason: String)
    /// The checks for a resume.
    func preflight(mode: Mode, scope: Scope, atMs: UInt64) -> [PreflightCheck]
    /// Resumes it.
    mutating func resume(_ request: ResumeRequest, atMs: UInt64, wallMs: Int64) -> (succeeded: Bool, message: String)
}

extension DeskSnapshot {
    /// Milliseconds until the next look at a desk: soon while a halt is under way.
    var lookAgainMs: UInt64 {
        let isHalting = word.map { !$0.mode.permitsAnything } ?? false
        if case .done = steps.verified { return 1_000 }
        return isHalting && (changeAgeMs ?? sinceAgeMs ?? 0) < 60_000 ? 25 : 1_000
    }
}
