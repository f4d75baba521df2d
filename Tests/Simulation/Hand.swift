import KillSwitch
import SafetyEngine

/// What the host does at once with decisions: halts are on the page before anything else is looked at, the rest is done
/// after the turn.
struct Hand {
    var killSwitch = RecordedSwitch()
    var stage = StageClock()
    var effects: [Decision.Effect] = []

    mutating func act(_ decisions: [Decision], at atMs: UInt64) {
        for decision in decisions {
            switch decision {
            case .halt(let order):
                halt(scope: order.scope, Mode(name: order.mode) ?? .halted, order.reason, at: atMs)
            case .effect(let effect): effects.append(effect)
            case .alert, .log: break
            }
        }
    }

    /// Puts a halt on the page and into the record. One of an account ends no stage of the desk.
    mutating func halt(scope: String, _ mode: Mode, _ reason: String, at atMs: UInt64) {
        let before = killSwitch.word
        killSwitch.halt(scope: scope, mode: mode, reason: reason)
        if killSwitch.word != before { stage.changed(to: killSwitch.word.mode, at: atMs) }
    }

    /// An operator resumes by the record.
    mutating func resume(to mode: Mode, at atMs: UInt64) {
        killSwitch.resume(to: mode)
        stage.changed(to: mode, at: atMs)
    }
}
