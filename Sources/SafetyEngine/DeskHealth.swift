public import KillSwitch

/// Whether a desk works, part by part: the one answer that `estop health`, `summary`, `doctor`, every health path over HTTP
/// and the metrics give. A halted desk whose halt is verified is healthy: halting is what it is for.
///
/// Invariants (SafetyEngineTests/DeskHealthTests): a part that nothing is known of is not healthy; each part that is not
/// says why, in a line that names what it is about.
public struct DeskHealth: Sendable, Equatable {
    /// What a part belongs to.
    public enum Area: String, Sendable, CaseIterable, Codable {
        /// The page, its record, the host, the halt in force.
        case killSwitch = "switch"
        /// The engine and its journal.
        case engine
        /// Venues, supervisors, what is sold.
        case trading
        /// Alerts and breakers.
        case risk
    }

    /// One part.
    public struct Part: Sendable, Equatable {
        /// What it belongs to.
        public var area: Area
        /// Its name.
        public var name: String
        /// Whether it works.
        public var isHealthy: Bool
        /// What is known, or what is wrong.
        public var detail: String

        /// Creates a part.
        public init(_ area: Area, _ name: String, isHealthy: Bool, _ detail: String) {
            self.area = area
            self.name = name
            self.isHealthy = isHealthy
            self.detail = detail
        }
    }

    /// Every part.
    public var parts: [Part]

    /// Whether all of it works.
    public var isHealthy: Bool { parts.allSatisfy(\.isHealthy) }

    /// What does not, one line each.
    public var reasons: [String] { parts.filter { !$0.isHealthy }.map { "\($0.name): \($0.detail)" } }

    /// `healthy`, or `NOT HEALTHY (3 reasons)`.
    public var headline: String {
        let count = parts.count { !$0.isHealthy }
        return count == 0 ? "healthy" : "NOT HEALTHY (\(count) reason\(count == 1 ? "" : "s"))"
    }

    /// How long a halt may take until it is verified, in milliseconds; after that, or as soon as something is known to keep
    /// it from being verified, the desk is not healthy.
    public static let haltProvesWithinMs: UInt64 = 10_000

    /// An engine that has not evaluated its rules for so long does not work, in milliseconds.
    public static let engineLimitMs: UInt64 = 3_000

    /// Lines that were refused count for so long, in milliseconds.
    public static let refusalsCountMs: UInt64 = 600_000

    /// The health of a desk.
    ///
    /// - Parameters:
    ///   - seen: the kill switch.
    ///   - view: what the engine knows; nil: it does not run, or cannot be asked.
    ///   - engineProblem: why what the engine knows is not known now; nil: it is.
    public init(_ seen: Observation, _ view: EngineView?, engineProblem: String? = nil) {
        parts = DeskHealth.ofSwitch(seen) + DeskHealth.ofHalt(seen, view)
        guard let view, engineProblem == nil else {
            parts.append(Part(.engine, "engine", isHealthy: false, engineProblem ?? "it does not run"))
            return
        }
        parts += DeskHealth.parts(of: view)
    }

    /// What the engine alone can tell, without the switch.
    public init(engine view: EngineView) { parts = DeskHealth.parts(of: view) }

    // MARK: - The switch

    private static func ofSwitch(_ seen: Observation) -> [Part] {
        let page = seen.directoryProblem ?? seen.pageProblem?.description ?? seen.modeProblem
        let beat = "beat \(ElapsedText.of(seen.beatAgeMs)) ago"
        return [
            Part(.killSwitch, "page", isHealthy: seen.word != nil && page == nil, page ?? "mode \(seen.mode.name)"),
            Part(.killSwitch, "record", isHealthy: seen.notDurable == nil, seen.notDurable ?? "on disk"),
            Part(
                .killSwitch,
                "host",
                isHealthy: seen.host != nil && seen.hostBeats,
                seen.host == nil ? "no host runs" : beat
            ),
            Part(
                .killSwitch,
                "gates",
                isHealthy: seen.gatesProblem == nil,
                seen.gatesProblem ?? "\(seen.openGates.count) open"
            ),
        ]
    }

