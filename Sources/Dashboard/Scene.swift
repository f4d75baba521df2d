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
    /// The same for a desk on another machine: a few round trips.
    static let remoteAlarmAfterMs: UInt64 = 1_500
}

/// All that a view may look at: the snapshot, how old it is by now, and the clocks. No view asks for the time.
struct Scene {
    var snapshot: DeskSnapshot
    /// How fresh the snapshot is now.
    var freshness: Freshness
    /// Time since what is in the snapshot came in: added to every age in it.
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
    var manualHalt: String {
        if snapshot.link == nil, snapshot.directoryProblem != nil {
            return "no command reaches the desk: stop each bot (kill -9 PID), and cancel at the venues yourself"
        }
        return snapshot.link?.manualHalt(directory: snapshot.directory)
            ?? "estop activate\(snapshot.commandOption), or: touch "
            + StateDirectory.quoted("\(snapshot.directory)/EMERGENCY_STOP")
    }

    /// How to start the desk's host, as one types it.
    var serve: String { Scene.serve(snapshot) }

    static func serve(_ snapshot: DeskSnapshot) -> String { "estop serve\(snapshot.commandOption)" }

    /// A halt of this screen that a desk on another machine has not confirmed, as of now.
    var unconfirmed: DeskLink.UnconfirmedHalt? {
        guard let link = snapshot.link, var halt = link.halt else { return nil }
        halt.askedAgeMs = halt.askedAgeMs &+ elapsedMs &- min(elapsedMs, link.heldMs)
        return halt
    }

    /// The step between the key and the page of a desk on another machine, while it is not confirmed; nil: it is.
    private var sent: DeskSnapshot.HaltSteps.Step? {
        guard let halt = unconfirmed else { return nil }
        guard halt.askedAgeMs >= HaltPress.remoteAlarmAfterMs, !halt.isOnPage else {
            return .pending(ms: Double(halt.askedAgeMs))
        }
        return .alarm("\(halt.words). By hand: \(manualHalt)")
    }

    /// The steps of the last halt: the snapshot's, or as far as this screen knows them while no snapshot does.
    var steps: DeskSnapshot.HaltSteps {
        guard let press = unanswered else {
            guard let sent else { return snapshot.steps }
            var steps = snapshot.steps
            steps.sent = sent
            return steps
        }
        var steps = DeskSnapshot.HaltSteps()
        steps.key = .done(ms: 0)
        let waited = nowMs &- min(nowMs, press.atMs)
        if snapshot.link != nil { steps.sent = sent ?? .pending(ms: Double(waited)) }
        steps.page =
            waited < (snapshot.link == nil ? HaltPress.alarmAfterMs : HaltPress.remoteAlarmAfterMs)
            ? .pending(ms: Double(waited))
            : .alarm("the page has not changed for \(Age.text(waited)). By hand: \(manualHalt)")
        return steps
    }
}

extension DeskLink.UnconfirmedHalt {
    /// What is said of it, loud and with its age.
    var words: String {
        let age = Age.text(askedAgeMs)
        let tries = tries == 0 ? "not sent yet" : tries == 1 ? "sent once" : "sent \(tries) times"
        let why = problem.isEmpty ? "" : ": \(problem)"
        return isOnPage
            ? "HALTED there, NOT ON DISK there for \(age)\(why)" : "HALT NOT CONFIRMED for \(age), \(tries)\(why)"
    }
}
