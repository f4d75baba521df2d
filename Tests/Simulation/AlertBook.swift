import SafetyEngine

/// What decisions say of alerts, kept a second time: one identity has at most one open alert, each change happens once and
/// in its place, levels of open alerts never fall, numbers rise by one.
struct AlertBook {
    private struct Open: Equatable {
        var level: Alert.Level
        var count: Int
        var raisedMs: UInt64
    }

    private var open: [String: Open] = [:]
    /// Resolved ones: identity and when they were raised and resolved, the last one last.
    private var resolved: [String] = []
    private var lastNumber: UInt64 = 0
    private(set) var raised = 0
    private(set) var escalated = 0

    mutating func take(_ decisions: [Decision]) throws(Finding) {
        for decision in decisions {
            switch decision {
            case .alert(let change): try take(change)
            case .halt(let order):
                try take(number: order.number)
                // A stall's own halt comes before the rules saw the stall.
                let isOwn = order.alert == "HEARTBEAT_STALLED/engine"
                guard isOwn || open[order.alert] != nil else {
                    throw Finding(.alertsOnce, "halt \(order.number) names \(order.alert), which is not open")
                }
            case .effect(let effect): try take(number: effect.number)
            case .log: break
            }
        }
    }

    private mutating func take(number: UInt64) throws(Finding) {
        guard number == lastNumber + 1 else {
            throw Finding(.alertsOnce, "decision \(number) comes after \(lastNumber)")
        }
        lastNumber = number
    }

    private mutating func take(_ change: Decision.AlertChange) throws(Finding) {
        let alert = change.alert
        let known = open[alert.id]
        switch change.kind {
        case .raised:
            guard known == nil else { throw Finding(.alertsOnce, "\(alert.id) is raised while it is open") }
            raised += 1
        default:
            guard let known else {
                throw Finding(.alertsOnce, "\(alert.id) is \(change.kind.rawValue) without being open")
            }
            guard alert.level >= known.level else {
                throw Finding(.alertsOnce, "\(alert.id) falls from \(known.level.word) to \(alert.level.word)")
            }
            guard (alert.level > known.level) == (change.kind == .escalated) else {
                throw Finding(
                    .alertsOnce,
                    "\(alert.id) is \(change.kind.rawValue) from \(known.level.word) to \(alert.level.word)"
                )
            }
            guard alert.count >= known.count else {
                throw Finding(.alertsOnce, "\(alert.id) was found \(known.count) times and now \(alert.count)")
            }
            guard alert.raisedMs == known.raisedMs else {
                throw Finding(.alertsOnce, "\(alert.id) was raised at \(known.raisedMs) and now at \(alert.raisedMs)")
            }
            if change.kind == .escalated { escalated += 1 }
        }
        guard change.kind == .resolved else {
            open[alert.id] = Open(level: alert.level, count: alert.count, raisedMs: alert.raisedMs)
            return
        }
        guard let resolvedMs = alert.resolvedMs, resolvedMs >= alert.raisedMs else {
            throw Finding(.alertsOnce, "\(alert.id) is resolved at no time")
        }
        open[alert.id] = nil
        resolved.append("\(alert.id) \(alert.raisedMs) \(resolvedMs) \(alert.level.word)")
    }

    /// What a screen sees is what was decided: nothing is lost on the way, and nothing there was not decided.
    func compare(_ view: EngineView) throws(Finding) {
        let shown = view.alerts.map { "\($0.id) \($0.level.word)" }.sorted()
        let decided = open.map { "\($0.key) \($0.value.level.word)" }.sorted()
        guard shown == decided else {
            throw Finding(.alertsOnce, "decided are \(decided), shown are \(shown)")
        }
        let history = view.resolved.reversed().map {
            "\($0.id) \($0.raisedMs) \($0.resolvedMs ?? 0) \($0.level.word)"
        }
        guard history.count <= 500, history == Array(resolved.suffix(500)) else {
            throw Finding(.alertsOnce, "the history is \(history.suffix(3)), resolved were \(resolved.suffix(3))")
        }
    }
}
