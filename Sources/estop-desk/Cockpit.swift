import KillSwitch
import SafetyEngine
import Terminal

/// What a screen, a script or a plain watch is attached to: a desk that it sees and can halt. There is one way to halt,
/// whoever asks.
protocol Cockpit: Sendable {
    /// Halts: the page at once, the record on a thread of its own. Does not wait. One thread only.
    ///
    /// - Returns: whether the halt is on the page.
    @discardableResult
    func halt(reason: String, source: Record.Source) -> Bool

    /// Records why the last halt of this process was made.
    func giveReason(_ reason: String)

    /// Runs the checks for a resume.
    func preflight(_ mode: Mode, _ scope: Scope) -> [PreflightCheck]

    /// Resumes, with the passphrase. Blocks, for a wrong passphrase up to half a minute.
    func resume(_ request: ResumeRequest, _ passphrase: String) -> (succeeded: Bool, message: String)

    /// Has an operator's action done by the engine, and says what became of it. Blocks for an answer.
    func act(_ change: OperatorAction.Change, reason: String, passphrase: String) -> String

    /// The desk as it is before anything is delivered.
    func first() -> DeskSnapshot

    /// Begins to deliver snapshots, and what there is to say; both are called on threads of the cockpit and must not wait.
    func start(
        deliver: @escaping @Sendable (DeskSnapshot) -> Void,
        notify: @escaping @Sendable (String) -> Void
    )

    /// Ends. What a halt has left to record is waited for, but not for long.
    func stop()
}

extension Cockpit {
    /// The same for a session on a terminal.
    var actions: SessionActions {
        SessionActions(
            halt: { halt(reason: HaltReason.none, source: .keyboard) },
            giveReason: { giveReason($0) },
            preflight: { preflight($0, $1) },
            resume: { resume($0, $1) },
            act: { act($0, reason: $1, passphrase: $2) }
        )
    }
}

/// Reasons of halts for which nobody gave one.
enum HaltReason {
    static let none = "Emergency halt"
}
