extension RunbookLog {
    /// The runbook's block about one account: nine lines below its first. As `text(_:wallMs:)` writes it, byte for byte what
    /// its monitors read. Unknown amounts say `unknown`.
    public static func block(_ metrics: AccountMetrics) -> Decision.LogLine {
        func amount(_ value: Decimal?) -> String { value.map { money($0, metrics.currency) } ?? "unknown" }
        func extreme(_ one: AccountMetrics.Extreme?) -> String {
            one.map { "\(clean($0.symbol)) (\(money($0.value, metrics.currency)))" } ?? "none"
        }
        let unpriced = metrics.unpriced > 0 ? " (\(metrics.unpriced) unpriced)" : ""
        let text = """
            \(metrics.type) Account Metrics:
              Account Type: \(metrics.type)
              Active Positions: \(metrics.activePositions)
              Dust Cleaned: \(metrics.dustCleaned)
              Cap Enforcements: \(metrics.capEnforcements)
              Total Balance: \(amount(metrics.totalBalance))
              Position Value: \(amount(metrics.positionValue))\(unpriced)
              Free Capital: \(amount(metrics.freeCapital))
              Largest Position: \(extreme(metrics.largest))
              Smallest Position: \(extreme(metrics.smallest))
            """
        return Decision.LogLine(
            .info,
            "accounts",
            text,
            event: accountMetrics,
            fields: place(metrics.account.venue, metrics.account.account) + [
                .init("account_type", metrics.type), .init("active_positions", "\(metrics.activePositions)"),
                .init("dust_cleaned", "\(metrics.dustCleaned)"),
                .init("cap_enforcements", "\(metrics.capEnforcements)"),
                .init("total_balance", metrics.totalBalance?.description),
                .init("position_value", metrics.positionValue?.description),
                .init("free_capital", metrics.freeCapital?.description),
                .init("largest_symbol", metrics.largest?.symbol),
                .init("largest_value", metrics.largest?.value.description),
                .init("smallest_symbol", metrics.smallest?.symbol),
                .init("smallest_value", metrics.smallest?.value.description),
                .init("unpriced", "\(metrics.unpriced)"), .init("currency", metrics.currency),
            ]
        )
    }

    /// Balance and positions beside the venue's own total (row C39); nil: one of the two is unknown.
    static func reconciled(_ metrics: AccountMetrics, tolerance: Decimal) -> Decision.LogLine? {
        guard let calculated = metrics.calculated, let stated = metrics.totalBalance,
            let apart = calculated.subtracting(stated)?.magnitude
        else { return nil }
        // Compared without division: apart * 100 within tolerance * total.
        let isWithin =
            apart.multiplied(by: Decimal(100)).flatMap { left in
                tolerance.multiplied(by: stated.magnitude).map { left <= $0 }
            } ?? false
        let percent = Decimal.percent(of: apart, in: stated.magnitude).map { "\($0) %" } ?? "? %"
        return line(
            isWithin ? .info : .warning,
            "accounts",
            "balance_reconciled",
            "Balance Reconciliation: \(money(calculated, metrics.currency)) calculated, "
                + "\(money(stated, metrics.currency)) by the venue, \(percent) apart in \(metrics.account) "
                + "(\(isWithin ? "within" : "over") \(tolerance) %)",
            place(metrics.account.venue, metrics.account.account) + [
                .init("calculated", calculated.description), .init("stated", stated.description),
                .init("is_within", "\(isWithin)"),
            ]
        )
    }

    /// How many positions the accounts of each type hold (row C39).
    static func activePositions(platform: Int, users: Int) -> Decision.LogLine {
        line(
            .info,
            "accounts",
            "active_positions",
            "Active Positions by type: PLATFORM \(platform), USER \(users)",
            [.init("platform", "\(platform)"), .init("user", "\(users)")]
        )
    }
}