    /// A halt that nobody has proved is not known to have stopped anything. Whether it is verified is the answer of
    /// `Observation.verified`; why it is not, that of `HaltProof`.
    private static func ofHalt(_ seen: Observation, _ view: EngineView?) -> [Part] {
        let halts = seen.haltsInForce
        if halts.isEmpty, let word = seen.word, !word.mode.permitsAnything {
            return [
                Part(
                    .killSwitch,
                    "halt",
                    isHealthy: age(of: seen) < haltProvesWithinMs,
                    "not verified for \(ElapsedText.of(age(of: seen))): its record is not in the log"
                )
            ]
        }
        return halts.map { of($0, seen, view) }
    }

    private static func of(_ halt: HaltInForce, _ seen: Observation, _ view: EngineView?) -> Part {
        let name = halt.scope.isGlobal ? "halt" : "halt of \(halt.scope)"
        if let at = seen.verified(halt) { return Part(.killSwitch, name, isHealthy: true, "verified \(at)") }
        let proof = HaltProof(
            isRecorded: seen.notDurable == nil,
            gatesProblem: seen.gatesProblem,
            gates: (seen.gates(of: halt).count, seen.waitingGates(of: halt).map(\.name)),
            orders: view?.halts.first { $0.id == halt.id }
        )
        let age = age(of: seen)
        let hasOthers = proof.isRecorded && proof.gatesProblem == nil && proof.gates.waiting.isEmpty
        // A desk that is meant to work so waits for nothing, and is never verified.
        if hasOthers, proof.orders?.standing == .notWatched {
            return Part(.killSwitch, name, isHealthy: true, proof.text)
        }
        let isLooked = seen.isPaper || (seen.host != nil && seen.hostBeats)
        let why = isLooked ? proof.text : "no host runs, so nobody looks at its orders"
        // Before that it may be on its way; what is never going to be proved, or has a problem, is said at once.
        let problem = halt.scope.isGlobal ? view?.cancels?.problem ?? "" : ""
        let isOnItsWay = age < haltProvesWithinMs && problem.isEmpty && proof.orders?.standing != .unlisted
        return Part(
            .killSwitch,
            name,
            isHealthy: isOnItsWay,
            "not verified for \(ElapsedText.of(age)): \(why)\(problem.isEmpty ? "" : " (\(problem))")"
        )
    }

    /// Milliseconds since the page's word changed.
    private static func age(of seen: Observation) -> UInt64 {
        seen.now > seen.changed ? (seen.now - seen.changed) / 1_000_000 : 0
    }

    // MARK: - The engine

    private static func parts(of view: EngineView) -> [Part] {
        ofEngine(view) + ofTrading(view) + ofRisk(view)
    }

    private static func ofEngine(_ view: EngineView) -> [Part] {
        let journal = view.journal
        var parts = [
            Part(
                .engine,
                "engine",
                isHealthy: view.evaluationAgeMs <= engineLimitMs,
                "evaluated its rules \(ElapsedText.of(view.evaluationAgeMs)) ago"
            ),
            Part(
                .engine,
                "journal",
                isHealthy: journal.problem == nil,
                journal.words ?? "\(journal.waiting) events wait"
            ),
            Part(
                .engine,
                "files",
                isHealthy: journal.files == nil,
                journal.files?.joined(separator: "; ") ?? "as the host opened them"
            ),
        ]
        if let refusedMs = journal.refusedMs {
            let age = view.atMs.since(refusedMs)
            parts.append(
                Part(
                    .engine,
                    "events",
                    isHealthy: age > refusalsCountMs,
                    "\(journal.refused) lines were refused, the last \(ElapsedText.of(age)) ago: what they reported is not known"
                )
            )
        }
        return parts
    }

