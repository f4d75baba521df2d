/// What a rule can watch: one row for each value that the engine itself knows. Anything ingested is `metric:NAME`.
///
/// Every value is read per subject (an order, a venue, an account, the desk). A value that nobody can tell right now
/// (no price, no reading, too few samples) is unknown: it neither fires a rule nor resolves an alert.
public enum Measure: String, Sendable, Codable, CaseIterable {
    /// How long an open order has been open.
    case orderAge = "order_age_seconds"
    /// What was said of an order, open or finished lately, that cannot be true.
    case orderContradictions = "order_contradictions"
    /// Whether a bot says otherwise of an open order than its venue: 1 or 0. Of positions, reconciliation tells it.
    case disagreement = "disagreement"
    /// Orders of an account whose state nobody can say.
    case unknownOrders = "unknown_orders"
    /// Orders of an account that appeared after a halt had stopped everything. Not said while no halt is in force.
    case ordersAfterHalt = "orders_after_halt"
    /// Accounts that trade, of all.
    case activeAccounts = "active_accounts_percent"
    /// How much of what the desk holds is at one venue. Not said with one venue only: it would always be all.
    case venueExposure = "venue_exposure_percent"
    /// Money of an account in all its currencies, in the base currency. Unknown while a rate is missing.
    case balance = "balance"
    /// How far a balance fell since the reading before, transfers taken out. A rise is 0.
    case balanceDrop = "balance_drop_percent"
    /// Losing trades in a row, of an account.
    case lossesInARow = "losses_in_a_row"
    /// Trades that won, of all in the window. Unknown below the rule's least samples.
    case winRate = "win_percent"
    /// Requests to a venue that failed, of all in the window. Unknown below the rule's least samples.
    case errorRate = "error_percent"
    /// How long 95 of 100 requests to a venue took at most. Unknown below the rule's least samples.
    case latency = "latency_p95_seconds"
    /// How an account of a venue is reached: 0 well, 1 badly (or every one of at least 3 requests failed), 2 not at all.
    case venueTrouble = "venue_trouble"
    /// How old a venue's newest price is; where it never gave one, its newest word.
    case feedAge = "feed_age_seconds"
    /// How long an account did not trade although it may. Unknown before its first trade.
    case tradeAge = "seconds_without_trade"
    /// Signals of all strategies while trading is permitted. Unknown before the window is full.
    case signals = "signals_per_hour"
    /// How far the venue's own account of things is from the desk's.
    case reconciliation = "reconciliation_percent"
    /// Positions of an account above its cap, dust left out; what has no price counts.
    case positionsOverCap = "positions_over_cap"
    /// Held positions of an account that are worth less than the dust threshold. What has no price is not among them.
    case dustPositions = "dust_positions"
    /// How late a beat is, in percent of its interval, of who has not stalled.
    case beatLate = "beat_late_percent"
    /// How late a beat is, in percent of its interval, of who stalled and is not dead.
    case beatStalled = "beat_stalled_percent"
    /// Whether a supervisor's process is gone: 1 or 0.
    case beatDead = "beat_dead"
    /// How far the machine's clock jumped, either way.
    case clockJump = "clock_jump_seconds"
    /// The day's loss, realised and not, of the day's opening equity, transfers taken out. A gain is 0.
    case dayLoss = "day_loss_percent"
    /// The same for the week.
    case weekLoss = "week_loss_percent"
    /// How far equity is below its peak.
    case drawdown = "drawdown_percent"
    /// Held positions of an account without a fresh price.
    case unpriced = "unpriced_positions"
    /// Held positions of an account of which nobody said what was paid.
    case withoutCost = "positions_without_cost"
    /// Events that could not be taken, within the window.
    case eventsDropped = "events_dropped"
    /// Whether the journal does not write: 1 or 0.
    case journalFailing = "journal_failing"
    /// Whether files that the host needs were deleted, replaced or overwritten under it: 1 or 0.
    case deskFiles = "desk_files"
    /// How far ahead of the desk's clock a source's times were lately, where they were not believed for it.
    case timeAhead = "time_ahead_seconds"
    /// Things of one kind that were left out because there was no room for them, within a minute.
    case leftOut = "left_out"
    /// Lines, and rows of lists, of one sender that could not be read, within five minutes.
    case refused = "events_refused"
    /// Whether a position's exit is due and not carried out: 1, or 2 where it is a stop.
    case exitDue = "exit_due"
    /// Whether a position's exit failed and is not tried any more: 1 or 0.
    case exitFailed = "exit_failed"
    /// Positions of a liquidation of which nothing is sold, or that it left.
    case liquidationStanding = "liquidation_standing"
    /// Whether a supervisor is not restarted any more: 1 or 0.
    case restartGivenUp = "restart_given_up"
    /// Whether a rule that is on and may halt cannot see all that it judges: 1 or 0.
    case blindRules = "blind_rules"

