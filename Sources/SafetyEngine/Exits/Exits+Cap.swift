extension Exits {
    /// What an account holds: places in the book's positions and balances.
    struct Holdings: Sendable, Equatable {
        var positions: [Int] = []
        var balances: [Int] = []
    }

    /// Every account that the book knows, by name, with what it holds.
    static func accounts(_ book: Book) -> [(account: AccountKey, holdings: Holdings)] {
        var found = Ledger<AccountKey, Holdings>()
        for key in book.venues.keys { found[key] = Holdings() }
        for place in book.balances.indices {
            let key = book.balances.keys[place]
            found[AccountKey(venue: key.venue, account: key.account), default: Holdings()].balances.append(place)
        }
        for place in book.positions.indices where book.positions.values[place].isHeld {
            found[book.positions.keys[place].accountKey, default: Holdings()].positions.append(place)
        }
        return zip(found.keys, found.values).map { (account: $0, holdings: $1) }
            .sorted { $0.account.precedes($1.account) }
    }

    /// What the cap would do with an account.
    func capPlan(_ holdings: Holdings, most: Int, _ scene: ExitScene) -> CapPlan {
        let held = holdings.positions.compactMap { place -> Cap.Held? in
            let key = scene.book.positions.keys[place]
            let position = scene.book.positions.values[place]
            guard let quantity = position.quantity, !scene.dust.contains(key) else { return nil }
            return Cap.Held(
                key,
                quantity: quantity,
                value: scene.worth(at: place).value,
                isSellable: position.isSellable,
                sinceMs: position.openedMs ?? position.firstSeenMs,
                isLeaving: isLeaving(key)
            )
        }
        return Cap.plan(held, most: most)
    }

    /// Checks the caps of all accounts, and says how each stands.
    mutating func enforceCaps(
        _ accounts: [(account: AccountKey, holdings: Holdings)],
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        decisions.append(.log(RunbookLog.checkingCap(accounts: accounts.count)))
        var wanted: Set<String> = []
        var unknown: Set<AccountKey> = []
        var (platform, users) = (0, 0)
        for (account, holdings) in accounts {
            let plan = capPlan(holdings, most: scene.settings.cap.most(for: account), scene)
            if !Exits.isHeard(account, scene) { unknown.insert(account) }
            wanted.formUnion(plan.sold.map { ExitProposal.id(.positionCap, $0.position) })
            carry(out: plan, of: account, holdings, orderedBy: "", scene, &lastNumber, &decisions)
            settle(plan, of: account, holdings, scene)
            let metrics = self.metrics(of: account, holdings, scene)
            if metrics.isUser { users += metrics.activePositions } else { platform += metrics.activePositions }
            decisions.append(.log(RunbookLog.block(metrics)))
            let tolerance = scene.settings.reconciliationTolerance
            if let line = RunbookLog.reconciled(metrics, tolerance: tolerance) { decisions.append(.log(line)) }
        }
        decisions.append(.log(RunbookLog.activePositions(platform: platform, users: users)))
        let gone = proposals.values.filter {
            $0.rule == .positionCap && !wanted.contains($0.id) && !unknown.contains($0.position.accountKey)
                && $0.mayBeWithdrawn(retries: limitOfRetries)
        }
        for proposal in gone {
            proposals.remove(proposal.id)
            decisions.append(.log(RunbookLog.withdrawn(proposal)))
        }
    }

    func metrics(of account: AccountKey, _ holdings: Holdings, _ scene: ExitScene) -> AccountMetrics {
        var metrics = AccountMetrics(
            account,
            scene.book,
            scene.valuation,
            scene.dust,
            positions: holdings.positions,
            balances: holdings.balances,
            at: scene.atMs,
            scene.settings
        )
        metrics.capEnforcements = caps[account]?.enforcements ?? 0
        return metrics
    }

    /// Proposes what a plan sells, and starts what may be started.
    mutating func carry(
        out plan: CapPlan,
        of account: AccountKey,
        _ holdings: Holdings,
        orderedBy name: String,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        let problem = scene.whyUnknown(account)
        decisions.append(.log(RunbookLog.currentPositions(account, plan, problem: problem)))
        // Nothing is proposed by what is not known.
        guard plan.excess > 0, problem.isEmpty else { return }
        decisions.append(.log(RunbookLog.overCap(account, plan)))
        let closes = plan.closes
        let isNew = closes.contains { proposals.place(of: ExitProposal.id(.positionCap, $0.position)) == nil }
        if isNew {
            let currency = scene.settings.baseCurrency
            for choice in plan.kept { decisions.append(.log(RunbookLog.kept(choice, currency))) }
            for choice in closes { decisions.append(.log(RunbookLog.sold(choice, currency))) }
        }
        for choice in closes {
            guard let held = scene.heldPlace(choice.position) else { continue }
            let id = ExitProposal.id(.positionCap, choice.position)
            if proposals.place(of: id) == nil {
                let value = choice.value.map { RunbookLog.money($0, scene.settings.baseCurrency) } ?? "unpriced"
                let proposal = ExitProposal(
                    rule: .positionCap,
                    position: choice.position,
                    reason: "\(plan.count) positions held, \(plan.most) allowed; \(value), \(choice.reason)",
                    sinceMs: scene.atMs
                )
                proposals[id] = proposal
                let blocker = name.isEmpty ? scene.blocker(.positionCap, choice.position, at: held) : nil
                decisions.append(.log(RunbookLog.proposed(proposal, butNot: blocker)))
            }
            guard let place = proposals.place(of: id) else { continue }
            if name.isEmpty { proposals[at: place].isOrderedOnly = nil }
            if !name.isEmpty {
                _ = proposals[at: place].progress.order(by: name)
            } else if scene.blocker(.positionCap, choice.position, at: held) != nil {
                continue
            }
            if start(place, held, scene, &lastNumber, &decisions) { count(account) }
        }
    }

    private mutating func count(_ account: AccountKey) {
        guard var record = caps[account] else {
            let unknown = CapResult(status: .unknown, currentCount: 0, maxAllowed: 0)
            caps[account] = CapRecord(result: unknown, enforcements: 1, isCounted: true)
            return
        }
        guard !record.isCounted else { return }
        record.enforcements += 1
        record.isCounted = true
        caps[account] = record
    }

    /// Notes how an account stands after its plan was carried out.
    mutating func settle(_ plan: CapPlan, of account: AccountKey, _ holdings: Holdings, _ scene: ExitScene) {
        let before = caps[account]
        // A new time over the cap counts its sales from nothing.
        let isNewTime = plan.excess > 0 && (before?.result.excess ?? 0) == 0
        var result = CapResult(
            status: .unknown,
            currentCount: plan.count,
            maxAllowed: plan.most,
            sold: isNewTime ? 0 : before?.result.sold ?? 0
        )
        result.unpriced = plan.unpriced
        result.unsellable = plan.unsellable
        result.dust = holdings.positions.count - plan.count
        result.closing = plan.sold.count { isLeaving($0.position) }
        result.refused = plan.sold.count { choice in
            guard case .refused = proposals[ExitProposal.id(.positionCap, choice.position)]?.progress.phase else {
                return false
            }
            return true
        }
        if !Exits.isHeard(account, scene) {
            result.status = .unknown
        } else if plan.excess == 0 {
            result.status = .compliant
        } else if plan.shortfall > 0 || result.refused > 0 {
            result.status = .overCap
        } else {
            result.status = result.closing == plan.sold.count ? .enforcing : .proposed
        }
        var record = before ?? CapRecord(result: result)
        record.result = result
        if plan.excess == 0 { record.isCounted = false }
        caps[account] = record
    }

    /// Whether an account's positions are known, so that what it does not list is not held (LESSONS 17).
    static func isHeard(_ account: AccountKey, _ scene: ExitScene) -> Bool { scene.whyUnknown(account).isEmpty }
}
