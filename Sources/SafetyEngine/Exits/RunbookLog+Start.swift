extension RunbookLog {
    /// What a host says when its engine begins: by these lines the runbooks tell that anything is enforced at all (FEATURES
    /// rows C46 to C48).
    ///
    /// - Parameter engine: as restored, with the settings that hold.
    public static func started(_ engine: Engine) -> [Decision.LogLine] {
        let (cap, exits, currency) = (engine.settings.cap, engine.settings.exits, engine.settings.baseCurrency)
        let dust = engine.dust.entries.count
        let users = cap.userAccounts.isEmpty ? "" : ", users' accounts \(cap.mostForUsers)"
        // Not in the words by which runbooks find what fired.
        var rules: [String] = []
        if exits.stopLoss.isEnabled { rules.append("stop-loss \(exits.stopLoss.at) %") }
        if exits.takeProfit.isEnabled { rules.append("take-profit \(exits.takeProfit.at) %") }
        if exits.trailing.isEnabled { rules.append("trailing stop \(exits.trailing.at) %") }
        if exits.maximumHold.isEnabled { rules.append("maximum hold \(duration(exits.maximumHold.at))") }
        let threshold = money(engine.settings.dust.threshold, currency)
        return [
            line(
                .info,
                "cap",
                "cap_started",
                "PositionCapEnforcer initialized: max \(cap.most) positions\(users), every \(duration(cap.everyMs))",
                [
                    .init("max_allowed", "\(cap.most)"), .init("max_allowed_users", "\(cap.mostForUsers)"),
                    .init("every_ms", "\(cap.everyMs)"),
                ]
            ),
            line(
                .info,
                "dust",
                "dust_started",
                "Dust blacklist loaded: \(dust) \(dust == 1 ? "symbol" : "symbols"), threshold \(threshold)",
                [.init("symbols", "\(dust)"), .init("threshold", engine.settings.dust.threshold.description)]
            ),
            line(
                .info,
                "exits",
                "exits_started",
                "Continuous exit enforcer started: \(rules.isEmpty ? "every rule is off" : rules.joined(separator: ", "))",
                [
                    .init("stop_loss_percent", exits.stopLoss.isEnabled ? exits.stopLoss.at.description : nil),
                    .init("take_profit_percent", exits.takeProfit.isEnabled ? exits.takeProfit.at.description : nil),
                    .init("trailing_percent", exits.trailing.isEnabled ? exits.trailing.at.description : nil),
                    .init("maximum_hold_ms", exits.maximumHold.isEnabled ? "\(exits.maximumHold.at)" : nil),
                ]
            ),
        ]
    }

    /// A normalization is over: the runbook's summary, line by line.
    public static func normalized(_ run: Normalization) -> [Decision.LogLine] {
        let counters = run.counters
        var words = [
            run.errors.isEmpty ? "NORMALIZATION COMPLETE" : "NORMALIZATION NOT COMPLETE",
            "Accounts Processed: \(counters.accountsProcessed)",
            "Total Positions Before: \(counters.totalPositionsBefore)",
            "Total Positions After: \(counters.totalPositionsAfter)",
            "Dust Excluded: \(counters.dustExcluded)",
            "Cap Enforcements: \(counters.capEnforcements)",
            "Errors: \(run.errors.count)",
        ]
        words += run.errors.map { "  - \($0)" }
        return words.map { line(.info, "normalization", "normalization", $0) }
    }
}