    private static func ofTrading(_ view: EngineView) -> [Part] {
        let supervisors = view.supervisors.map { bot in
            Part(
                .trading,
                "supervisor \(bot.name)",
                isHealthy: bot.health == .ok || bot.health == .late,
                bot.health.rawValue + (bot.note.isEmpty ? "" : ": \(bot.note)")
            )
        }
        let refused = view.proposals.filter { $0.state.hasPrefix("refused") }.map { proposal in
            Part(.trading, "exit \(proposal.id)", isHealthy: false, proposal.state)
        }
        let due = view.exitsDue
        let off = view.areExitsOff ? ", because automatic exits are off" : ""
        let exits = Part(
            .trading,
            "exits",
            isHealthy: due == 0,
            due == 0
                ? "none is due" : "\(due) position\(due == 1 ? " is" : "s are") past a limit and not being closed\(off)"
        )
        let unpriced = view.money.unpriced
        let prices = Part(
            .trading,
            "prices",
            isHealthy: unpriced == 0,
            unpriced == 0
                ? "every held position has a fresh one"
                : "\(unpriced) held position\(unpriced == 1 ? " has" : "s have") no fresh price: what they are worth, and whether "
                    + "an exit is due, is not known"
        )
        return supervisors + view.venues.map(of) + [prices] + refused + [exits] + (view.liquidation.map(of) ?? [])
    }

    private static func of(_ venue: Venue) -> Part {
        var problems: [String] = []
        if venue.state != .connected, venue.state != .stopped {
            problems.append(venue.state.rawValue + (venue.note.isEmpty ? "" : ": \(venue.note)"))
        }
        if let problem = venue.streams.orders.problem(of: "open orders") { problems.append(problem) }
        if let problem = venue.streams.positions.problem(of: "positions") { problems.append(problem) }
        let last = venue.lastReplyAgeMs.map { ", last reply \(ElapsedText.of($0)) ago" } ?? ""
        return Part(
            .trading,
            "venue \(venue.id)",
            isHealthy: problems.isEmpty,
            problems.isEmpty ? venue.state.rawValue + last : problems.joined(separator: "; ")
        )
    }

    private static func of(_ liquidation: EngineView.LiquidationState) -> [Part] {
        let isLeft = liquidation.state == .left || liquidation.state == .timeUp
        return [
            Part(
                .trading,
                "liquidation",
                isHealthy: !isLeft,
                isLeft ? "it ended and something is left unsold (estop liquidate --status)" : liquidation.state.rawValue
            )
        ]
    }

    private static func ofRisk(_ view: EngineView) -> [Part] {
        view.breakers.filter(\.isEnabled).map { breaker in
            Part(
                .risk,
                "breaker \(breaker.name)",
                isHealthy: !breaker.isTripped,
                breaker.isTripped ? (breaker.note.isEmpty ? "tripped" : breaker.note) : "armed"
            )
        }
            + view.alerts.filter { $0.level >= .critical }.map { alert in
                Part(.risk, "alert \(alert.id)", isHealthy: false, "\(alert.level.word): \(alert.text)")
            }
    }
}

extension DeskHealth {
    /// The members that every JSON answer about health has: `status`, `healthy`, `reasons`.
    public var jsonMembers: [JSON.Member] {
        [
            .init("status", .string(isHealthy ? "healthy" : "unhealthy")), .init("healthy", .bool(isHealthy)),
            .init("reasons", .array(reasons.map { .string($0) })),
        ]
    }
}

extension DeskHealth.Part {
    /// The part in a JSON object.
    public var json: JSON {
        .object([
            .init("name", .string(name)), .init("area", .string(area.rawValue)),
            .init("status", .string(isHealthy ? "healthy" : "unhealthy")), .init("detail", .string(detail)),
        ])
    }
}
