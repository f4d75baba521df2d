public import KillSwitch
public import SafetyEngine

/// What the interface asks the world to do. Values, performed by whoever owns the session.
public enum Effect: Sendable, Equatable {
    /// Halt everything, now. Always the first effect of the event that asks for it.
    case halt
    /// Record why the last halt was made.
    case giveReason(String)
    /// Run the checks for a resume and bring the results to `Interface.preflight(_:for:)`.
    case preflight(Mode, Scope)
    /// Resume, and bring the outcome to `Interface.resumeFinished(message:succeeded:nowMs:)`.
    case resume(ResumeRequest, passphrase: String)
    /// Have an operator's action done by the engine, and bring what became of it to `Interface.notify`.
    case act(OperatorAction.Change, reason: String, passphrase: String)
    /// Draw with another theme, by its name.
    case theme(String)
    /// Leave the screen. Changes nothing for trading.
    case quit
    /// Stop the process as Ctrl-Z does.
    case suspend
    /// Paint everything again.
    case redraw
}
