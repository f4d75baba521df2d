/// What an operator does about an alert: one entry for each rule. The steps of ORDER_STUCK, ADOPTION_GUARDRAIL and
/// PLATFORM_EXPOSURE are the runbook's (FEATURES rows A27 to A29).
///
/// Invariant (RuleDefaultsTests): every rule of `Rule.defaults` has an entry of its own with at least two steps.
public struct Playbook: Sendable, Equatable {
    /// The rule's name; empty: any other rule.
    public let rule: String
    /// What it means for trading.
    public let meaning: String
    /// What to do, one step after the other.
    public let steps: [String]

    /// The entry of a rule; for rules that an operator defined, a general one.
    public static func entry(for rule: String) -> Playbook { all.first { $0.rule == rule } ?? other }

    /// The entry of a rule of the operator's own.
    public static let other = Playbook(
        "",
        "A rule of this desk's own.",
        "Look at what feeds this metric.",
        "Halt if trading depends on it; the rule stands in estop.toml."
    )

    /// All entries, in the order of `Rule.defaults`.
    public static let all: [Playbook] = orders + risk + venues + book + machine

    private init(_ rule: String, _ meaning: String, _ steps: String...) {
        self.rule = rule
        self.meaning = meaning
        self.steps = steps
    }

    private static let orders = [
        Playbook(
            "ORDER_STUCK",
            "What the account holds is not certain until it is filled or cancelled.",
            "Check the status of the venue's API.",
            "Cancel the order (c on its row), and see that its venue confirms it.",
            "Change its time limit if orders like it may rest longer: [rules.order_stuck] in estop.toml.",
            "Give the bot a timeout and a retry, so that it does not come again."
        ),
        Playbook(
            "ORDER_CONTRADICTION",
            "One of two sources is wrong about it; the safer reading counts.",
            "Look the order up at the venue.",
            "Halt its strategy if fills may have been missed.",
            "Find out whether two programs use the same client id, or events come out of order."
        ),
        Playbook(
            "DISAGREEMENT",
            "The bot trades on a wrong picture of it; the venue's word counts here.",
            "Compare it with the venue.",
            "Stop the bot, and let it read its orders and positions from the venue before it goes on.",
            "If both stay apart, halt its account."
        ),
        Playbook(
            "ORDER_UNKNOWN",
            "They may still be filled.",
            "Ask the venue about them by its own page or telephone.",
            "Cancel what rests there as soon as it answers.",
            "Do not send them again before their state is known."
        ),
        Playbook(
            "ORDER_AFTER_HALT",
            "Something sends orders although trading is halted: it does not ask its gate, and no halt stops it.",
            "Revoke the API key at the venue, or stop that program by hand.",
            "Cancel the new orders at the venue, and look at what they have filled.",
            "Find out what sent them (its strategy and account are in the alert), and put a gate in front of it."
        ),
    ]

