public import KillSwitch

extension Normalization {
    /// The counters of FEATURES row C43.
    public struct Counters: Sendable, Equatable {
        /// Accounts whose venue is heard.
        public var accountsProcessed = 0
        /// Positions held before, in all accounts.
        public var totalPositionsBefore = 0
        /// Positions held after.
        public var totalPositionsAfter = 0
        /// Positions that do not count, in all accounts.
        public var dustExcluded = 0
        /// Accounts in which something was sold.
        public var capEnforcements = 0

        init() {}
    }

    /// The counters. Accounts that were not processed count with what was last known of them.
    public var counters: Counters {
        var counters = Counters()
        for account in accounts {
            counters.totalPositionsBefore += account.before
            counters.dustExcluded += account.dust.count
            counters.totalPositionsAfter += account.after
            if account.isHeard { counters.accountsProcessed += 1 }
            if !account.removed.isEmpty { counters.capEnforcements += 1 }
        }
        return counters
    }

    /// The name of the report's file: `normalization_results_YYYYmmdd_HHMMSS.json`, UTC.
    public static func fileName(wallMs: Int64) -> String {
        let digits = RunbookLog.stamp(wallMs).filter(\.isNumber)
        return "normalization_results_\(digits.prefix(8))_\(digits.dropFirst(8)).json"
    }

    /// The report of FEATURES rows C43 to C45: the runbook's keys, then what its documentation asks for (positions removed,
    /// dust ignored, each account's result, errors, what was held before and after).
    public func report(wallMs: Int64, isDryRun: Bool) -> JSON {
        let counters = counters
        return .object([
            JSON.Member("accounts_processed", .number(counters.accountsProcessed)),
            JSON.Member("total_positions_before", .number(counters.totalPositionsBefore)),
            JSON.Member("total_positions_after", .number(counters.totalPositionsAfter)),
            JSON.Member("dust_excluded", .number(counters.dustExcluded)),
            JSON.Member("cap_enforcements", .number(counters.capEnforcements)),
            JSON.Member("errors", .array(errors.map { .string($0) })),
            JSON.Member("dry_run", .bool(isDryRun)),
            JSON.Member("time", .text(RunbookLog.time(wallMs).map { Clock.text(milliseconds: $0) })),
            JSON.Member("positions_removed", Normalization.list(accounts.flatMap(\.removed))),
            JSON.Member("dust_ignored", Normalization.list(accounts.flatMap(\.dust))),
            JSON.Member("accounts", .array(accounts.map { Normalization.json($0, isDryRun: isDryRun) })),
            JSON.Member(
                "snapshots",
                .object([
                    JSON.Member("before", snapshot { $0.plan.kept + $0.plan.sold + $0.dust }),
                    JSON.Member(
                        "after",
                        snapshot { account in
                            let removed = account.removed
                            return account.plan.kept + account.plan.sold.filter { !removed.contains($0) } + account.dust
                        }
                    ),
                ])
            ),
        ])
    }

    private func snapshot(_ held: (Account) -> [CapPlan.Choice]) -> JSON {
        .object(accounts.map { JSON.Member($0.account.description, Normalization.list(held($0))) })
    }

    private static func list(_ choices: [CapPlan.Choice]) -> JSON {
        .object([
            JSON.Member("count", .number(choices.count)),
            JSON.Member("symbols", .array(choices.map { .string($0.position.symbol) })),
            JSON.Member("positions", .array(choices.map(json))),
        ])
    }

    private static func json(_ choice: CapPlan.Choice) -> JSON {
        .object([
            JSON.Member("account", .string(choice.position.accountKey.description)),
            JSON.Member("symbol", .string(choice.position.symbol)),
            JSON.Member("side", .string(choice.position.side.rawValue)),
            JSON.Member("quantity", .string(choice.quantity.description)),
            JSON.Member("value", .text(choice.value?.description)),
            JSON.Member("reason", .string(choice.reason)),
        ])
    }

    /// A dry run sold nothing: an account stands as it stood before.
    private static func json(_ account: Account, isDryRun: Bool) -> JSON {
        let count = account.isHeard ? JSON.number(account.plan.count) : .null
        let excess = account.isHeard ? JSON.number(account.plan.excess) : .null
        return .object([
            JSON.Member("account", .string(account.account.description)),
            JSON.Member("account_type", .string(account.isUser ? "USER" : "PLATFORM")),
            JSON.Member("status", .string((isDryRun ? account.statusBefore : account.status).rawValue)),
            JSON.Member("problem", .text(account.isHeard ? nil : account.problem)),
            JSON.Member("current_count", count),
            JSON.Member("max_allowed", .number(account.plan.most)),
            JSON.Member("excess", excess),
            JSON.Member("sold", .number(account.removed.count)),
            JSON.Member("positions_before", .number(account.before)),
            JSON.Member("positions_after", .number(account.after)),
            JSON.Member("dust_excluded", .number(account.dust.count)),
            JSON.Member("unpriced", .number(account.plan.unpriced)),
            JSON.Member("unsellable", .number(account.plan.unsellable)),
            JSON.Member("kept", .array(account.plan.kept.map(json))),
            JSON.Member("removed", .array(account.removed.map(json))),
            JSON.Member(
                "refused",
                .array(
                    account.refused.indices.map { place in
                        .object([
                            JSON.Member("symbol", .string(account.refused.keys[place].symbol)),
                            JSON.Member("why", .string(account.refused.values[place])),
                        ])
                    }
                )
            ),
        ])
    }
}
