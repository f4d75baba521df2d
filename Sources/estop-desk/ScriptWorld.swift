import KillSwitch
import SafetyEngine

/// What comes to a script's screen from its desk.
enum ScriptNews {
    case snapshot(DeskSnapshot)
    case preflight([PreflightCheck], Mode, Scope)
    case resumed(succeeded: Bool, message: String)
    case notice(String)
}

/// The desk and the clock of a script: the real ones, or a demo in which no time passes but what the script waits.
protocol ScriptWorld {
    /// The monotonic clock, in milliseconds.
    var nowMs: UInt64 { get }
    /// Unix time in milliseconds.
    var wallMs: Int64 { get }

    /// The desk at the beginning.
    mutating func first() -> DeskSnapshot

    /// Waits until something comes, or until that time; nil: the time has come.
    mutating func next(untilMs: UInt64) -> ScriptNews?

    /// Halts.
    mutating func halt()
    /// Records why.
    mutating func giveReason(_ reason: String)
    /// Runs the checks for a resume; they come as news.
    mutating func preflight(_ mode: Mode, _ scope: Scope)
    /// Resumes; the outcome comes as news.
    mutating func resume(_ request: ResumeRequest, _ passphrase: String)

    /// Has an operator's action done; what became of it comes as a notice.
    mutating func act(_ change: OperatorAction.Change, reason: String, passphrase: String)

    /// Ends it.
    mutating func end()
}
