extension Exits {
    /// An operator orders everything to be sold. The first slices are sent at once.
    mutating func liquidate(
        _ account: String?,
        _ maxSlippage: Decimal,
        _ withinMs: UInt64,
        _ action: OperatorAction,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        func refuse(_ why: String) { decisions.append(.log(RunbookLog.refused(action, "liquidation", why))) }
        // One that runs is neither replaced nor made longer: two operators would undo each other's limits.
        if let running = liquidation, running.isActive { return refuse(running.words(at: scene.atMs)) }
        if let why = Liquidation.objection(maxSlippage: maxSlippage, withinMs: withinMs) { return refuse(why) }
        let chosen = Exits.accounts(scene.book).filter { found, _ in
            account.map { $0 == found.account || $0 == found.description } ?? true
        }
        guard !chosen.isEmpty else { return refuse("no account \(account ?? "is known")") }
        var started = Liquidation(
            number: (liquidation?.number ?? 0) &+ 1,
            by: action.name,
            reason: action.reason,
            account: account,
            maxSlippage: maxSlippage,
            startedMs: scene.atMs,
            withinMs: withinMs,
            unheard: chosen.filter { !Exits.isHeard($0.account, scene) }.map(\.account.description)
        )
        let keys = chosen.flatMap(\.holdings.positions).map { scene.book.positions.keys[$0] }
        for key in keys.sorted(by: { $0.precedes($1) }) {
            guard let quantity = scene.book.positions[key]?.quantity else { continue }
            started.holdings[key] = LiquidationHolding(held: quantity)
        }
        decisions.append(.log(RunbookLog.started(started)))
        for place in started.holdings.indices {
            let key = started.holdings.keys[place]
            // Its venue would refuse it, or an operator keeps it.
            let entry = scene.dust.entries[DustList.Key(venue: key.venue, account: key.account, symbol: key.symbol)]
            guard let entry else { continue }
            started.finish(place, .left, "dust: \(entry.reason)", &decisions)
        }
        liquidation = started
        advanceLiquidation(scene, &lastNumber, &decisions)
    }

    /// An operator stops it.
    mutating func stopLiquidation(
        _ action: OperatorAction,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        guard var running = liquidation, running.isActive else {
            decisions.append(.log(RunbookLog.refused(action, "liquidation", "no liquidation runs")))
            return
        }
        if running.stop == nil {
            running.stop = Liquidation.Stop(by: action.name, reason: action.reason, atMs: scene.atMs)
            decisions.append(.log(RunbookLog.stopped(running, action)))
        }
        liquidation = running
        advanceLiquidation(scene, &lastNumber, &decisions)
    }

    mutating func advanceLiquidation(
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        guard var running = liquidation, running.isActive else { return }
        running.advance(scene, isClosing: { isClosing($0) }, &lastNumber, &decisions)
        liquidation = running
    }
}
