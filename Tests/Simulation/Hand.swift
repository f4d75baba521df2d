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
                killSwitch.halt(scope: order.scope, mode: Mode(name: order.mode) ?? .halted, reason: order.reason)
                stage.changed(to: killSwitch.word.mode, at: atMs)
            case .effect(let effect): effects.append(effect)
            case .alert, .log: break
            }
        }
    }
}
