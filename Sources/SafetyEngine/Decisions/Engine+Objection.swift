extension Engine {
    /// Why an operator's action would change nothing; nil: it would change something. Whoever asked is told, where the action
    /// itself would only be in the log.
    ///
    /// - Parameters:
    ///   - action: what is asked for.
    ///   - atMs: the desk's time.
    public func objection(to action: OperatorAction, at atMs: UInt64) -> String? {
        switch action.change {
        case .acknowledge(let alert, _):
            let isOpen = alarms.watches.indices.contains {
                alarms.watches.keys[$0].id == alert && alarms.watches[at: $0].alert != nil
            }
            return isOpen ? nil : "no open alert is called \(alert): see 'estop alerts'"
        case .acknowledgeAll(let rule, _):
            let isAny = alarms.watches.indices.contains { alarms.isUnseen($0, of: rule) }
            return isAny ? nil : "no open alert\(rule.isEmpty ? "" : " of \(rule)") waits to be acknowledged"
        case .silence(let rule, _, let forMs):
            if action.reason.isBlank { return "a reason is needed: say why" }
            if forMs == 0 { return "a silence needs an end: say for how long" }
            return settings.rules.contains { $0.name == rule }
                ? nil : "there is no rule \(rule): see 'estop config show'"
        case .endSilence(let rule, let subject):
            let isSilenced = silencesInForce(at: atMs).contains { $0.rule == rule && $0.subject == subject }
            let what = subject.isEmpty ? rule : "\(rule) about \(subject)"
            return isSilenced ? nil : "\(what) is not silenced"
        case .resetBreaker(let name):
            if breakers.states[name]?.trippedMs != nil { return nil }
            let isKnown = settings.rules.contains { $0.name == name && $0.breakerStep != nil }
            return isKnown ? "\(name) is not tripped" : "there is no breaker \(name): see 'estop breakers'"
        case .addDust(_, _, let symbol, let value):
            if symbol.isEmpty { return "a symbol is needed" }
            return value?.isNegative ?? false ? "a value cannot be below zero" : nil
        case .removeDust(let venue, let account, let symbol):
            let isListed = dust.contains(venue: venue, account: account, symbol: symbol)
            return isListed ? nil : "\(symbol) of \(venue)/\(account) is not on the list of dust"
        case .clearDust(let account):
            let isAny = dust.entries.keys.contains { key in
                account.map { $0 == key.account || $0 == "\(key.venue)/\(key.account)" } ?? true
            }
            return isAny ? nil : "there is no dust to take off the list"
        case .enforceCap(let account, _): return objection(toAccount: account)
        case .liquidate(let account, let maxSlippage, let withinMs):
            if action.reason.isBlank { return "a reason is needed: say why" }
            if let why = Liquidation.objection(maxSlippage: maxSlippage, withinMs: withinMs) { return why }
            if let running = exits.liquidation, running.isActive {
                return "\(running.words(at: atMs)): look at its status, or stop it first"
            }
            return objection(toAccount: account)
        case .stopLiquidation: return exits.liquidation?.isActive ?? false ? nil : "no liquidation runs"
        case .carryOut(let id):
            guard let proposal = exits.proposals[id] else { return "nothing proposes \(id): see 'estop exits'" }
            return exits.isLeaving(proposal.position) ? "a close of \(proposal.position) is under way or done" : nil
        case .setEntryPrice(let venue, let account, let symbol, let price):
            if !(price > Decimal(0)) { return "a price has to be above zero" }
            let isHeld = Position.Side.allCases.contains { side in
                let key = PositionKey(venue: venue, account: account, symbol: symbol, side: side)
                return book.positions[key]?.isHeld ?? false
            }
            return isHeld ? nil : "\(symbol) is not held at \(venue)/\(account)"
        case .forgetSupervisor(let name):
            return roster.members.place(of: name) == nil ? "there is no supervisor \(name)" : nil
        // A venue may have an order that the desk does not know.
        case .cancelOrder, .acceptClock: return nil
        }
    }

    /// Why an account (nil: all) cannot be acted on; nil: it can.
    private func objection(toAccount account: String?) -> String? {
        let known = Exits.accounts(book).map(\.account)
        if known.contains(where: { $0.description == account ?? $0.description || $0.account == account }) {
            return nil
        }
        let names = known.map(\.description).joined(separator: ", ")
        return "there is no account\(account.map { " \($0)" } ?? ""): there is \(names.isEmpty ? "none" : names)"
    }
}
