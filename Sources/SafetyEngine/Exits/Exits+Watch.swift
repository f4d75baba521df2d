extension Exits {
    /// Looks at every position: proposes what a rule has met often enough, withdraws what has lost its cause.
    mutating func watch(_ scene: ExitScene, _ decisions: inout [Decision]) {
        limitOfRetries = scene.settings.orders.retries
        let isJudgedAnew = limits != scene.settings.exits
        limits = scene.settings.exits
        let (keys, positions) = (scene.book.positions.keys, scene.book.positions.values)
        for place in keys.indices where isJudgedAnew || !isQuiet(at: place, keys, positions, scene) {
            look(at: place, isJudgedAnew: isJudgedAnew, scene, &decisions)
        }
        if watches.count != scene.book.positions.count { forgetMissing(scene, &decisions) }
    }

    /// Whether nothing is to be done about a position: it is known by the same figures, no rule has met it and nothing was
    /// proposed. What `look` would find out, without copying anything: mostly it is so.
    private func isQuiet(
        at place: Int,
        _ keys: [PositionKey],
        _ positions: [BookPosition],
        _ scene: ExitScene
    ) -> Bool {
        guard place < watches.count, place < scene.valuation.positions.count, watches.keys[place] == keys[place],
            let digits = positions[place].quantity?.digits, digits > 0,
            watches.values[place].hasSample, !watches.values[place].saidUnpriced,
            watches.values[place].proposed.isEmpty,
            watches.values[place].saidAdopted || !positions[place].isAdopted
        else { return false }
        let confirmations = max(1, scene.settings.exits.confirmations)
        guard watches.values[place].stopLoss < confirmations, watches.values[place].takeProfit < confirmations,
            watches.values[place].trailing < confirmations,
            watches.values[place].version == scene.valuation.positions[place].priceVersion,
            let price = scene.valuation.positions[place].price,
            Decimal.isSameText(watches.values[place].price, price),
            Decimal.isSameText(watches.values[place].entry, positions[place].entryPrice),
            Decimal.isSameText(watches.values[place].peak, positions[place].peak)
        else { return false }
        let hold = scene.settings.exits.maximumHold
        return !ExitRules.isTimeUp(openedMs: positions[place].openedMs, at: scene.atMs, hold)
    }

    private mutating func look(
        at place: Int,
        isJudgedAnew: Bool,
        _ scene: ExitScene,
        _ decisions: inout [Decision]
    ) {
        let key = scene.book.positions.keys[place]
        let position = scene.book.positions.values[place]
        let slot = watchPlace(of: key, hint: place)
        guard let quantity = position.quantity, quantity.digits > 0 else {
            release(key, slot, at: scene.atMs, &decisions)
            return
        }
        let worth = scene.worth(at: place)
        // Nobody knows whether it is still held: nothing is proposed for it, and nothing that was is withdrawn.
        guard !worth.isStale else { return }
        if isJudgedAnew || !watches.values[slot].knows(position, worth) {
            watches[at: slot].judge(position, key.side, worth, scene.settings.exits)
        }
        say(key, slot, position, worth, scene, &decisions)

        let held = watches.values[slot]
        let confirmations = max(1, scene.settings.exits.confirmations)
        var firm: ExitRuleSet = []
        if held.stopLoss >= confirmations { firm.insert(.stopLoss) }
        if held.takeProfit >= confirmations { firm.insert(.takeProfit) }
        if held.trailing >= confirmations { firm.insert(.trailing) }
        if ExitRules.isTimeUp(openedMs: position.openedMs, at: scene.atMs, scene.settings.exits.maximumHold) {
            firm.insert(.timeExit)
        }
        guard firm != held.proposed else { return }
        for rule in ExitRule.ofOnePosition {
            let (isFirm, isProposed) = (firm.contains(ExitRuleSet(rule)), held.proposed.contains(ExitRuleSet(rule)))
            if isFirm, !isProposed {
                propose(rule, key, slot, place, scene, &decisions)
            } else if isProposed, !isFirm, rule == .timeExit || (worth.price != nil && held[rule] == 0) {
                // A missing price says nothing: what was proposed before it went missing stays.
                withdraw(ExitProposal.id(rule, key), slot, &decisions)
            }
        }
    }

    /// Where a position's memory is. The book's order is usually the same, which saves looking a key up.
    private mutating func watchPlace(of key: PositionKey, hint: Int) -> Int {
        if hint < watches.count, watches.keys[hint] == key { return hint }
        if let place = watches.place(of: key) { return place }
        watches[key] = ExitWatch()
        return watches.count - 1
    }

    private mutating func propose(
        _ rule: ExitRule,
        _ key: PositionKey,
        _ slot: Int,
        _ place: Int,
        _ scene: ExitScene,
        _ decisions: inout [Decision]
    ) {
        let reason = ExitRules.reason(
            rule,
            scene.book.positions.values[place],
            side: key.side,
            scene.worth(at: place),
            samples: watches.values[slot].samples,
            at: scene.atMs,
            scene.settings.exits
        )
        let proposal = ExitProposal(rule: rule, position: key, reason: reason, sinceMs: scene.atMs)
        proposals[proposal.id] = proposal
        watches[at: slot].proposed.insert(ExitRuleSet(rule))
        decisions.append(.log(RunbookLog.proposed(proposal, butNot: scene.blocker(rule, key, at: place))))
    }

    private mutating func withdraw(_ id: String, _ slot: Int, _ decisions: inout [Decision]) {
        guard let proposal = proposals[id] else { return }
        guard proposal.mayBeWithdrawn(retries: limitOfRetries) else { return }
        proposals.remove(id)
        watches[at: slot].proposed.remove(ExitRuleSet(proposal.rule))
        decisions.append(.log(RunbookLog.withdrawn(proposal)))
    }

    /// A position is not held any more: nothing is left to close.
    private mutating func release(_ key: PositionKey, _ slot: Int, at atMs: UInt64, _ decisions: inout [Decision]) {
        guard watches.values[slot] != ExitWatch() else { return }
        forgetProposals(of: key, at: atMs, &decisions)
        watches[at: slot] = ExitWatch()
    }

    private mutating func forgetProposals(of key: PositionKey, at atMs: UInt64, _ decisions: inout [Decision]) {
        for rule in ExitRule.allCases {
            let id = ExitProposal.id(rule, key)
            guard let place = proposals.place(of: id) else { continue }
            let proposal = proposals.values[place]
            switch proposal.progress.phase {
            case .underWay, .accepted:
                finished(place, isDone: true, "the position is gone", at: atMs)
                decisions.append(.log(RunbookLog.closed(proposal, "the position is gone")))
            case .proposed, .refused: decisions.append(.log(RunbookLog.withdrawn(proposal)))
            }
            proposals.remove(id)
        }
    }

    /// Positions that the book has forgotten.
    private mutating func forgetMissing(_ scene: ExitScene, _ decisions: inout [Decision]) {
        for key in watches.keys where scene.book.positions.place(of: key) == nil {
            forgetProposals(of: key, at: scene.atMs, &decisions)
        }
        watches.keep { key, _ in scene.book.positions.place(of: key) != nil }
    }

    /// Says once what operators look for: that a position was adopted, and that it has no price.
    private mutating func say(
        _ key: PositionKey,
        _ slot: Int,
        _ position: BookPosition,
        _ worth: Valuation.Worth,
        _ scene: ExitScene,
        _ decisions: inout [Decision]
    ) {
        if position.isAdopted, !watches.values[slot].saidAdopted {
            watches[at: slot].saidAdopted = true
            decisions.append(
                .log(RunbookLog.adopted(key, position, value: worth.value, scene.settings.baseCurrency))
            )
        }
        if worth.price != nil {
            if watches.values[slot].saidUnpriced { watches[at: slot].saidUnpriced = false }
            return
        }
        guard !watches.values[slot].saidUnpriced else { return }
        // Its venue has just said that there is none; or none came for as long as one stays good.
        let isDenied = worth.priceAgeMs.map { $0 <= scene.settings.priceStaleMs } ?? false
        let waitedMs = scene.atMs - min(scene.atMs, position.firstSeenMs)
        guard isDenied || waitedMs > scene.settings.priceStaleMs else { return }
        watches[at: slot].saidUnpriced = true
        decisions.append(.log(RunbookLog.priceFetchFailed(key)))
    }
}

extension ExitProposal {
    /// Whether it goes when its cause goes: not while it is under way, nor while an operator's order is still tried.
    func mayBeWithdrawn(retries: Int) -> Bool {
        !progress.isBusy && (progress.orderedBy.isEmpty || progress.isExhausted(retries: retries))
    }
}
