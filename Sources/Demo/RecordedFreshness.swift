import SafetyEngine

/// How fresh each reading is: one after the other falls silent in a loop, so that live, stale and not connected can each
/// be seen, on panes that are whole at other times. Nothing is silent while a halt is in force.
enum RecordedFreshness {
    /// The recording itself says what is stale; the screen adds to that only when the recording stands still.
    static let slackMs: UInt64 = 120_000

    /// A freshness, and how long ago the rows were true (not before the recording).
    struct State {
        var freshness: Freshness
        var lagMs: UInt64
    }

    /// One silence in each loop.
    private struct Silence {
        /// The last answer before it, in the loop.
        var from: UInt64
        /// The next answer.
        var to: UInt64
        /// Silent so long, it is stale.
        var staleMs: UInt64
        /// Silent so long, it is lost; nil: it is not within this silence.
        var lostMs: UInt64?
        var reason = ""
    }

    static func venues(_ moment: Moment) -> State {
        state(moment, Silence(from: 275_000, to: 350_000, staleMs: 15_000))
    }

    static func orders(_ moment: Moment) -> State {
        let reason = "the order stream closed (code 1006); connecting again, try 7"
        return state(moment, Silence(from: 55_000, to: 120_000, staleMs: 5_000, lostMs: 25_000, reason: reason))
    }

    static func positions(_ moment: Moment) -> State {
        state(moment, Silence(from: 135_000, to: 210_000, staleMs: 15_000))
    }

    private static func state(_ moment: Moment, _ silence: Silence) -> State {
        let age = moment.nowMs % 1000
        // A silence may reach into the next loop; nobody resumed a desk in the middle of it.
        let inLoop = moment.inLoopMs < silence.from ? moment.inLoopMs + Recording.loopMs : moment.inLoopMs
        let lag = inLoop - silence.from
        guard moment.haltedMs == nil, inLoop < silence.to, moment.tradingMs.map({ $0 >= lag }) ?? true else {
            return State(freshness: .live(ageMs: age), lagMs: 0)
        }
        if let lostMs = silence.lostMs, lag >= lostMs {
            return State(freshness: .lost(ageMs: lag, reason: silence.reason), lagMs: min(lag, moment.nowMs))
        }
        return State(
            freshness: lag >= silence.staleMs ? .stale(ageMs: lag) : .live(ageMs: lag),
            lagMs: min(lag, moment.nowMs)
        )
    }
}
