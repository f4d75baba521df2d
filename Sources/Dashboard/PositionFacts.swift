import SafetyEngine

/// All that is known of one position: what it is worth and what was paid, then how far each exit is, then what is proposed.
enum PositionFacts {
    static func of(_ position: Position, _ scene: Scene) -> [Fact] {
        let currency = scene.snapshot.currency
        var facts = [
            Fact(
                "position",
                "\(position.side.rawValue) \(position.quantity) \(position.symbol) at \(position.venue), account "
                    + position.account
            ), value(position, currency), profit(position, currency), entry(position), price(position, scene),
        ]
        if let details = position.details { facts += peak(position, details) }
        for proposal in PositionsPane.proposals(for: position, scene) {
            let hint = proposal.state == "proposed" ? "; x carries it out" : ""
            facts.append(
                Fact(
                    "proposal",
                    "\(proposal.rule) would close \(proposal.quantity): \(proposal.reason) (\(proposal.state) "
                        + "\(Age.calm(scene.aged(proposal.ageMs))))\(hint)",
                    .warning
                )
            )
        }
        for exit in position.details?.exits ?? [] { facts.append(fact(exit)) }
        return facts + rest(position, scene)
    }

    private static func value(_ position: Position, _ currency: String) -> Fact {
        guard let value = position.value else {
            return Fact(
                "value",
                "UNPRICED: nobody knows what it is worth; it counts for the cap and in no sum",
                .warning
            )
        }
        return Fact("value", "\(Figures.money(value)) \(currency)")
    }

    private static func profit(_ position: Position, _ currency: String) -> Fact {
        guard let profit = position.profit else {
            return Fact(
                "profit",
                position.entryPrice == nil ? "unknown, as what was paid is" : "unknown: it has no price",
                .warning
            )
        }
        return Fact("profit", "\(Figures.signed(profit)) \(currency)", profit.isNegative ? .bad : .good)
    }

    private static func entry(_ position: Position) -> Fact {
        guard let entry = position.entryPrice else {
            return Fact(
                "cost basis",
                "UNKNOWN: no exit by price is judged or made until it is stated: estop positions price",
                .warning
            )
        }
        let by = position.details.map { $0.entryPriceBy.isEmpty ? "" : ", stated by \($0.entryPriceBy)" } ?? ""
        return Fact("cost basis", "\(entry) \(unit(position))\(by)")
    }

    private static func unit(_ position: Position) -> String {
        let currency = position.details?.currency ?? ""
        return currency.isEmpty ? "apiece" : "\(currency) apiece"
    }

    private static func price(_ position: Position, _ scene: Scene) -> Fact {
        guard let price = position.price else {
            guard let last = position.lastPrice, let age = position.lastPriceAgeMs else {
                return Fact("price", "none: no fresh price was received", .warning)
            }
            return Fact("price", "not fresh; the last one was \(last), \(Age.text(scene.aged(age))) ago", .warning)
        }
        return Fact("price", "\(price), \(Age.text(scene.aged(position.priceAgeMs))) old")
    }

    private static func peak(_ position: Position, _ details: Position.Details) -> [Fact] {
        guard let peak = details.peak else { return [] }
        return [Fact(position.side == .long ? "peak" : "low", "\(peak)")]
    }

    /// `at 64149.45, 4.16 % away; enforce`.
    private static func fact(_ exit: Position.Exit) -> Fact {
        let name = exit.rule.lowercased().split(separator: "_").joined(separator: " ")
        if exit.policy == "off" { return Fact(name, "off") }
        let policy =
            exit.policy == "observe"
            ? "observe: proposes only"
            : exit.blocker.isEmpty ? "enforce: closes by itself" : "enforce, but not now: \(exit.blocker)"
        if !exit.problem.isEmpty { return Fact(name, "\(exit.limit): \(exit.problem)", .warning) }
        var parts = [exit.limit]
        var role: Role = .dialog
        if let trigger = exit.trigger { parts.append("at \(trigger)") }
        if let left = exit.percentLeft {
            // Of a price that is nearly nothing every distance is thousands of percent, which tells a reader nothing.
            let isFar = left.magnitude >= Decimal(100)
            parts.append(left.isNegative ? (isFar ? "PAST it" : "PAST by \(left.magnitude) %") : "\(left) % away")
            if left.isNegative { role = .warning }
        }
        if let left = exit.leftMs {
            parts.append(left == 0 ? "TIME IS UP" : "\(Age.calm(left)) left")
            if left == 0 { role = .warning }
        }
        return Fact(name, parts.joined(separator: ", ") + "; " + policy, role)
    }

    private static func rest(_ position: Position, _ scene: Scene) -> [Fact] {
        let held = position.heldMs.map { scene.aged($0) }
        var facts = [
            Fact("held", held.map { "\(Age.calm($0)), since \(scene.time(ago: $0)) UTC" } ?? "nobody knows since when")
        ]
        guard let details = position.details else {
            return position.note.isEmpty ? facts : facts + [Fact("note", position.note)]
        }
        let note = PositionsPane.peculiar(position).filter { $0 != "adopted" }.joined(separator: ", ")
        if details.isAdopted { facts.append(Fact("adopted", "found at its venue; no bot of this desk opened it")) }
        if !details.isSellable { facts.append(Fact("unsellable", "its venue does not sell it", .warning)) }
        if let claimed = details.claimed {
            facts.append(Fact("a bot says", "\(claimed); the venue's word counts: \(position.quantity)", .warning))
        }
        if let dust = details.dust { facts.append(Fact("dust", "\(dust); it does not count for the cap", .notice)) }
        if let counted = details.countedInCap {
            facts.append(
                Fact("cap", "\(counted) of \(details.cap) in this account", counted > details.cap ? .bad : .dialog)
            )
        }
        if let heard = details.heardAgeMs { facts.append(Fact("venue spoke", "\(Age.calm(scene.aged(heard))) ago")) }
        if !note.isEmpty { facts.append(Fact("note", note)) }
        return facts
    }
}
