extension Exits {
    /// Starts what is due, tries again what was refused, gives up waiting for what is not answered.
    mutating func advance(_ scene: ExitScene, _ lastNumber: inout UInt64, _ decisions: inout [Decision]) {
        for place in proposals.indices {
            let proposal = proposals.values[place]
            if case .underWay(_, let sinceMs) = proposal.progress.phase {
                let waitedMs = scene.atMs - min(scene.atMs, sinceMs)
                guard waitedMs > scene.settings.orders.timeoutMs else { continue }
                let why = "no answer for \(RunbookLog.duration(waitedMs))"
                if proposals[at: place].progress.giveUpWaiting(why, at: scene.atMs) {
                    finished(place, isDone: false, why, at: scene.atMs)
                    decisions.append(.log(RunbookLog.notClosed(proposals.values[place], retries: limitOfRetries)))
                }
                continue
            }
            // What waits for an operator, or for the next check of the caps, costs nothing here.
            let isAutomatic = proposal.progress.orderedBy.isEmpty
            if isAutomatic, !proposal.progress.isBusy,
                proposal.rule == .positionCap || scene.blocker(proposal.rule, at: proposal.position.venue) != nil
            {
                continue
            }
            guard let held = scene.heldPlace(proposal.position) else { continue }
            if proposals[at: place].progress.reopen(at: scene.atMs, seenMs: scene.book.positions.values[held].seenMs) {
                decisions.append(.log(RunbookLog.proposed(proposals.values[place], butNot: "still held after a close")))
                continue
            }
            if isAutomatic, scene.blocker(proposal.rule, proposal.position, at: held) != nil { continue }
            if isAutomatic, !isFirm(proposal, scene) { continue }
            start(place, held, scene, &lastNumber, &decisions)
        }
    }

    /// Whether the last samples still meet the rule.
    private func isFirm(_ proposal: ExitProposal, _ scene: ExitScene) -> Bool {
        guard ExitRule.ofThePrice.contains(proposal.rule), let watch = watches[proposal.position] else { return true }
        return watch[proposal.rule] >= max(1, scene.settings.exits.confirmations)
    }

    /// Decides one close, if it is due and no other of the position is on its way.
    ///
    /// - Returns: whether it was decided.
    @discardableResult
    mutating func start(
        _ place: Int,
        _ held: Int,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) -> Bool {
        let proposal = proposals.values[place]
        let position = scene.book.positions.values[held]
        guard let quantity = position.quantity, quantity.digits > 0,
            proposal.progress.isDue(
                at: scene.atMs,
                retries: scene.settings.orders.retries,
                seenMs: position.seenMs
            ), !isLeaving(proposal.position)
        else { return false }
        lastNumber += 1
        proposals[at: place].progress.start(number: lastNumber, at: scene.atMs)
        let operatorName = proposal.progress.orderedBy
        let key = proposal.position
        decisions.append(.log(RunbookLog.closing(proposals.values[place], quantity: quantity, number: lastNumber)))
        decisions.append(
            .effect(
                Decision.Effect(
                    number: lastNumber,
                    by: operatorName.isEmpty ? proposal.rule.rawValue : "operator:\(operatorName)",
                    reason: proposal.reason,
                    action: .close(
                        venue: key.venue,
                        account: key.account,
                        symbol: key.symbol,
                        side: key.side,
                        quantity: quantity
                    )
                )
            )
        )
        return true
    }

    /// Whether a close of a position may be on its way, by any rule or by a liquidation.
    func isLeaving(_ key: PositionKey) -> Bool { liquidation?.owns(key) ?? false || isClosing(key) }

    /// Whether a position is being sold, as far as anybody can tell: a venue accepted or filled a close of it, or its first try
    /// is not answered yet. A further try after a refusal is none: until it is accepted, nothing shows that it fares better.
    func isBeingSold(_ key: PositionKey) -> Bool {
        if liquidation?.isSelling(key) ?? false { return true }
        guard !proposals.isEmpty else { return false }
        return ExitRule.allCases.contains { rule in
            guard let progress = proposals[ExitProposal.id(rule, key)]?.progress else { return false }
            switch progress.phase {
            case .accepted: return true
            case .underWay: return progress.attempts <= 1
            case .proposed, .refused: return false
            }
        }
    }

    /// Whether a close of a position may be on its way, by any rule.
    func isClosing(_ key: PositionKey) -> Bool {
        guard !proposals.isEmpty else { return false }
        return ExitRule.allCases.contains { proposals[ExitProposal.id($0, key)]?.progress.isBusy ?? false }
    }
}
