import KillSwitch
import SafetyEngine

/// The venues of the recording, and how they follow a halt.
enum RecordedVenues {
    /// The one that does not answer.
    static let silentVenue = "binance-futures"
    /// It fell silent so long before the recording.
    private static let silentAgoMs: UInt64 = 250_000
    /// After a resume it answers for so long.
    private static let calmMs: UInt64 = 30_000
    /// After a halt it answers again.
    static let silentAnswersMs: UInt64 = 10_000
    /// Milliseconds after a halt at which each venue has confirmed the last cancel.
    static let confirmedMs: [String: UInt64] = ["kraken": 2_480, "alpaca": 2_150, silentVenue: 12_000]

    private static let resting: [String: Int] = ["kraken": 14, "alpaca": 5, silentVenue: 4]

    static func account(_ venue: String) -> String {
        switch venue {
        case "kraken": "main"
        case "alpaca": "equities"
        case silentVenue: "hedge"
        default: "grid"
        }
    }

    /// For how long the silent venue has said nothing; nil: it answers.
    static func silenceMs(_ moment: Moment) -> UInt64? {
        guard let haltedMs = moment.haltedMs else {
            return moment.age(silentAgoMs + moment.inLoopMs, delayMs: calmMs)
        }
        guard haltedMs < silentAnswersMs else { return nil }
        return silenceMs(moment.beforeHalt).map { $0 + haltedMs }
    }

    /// When the halt's orders are all confirmed gone, in milliseconds after it.
    static func doneMs(_ moment: Moment) -> UInt64 {
        let answering = silenceMs(moment.beforeHalt) == nil
        return confirmedMs.map { $0 == silentVenue && answering ? 1_900 : $1 }.max() ?? 0
    }

    static func rows(_ moment: Moment) -> [Venue] {
        [kraken(moment), alpaca(moment), silent(moment), pionex(moment)].map { halted($0, moment) }
    }

    private static func kraken(_ moment: Moment) -> Venue {
        let latency: [UInt64] = [41, 38, 44, 52, 39, 47]
        let step = Int(moment.inLoopMs / (2 * Recording.stepMs))
        return Venue(
            name: "kraken",
            account: account("kraken"),
            state: .connected,
            openOrders: resting["kraken"],
            lastReplyAgeMs: moment.nowMs % 1_000,
            latencyMs: latency[step % latency.count]
        )
    }

    private static func alpaca(_ moment: Moment) -> Venue {
        Venue(
            name: "alpaca",
            account: account("alpaca"),
            state: .degraded,
            openOrders: resting["alpaca"],
            lastReplyAgeMs: moment.nowMs % 20_000,
            latencyMs: 2_140,
            note: "429 Too Many Requests (31 of the last 50): asked every 20 s until it allows more"
        )
    }

    private static func silent(_ moment: Moment) -> Venue {
        let silence = silenceMs(moment)
        return Venue(
            name: silentVenue,
            account: account(silentVenue),
            state: silence == nil ? .connected : .disconnected,
            openOrders: silence == nil ? resting[silentVenue] : nil,
            lastReplyAgeMs: silence ?? moment.nowMs % 1_000,
            latencyMs: silence == nil ? 183 : nil,
            note: silence == nil ? "" : "TLS handshake timed out after 10 s; tried again every 15 s"
        )
    }

    private static func pionex(_ moment: Moment) -> Venue {
        Venue(
            name: Recording.haltedVenue,
            account: account(Recording.haltedVenue),
            state: moment.venueIsHalted ? .stopped : .connected,
            openOrders: moment.venueIsHalted ? 0 : 2,
            cancelled: moment.venueIsHalted ? 6 : nil,
            toCancel: moment.venueIsHalted ? 6 : 0,
            lastReplyAgeMs: moment.nowMs % 5_000,
            latencyMs: 240,
            note: moment.venueIsHalted ? "bot 71233 stopped: halted by BOT_LOSS" : ""
        )
    }

    /// The venue as a halt of everything finds it.
    private static func halted(_ venue: Venue, _ moment: Moment) -> Venue {
        guard let haltedMs = moment.haltedMs, venue.state != .stopped else { return venue }
        var venue = venue
        venue.toCancel = resting[venue.name] ?? 2
        let silent = venue.name == silentVenue && silenceMs(moment.beforeHalt) != nil
        let begin = silent ? silentAnswersMs : 300
        let end =
            silent ? confirmedMs[silentVenue] ?? 0 : venue.name == silentVenue ? 1_900 : confirmedMs[venue.name] ?? 900
        let gone = cancelled(venue.toCancel, from: begin, to: end, at: haltedMs)
        venue.cancelled = gone
        if venue.openOrders != nil { venue.openOrders = venue.toCancel - gone }
        if gone == venue.toCancel {
            venue.state = .stopped
            venue.note = ""
        }
        return venue
    }

    /// One by one, the last of them at `to`.
    private static func cancelled(_ count: Int, from: UInt64, to: UInt64, at now: UInt64) -> Int {
        if now >= to { return count }
        guard now > from, to > from else { return 0 }
        return min(count - 1, Int(UInt64(count) * (now - from) / (to - from)))
    }
}
