extension Engine {
    /// Takes an operator's action, and remembers under its event's name which requests follow from it.
    mutating func take(
        _ action: OperatorAction,
        named id: String,
        _ receipt: Receipt,
        _ decisions: inout [Decision]
    ) {
        let begin = decisions.count
        let plans = capPlans(action.change, at: receipt.atMs)
        take(action, receipt, &decisions)
        guard !id.isEmpty else { return }
        var outcome = ActionOutcome(id: id, action: action.change.word, by: action.name, atMs: receipt.atMs)
        for case .effect(let effect) in decisions[begin...] { outcome.requests += request(effect, action.change) }
        switch action.change {
        case .carryOut(let proposal) where outcome.requests.isEmpty:
            outcome.problem = "nothing was sent for \(proposal): it is not proposed any more, or its close is under way"
        case .enforceCap: add(plans, to: &outcome)
        case .liquidate where !(exits.liquidation?.startedMs == receipt.atMs && exits.liquidation?.by == action.name):
            outcome.problem = exits.liquidation.map { $0.words(at: receipt.atMs) } ?? "no liquidation was started"
        default: break
        }
        requests.add(outcome)
    }

    /// What became of an action until now.
    ///
    /// - Returns: nil: no action that is kept bears the name.
    public func outcome(of id: String, at atMs: UInt64) -> ActionOutcome? {
        guard var outcome = requests.action(id) else { return nil }
        switch outcome.action {
        case "liquidate" where outcome.problem.isEmpty: fill(&outcome, at: atMs)
        case "enforce_cap":
            for place in outcome.accounts.indices { stand(place, of: &outcome, at: atMs) }
        default: break
        }
        return outcome
    }

    // MARK: - What follows from an action

    private func request(_ effect: Decision.Effect, _ change: OperatorAction.Change) -> [ActionOutcome.Request] {
        switch effect.action {
        case .cancel(let venue, let account, let clientID, _):
            guard case .cancelOrder = change else { return [] }
            let key = OrderKey(venue: venue, account: account, clientID: clientID)
            var request = ActionOutcome.Request(
                .order(key),
                "cancel of \(clientID) at \(venue)/\(account)",
                .waiting,
                number: effect.number
            )
            if book.orders[key] == nil {
                request.text = "no order \(clientID) is known at \(venue)/\(account): see 'estop orders'"
            }
            return [request]
        case .close(let venue, let account, let symbol, let side, let quantity, _):
            // A liquidation is asked by position, not by slice.
            if case .liquidate = change { return [] }
            let key = PositionKey(venue: venue, account: account, symbol: symbol, side: side)
            return [
                ActionOutcome.Request(
                    .position(key),
                    "close of \(quantity) \(symbol) (\(side.rawValue)) at \(venue)/\(account)",
                    .waiting,
                    number: effect.number
                )
            ]
        case .restart, .inquire: return []
        }
    }

    private struct AccountPlan {
        var account: AccountKey
        var holdings: Exits.Holdings
        var plan: CapPlan
        var isHeard: Bool
        var most: Int
    }

    private func scene(at atMs: UInt64) -> ExitScene {
        let unasked = HostEvent.ModeState(mode: "unknown", generation: 0, latches: 0)
        return ExitScene(book, book.valuation(at: atMs, settings), dust, unasked, at: atMs, settings)
    }

    /// What the cap would do before the order of an operator is taken; none for other actions.
    private func capPlans(_ change: OperatorAction.Change, at atMs: UInt64) -> [AccountPlan] {
        guard case .enforceCap(let account, let most) = change else { return [] }
        let scene = scene(at: atMs)
        return Exits.accounts(book)
            .filter { found, _ in account.map { $0 == found.account || $0 == found.description } ?? true }
            .map { found, holdings in
                let most = most ?? settings.cap.most(for: found)
                return AccountPlan(
                    account: found,
                    holdings: holdings,
                    plan: exits.capPlan(holdings, most: most, scene),
                    isHeard: Exits.isHeard(found, scene),
                    most: most
                )
            }
    }

