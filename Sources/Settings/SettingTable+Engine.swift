import Console
import SafetyEngine

private let second: UInt64 = 1_000
private let minute: UInt64 = 60_000
private let hour: UInt64 = 3_600_000
private let day = TimeText.day

extension SettingTable {
    static let deskKeys: [Setting] = {
        let desk = Shelf.table("desk")
        return [
            desk.key(
                "currency",
                .text("a currency, as USD or USDT") { Names.isCurrency($0) },
                \.desk.engine.baseCurrency,
                forStart: true,
                "What exposure, equity, losses and every amount in this file are counted in."
            ),
            desk.key(
                "day_start",
                .timeOfDay,
                \.desk.engine.dayStartMinute,
                "When the desk's day begins: daily limits begin anew then."
            ),
        ]
    }()

    static let valuation: [Setting] = [
        Shelf.table("prices").key(
            "stale_after",
            .time(second...hour),
            \.desk.engine.priceStaleMs,
            "An older price is stale, and what it values is unpriced."
        ),
        Shelf.table("positions").key(
            "stale_after",
            .time(second...hour),
            \.desk.engine.streams.positionsMs,
            "An older listing of an account's positions is stale: nobody knows what is held there."
        ),
        Shelf.table("balances").key(
            "stale_after",
            .time(second...hour),
            \.desk.engine.streams.balancesMs,
            "An older reading of a balance is stale: nobody knows what the account is worth."
        ),
        Shelf.table("account_counts").key(
            "stale_after",
            .time(second...day),
            \.desk.engine.streams.accountCountsMs,
            "Older counts of trading accounts are stale: ADOPTION_GUARDRAIL cannot judge by them."
        ),
        Shelf.table("bounds").key(
            "orders",
            .count(100...1_000_000, of: "orders"),
            \.desk.engine.bounds.orders,
            "Orders that the desk keeps; more are left out, and OVERLOADED says so."
        ),
        Shelf.table("bounds").key(
            "positions",
            .count(100...1_000_000, of: "positions"),
            \.desk.engine.bounds.positions,
            "Positions that it keeps."
        ),
        Shelf.table("bounds").key(
            "accounts",
            .count(10...100_000, of: "accounts"),
            \.desk.engine.bounds.accounts,
            "Accounts that it keeps."
        ),
        Shelf.table("bounds").key(
            "balances",
            .count(10...1_000_000, of: "balances"),
            \.desk.engine.bounds.balances,
            "Balances that it keeps: one for each currency of an account."
        ),
        Shelf.table("bounds").key(
            "prices",
            .count(100...1_000_000, of: "prices"),
            \.desk.engine.bounds.prices,
            "Symbols whose price it keeps."
        ),
        Shelf.table("bounds").key(
            "metrics",
            .count(10...1_000_000, of: "metrics"),
            \.desk.engine.bounds.metrics,
            "Metrics that it keeps."
        ),
        Shelf.table("bounds").key(
            "alerts",
            .count(100...1_000_000, of: "alerts"),
            \.desk.engine.bounds.alerts,
            "Alerts that it keeps open; rules that halt are not bound by it."
        ),
        Shelf.table("venues").key(
            "silent_after",
            .time(second...hour),
            \.desk.engine.venueSilentMs,
            "Without a word from a venue for so long, what is open there is UNKNOWN."
        ),
        Shelf.table("venues").key(
            "settle",
            .time(0...minute),
            \.desk.engine.settleMs,
            "How long an accepted order may take to be listed by its venue: a halt's orders are proved gone by listings after it."
        ),
        Shelf.table("venues").key(
            "orders",
            .word([("watched", false), ("not watched", true)]),
            \.desk.engine.ordersAreNotWatched,
            "Write \"not watched\" for a desk whose orders nobody lists: its halts are then never called verified."
        ),
        settles,
        Shelf.table("conversion").key(
            "source",
            .nameOrNothing("a source's name, or \"\": any venue's rates count"),
            \.desk.engine.conversionSource,
            example: "\"kraken\"",
            "The source whose conversion rates count."
        ),
    ]

    /// A venue's own settling time.
    private static let settles: Setting = {
        let shelf = Shelf<UInt64?>(
            path: ["venues", "*"],
            find: { draft, name in .some(draft.desk.engine.settleByVenue[name]) },
            store: { settle, name, draft in draft.desk.engine.settleByVenue[name] = settle }
        )
        return shelf.make(
            "settle",
            { _ in .time(0...minute) },
            get: { $0 },
            set: { $0 = $1 },
            example: "\"3s\"",
            "A venue where an accepted order takes longer, or less long, to be listed."
        )
    }()

