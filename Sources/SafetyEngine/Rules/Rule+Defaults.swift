extension Rule {
    /// The built-in table. Sources: FEATURES rows A14 to A20, B7 to B9, E6, F38 to F42; LESSONS 21 to 25.
    ///
    /// Only DAILY_DRAWDOWN halts unless configured otherwise. Where a source gives no number, the one here says why.
    public static let defaults: [Rule] = orders + risk + venues + book + machine

    private static let minute: UInt64 = 60_000
    private static let hour: UInt64 = 3_600_000

    /// The first step of FEED_STALE where nobody set another.
    static let feedSeconds = Decimal(60)

    private static let orders = [
        // 300 s, and three times that; the second may halt the account that the order belongs to.
        Rule(
            "ORDER_STUCK",
            measure: .orderAge,
            .over,
            [Step(Decimal(300), .critical), Step(Decimal(900), .emergency)],
            reach: .account
        ),
        // One contradiction is one too many; more are not graver, they come from the same cause.
        Rule("ORDER_CONTRADICTION", measure: .orderContradictions, .atLeast, [Step(Decimal(1), .warning)]),
        // 10 s: a bot's and a venue's word on the same change come a few seconds apart.
        Rule("DISAGREEMENT", measure: .disagreement, .atLeast, [Step(Decimal(1), .warning)], forMs: 10_000),
        // The venue was silent for `venueSilentMs` already.
        Rule(
            "ORDER_UNKNOWN",
            measure: .unknownOrders,
            .atLeast,
            [Step(Decimal(1), .critical)],
            cooldownMs: 5 * minute
        ),
        // One is one too many: something does not ask its gate.
        Rule("ORDER_AFTER_HALT", measure: .ordersAfterHalt, .atLeast, [Step(Decimal(1), .emergency)]),
    ]

    private static let risk = [
        Rule("ADOPTION_GUARDRAIL", measure: .activeAccounts, .over, [Step(Decimal(80), .emergency)], holdMs: minute),
        // 30 %, and one and a half times that.
        Rule(
            "PLATFORM_EXPOSURE",
            measure: .venueExposure,
            .over,
            [Step(Decimal(30), .emergency), Step(Decimal(45), .emergency)],
            holdMs: minute
        ),
        Rule("BALANCE_LOW", measure: .balance, .under, [Step(Decimal(50), .critical)], cooldownMs: 5 * minute),
        // Against the reading before, so the next reading is always "back": it stays for a quarter of an hour to be seen.
        Rule("BALANCE_DROP", measure: .balanceDrop, .over, [Step(Decimal(20), .warning)], holdMs: 15 * minute),
        Rule(
            "CONSECUTIVE_LOSSES",
            measure: .lossesInARow,
            .atLeast,
            [Step(Decimal(4), .warning), Step(Decimal(5), .emergency)],
            reach: .account
        ),
        // No source: strategies that win three times what they lose break even at 25 %; below 30 % of at least 20 trades
        // in a week few are what they were meant to be.
        Rule(
            "LOW_WIN_RATE",
            measure: .winRate,
            .under,
            [Step(Decimal(30), .warning)],
            holdMs: minute,
            windowMs: 7 * 24 * hour,
            minimumSamples: 20
        ),
        // No source: a day. Slower strategies set their own time; a quicker limit would be noise every quiet night.
        Rule("NO_TRADES", measure: .tradeAge, .over, [Step(Decimal(86_400), .warning)]),
        // 1 % of the venue's total (issue, point 6); a minute, because fills, balances and positions come one by one.
        Rule(
            "RECONCILIATION",
            measure: .reconciliation,
            .over,
            [Step(Decimal(1), .warning), Step(Decimal(5), .critical)],
            forMs: minute,
            holdMs: 10_000
        ),
        // A warning: the cap itself acts on the excess, this only tells of it.
        Rule("POSITION_CAP", measure: .positionsOverCap, .over, [Step(Decimal(0), .warning)], holdMs: 5_000),
        // Worth knowing, no more: dust is left out of the cap by its own list.
        Rule("DUST", measure: .dustPositions, .atLeast, [Step(Decimal(1), .info)], forMs: minute, holdMs: minute),
        // Three samples in five seconds: one bad price is no loss (LESSONS 24).
        Rule(
            "DAILY_DRAWDOWN",
            measure: .dayLoss,
            .over,
            [
                Step(Decimal(tenths: 15), .warning), Step(Decimal(2), .critical),
                Step(Decimal(tenths: 25), .emergency, kills: true),
            ],
            forMs: 5_000,
            confirmations: 3,
            holdMs: minute
        ),
        // No source: twice the day's steps, so that it speaks where no single day did.
        Rule(
            "WEEKLY_LOSS",
            measure: .weekLoss,
            .over,
            [Step(Decimal(3), .warning), Step(Decimal(4), .critical), Step(Decimal(5), .emergency)],
            forMs: 5_000,
            confirmations: 3,
            holdMs: minute
        ),
        Rule("DRAWDOWN", measure: .drawdown, .over, [Step(Decimal(5), .critical)], forMs: hour, holdMs: minute),
        // Half a minute: one late poll of a price is no gap.
        Rule("UNPRICED", measure: .unpriced, .atLeast, [Step(Decimal(1), .warning)], forMs: 30_000, holdMs: 5_000),
        // A second: a rule that may act does so in the step in which it is due. A stop that waits costs more every minute.
        Rule(
            "EXIT_DUE",
            measure: .exitDue,
            .atLeast,
            [Step(Decimal(1), .warning), Step(Decimal(2), .critical)],
            forMs: 1_000
        ),
        // It was tried as often as it may be: only somebody's hands are left.
        Rule("EXIT_FAILED", measure: .exitFailed, .atLeast, [Step(Decimal(1), .critical)]),
        // Five seconds: a first slice, and its answer; as long until it is over, because the next slice may stand still too.
        Rule(
            "LIQUIDATION_STALLED",
            measure: .liquidationStanding,
            .atLeast,
            [Step(Decimal(1), .critical)],
            forMs: 5_000,
            holdMs: 5_000
        ),
        Rule("COST_BASIS_UNKNOWN", measure: .withoutCost, .atLeast, [Step(Decimal(1), .warning)], forMs: 10_000),
    ]

    private static let venues = [
        // Five minutes and ten requests: enough that 30 % is no accident, short enough to matter.
        Rule(
            "HIGH_ERROR_RATE",
            measure: .errorRate,
            .over,
            [Step(Decimal(30), .critical)],
            cooldownMs: 5 * minute,
            holdMs: 30_000,
            windowMs: 5 * minute,
            minimumSamples: 10,
            reach: .venue
        ),
        // Ten seconds: connections are made anew all the time. Not reached at all is graver than reached badly.
        Rule(
            "API_ERROR",
            measure: .venueTrouble,
            .atLeast,
            [Step(Decimal(1), .warning), Step(Decimal(2), .critical)],
            forMs: 10_000,
            cooldownMs: 5 * minute,
            holdMs: 10_000,
            reach: .venue
        ),
        Rule(
            "API_LATENCY",
            measure: .latency,
            .over,
            [Step(Decimal(2), .warning)],
            cooldownMs: 5 * minute,
            holdMs: 30_000,
            windowMs: 5 * minute,
            minimumSamples: 10,
            reach: .venue
        ),
        // Each stream at its own limit, prices at `priceStaleMs` (`DeskReader.thresholds`); these are the limits' defaults.
        Rule("FEED_STALE", measure: .feedAge, .over, [Step(feedSeconds, .critical)], holdMs: 5_000, reach: .venue),
        // An hour is the window that "10 an hour" speaks of; strategies on hourly bars signal once in it.
        Rule(
            "SIGNALS",
            measure: .signals,
            .under,
            [Step(Decimal(10), .warning)],
            forMs: 30 * minute,
            holdMs: minute,
            windowMs: hour
        ),
    ]

    private static let book = [
        // Back-pressure makes senders wait; a single event lost is against that. It stays until five minutes without loss.
        Rule(
            "EVENTS_DROPPED",
            measure: .eventsDropped,
            .atLeast,
            [Step(Decimal(1), .critical)],
            windowMs: 5 * minute
        ),
        // What was left out is not watched: one order is enough.
        Rule("OVERLOADED", measure: .leftOut, .atLeast, [Step(Decimal(1), .critical)]),
        // One row that nobody can read may be the order that matters; ten in five minutes are a sender that is broken.
        Rule(
            "INGEST_REFUSED",
            measure: .refused,
            .atLeast,
            [Step(Decimal(1), .warning), Step(Decimal(10), .critical)]
        ),
        // A minute: a link that is put right at once was gone all the same, and somebody has to look.
        Rule("DESK_FILES", measure: .deskFiles, .atLeast, [Step(Decimal(1), .critical)], holdMs: minute),
        Rule("JOURNAL", measure: .journalFailing, .atLeast, [Step(Decimal(1), .critical)], holdMs: 5_000),
        // A minute: `Telling.lateAfterMs`. Their order is that in which they come, which may be a wrong one.
        Rule("CLOCK_AHEAD", measure: .timeAhead, .over, [Step(Decimal(60), .warning)]),
        // A second: a position and its first price come one after the other. Whoever trusts a rule to halt has to know at once
        // that it does not see everything (LESSONS 16, 17).
        Rule(
            "BLIND",
            measure: .blindRules,
            .atLeast,
            [Step(Decimal(1), .critical)],
            forMs: 1_000,
            holdMs: 5_000
        ),
    ]

    private static let machine = [
        // At 1.5 and 3 intervals, as `Supervisor.health`.
        Rule("HEARTBEAT_LATE", measure: .beatLate, .atLeast, [Step(Decimal(150), .warning)]),
        Rule("HEARTBEAT_STALLED", measure: .beatStalled, .atLeast, [Step(Decimal(300), .critical)]),
        Rule("HEARTBEAT_DEAD", measure: .beatDead, .atLeast, [Step(Decimal(1), .critical)]),
        // All its restarts are used up: it comes back by somebody's hands only.
        Rule("RESTART_GIVEN_UP", measure: .restartGivenUp, .atLeast, [Step(Decimal(1), .critical)]),
        // Any jump that the calendar does not follow (`Calendar.slewMs`); from five minutes on, signed requests are refused
        // by venues and records are misleading.
        Rule(
            "CLOCK_JUMP",
            measure: .clockJump,
            .over,
            [Step(Decimal(1), .warning), Step(Decimal(300), .critical)]
        ),
        Rule(
            "CPU",
            metric: Measure.cpuMetric,
            [Step(Decimal(80), .warning)],
            forMs: 5 * minute
        ),
        Rule(
            "MEMORY",
            metric: Measure.memoryMetric,
            [Step(Decimal(85), .warning)],
            forMs: 3 * minute
        ),
    ]

    private init(
        _ name: String,
        measure: Measure,
        _ comparison: Comparison,
        _ steps: [Step],
        forMs: UInt64 = 0,
        confirmations: Int = 1,
        cooldownMs: UInt64 = 0,
        holdMs: UInt64 = 0,
        windowMs: UInt64 = 0,
        minimumSamples: Int = 1,
        reach: Reach = .global
    ) {
        self.init(
            name,
            measure: measure.rawValue,
            comparison,
            steps: steps,
            forMs: forMs,
            confirmations: confirmations,
            cooldownMs: cooldownMs,
            holdMs: holdMs,
            windowMs: windowMs,
            minimumSamples: minimumSamples,
            reach: reach
        )
    }

    /// Over, with a minute of calm before it is resolved: machines' readings tremble.
    private init(_ name: String, metric: String, _ steps: [Step], forMs: UInt64) {
        self.init(
            name,
            measure: Measure.metricPrefix + metric,
            .over,
            steps: steps,
            forMs: forMs,
            cooldownMs: 5 * Rule.minute,
            holdMs: Rule.minute
        )
    }
}

extension Decimal {
    fileprivate init(tenths: Int) { self = Decimal(digits: Int128(tenths), scale: 1) ?? Decimal(0) }
}
