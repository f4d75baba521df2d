import KillSwitch
import SafetyEngine

/// When the steps of the halt in force were first seen done, on the boottime clock: the screen's proof, in numbers.
///
/// Invariants (DeskTests/HaltTimesTests):
/// - a time is of the record, of this process's own halt, or of a look that was due when it happened; a look that came long
///   after it says that it is done and not when;
/// - where a host runs, verified is what its record says, and nothing else; without one nothing of a real desk is verified.
struct HaltTimes: Sendable {
    /// A halt that this process made: what it knows to the microsecond.
    struct Own: Sendable {
        var word: Word
        var keyAt: UInt64
        var pageAt: UInt64
        var diskAt: UInt64?
        var problem: String?
        /// What took it where there is no page to write: a stop file was left, or the host was asked.
        var elsewhere: String?
    }

    /// When a step was done.
    private enum Moment {
        case at(UInt64)
        /// Nobody who looked then can say.
        case past
    }

    /// The stop file, as one types it after `touch`.
    var stopFile = "EMERGENCY_STOP in the state directory"

    private var word: Word?
    private var diskAt: Moment?
    private var gatesAt: Moment?
    /// The last look.
    private var lookedAt: UInt64?

    /// A look tells when something happened if the look before it, or the halt itself, was not longer ago.
    private static let timely: UInt64 = 1_500_000_000
    /// After these the step is an alarm with the manual way.
    private static let diskLimit: UInt64 = 1_000_000_000
    private static let gatesLimit: UInt64 = 2_000_000_000

    /// The steps as they stand.
    ///
    /// - Parameter wallMs: the wall clock at the look: the records' times are of it.
    mutating func steps(
        _ seen: Observation,
        own: Own?,
        venues: Bool,
        wallMs: Int64 = Clock.wallMilliseconds()
    ) -> DeskSnapshot.HaltSteps {
        var steps = DeskSnapshot.HaltSteps()
        let before = max(lookedAt ?? 0, seen.changed)
        lookedAt = seen.now
        guard let now = seen.word, !now.mode.permitsAnything else {
            word = nil
            return seen.word == nil ? steps.taken(own) : steps
        }
        if word != now {
            word = now
            diskAt = nil
            gatesAt = nil
        }
        let found: Moment = seen.now - min(before, seen.now) <= HaltTimes.timely ? .at(seen.now) : .past
        let mine = own?.word == now ? own : nil
        let start = mine?.keyAt ?? seen.changed
        func since(_ time: UInt64) -> Double { time > start ? Double(time - start) / 1_000_000 : 0 }
        func done(_ moment: Moment) -> DeskSnapshot.HaltSteps.Step {
            switch moment {
            case .at(let time): .done(ms: since(time))
            case .past: .past
            }
        }

        if mine != nil { steps.key = .done(ms: 0) }
        steps.page = .done(ms: since(mine?.pageAt ?? seen.changed))
        if diskAt == nil, seen.fold.reachesWord { diskAt = mine?.diskAt.map { .at($0) } ?? found }
        steps.disk = diskAt.map(done) ?? disk(seen, mine, since)
        steps.open = seen.openGates.count
        steps.acknowledged = seen.acknowledged.count
        let waiting = seen.openGates.filter { !seen.acknowledged.contains($0) }
        steps.waitingFor = waiting.map(\.name)
        // Verified once is verified: a gate that opens later has sent nothing that this halt had to stop.
        if gatesAt == nil, waiting.isEmpty && seen.gatesProblem == nil || seen.effective != nil { gatesAt = found }
        if let gatesAt {
            steps.gates = done(gatesAt)
        } else if seen.now - min(start, seen.now) > HaltTimes.gatesLimit {
            // The only signal that a stopped process takes.
            let list = waiting.prefix(3).map { "\($0.name) (to end it: kill -9 \($0.pid))" }.joined(separator: ", ")
            steps.gates = .alarm(seen.gatesProblem ?? "NOT stopped: \(list)\(waiting.count > 3 ? ", ..." : "")")
        } else {
            steps.gates = .pending(ms: since(seen.now))
        }
        steps.orders = .notApplicable("paper desk: no orders at a venue")
        if seen.effective != nil {
            steps.verified = done(verifiedAt(seen, wallMs: wallMs))
            // The engine says more of it, where it is asked.
            if seen.host != nil { steps.orders = .past }
        } else if seen.host != nil && (seen.hostBeats || !venues) {
            steps.orders = .pending(ms: since(seen.now))
            steps.verified = .pending(ms: since(seen.now))
        } else if venues {
            // Nobody looks at the venues: whatever the gates say, nothing is verified.
            steps.orders = .alarm(
                "ORDERS NOT CANCELLED, NOT verified: no host runs; cancel at the venue, or start 'estop serve'"
            )
            let isDone = diskAt != nil && gatesAt != nil
            steps.verified =
                isDone ? .notApplicable("orders NOT verified: no host runs") : .pending(ms: since(seen.now))
        } else if let diskAt, let gatesAt {
            if case .at(let disk) = diskAt, case .at(let gates) = gatesAt {
                steps.verified = .done(ms: since(max(disk, gates)))
            } else {
                steps.verified = .past
            }
        } else {
            steps.verified = .pending(ms: since(seen.now))
        }
        return steps
    }

    private func disk(_ seen: Observation, _ mine: Own?, _ since: (UInt64) -> Double) -> DeskSnapshot.HaltSteps.Step {
        if let problem = mine?.problem {
            return .alarm("NOT ON DISK: \(problem); halted all the same, and tried again")
        }
        if seen.now - min(mine?.keyAt ?? seen.changed, seen.now) > HaltTimes.diskLimit {
            return .alarm("NOT ON DISK yet; halted all the same. To be safe: touch \(stopFile)")
        }
        return .pending(ms: since(seen.now))
    }

    /// When the halt was verified, by its record. The page's own clock says when it began: the record of a halt may be much
    /// later than the halt.
    private func verifiedAt(_ seen: Observation, wallMs: Int64) -> Moment {
        let began = wallMs - Int64(clamping: (seen.now - min(seen.changed, seen.now)) / 1_000_000)
        guard let at = seen.effective.flatMap(Clock.milliseconds(of:)), at - began >= -HaltTimes.clocksDiffer else {
            return .past
        }
        return .at(seen.changed + UInt64(max(0, at - began)) * 1_000_000)
    }

    /// Two clocks read one after the other, in milliseconds: more than that is a jump of one of them.
    private static let clocksDiffer: Int64 = 5
}

extension DeskSnapshot.HaltSteps {
    /// A halt of a desk without a page: what became of it, for the rest nobody can see.
    fileprivate func taken(_ own: HaltTimes.Own?) -> DeskSnapshot.HaltSteps {
        guard let own, let place = own.elsewhere else { return self }
        var steps = self
        steps.key = .done(ms: 0)
        steps.page = .notApplicable("no page to write: \(place)")
        steps.disk = own.diskAt.map { .done(ms: Double($0 - min(own.keyAt, $0)) / 1_000_000) } ?? .pending(ms: 0)
        if let problem = own.problem { steps.disk = .alarm("NOT ON DISK: \(problem)") }
        return steps
    }
}
