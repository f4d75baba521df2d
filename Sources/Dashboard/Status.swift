import KillSwitch
public import SafetyEngine

/// The word over the full width: what the operator is told about trading. Words, symbols and roles in one table.
public enum Status: Sendable, Equatable, CaseIterable {
    /// Every gate is permitted.
    case trading
    /// Only gates of the paper venue are.
    case paper
    /// Only what shrinks a position is.
    case reduceOnly
    /// A halt is asked for, and not yet seen to have taken effect everywhere.
    case halting
    /// Nothing is permitted, and that was observed.
    case halted
    /// Nothing can be said; gates refuse.
    case unknown

    /// The word.
    public var word: String {
        switch self {
        case .trading: "TRADING"
        case .paper: "PAPER"
        case .reduceOnly: "REDUCE-ONLY"
        case .halting: "HALTING"
        case .halted: "HALTED"
        case .unknown: "UNKNOWN"
        }
    }

    /// The word in at most nine cells.
    public var shortWord: String { self == .reduceOnly ? "REDUCE" : word }

    /// The symbol; each has an ASCII twin of its own.
    var symbol: String {
        switch self {
        case .trading: "►"
        case .paper: "◇"
        case .reduceOnly: "▽"
        case .halting: "◐"
        case .halted: "■"
        case .unknown: "?"
        }
    }

    /// The role of the bar.
    var role: Role {
        switch self {
        case .trading: .trading
        case .paper: .paper
        case .reduceOnly: .reduceOnly
        case .halting: .halting
        case .halted: .halted
        case .unknown: .unknown
        }
    }

    /// What a snapshot says, as far as it can still be believed, and given a K of which no snapshot knows yet.
    static func of(_ snapshot: DeskSnapshot, freshness: Freshness, unansweredHalt: Bool) -> Status {
        switch freshness {
        case .never, .lost: return .unknown
        case .live, .stale: break
        }
        switch snapshot.mode {
        case .unknown: return .unknown
        case .halted: return snapshot.isEffective ? .halted : .halting
        case .live: return unansweredHalt ? .halting : .trading
        case .paper: return unansweredHalt ? .halting : .paper
        case .reduceOnly: return unansweredHalt ? .halting : .reduceOnly
        }
    }
}

extension DeskSnapshot {
    /// Whether a halt was seen to have taken effect: verified, or old enough that no step of it is known, with no
    /// open gate that has not acknowledged it.
    var isEffective: Bool {
        switch steps.verified {
        case .done, .past, .notApplicable: return true
        case .pending, .alarm: return false
        case .empty:
            return gatesProblem == nil && steps.all.allSatisfy { $0 == .empty }
                && gates.allSatisfy { $0.acknowledged || !$0.alive }
        }
    }

    /// Whether any step of the halt is still running: its counter is redrawn ten times a second.
    var hasPendingStep: Bool {
        steps.all.contains { if case .pending = $0 { true } else { false } }
    }

    /// Whether anything but ages and counters differs, so that it has to be painted before the next tick.
    public func differsVisibly(from other: DeskSnapshot) -> Bool { settled != other.settled }

    private var settled: DeskSnapshot {
        var copy = self
        copy.sinceAgeMs = nil
        copy.changeAgeMs = nil
        copy.link?.roundTripMs = nil
        copy.link?.silentMs = nil
        copy.link?.heldMs = 0
        copy.link?.halt?.askedAgeMs = 0
        switch host {
        case .running(let pid, _): copy.host = .running(pid: pid, beatAgeMs: 0)
        case .silent(let pid, _): copy.host = .silent(pid: pid, beatAgeMs: 0)
        case .embedded, .absent: break
        }
        for index in copy.gates.indices {
            copy.gates[index].checks = 0
            copy.gates[index].refusals = 0
            copy.gates[index].checksPerSecond = nil
            copy.gates[index].lastCheckAgeMs = nil
        }
        for index in copy.supervisors.indices {
            // The word for its health is what matters; the age follows with the tick.
            let health = copy.supervisors[index].health
            copy.supervisors[index].lastBeatAgeMs = UInt64(Supervisor.Health.allCases.firstIndex(of: health) ?? 0)
            copy.supervisors[index].gaps = []
        }
        copy.freshness = freshness.ageless
        copy.alerts = alerts.settled {
            $0.ageMs = 0
            $0.lastAgeMs = nil
            $0.samples = nil
        }
        copy.positions = positions.settled {
            $0.priceAgeMs = 0
            $0.heldMs = $0.heldMs.map { _ in 0 }
            $0.details = nil
        }
        copy.orders = orders.settled {
            // Stuck or not is what matters; the age follows with the tick.
            $0.ageMs = $0.stuckAfterMs > 0 && $0.ageMs >= $0.stuckAfterMs ? 1 : 0
            $0.details = nil
        }
        copy.venues = venues.settled {
            $0.lastReplyAgeMs = $0.lastReplyAgeMs.map { _ in 0 }
            $0.latencyMs = nil
            $0.books = $0.books.map {
                var books = Venue.Books()
                books.differences = $0.differences
                return books
            }
        }
        copy.engine = engine.map(\.settled)
        for step in [\HaltSteps.key, \.sent, \.page, \.disk, \.gates, \.orders, \.verified] {
            if case .pending = copy.steps[keyPath: step] { copy.steps[keyPath: step] = .pending(ms: 0) }
        }
        return copy
    }
}

extension EngineView {
    /// What of it is on screen besides its rows, without ages and figures that follow with the tick.
    fileprivate var settled: EngineView {
        var view = EngineView()
        view.proposals = proposals.map {
            var proposal = $0
            (proposal.ageMs, proposal.reason) = (0, "")
            return proposal
        }
        view.breakers = breakers.filter(\.isTripped).map {
            Breaker(name: $0.name, isTripped: true, isEnabled: $0.isEnabled, value: nil, limit: $0.limit)
        }
        view.probation = probation.map { ProbationState(endsInMs: 0, percent: $0.percent) }
        view.stage = stage.map { StageState(mode: $0.mode, sinceAgeMs: 0, next: $0.next) }
        return view
    }
}

extension Reading {
    /// The same without ages.
    fileprivate func settled(_ body: (inout Row) -> Void) -> Reading {
        var copy = self
        copy.freshness = freshness.ageless
        for index in copy.rows.indices { body(&copy.rows[index]) }
        return copy
    }
}

extension Freshness {
    /// The same without its age.
    fileprivate var ageless: Freshness {
        switch self {
        case .never: .never
        case .live: .live(ageMs: 0)
        case .stale: .stale(ageMs: 0)
        case .lost(_, let reason): .lost(ageMs: 0, reason: reason)
        }
    }
}

extension DeskSnapshot.HaltSteps {
    /// The steps, in their order.
    var all: [Step] { [key, sent, page, disk, gates, orders, verified] }

    /// Whether there is no page, and something else took the halt in its place.
    var wentElsewhere: Bool { if case .notApplicable = page { true } else { false } }

    /// Whether any of them failed or is late.
    var hasAlarm: Bool {
        all.contains { if case .alarm = $0 { true } else { false } }
    }
}
