import KillSwitch

/// What happened before the recording began, and its measure.
enum Recording {
    /// After this it begins again.
    static let loopMs: UInt64 = 300_000
    /// Prices and counts move in steps of this: a screen at rest is not drawn for nothing.
    static let stepMs: UInt64 = 5_000
    /// The word at the beginning.
    static let firstWord = Word(generation: 10, mode: .live)
    /// The last resume came so long before the recording.
    static let resumedAgoMs: UInt64 = 11_520_000
    /// The venue that a rule halted, and how long before the recording.
    static let haltedVenue = "pionex"
    private static let venueHaltAgoMs: UInt64 = 14_400_000
    private static let venueHaltID = "demo-pionex"

    static var venueScope: Scope { (try? Scope("venue=\(haltedVenue)")) ?? .global }

    /// The halt of one venue that is in force from the beginning.
    static func venueLatch(_ moment: Moment) -> Latch {
        Latch(
            id: venueHaltID,
            source: .rule,
            scope: venueScope,
            mode: .halted,
            reason: "BOT_LOSS: grid bot lost 12.4 % in 30 min",
            op: "",
            since: moment.time(beforeRecordingMs: venueHaltAgoMs),
            tag: 0x5eed
        )
    }

    /// The log before the recording.
    static func history(_ moment: Moment) -> [Record] {
        let momentum = (try? Scope("strategy=momentum")) ?? .global
        func record(_ change: Record.Change, _ id: String, _ ago: UInt64, _ reason: String) -> Record {
            Record(
                change: change,
                id: "demo-\(id)",
                at: moment.time(beforeRecordingMs: ago),
                mode: .halted,
                reason: reason,
                source: .keyboard,
                op: "bob",
                from: "pts/2 10.8.0.14",
                pid: 812,
                host: "desk-1",
                was: Word(rawValue: 0),
                state: Word(rawValue: 0)
            )
        }
        var found: [Record] = []
        func append(_ record: Record, _ words: (UInt32, Mode, UInt32, Mode), edit: (inout Record) -> Void = { _ in }) {
            var record = record
            record.was = Word(generation: words.0, mode: words.1)
            record.state = Word(generation: words.2, mode: words.3)
            if record.change == .resume {
                record.mode = record.state.mode
                record.clears = found.count * 400
            }
            edit(&record)
            found.append(record)
        }
        append(record(.halt, "1", 39_600_000, "API errors"), (2, .live, 3, .halted)) { $0.op = "alice" }
        append(record(.resume, "2", 36_000_000, "kraken answers again, positions reconciled"), (3, .halted, 4, .live))
        append(record(.halt, "pionex", venueHaltAgoMs, ""), (4, .live, 5, .live)) {
            $0.source = .rule
            $0.op = ""
            $0.from = ""
            $0.scope = venueScope
            $0.reason = venueLatch(moment).reason
        }
        append(record(.halt, "3", 12_600_000, "Malfunction or bug"), (5, .live, 7, .live)) { $0.scope = momentum }
        append(
            record(.halt, "4", resumedAgoMs + 900, "paused for a moment by a resume of strategy=momentum"),
            (7, .live, 9, .halted)
        )
        append(record(.resume, "5", resumedAgoMs, "momentum redeployed with the fix"), (9, .halted, 10, .live)) {
            $0.scope = momentum
            $0.pause = "demo-4"
        }
        return found
    }
}
