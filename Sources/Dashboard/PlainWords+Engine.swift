import SafetyEngine

/// The sentences about what the engine decides: breakers, the watch after a resume, proposals of exits.
extension PlainWords {
    func engine(_ old: DeskSnapshot, _ new: DeskSnapshot) -> [PlainLine] {
        guard let new = new.engine else { return [] }
        let old = old.engine ?? EngineView()
        return breakers(old, new) + probation(old, new) + proposals(old, new)
    }

    /// How it stands: what is tripped, the watch, what an operator could carry out.
    func standing(_ view: EngineView) -> [PlainLine] {
        let nothing = EngineView()
        return breakers(nothing, view) + probation(nothing, view) + proposals(nothing, view) + [money(view)]
    }

    // MARK: -

    private func breakers(_ old: EngineView, _ new: EngineView) -> [PlainLine] {
        let before = Set(old.breakers.filter(\.isTripped).map(\.name))
        return new.breakers.compactMap { breaker in
            if breaker.isTripped, !before.contains(breaker.name) {
                return PlainLine(
                    .bad,
                    .alert,
                    "breaker \(breaker.name) TRIPPED: \(breaker.note); estop breakers reset puts it back"
                )
            }
            guard !breaker.isTripped, before.contains(breaker.name) else { return nil }
            return PlainLine(
                .news,
                .alert,
                "breaker \(breaker.name) \(breaker.note.isEmpty ? "is back" : breaker.note)"
            )
        }
    }

    private func probation(_ old: EngineView, _ new: EngineView) -> [PlainLine] {
        switch (old.probation, new.probation) {
        case (nil, let watch?):
            let left = PlainText.span(watch.endsInMs)
            return [PlainLine(.warning, .mode, "PROBATION for \(left): limits at \(watch.percent) percent")]
        case (_?, nil): return [PlainLine(.news, .mode, "probation is over: limits as configured")]
        default: return []
        }
    }

    private func proposals(_ old: EngineView, _ new: EngineView) -> [PlainLine] {
        let rows = RowChanges(old.proposals, new.proposals, id: \.id)
        let changed = rows.kept.filter { $0.old.state != $0.new.state }.map(\.new)
        return rows.added.map { proposal($0) } + changed.map { proposal($0) }
    }

    private func proposal(_ proposal: EngineView.Proposal) -> PlainLine {
        let what = "\(proposal.rule) to close \(proposal.quantity) of \(proposal.position)"
        let isOpen = proposal.state == "proposed"
        return PlainLine(
            isOpen || proposal.state.hasPrefix("refused") ? .warning : .news,
            .position,
            isOpen ? "proposal \(what): \(proposal.reason)" : "proposal \(what): \(proposal.state)"
        )
    }

    private func money(_ view: EngineView) -> PlainLine {
        let money = view.money
        func amount(_ value: Decimal?) -> String { value.map { "\(Figures.money($0)) \(money.currency)" } ?? "unknown" }
        return PlainLine(
            .news,
            .desk,
            "equity \(amount(money.equity)), today \(amount(money.dayProfit)), gross exposure \(amount(money.gross)), "
                + "net \(amount(money.net))"
        )
    }
}
