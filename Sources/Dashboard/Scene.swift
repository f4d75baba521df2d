import KillSwitch
import SafetyEngine

/// A K from this screen, until a snapshot shows what became of it.
struct HaltPress: Sendable, Equatable {
    /// When it was pressed, on the monotonic clock.
    var atMs: UInt64
    /// The word that the last snapshot had by then.
    var word: Word?
    /// Whether a later snapshot has another word: the page took the halt.
    var answered = false

    /// Past this, a page that has not changed is an alarm: a store takes microseconds, a snapshot a few milliseconds.
    static let alarmAfterMs: UInt64 = 250
}

/// All that a view may look at: the snapshot, how old it is by now, and the clocks. No view asks for the time.
struct Scene {
    var snapshot: DeskSnapshot
    /// How fresh the snapshot is now.
    var freshness: Freshness
    /// Time since the snapshot came in: added to every age in it.
    var elapsedMs: UInt64
    var press: HaltPress?
    var nowMs: UInt64
    /// Unix time in milliseconds, UTC.
    var wallClockMs: Int64

    var status: Status {
        Status.of(snapshot, freshness: freshness, unansweredHalt: unanswered != nil)
    }

    /// A halt from this screen that no snapshot shows yet.
    var unanswered: HaltPress? { press.flatMap { $0.answered ? nil : $0 } }

    /// Today's date, UTC.
    var today: String { Age.utc(wallClockMs).date }

    /// An age out of the snapshot, as of now.
    func aged(_ ms: UInt64) -> UInt64 { ms &+ elapsedMs }

    /// How fresh a reading is now: never fresher than the desk's snapshot that brought it.
    func freshness<Row>(of reading: Reading<Row>) -> Freshness {
        switch freshness {
        case .lost, .never: freshness
        case .live, .stale:
            reading.freshness.later(
                by: elapsedMs,
                staleAfterMs: reading.staleAfterMs,
                lostAfterMs: reading.lostAfterMs,
                reason: "no news from \(reading.source)"
            )
        }
    }

    /// When something that old was, as a UTC time.
    func time(ago ms: UInt64) -> String { Age.utc(wallClockMs &- Int64(clamping: ms)).time }

    /// How to halt by hand when the screen's own halt has not arrived. Always printed in full.
    var manualHalt: String { "estop activate, or: touch \(snapshot.directory)/EMERGENCY_STOP" }

    /// The steps of the last halt: the snapshot's, or as far as this screen knows them while no snapshot does.
    var steps: DeskSnapshot.HaltSteps {
        guard let press = unanswered else { return snapshot.steps }
        var steps = DeskSnapshot.HaltSteps()
        steps.key = .done(ms: 0)
        let waited = nowMs &- min(nowMs, press.atMs)
        steps.page =
            waited < HaltPress.alarmAfterMs
            ? .pending(ms: Double(waited))
            : .alarm("the page has not changed for \(Age.text(waited)). By hand: \(manualHalt)")
        return steps
    }
}