    static let orders: [Setting] = {
        let orders = Shelf.table("orders")
        return [
            orders.key(
                "stale_after",
                .time(second...hour),
                \.desk.engine.streams.ordersMs,
                "An older listing of an account's open orders is stale: nobody knows what is open there."
            ),
            orders.key(
                "timeout",
                .time(second...day),
                \.desk.engine.orders.timeoutMs,
                "An order of the desk's own that is not answered for so long is UNKNOWN."
            ),
            orders.key("retries", .count(0...100, of: "tries"), \.desk.engine.orders.retries, "Further tries of one."),
            orders.key(
                "per_minute",
                .count(1...60_000, of: "orders"),
                \.desk.engine.orders.perMinute,
                "How many may be sent in a minute."
            ),
        ]
    }()

    static let cap: [Setting] = {
        let cap = Shelf.table("cap")
        let dust = Shelf.table("dust")
        return [
            cap.key(
                "most",
                .positions,
                \.desk.engine.cap.most,
                "Positions that an account may hold; the variable MAX_POSITIONS_ALLOWED overrides it."
            ),
            cap.key("most_for_users", .positions, \.desk.engine.cap.mostForUsers, "The same for users' accounts."),
            cap.key(
                "users",
                .texts("accounts, each once, as [\"kraken/alice\", \"bob\"]") { Names.isAccount($0) },
                \.desk.engine.cap.userAccounts,
                example: "[\"kraken/alice\", \"bob\"]",
                "The accounts that are users': venue/account, or the account at every venue."
            ),
            cap.key("every", .time(second...day), \.desk.engine.cap.everyMs, "How often the cap is enforced."),
            cap.key("policy", .word, \.desk.engine.cap.policy, "On the built-in paper venue: only shown, or done."),
            cap.key(
                "external_policy",
                .word,
                \.desk.engine.cap.externalPolicy,
                "On every other venue: only shown, or done."
            ),
            accounts,
            dust.key(
                "threshold",
                .money(Decimal(0)...Decimal(1_000_000)),
                \.desk.engine.dust.threshold,
                "A position worth less is dust."
            ),
            dust.key(
                "comes_back",
                .flag,
                \.desk.engine.dust.comesBack,
                "Whether a symbol comes off the list by itself when its value recovers."
            ),
        ]
    }()

    /// An account's own cap: the name is the key.
    private static let accounts: Setting = {
        let shelf = Shelf<Int?>(
            path: ["cap", "accounts"],
            find: { draft, name in .some(draft.desk.engine.cap.mostByAccount[name]) },
            store: { most, name, draft in draft.desk.engine.cap.mostByAccount[name] = most }
        )
        return shelf.make(
            "*",
            { _ in .positions },
            get: { $0 },
            set: { $0 = $1 },
            example: "12",
            "An account with a cap of its own, as \"venue/account\" or \"account\"."
        )
    }()

    static let exits: [Setting] = {
        let exits = Shelf.table("exits")
        let least = Decimal("0.01") ?? Decimal(1)
        let percent = Kind<Decimal>.percent(least...Decimal(100))
        let beyond = Kind<Decimal>.percent(least...Decimal(100_000))
        return [
            exits.key(
                "confirmations",
                .count(1...1_000, of: "samples"),
                \.desk.engine.exits.confirmations,
                "Prices in a row that have to agree before an exit fires."
            )
        ]
            + exit(
                "stop_loss",
                \.desk.engine.exits.stopLoss,
                "percent",
                percent,
                "Fires further below the entry price (above it, for a short)."
            )
            + exit(
                "take_profit",
                \.desk.engine.exits.takeProfit,
                "percent",
                beyond,
                "Fires further above the entry price (below it, for a short)."
            )
            + exit(
                "trailing",
                \.desk.engine.exits.trailing,
                "percent",
                percent,
                "Fires further below the best price since the entry (above it, for a short)."
            )
            + exit(
                "maximum_hold",
                \.desk.engine.exits.maximumHold,
                "time",
                .time(second...3_650 * day),
                "Fires when a position was held longer."
            )
    }()

    private static func exit<Value>(
        _ name: String,
        _ limit: any WritableKeyPath<Draft, EngineSettings.Exits.Limit<Value>> & Sendable,
        _ unit: String,
        _ kind: Kind<Value>,
        _ summary: String
    ) -> [Setting] {
        let shelf = Shelf<EngineSettings.Exits.Limit<Value>>(
            path: ["exits", name],
            find: { draft, _ in draft[keyPath: limit] },
            store: { owner, _, draft in draft[keyPath: limit] = owner }
        )
        return [
            shelf.key("enabled", .flag, \.isEnabled, "Whether this exit is evaluated at all."),
            shelf.key(unit, kind, \.at, summary),
            shelf.key("policy", .word, \.policy, "On the built-in paper venue: only shown, or done."),
            shelf.key("external_policy", .word, \.externalPolicy, "On every other venue: only shown, or done."),
        ]
    }
}

extension Kind where Value == Int {
    /// A cap.
    fileprivate static var positions: Kind { .count(1...10_000, of: "positions") }
}
