import KillSwitch
import SafetyEngine

/// What the host does at once with decisions: halts are on the page before anything else is looked at, the rest is done
/// after the turn.
struct Hand {
    var killSwitch = RecordedSwitch()
    var stage = StageClock()
    var effects: [Decision.Effect] = []
    /// The switch as the engine was told of it last.
    var told: HostEvent.ModeState?
    /// Halts that were asked for again while the engine knew that the first one holds.
    private(set) var repeated: [String] = []

    mutating func act(_ decisions: [Decision], at atMs: UInt64) {
        for decision in decisions {
            switch decision {
            case .halt(let order):
                note(order)
                let mode = Mode(name: order.mode) ?? .halted
                halt(scope: order.scope, mode, order.reason, at: atMs, alert: order.alert)
            case .effect(let effect): effects.append(effect)
            case .alert, .log: break
            }
        }
    }

    private mutating func note(_ order: Decision.HaltOrder) {
        let isHeld = killSwitch.latches.contains { latch in
            latch.alert == order.alert && latch.scope == order.scope
                && told?.kept?.contains { $0.id == latch.id } ?? false
        }
        // Each stall of the loop is one of its own.
        if isHeld, order.alert != "HEARTBEAT_STALLED/engine" { repeated.append(order.alert) }
    }

    /// Puts a halt on the page and into the record. One of an account ends no stage of the desk.
    mutating func halt(scope: String, _ mode: Mode, _ reason: String, at atMs: UInt64, alert: String? = nil) {
        killSwitch.halt(scope: scope, mode: mode, reason: reason, alert: alert)
        if scope == "global" { stage.changed(to: killSwitch.word.mode, at: atMs) }
    }

    /// An operator lifts what covers a part of the desk. A desk that trades is halted for the moment, and resumed.
    mutating func liftScoped(at atMs: UInt64) {
        killSwitch.liftScoped()
        if killSwitch.word.mode != .halted { stage.changed(to: killSwitch.word.mode, at: atMs) }
    }

    /// An operator resumes by the record.
    mutating func resume(to mode: Mode, at atMs: UInt64) {
        killSwitch.resume(to: mode)
        stage.changed(to: mode, at: atMs)
    }
}