    /// What of the cap's plans is under way already, or cannot be sent.
    private func add(_ plans: [AccountPlan], to outcome: inout ActionOutcome) {
        if plans.isEmpty { outcome.problem = "no account is known: nothing was enforced" }
        var notes: [String] = []
        for one in plans {
            let result = CapResult(status: .unknown, currentCount: one.plan.count, maxAllowed: one.most)
            outcome.accounts.append(ActionOutcome.Account(account: one.account.description, result: result))
            for choice in one.plan.sold
            where !outcome.requests.contains(where: { $0.subject == .position(choice.position) }) {
                let what = "close of \(choice.quantity) \(choice.position.symbol) at \(one.account)"
                let why =
                    exits.liquidation?.owns(choice.position) ?? false
                    ? "a liquidation sells it" : "a close that was ordered before is under way"
                outcome.requests.append(.init(.position(choice.position), what, .refused, text: why))
            }
            if one.plan.shortfall > 0 {
                outcome.requests.append(
                    .init(
                        .account(one.account),
                        "bring \(one.account) down to \(one.most)",
                        .refused,
                        text: "\(one.plan.shortfall) more are over the cap and cannot be sold from here: they have no "
                            + "price or value, or their venue does not sell them; sell them by hand at \(one.account.venue)"
                    )
                )
            } else if one.plan.excess == 0, !one.isHeard {
                outcome.requests.append(
                    .init(
                        .account(one.account),
                        "cap of \(one.account)",
                        .refused,
                        text: "nobody lists what it holds, so whether it is over its cap is not known"
                    )
                )
            } else if one.plan.excess == 0 {
                notes.append("\(one.account) holds \(one.plan.count), \(one.most) allowed: nothing to sell")
            }
        }
        outcome.note = notes.joined(separator: "; ")
    }

    /// How an account stands now: with what was sold since, and what was refused.
    private func stand(_ place: Int, of outcome: inout ActionOutcome, at atMs: UInt64) {
        let name = outcome.accounts[place].account
        guard let (account, holdings) = Exits.accounts(book).first(where: { $0.account.description == name }) else {
            return
        }
        let scene = scene(at: atMs)
        let most = outcome.accounts[place].result.maxAllowed
        let plan = exits.capPlan(holdings, most: most, scene)
        let mine = outcome.requests.filter { $0.subject.account == account }
        var result = CapResult(
            status: .overCap,
            currentCount: plan.count,
            maxAllowed: most,
            sold: mine.count { $0.state == .done }
        )
        result.unpriced = plan.unpriced
        result.unsellable = plan.unsellable
        result.dust = holdings.positions.count - plan.count
        result.closing = mine.count { $0.state == .waiting || $0.state == .accepted }
        result.refused = mine.count { $0.state == .refused || $0.state == .unanswered }
        if plan.excess == 0 {
            result.status = Exits.isHeard(account, scene) ? .compliant : .unknown
        } else if result.refused == 0, result.closing >= plan.excess {
            result.status = .enforcing
        }
        outcome.accounts[place].result = result
    }

    /// A liquidation's positions as requests.
    private func fill(_ outcome: inout ActionOutcome, at atMs: UInt64) {
        guard let liquidation = exits.liquidation, liquidation.startedMs == outcome.atMs else {
            outcome.problem = "another liquidation took its place: see 'estop liquidate --status'"
            return
        }
        for place in liquidation.holdings.indices {
            let (key, holding) = (liquidation.holdings.keys[place], liquidation.holdings.values[place])
            var request = ActionOutcome.Request(
                .position(key),
                "sale of \(holding.started) \(key.symbol) (\(key.side.rawValue)) at \(key.venue)/\(key.account)",
                .waiting,
                text: holding.why
            )
            switch holding.state {
            case .done: (request.state, request.text) = (.done, "")
            case .left: request.state = .refused
            case .waiting: request.state = .refused
            case .working:
                let sold = "\(holding.closed) of \(holding.started) sold"
                if case .refused(_, let why, _) = holding.progress.phase {
                    (request.state, request.text) = (.refused, "\(why); \(sold), tried again until the time is up")
                } else if holding.closed > Decimal(0) {
                    (request.state, request.text) = (.accepted, "\(sold), the rest follows in slices")
                }
            }
            outcome.requests.append(request)
        }
        if liquidation.isActive {
            let left = RunbookLog.duration(liquidation.timeLeftMs(at: atMs))
            outcome.note =
                "\(liquidation.id): \(liquidation.done) of \(liquidation.holdings.count) positions sold, \(left) left. "
                + "Progress: estop liquidate --status"
        }
        if liquidation.holdings.isEmpty { outcome.note = "nothing is held" }
        if !liquidation.unheard.isEmpty {
            outcome.requests.append(
                .init(
                    .desk,
                    "sale of what \(liquidation.unheard.joined(separator: ", ")) hold",
                    .refused,
                    text: "nobody lists what they hold: look there by hand"
                )
            )
        }
    }
}