    private static let risk = [
        Playbook(
            "ADOPTION_GUARDRAIL",
            "Rate limits and machines are shared by all of them.",
            "Assess: find out whether so many were expected.",
            "Scale: add rate limits and machines if needed.",
            "Throttle: limit the number of active accounts for a while.",
            "Communicate: tell users if the service may suffer."
        ),
        Playbook(
            "PLATFORM_EXPOSURE",
            "If that venue fails, so does that much of the desk.",
            "Review whether the concentration is intended.",
            "Diversify: move funds to other venues if it is not.",
            "Assess the risks of that venue: outages, withdrawals, news.",
            "Adjust the thresholds if the desk means to be so: [rules.platform_exposure] in estop.toml."
        ),
        Playbook(
            "BALANCE_LOW",
            "Orders will be refused for want of money.",
            "See where the money went: positions, losses or a withdrawal.",
            "Fund the account, or take its strategies off."
        ),
        Playbook(
            "BALANCE_DROP",
            "Between two readings nobody saw why.",
            "Look at the fills and transfers since the reading before.",
            "Halt the account if nothing explains it: keys may be in other hands.",
            "If it was a transfer that the venue did not report, write it down as one."
        ),
        Playbook(
            "CONSECUTIVE_LOSSES",
            "The strategy may not fit the market any more.",
            "Look at the trades: one symbol, one strategy, or all.",
            "Reduce or stop the strategy that loses.",
            "Resume it on paper first."
        ),
        Playbook(
            "LOW_WIN_RATE",
            "The strategy may not fit the market any more.",
            "Compare it with what the strategy is meant to win, and how much it wins and loses a trade.",
            "Take the strategy to paper until it is understood."
        ),
        Playbook(
            "NO_TRADES",
            "A bot may hang, or its signals do not become orders.",
            "Look whether its strategy makes signals and its gate permits.",
            "Read the bot's log for refused orders.",
            "Start it again if it hangs."
        ),
        Playbook(
            "RECONCILIATION",
            "The desk may hold something else than it counts with.",
            "Compare positions and balances with the venue's own page.",
            "Close or adopt what nobody here knows of.",
            "Halt the account if the difference grows."
        ),
        Playbook(
            "POSITION_CAP",
            "More is at risk than was agreed.",
            "See what the cap proposes to sell (estop cap list).",
            "Carry it out, or say why not by raising the cap.",
            "Stop the strategy that opens more."
        ),
        Playbook(
            "DUST",
            "They are too small to sell and do not count for the cap.",
            "Look at the list (estop dust list).",
            "Convert them at the venue, or leave them."
        ),
        Playbook(
            "DAILY_DRAWDOWN",
            "The day's loss limit is there to be kept.",
            "Halt if it has not happened, and look at what lost: positions, fills, prices.",
            "Rule out a wrong price before anything is sold.",
            "Resume only with a reason, on paper or reduce-only first; the limit counts anew when the day begins."
        ),
        Playbook(
            "WEEKLY_LOSS",
            "The week's losses add up whatever each day says.",
            "Look at which strategies lost on which days.",
            "Reduce sizes, or go to reduce-only until the week ends."
        ),
        Playbook(
            "DRAWDOWN",
            "What was won is being lost, and not only for a moment.",
            "Look at which positions and strategies lost since the peak.",
            "Reduce sizes, or go to reduce-only."
        ),
        Playbook(
            "UNPRICED",
            "Nobody can say what they are worth: loss, exposure and exit rules do not see them.",
            "Look whether the venue's feed gives a price, and when it did last.",
            "Restart the feed, or ask the venue whether the symbol is delisted.",
            "Watch those positions by hand meanwhile."
        ),
        Playbook(
            "EXIT_DUE",
            "The position stays open past its limit: nobody closes it.",
            "Close it: pane 3, then x; or estop exits carry-out.",
            "Where its venue has no adapter, close it by hand at the venue.",
            "To have it done by itself: policy = \"enforce\" for its rule in estop.toml, and trading not halted."
        ),
        Playbook(
            "EXIT_FAILED",
            "The position stays open past its limit, and nothing tries to close it any more.",
            "Close it by hand at the venue.",
            "See why it was refused (estop exits), then order it again: pane 3, then x.",
            "Halt what trades it, so that it does not grow."
        ),
        Playbook(
            "LIQUIDATION_STALLED",
            "What was ordered to be sold is still held, and its price moves on.",
            "See which positions and why: estop liquidate --status.",
            "Sell them by hand at the venue.",
            "Stop it and order it anew with a wider --max-slippage where the market is past its limit."
        ),
        Playbook(
            "COST_BASIS_UNKNOWN",
            "Stop-loss and take-profit do not act on them: nothing is invented.",
            "Look up what was paid in the venue's history.",
            "State it, or watch those positions by hand."
        ),
    ]

    private static let venues = [
        Playbook(
            "HIGH_ERROR_RATE",
            "Orders and cancels to it may fail, too.",
            "Read the last error, and the venue's status page.",
            "Look at rate limits and keys.",
            "Halt the venue if cancels fail."
        ),
        Playbook(
            "API_ERROR",
            "Orders there can neither be sent nor cancelled reliably.",
            "Check the venue's status page, the network and the keys.",
            "Cancel by the venue's own page what must not rest there.",
            "Halt the venue until it answers."
        ),
        Playbook(
            "API_LATENCY",
            "Orders come late, and cancels as well.",
            "Look whether the venue, the network or this machine is slow.",
            "Send less, or stop strategies that need to be quick."
        ),
        Playbook(
            "FEED_STALE",
            "Nobody knows now what it used to report: rules, exits and checks that need it do not act.",
            "Look at the feed's process and the venue's status page.",
            "Start the feed again.",
            "Watch that venue's orders and positions by hand, or halt it, until it reports again."
        ),
        Playbook(
            "SIGNALS",
            "Strategies see little, or their data does not come.",
            "Look at feeds and the strategies' logs.",
            "Start again what hangs; leave it if the market is closed or quiet."
        ),
    ]

