extension Exits {
    /// An operator carries out a proposal, or has the caps enforced. Neither waits for a policy or a mode: halting never
    /// blocks an exit that an operator orders (LESSONS 5 and 22).
    mutating func take(
        _ action: OperatorAction,
        _ book: Book,
        _ valuation: Valuation,
        _ dust: DustList,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        // No mode is asked: what is ordered is not looked at for it.
        let unasked = HostEvent.ModeState(mode: "unknown", generation: 0, latches: 0)
        let scene = ExitScene(book, valuation, dust, unasked, at: atMs, settings)
        switch action.change {
        case .carryOut(let id): carryOut(id, action, scene, &lastNumber, &decisions)
        case .enforceCap(let account, let most):
            let chosen = Exits.accounts(book).filter { found, _ in
                account.map { $0 == found.account || $0 == found.description } ?? true
            }
            if chosen.isEmpty {
                decisions.append(.log(RunbookLog.refused(action, "cap", "no account \(account ?? "is known")")))
            }
            for (account, holdings) in chosen {
                let configured = settings.cap.most(for: account)
                let wanted = capPlan(holdings, most: configured, scene).sold.map(\.position)
                let plan = capPlan(holdings, most: most ?? configured, scene)
                carry(out: plan, of: account, holdings, orderedBy: action.name, scene, &lastNumber, &decisions)
                for choice in plan.sold where !wanted.contains(choice.position) {
                    proposals[ExitProposal.id(.positionCap, choice.position)]?.isOrderedOnly = true
                }
                settle(plan, of: account, holdings, scene)
            }
        case .liquidate(let account, let maxSlippage, let withinMs):
            liquidate(account, maxSlippage, withinMs, action, scene, &lastNumber, &decisions)
        case .stopLiquidation: stopLiquidation(action, scene, &lastNumber, &decisions)
        default: break
        }
    }

    private mutating func carryOut(
        _ id: String,
        _ action: OperatorAction,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        guard let place = proposals.place(of: id), let held = scene.heldPlace(proposals.values[place].position) else {
            decisions.append(.log(RunbookLog.refused(action, "exits", "nothing proposes \(id)")))
            return
        }
        let key = proposals.values[place].position
        guard !isLeaving(key), proposals[at: place].progress.order(by: action.name) else {
            decisions.append(.log(RunbookLog.refused(action, "exits", "a close of \(key) is under way or done")))
            return
        }
        start(place, held, scene, &lastNumber, &decisions)
    }

    /// The rules that would close a position, or are closing it: for the notes of a list of positions.
    public func rules(closing position: PositionKey) -> [ExitRule] {
        guard !proposals.isEmpty else { return [] }
        return ExitRule.allCases.filter { proposals.place(of: ExitProposal.id($0, position)) != nil }
    }

    /// Proposals for screens and commands, in the order in which they were made.
    func shown(_ book: Book, at atMs: UInt64, _ settings: EngineSettings) -> [EngineView.Proposal] {
        proposals.values.map { proposal in
            EngineView.Proposal(
                id: proposal.id,
                rule: proposal.rule.rawValue,
                position: proposal.position.description,
                quantity: book.positions[proposal.position]?.quantity ?? Decimal(0),
                reason: proposal.reason,
                ageMs: atMs - min(atMs, proposal.sinceMs),
                state: proposal.progress.words(retries: settings.orders.retries)
            )
        }
    }
}
