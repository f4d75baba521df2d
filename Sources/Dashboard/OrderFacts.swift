import SafetyEngine

/// All that is known of one order: what it is and whether it hangs, then which state it reached when, then its names.
enum OrderFacts {
    static func of(_ order: Order, isStuck: Bool, _ scene: Scene) -> [Fact] {
        let price = order.price.map { "at \($0)" } ?? "at the market"
        let reduces = order.details?.isReduceOnly == true ? ", reduce-only" : ""
        var facts = [
            Fact("order", "\(order.side.rawValue) \(order.quantity) \(order.symbol) \(price)\(reduces)"),
            Fact("at", "\(order.venue), account \(order.account)"), state(order, isStuck, scene),
            Fact("filled", "\(order.filled) of \(order.quantity)"),
        ]
        if isStuck || order.state == .unknown { facts.append(Fact("do", "c asks its venue to cancel it", .notice)) }
        facts += times(order, scene)
        if let claimed = order.details?.claimed {
            facts.append(Fact("its bot says", "\(claimed.rawValue); the venue's word counts", .warning))
        }
        if !order.note.isEmpty { facts.append(Fact("note", order.note, .notice)) }
        return facts + [
            Fact("client id", order.clientID),
            Fact("venue's id", order.venueID.isEmpty ? "none yet: the venue has not answered" : order.venueID),
            Fact("strategy", order.strategy.isEmpty ? "-" : order.strategy),
        ]
    }

    private static func state(_ order: Order, _ isStuck: Bool, _ scene: Scene) -> Fact {
        let age = Age.calm(scene.aged(order.ageMs))
        let limit = order.stuckAfterMs == 0 ? "never counts as stuck" : "stuck after \(Age.text(order.stuckAfterMs))"
        if order.state == .unknown {
            return Fact("state", "UNKNOWN: nobody can say whether it fills; \(age) old", .bad)
        }
        return Fact(
            "state",
            "\(order.state.rawValue), \(isStuck ? "STUCK: " : "")\(age) old, \(limit)",
            isStuck ? .bad : .dialog
        )
    }

    private static func times(_ order: Order, _ scene: Scene) -> [Fact] {
        guard let details = order.details else { return [Fact("sent", "\(Age.calm(scene.aged(order.ageMs))) ago")] }
        var facts = details.reached.map { reached in
            let age = scene.aged(reached.ageMs)
            return Fact(reached.state.rawValue, "\(scene.time(ago: age)) UTC, \(Age.calm(age)) ago")
        }
        facts.append(
            details.heardAgeMs.map { Fact("venue spoke", "\(Age.calm(scene.aged($0))) ago") }
                ?? Fact("venue spoke", "never of this order", .warning)
        )
        return facts
    }
}
