import KillSwitch
public import SafetyEngine

/// What an operator has the host itself do, as outcomes: the same words over `estop.sock`, HTTP and on screens.
extension DeskHost {
    /// Has venues (nil: all that are reached) list their orders and positions afresh.
    public func reconnected(_ venue: String?) -> ActionOutcome {
        var outcome = ActionOutcome(action: "reconnect", by: "")
        let found = reconnect(venue)
        if found.isEmpty {
            guard let venue else {
                outcome.problem =
                    "no venue has an adapter here, so nothing can be connected: restart the program that feeds it"
                return outcome
            }
            let isKnown = view.venues.contains { $0.name == venue }
            outcome.problem =
                isKnown
                ? "no adapter is connected to \(venue), so nothing can be connected: restart the program that feeds it"
                : "there is no venue \(venue)"
            return outcome
        }
        outcome.requests = found.map { one in
            ActionOutcome.Request(
                .venue(one.venue),
                "listing of orders and positions at \(one.venue)",
                one.problem == nil ? .done : .refused,
                text: one.problem ?? ""
            )
        }
        let differences = view.venues.filter { venue == nil || $0.name == venue }
            .flatMap { one in (one.books?.differences ?? []).map { "\(one.id): \($0)" } }
        outcome.note = differences.isEmpty ? "" : "differs: " + differences.joined(separator: "; ")
        return outcome
    }

    /// Restarts what a supervisor watches, by its configured command; not while trading is halted.
    public func restarted(_ name: String) -> ActionOutcome {
        var outcome = ActionOutcome(action: "restart", by: "")
        guard stateDirectory.observe().mode.permitsAnything else {
            outcome.problem =
                "\(name) was not restarted: trading is halted, and a bot is started again after the resume"
            return outcome
        }
        let problem = restart(name)
        outcome.requests = [
            ActionOutcome.Request(
                .supervisor(name),
                "restart of \(name)",
                problem == nil ? .done : .refused,
                text: problem ?? "its beat is awaited: see 'estop supervisors'"
            )
        ]
        return outcome
    }
}