    /// What begins the name of an ingested metric in `Rule.measure`.
    public static let metricPrefix = "metric:"
    /// How much of the processor is in use, in percent.
    public static let cpuMetric = "cpu_percent"
    /// How much of the memory is in use, in percent.
    public static let memoryMetric = "memory_percent"
    /// Without a window in its rule, a metric is unknown once its reading is older than this, in milliseconds: three
    /// readings of the slowest usual collector (one a minute).
    public static let metricStaleMs: UInt64 = 180_000

    /// Whether a rule can watch it.
    public static func isKnown(_ name: String) -> Bool { Watched(name) != nil }

    /// What a value is counted in.
    public enum Unit: String, Sendable, Codable, CaseIterable {
        /// A duration.
        case seconds
        /// 30 is 30 %.
        case percent
        /// A number of things.
        case count
        /// Money in the base currency.
        case money
        /// Yes (1) or no (0), or a small scale that `summary` names.
        case scale
    }

    /// What its values are counted in.
    public var unit: Unit {
        switch self {
        case .orderAge, .latency, .feedAge, .tradeAge, .clockJump, .timeAhead: .seconds
        case .activeAccounts, .venueExposure, .balanceDrop, .winRate, .errorRate, .reconciliation, .beatLate,
            .beatStalled, .dayLoss, .weekLoss, .drawdown:
            .percent
        case .orderContradictions, .unknownOrders, .ordersAfterHalt, .lossesInARow, .signals, .positionsOverCap,
            .dustPositions, .unpriced, .withoutCost, .eventsDropped, .refused, .leftOut, .liquidationStanding:
            .count
        case .balance: .money
        case .disagreement, .venueTrouble, .beatDead, .journalFailing, .deskFiles, .blindRules, .exitDue, .exitFailed,
            .restartGivenUp:
            .scale
        }
    }

    /// What its values lie between, both ends included; nil: no limit that way. A threshold beyond can never be passed.
    public var bounds: (least: Decimal?, most: Decimal?) {
        switch self {
        case .disagreement, .beatDead, .journalFailing, .deskFiles, .blindRules, .exitFailed, .restartGivenUp:
            (Decimal(0), Decimal(1))
        case .venueTrouble, .exitDue: (Decimal(0), Decimal(2))
        case .activeAccounts, .venueExposure, .winRate, .errorRate: (Decimal(0), Decimal(100))
        // What is borrowed can be lost too.
        case .balance: (nil, nil)
        case .orderAge, .orderContradictions, .unknownOrders, .ordersAfterHalt, .balanceDrop, .lossesInARow, .latency,
            .feedAge,
            .tradeAge, .signals, .reconciliation, .positionsOverCap, .dustPositions, .beatLate, .beatStalled,
            .clockJump, .timeAhead, .dayLoss, .weekLoss, .drawdown, .unpriced, .withoutCost, .eventsDropped, .refused,
            .leftOut, .liquidationStanding:
            (Decimal(0), nil)
        }
    }

