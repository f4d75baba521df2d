public import Desk
public import KillSwitch
public import SafetyEngine

/// The desk behind the API.
public protocol APIDesk: Sendable {
    /// Its switch.
    var killSwitch: KillSwitch { get }
    /// What is seen of the engine now.
    var sight: EngineSight { get }
    /// The engine's host; nil: the engine does not run.
    var host: DeskHost? { get }
    /// Takes over the record of a halt that could not be put on disk.
    func take(_ pulled: HaltHandle.Pulled, _ request: HaltRequest)
    /// The switch was changed; must not wait.
    func switchChanged()
}

/// What answers are made of: one look at the desk.
struct APIWorld: Sendable {
    /// The switch.
    var seen: Observation
    /// The engine; nil: it does not run.
    var view: EngineView?
    /// Why nothing is known of the engine; nil: it runs.
    var engineProblem: String?
    /// The desk's name, and whether it is a paper desk.
    var name: String
    var isPaper: Bool
    /// Where its state is.
    var directory: String
    /// Wall time, in milliseconds.
    var wallMs: Int64
    /// Orders that are open or finished not long ago, the last one first; nil: nobody knows.
    var orders: @Sendable () -> [Order]?
    /// The last records of the audit, the newest first; nil: they cannot be read.
    var audit: @Sendable (Int) -> [JSON]?
    /// What was asked of the API so far.
    var meter: RequestMeter.Reading

    /// Whether anything may trade.
    var permits: Bool { seen.mode.permitsAnything }
    /// Whether the switch keeps everything halted.
    var isHalted: Bool { !seen.mode.permitsAnything }
}
