import SafetyEngine

/// What rules find wrong in the recording: made from the orders, positions and supervisors that are shown.
enum RecordedAlerts {
    private static let stuckAgainMs: UInt64 = 900_000

    static func rows(
        _ moment: Moment,
        orders: [Order],
        positions: [Position],
        supervisors: [Supervisor]
    ) -> [Alert] {
        let found =
            orders.compactMap(stuck) + [exposure(moment, positions), balance(moment)] + [silence(moment)]
            + supervisors.compactMap(beats) + [limit(moment)]
        // The gravest first, of two the older one.
        return found.compactMap { $0 }.sorted { ($1.level, $0.id) < ($0.level, $1.id) }
    }

    private static func stuck(_ order: Order) -> Alert? {
        guard order.stuckAfterMs > 0, order.ageMs >= order.stuckAfterMs, order.state != .canceled,
            order.state != .rejected
        else { return nil }
        let late = order.ageMs >= stuckAgainMs
        return alert(
            late ? .emergency : .critical,
            "ORDER_STUCK",
            order.clientID,
            "\(order.side.rawValue) \(order.quantity) \(order.symbol) at \(order.venue) is \(order.state.rawValue) "
                + "for more than \(late ? "15m" : "5m"): the account's exposure is not known",
            order.ageMs - order.stuckAfterMs,
            count: Int((order.ageMs - order.stuckAfterMs) / 60_000) + 1,
            policy: late ? "would halt now: [rules.order_stuck] halt = false" : "would halt at 15m: halt = false"
        )
    }

    private static func exposure(_ moment: Moment, _ positions: [Position]) -> Alert? {
        guard let percent = share(of: "kraken", positions), percent > 30 else { return nil }
        return alert(
            .emergency,
            "PLATFORM_EXPOSURE",
            "kraken",
            "\(percent) % of what the desk holds is at kraken (limit 30 %): its failure would be the desk's",
            5_400_000 + moment.nowMs,
            count: 90,
            policy: "halts at 45 %"
        )
    }

    /// Whole percent of the priced value that one venue holds; nil: nothing is priced.
    private static func share(of venue: String, _ positions: [Position]) -> Int128? {
        var (all, there): (Decimal?, Decimal?) = (Decimal(0), Decimal(0))
        for position in positions {
            guard let value = position.value else { continue }
            all = all.flatMap { $0.adding(value) }
            if position.venue == venue { there = there.flatMap { $0.adding(value) } }
        }
        guard let all = all?.rounded(to: 2), let there = there?.rounded(to: 2), all.digits > 0 else { return nil }
        return there.digits * 100 / all.digits
    }

    private static func balance(_ moment: Moment) -> Alert {
        alert(
            .warning,
            "BALANCE_DROP",
            "binance-futures/hedge",
            "equity fell 21.4 % in 24 h, without a withdrawal; the last balance is from before it stopped answering",
            1_260_000 + moment.nowMs,
            count: 4
        )
    }

    private static func silence(_ moment: Moment) -> Alert? {
        guard let silence = RecordedVenues.silenceMs(moment), silence >= 60_000 else { return nil }
        return alert(
            .critical,
            "FEED_STALE",
            RecordedVenues.silentVenue,
            "nothing heard for more than \(silence / 60_000)m: its positions and orders are as they were then",
            silence - 60_000,
            count: Int(silence / 60_000),
            policy: "new orders there are refused"
        )
    }

    private static func beats(_ supervisor: Supervisor) -> Alert? {
        let age = supervisor.lastBeatAgeMs ?? 0
        switch supervisor.health {
        case .ok: return nil
        case .late:
            return alert(
                .warning,
                "HEARTBEAT_LATE",
                supervisor.name,
                "no beat for more than 1.5 intervals",
                age - min(age, supervisor.intervalMs * 3 / 2)
            )
        case .stalled:
            return alert(
                .critical,
                "HEARTBEAT_STALLED",
                supervisor.name,
                "no beat for more than 3 intervals: it may hang",
                age - min(age, supervisor.intervalMs * 3),
                policy: "restarts it after 10m"
            )
        case .dead:
            return alert(
                .critical,
                "BOT_DEAD",
                supervisor.name,
                "its process ended with signal 11; its orders were cancelled",
                age,
                by: "alice"
            )
        }
    }

    private static func limit(_ moment: Moment) -> Alert {
        alert(
            .info,
            "RATE_LIMIT",
            "alpaca",
            "31 of the last 50 requests were answered with 429: figures come late",
            600_000 + moment.nowMs,
            count: 31
        )
    }

    private static func alert(
        _ level: Alert.Level,
        _ rule: String,
        _ subject: String,
        _ text: String,
        _ ageMs: UInt64,
        count: Int = 1,
        by: String? = nil,
        policy: String = ""
    ) -> Alert {
        Alert(
            id: "\(rule)/\(subject)",
            level: level,
            rule: rule,
            subject: subject,
            text: text,
            ageMs: ageMs,
            count: count,
            acknowledgedBy: by,
            policy: policy
        )
    }
}
