/// What a position's details say of its exits, its cap and dust.
extension Exits {
    /// The details of a held position; nil: the book does not hold it.
    func details(of position: Position, _ scene: ExitScene) -> Position.Details? {
        let key = PositionKey(
            venue: position.venue,
            account: position.account,
            symbol: position.symbol,
            side: position.side
        )
        guard let place = scene.heldPlace(key) else { return nil }
        let held = scene.book.positions.values[place]
        var details = Position.Details()
        details.currency = held.currency
        details.entryPriceBy = held.entryPriceBy
        details.peak = held.peak
        details.isAdopted = held.isAdopted
        details.isSellable = held.isSellable
        details.claimed = held.claimed.flatMap { $0 == held.quantity ? nil : $0 }
        details.heardAgeMs = held.seenMs.map { scene.atMs.since($0) }
        details.dust =
            scene.dust.entries[
                DustList.Key(venue: key.venue, account: key.account, symbol: key.symbol)
            ]?.reason
        details.countedInCap = caps[key.accountKey]?.result.currentCount
        details.cap = scene.settings.cap.most(for: key.accountKey)
        details.exits = ExitRule.ofOnePosition.map { rule in
            var exit = Exits.state(of: rule, held, key, scene.worth(at: place), scene)
            if exit.policy == "enforce" { exit.blocker = scene.blocker(rule, key, at: place) ?? "" }
            return exit
        }
        return details
    }

    /// How far one rule is for one position.
    private static func state(
        of rule: ExitRule,
        _ held: BookPosition,
        _ key: PositionKey,
        _ worth: Valuation.Worth,
        _ scene: ExitScene
    ) -> Position.Exit {
        let limits = scene.settings.exits
        let isLong = key.side == .long
        switch rule {
        case .stopLoss:
            return priced(rule, limits.stopLoss, from: held.entryPrice, isBelow: isLong, key, held, worth, scene)
        case .takeProfit:
            return priced(rule, limits.takeProfit, from: held.entryPrice, isBelow: !isLong, key, held, worth, scene)
        case .trailing:
            return priced(rule, limits.trailing, from: held.peak, isBelow: isLong, key, held, worth, scene)
        case .timeExit, .positionCap:
            let limit = limits.maximumHold
            var exit = Position.Exit(
                rule: rule.rawValue,
                limit: RunbookLog.duration(limit.at),
                policy: limit.isEnabled ? limit.policy(at: key.venue).rawValue : "off"
            )
            guard limit.isEnabled else { return exit }
            if let openedMs = held.openedMs {
                exit.leftMs = limit.at - min(limit.at, scene.atMs.since(openedMs))
            } else {
                exit.problem = "nobody knows since when it is held"
            }
            return exit
        }
    }

    /// A rule that is met past a price: below `from` less its percent, or above `from` and its percent.
    private static func priced(
        _ rule: ExitRule,
        _ limit: EngineSettings.Exits.Limit<Decimal>,
        from: Decimal?,
        isBelow: Bool,
        _ key: PositionKey,
        _ held: BookPosition,
        _ worth: Valuation.Worth,
        _ scene: ExitScene
    ) -> Position.Exit {
        var exit = Position.Exit(
            rule: rule.rawValue,
            limit: "\(limit.at) %",
            policy: limit.isEnabled ? limit.policy(at: key.venue).rawValue : "off"
        )
        guard limit.isEnabled else { return exit }
        // A trailing stop needs it, too: without it nothing is sold by itself.
        guard held.entryPrice != nil else {
            exit.problem = "not judged: the cost basis is unknown"
            return exit
        }
        guard let from, from.digits > 0 else {
            exit.problem = "not judged: no peak is known"
            return exit
        }
        exit.trigger = from.moved(byPercent: limit.at, isDown: isBelow)
        guard let price = worth.price, price.digits > 0 else {
            exit.problem = "not judged: there is no fresh price"
            return exit
        }
        guard let trigger = exit.trigger,
            let left = isBelow ? price.subtracting(trigger) : trigger.subtracting(price)
        else { return exit }
        exit.percentLeft = Decimal.percent(of: left, in: price)
        return exit
    }
}

extension Decimal {
    /// So many percent less, or more; nil where it does not fit.
    fileprivate func moved(byPercent percent: Decimal, isDown: Bool) -> Decimal? {
        let hundred = Decimal(100)
        guard let factor = isDown ? hundred.subtracting(percent) : hundred.adding(percent) else { return nil }
        return multiplied(by: factor)?.divided(by: hundred, places: max(scale, 8))?.trimmed
    }

    /// Without zeros at its end.
    private var trimmed: Decimal {
        var value = digits
        var places = scale
        while places > 0, value % 10 == 0 {
            value /= 10
            places -= 1
        }
        return Decimal(digits: value, scale: places) ?? self
    }
}
