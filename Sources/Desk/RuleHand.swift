import KillSwitch
import SafetyEngine

/// The engine's hand on the switch. Unchecked: only the engine's thread pulls.
final class RuleHand: @unchecked Sendable {
    private let handle: HaltHandle

    init(_ directory: StateDirectory) { handle = HaltHandle(directory) }

    /// Puts a rule's halt on the page. What is no scope, or too long for one, is everything.
    func pull(_ order: Decision.HaltOrder) -> (pulled: HaltHandle.Pulled, request: HaltRequest) {
        let request = HaltRequest(
            mode: order.mode == Mode.reduceOnly.name ? .reduceOnly : .halted,
            scope: (try? Scope(order.scope)) ?? .global,
            // What a rule says begins with its name already.
            reason: order.reason.hasPrefix("\(order.rule):") ? order.reason : "\(order.rule): \(order.reason)",
            source: .rule,
            op: ""
        )
        return (handle.pull(for: request), request)
    }
}
