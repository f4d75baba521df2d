extension RunbookLog {
    /// The caps are checked: by this line the runbook tells that anything is enforced at all (FEATURES row C46).
    static func checkingCap(accounts: Int) -> Decision.LogLine {
        line(
            .info,
            "cap",
            "cap_check",
            "ENFORCE: Checking position cap of \(accounts) accounts",
            [.init("accounts", "\(accounts)")]
        )
    }

    /// How many positions an account holds: said at each check.
    static func currentPositions(_ account: AccountKey, _ plan: CapPlan, problem: String) -> Decision.LogLine {
        let isHeard = problem.isEmpty
        guard isHeard else {
            return line(
                .warning,
                "cap",
                "cap_checked",
                "Current positions: NOT KNOWN (max \(plan.most)) in \(account): \(problem); \(plan.count) on record",
                place(account.venue, account.account) + [
                    .init("max_allowed", "\(plan.most)"), .init("on_record", "\(plan.count)"),
                    .init("is_heard", "false"),
                ]
            )
        }
        var text = "Current positions: \(plan.count) (max \(plan.most)) in \(account)"
        if plan.unpriced > 0 { text += ", \(plan.unpriced) without a price" }
        if plan.unsellable > 0 { text += ", \(plan.unsellable) not sellable" }
        return line(
            .info,
            "cap",
            "cap_checked",
            text,
            place(account.venue, account.account) + [
                .init("current_count", "\(plan.count)"), .init("max_allowed", "\(plan.most)"),
                .init("unpriced", "\(plan.unpriced)"), .init("unsellable", "\(plan.unsellable)"),
                .init("is_heard", "true"),
            ]
        )
    }

    /// An account holds too many.
    static func overCap(_ account: AccountKey, _ plan: CapPlan) -> Decision.LogLine {
        let leaving = plan.sold.count - plan.toSell
        var text = "OVER CAP by \(plan.excess) in \(account): \(plan.count) held, \(plan.most) allowed"
        text += ", the \(plan.toSell) smallest are to be sold"
        if leaving > 0 { text += ", \(leaving) are being closed" }
        if plan.shortfall > 0 { text += "; \(plan.shortfall) cannot be sold: it stays over its cap" }
        return line(
            .warning,
            "cap",
            "cap_exceeded",
            text,
            place(account.venue, account.account) + [
                .init("current_count", "\(plan.count)"), .init("max_allowed", "\(plan.most)"),
                .init("excess", "\(plan.excess)"), .init("to_sell", "\(plan.toSell)"),
                .init("shortfall", "\(plan.shortfall)"),
            ]
        )
    }

    /// One position stays.
    static func kept(_ choice: CapPlan.Choice, _ currency: String) -> Decision.LogLine {
        chosen("KEEP", "cap_kept", choice, currency)
    }

    /// One position goes.
    static func sold(_ choice: CapPlan.Choice, _ currency: String) -> Decision.LogLine {
        chosen("SELL", "cap_sold", choice, currency)
    }

    private static func chosen(
        _ word: String,
        _ event: String,
        _ choice: CapPlan.Choice,
        _ currency: String
    ) -> Decision.LogLine {
        let key = choice.position
        let value = choice.value.map { money($0, currency) } ?? "unpriced"
        return line(
            .info,
            "cap",
            event,
            "\(word) \(key.symbol) \(key.side.rawValue) (\(value)) in \(key.accountKey): \(choice.reason)",
            place(key.venue, key.account, key.symbol) + [
                .init("side", key.side.rawValue), .init("quantity", choice.quantity.description),
                .init("value", choice.value?.description), .init("reason", choice.reason),
            ]
        )
    }
}