    private static let book = [
        Playbook(
            "EVENTS_DROPPED",
            "The desk's picture may have holes until venues list everything again.",
            "Find out who sends so much (estop health), and slow it down.",
            "Let the venues list orders and positions again.",
            "Raise [ingest] most_waiting if the load is right."
        ),
        Playbook(
            "OVERLOADED",
            "What was left out is watched by nobody; what the desk holds is evaluated as before.",
            "Find out who sends so much, and whether it is true (estop summary).",
            "Stop what sends it, or raise [bounds] if it is true and the machine has the memory.",
            "Halt if you cannot tell what is open or held."
        ),
        Playbook(
            "INGEST_REFUSED",
            "What they said is not known here; a list with such a row is not complete, and proves nothing.",
            "Look at what its sender was answered: it names the line, the key, and what to write instead.",
            "Mend the sender, and let the venue list everything again.",
            "Until then look at the venue itself."
        ),
        Playbook(
            "DESK_FILES",
            "The alert says what it means for trading: commands, bots or the next start no longer find what this host uses.",
            "Find out which program deletes, restores or copies files in the state directory, and stop it.",
            "Halt, stop the host (estop serve), put the file back where there is a backup, and start the host again.",
            "Look at estop doctor and estop status before you resume."
        ),
        Playbook(
            "JOURNAL",
            "Halting works all the same; what is not on disk waits in memory, up to a bound, and is lost if the host ends.",
            "Look at the disk: space, rights, errors.",
            "Make room; what waits is written by itself.",
            "Halt if it cannot be repaired soon: nothing could be proved later."
        ),
        Playbook(
            "CLOCK_AHEAD",
            "Its times are not believed: of what it says, the last to come counts.",
            "Compare the clock of that source, and of this machine, with the true time.",
            "Set right the one that is wrong; what the source says counts meanwhile."
        ),
        Playbook(
            "BLIND",
            "A loss may be greater than the rule sees: do not trust it alone.",
            "See which position has no price, or which account no balance, and look at that feed.",
            "Watch what it does not see by hand, and halt if nobody can.",
            "What is worth nothing and never gets a price: close it at the venue, or write it off there."
        ),
    ]

    private static let machine = [
        Playbook(
            "HEARTBEAT_LATE",
            "It may be slow, or begin to hang.",
            "Look at the machine's load and its log.",
            "Wait for the next beat; it counts as stalled after three intervals."
        ),
        Playbook(
            "HEARTBEAT_STALLED",
            "What it watches or trades is without it.",
            "Read its log, and see what became of its restarts: pane 5, then Enter.",
            "Start it again by hand where none is under way.",
            "Halt what it trades if orders rest meanwhile."
        ),
        Playbook(
            "HEARTBEAT_DEAD",
            "What it watches or trades is without it; its orders may rest at the venue.",
            "See why it ended, and what became of its restarts: pane 5, then Enter.",
            "Cancel its open orders if it does not come back.",
            "Halt what it trades."
        ),
        Playbook(
            "RESTART_GIVEN_UP",
            "What it watches or trades is without it until somebody starts it.",
            "Read its log: its restarts did not help.",
            "Start it by hand.",
            "Cancel its open orders, and halt what it trades, until it is back."
        ),
        Playbook(
            "CLOCK_JUMP",
            "The desk keeps its own time; the day does not begin by the wrong clock.",
            "Look at the machine's time service.",
            "When the clock is right, accept it; bots that sign by time may be refused until then."
        ),
        Playbook(
            "CPU",
            "Bots and feeds on that machine become slow.",
            "Find the process that takes it.",
            "Move or stop what does not trade."
        ),
        Playbook(
            "MEMORY",
            "The system may end a bot without warning.",
            "Find the process that grows.",
            "Start it again at a quiet moment, before the system does."
        ),
    ]
}