    /// What it is, in one line.
    public var summary: String {
        switch self {
        case .orderAge: "how long an open order has been open"
        case .orderContradictions: "reports about an order, open or finished lately, that cannot be true"
        case .disagreement: "1 where a bot says otherwise of an order than its venue"
        case .unknownOrders: "orders of an account whose state nobody can say"
        case .ordersAfterHalt: "orders of an account that appeared after a halt had stopped everything"
        case .activeAccounts: "accounts that trade, of all"
        case .venueExposure: "share of what the desk holds that is at one venue"
        case .balance: "money of an account, in the base currency"
        case .balanceDrop: "fall of a balance since the reading before, transfers taken out"
        case .lossesInARow: "losing trades in a row, of an account"
        case .winRate: "trades of an account that won, in the window"
        case .errorRate: "requests to a venue that failed, in the window"
        case .latency: "time that 95 of 100 requests to a venue took at most"
        case .venueTrouble: "0 a venue is reached, 1 badly, 2 not at all"
        case .feedAge: "age of a venue's newest price"
        case .tradeAge: "time without a trade of an account that may trade"
        case .signals: "signals of all strategies in an hour"
        case .reconciliation: "difference between the venue's account of things and the desk's"
        case .positionsOverCap: "positions of an account above its cap"
        case .dustPositions: "positions of an account below the dust threshold"
        case .beatLate: "lateness of a beat, of its interval"
        case .beatStalled: "lateness of a beat of who stalled, of its interval"
        case .beatDead: "1 where a supervisor's process is gone"
        case .clockJump: "jump of the machine's clock"
        case .dayLoss: "loss since the day opened, of its opening equity"
        case .weekLoss: "loss since the week opened, of its opening equity"
        case .drawdown: "equity below its peak"
        case .unpriced: "positions of an account without a fresh price"
        case .withoutCost: "positions of an account whose cost nobody said"
        case .eventsDropped: "events that could not be taken, in the window"
        case .leftOut: "things of one kind that were left out because there was no room for them"
        case .refused: "lines and rows of one sender that could not be read"
        case .journalFailing: "1 while the journal does not write"
        case .deskFiles: "1 while a file that the host needs is gone or another one"
        case .timeAhead: "how far ahead of the desk's clock a source's times are, where they are not believed"
        case .exitDue: "1 where a position's exit is due and not carried out, 2 where it is a stop"
        case .exitFailed: "1 where a position's exit failed and is not tried again"
        case .liquidationStanding: "positions of a liquidation of which nothing is sold"
        case .restartGivenUp: "1 where a supervisor is not restarted any more"
        case .blindRules: "1 where a rule that halts cannot see all that it judges"
        }
    }

    /// Of what it is read.
    public var subjects: String {
        switch self {
        case .orderAge, .orderContradictions, .disagreement: "order"
        case .venueExposure, .errorRate, .latency, .feedAge: "venue"
        case .unknownOrders, .ordersAfterHalt, .balance, .lossesInARow, .winRate, .venueTrouble, .tradeAge,
            .positionsOverCap,
            .dustPositions, .unpriced, .withoutCost:
            "account"
        case .balanceDrop: "account's currency"
        case .reconciliation: "finding"
        case .timeAhead, .refused: "source"
        case .leftOut: "kind"
        case .blindRules: "rule"
        case .beatLate, .beatStalled, .beatDead, .restartGivenUp: "supervisor"
        case .exitDue, .exitFailed: "position"
        case .activeAccounts, .signals, .clockJump, .dayLoss, .weekLoss, .drawdown, .eventsDropped, .journalFailing,
            .deskFiles, .liquidationStanding:
            "desk"
        }
    }

    /// How often all of its subjects are looked at, in milliseconds; who is on the way to an alert, at each evaluation.
    var sweepMs: UInt64 {
        // Each account's trades of days are counted; a second is soon enough for that.
        self == .winRate ? 1_000 : Engine.stepMs
    }

    /// Whether the watch after a resume makes it stricter: what trading itself does wrong. Where everything is (exposure,
    /// adoption), the machine, beats and the clock are not worse for a resume, and half of their limits would be noise.
    public var isTightened: Bool {
        switch self {
        case .orderAge, .balanceDrop, .lossesInARow, .winRate, .errorRate, .latency, .dayLoss, .weekLoss, .drawdown,
            .balance:
            true
        case .orderContradictions, .disagreement, .unknownOrders, .ordersAfterHalt, .activeAccounts, .venueExposure,
            .venueTrouble,
            .feedAge, .tradeAge, .signals, .reconciliation, .positionsOverCap, .dustPositions, .beatLate, .beatStalled,
            .beatDead, .clockJump, .unpriced, .withoutCost, .eventsDropped, .journalFailing, .deskFiles, .timeAhead,
            .blindRules, .refused, .leftOut, .exitDue, .exitFailed, .liquidationStanding, .restartGivenUp:
            false
        }
    }
}

/// What a rule's `measure` names.
enum Watched: Equatable {
    case measure(Measure)
    case metric(String)

    /// Nil: there is no such measure.
    init?(_ name: String) {
        if name.hasPrefix(Measure.metricPrefix) {
            let metric = name.dropFirst(Measure.metricPrefix.count)
            guard !metric.isEmpty else { return nil }
            self = .metric(String(metric))
        } else {
            guard let measure = Measure(rawValue: name) else { return nil }
            self = .measure(measure)
        }
    }
}
