import KillSwitch
import SafetyEngine

/// When the steps of the halt in force were first seen done, on the boottime clock: the screen's proof, in numbers.
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

    private var word: Word?
    private var diskAt: UInt64?
    private var gatesAt: UInt64?
    /// The stop file, as one types it after `touch`.
    var stopFile = "EMERGENCY_STOP in the state directory"

    /// After these the step is an alarm with the manual way.
    private static let diskLimit: UInt64 = 1_000_000_000
    private static let gatesLimit: UInt64 = 2_000_000_000

    /// The steps as they stand.
    mutating func steps(_ seen: Observation, own: Own?, venues: Bool) -> DeskSnapshot.HaltSteps {
        var steps = DeskSnapshot.HaltSteps()
        guard let now = seen.word, !now.mode.permitsAnything else {
            word = nil
            return seen.word == nil ? steps.taken(own) : steps
        }
        if word != now {
            word = now
            diskAt = nil
            gatesAt = nil
        }
        let mine = own?.word == now ? own : nil
        let start = mine?.keyAt ?? seen.changed
        func since(_ time: UInt64) -> Double { time > start ? Double(time - start) / 1_000_000 : 0 }

        if mine != nil { steps.key = .done(ms: 0) }
        steps.page = .done(ms: since(mine?.pageAt ?? seen.changed))
        if diskAt == nil, seen.fold.reachesWord { diskAt = mine?.diskAt ?? seen.now }
        steps.disk = disk(seen, mine, since)
        steps.open = seen.openGates.count
        steps.acknowledged = seen.acknowledged.count
        let waiting = seen.openGates.filter { !seen.acknowledged.contains($0) }
        steps.waitingFor = waiting.map(\.name)
        // Verified once is verified: a gate that opens later has sent nothing that this halt had to stop.
        if gatesAt == nil, waiting.isEmpty && seen.gatesProblem == nil || seen.effective != nil {
            gatesAt = verifiedAt(seen) ?? seen.now
        }
        if let gatesAt {
            steps.gates = .done(ms: since(gatesAt))
        } else if seen.now - min(start, seen.now) > HaltTimes.gatesLimit {
            // The only signal that a stopped process takes.
            let list = waiting.prefix(3).map { "\($0.name) (to end it: kill -9 \($0.pid))" }.joined(separator: ", ")
            steps.gates = .alarm(seen.gatesProblem ?? "NOT stopped: \(list)\(waiting.count > 3 ? ", ..." : "")")
        } else {
            steps.gates = .pending(ms: since(seen.now))
        }
        steps.orders = .notApplicable(venues ? "no venue is configured" : "paper desk: no orders at a venue")
        if let diskAt, let gatesAt {
            steps.verified = .done(ms: since(max(diskAt, gatesAt)))
        } else {
            steps.verified = .pending(ms: since(seen.now))
        }
        return steps
    }

    private func disk(_ seen: Observation, _ mine: Own?, _ since: (UInt64) -> Double) -> DeskSnapshot.HaltSteps.Step {
        if let diskAt { return .done(ms: since(diskAt)) }
        if let problem = mine?.problem {
            return .alarm("NOT ON DISK: \(problem); halted all the same, and tried again")
        }
        if seen.now - min(mine?.keyAt ?? seen.changed, seen.now) > HaltTimes.diskLimit {
            return .alarm("NOT ON DISK yet; halted all the same. To be safe: touch \(stopFile)")
        }
        return .pending(ms: since(seen.now))
    }

    /// When somebody else's halt was verified, by the records' own times.
    private func verifiedAt(_ seen: Observation) -> UInt64? {
        guard let at = seen.effective.flatMap(Clock.milliseconds(of:)),
            let halted = seen.fold.records.last(where: { $0.change == .halt && $0.state == seen.word }),
            let began = Clock.milliseconds(of: halted.at), at >= began
        else { return nil }
        return seen.changed + UInt64(at - began) * 1_000_000
    }
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
