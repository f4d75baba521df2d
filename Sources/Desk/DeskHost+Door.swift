public import Journal
public import KillSwitch
public import SafetyEngine
import Synchronization
import Venues

/// What the host does for those who ask from outside and whose right was checked by whoever asks in their name. All of it
/// may wait: never call it on a thread that must not.
extension DeskHost {
    /// An operator's action: the engine's objection, then the audit, on disk where it spends or loosens, then the engine;
    /// then waits for what becomes of its requests.
    ///
    /// - Parameters:
    ///   - from: where it was asked, for the audit.
    ///   - waitMs: how long its requests may take to be settled; the outcome says how they stand then.
    /// - Returns: what became of it.
    public func perform(_ action: OperatorAction, from: [JSON.Member], waitMs: UInt64) -> ActionOutcome {
        func refused(_ why: String) -> ActionOutcome {
            ActionOutcome(action: action.change.word, by: action.name, problem: why)
        }
        guard
            let objection = EngineAnswer.of(self, { engine, atMs in engine.objection(to: action, at: atMs) })
        else { return refused("not done: the engine does not answer") }
        if let objection { return refused(objection) }
        let id = "action-\(UInt64.random(in: .min ... .max))"
        let who = "operator:\(action.name)"
        audit(
            who,
            "request",
            .object(
                [
                    .init("id", .string(id)), .init("what", .string(action.change.word)),
                    .init("reason", .string(action.reason)), .init("change", ControlRequest.json(of: action.change)),
                ] + from
            )
        )
        guard isDurable(limitMs: 5_000) || !action.change.spendsOrLoosens else {
            return refused("not done: it could not be recorded on disk, and it spends or loosens")
        }
        let isTaken = submit([
            Event(Event.Origin(source: Event.Source(.operator, action.name)), .operatorAction(action), id: id)
        ])
        guard isTaken else { return refused("not done: \(EngineLoop.hasEnded)") }
        let outcome = settled(id, waitMs: waitMs)
        guard let outcome else { return refused("ordered, but the engine does not answer: see what became of it") }
        if !outcome.requests.isEmpty || !outcome.problem.isEmpty {
            audit(
                who,
                "outcome",
                .object([.init("id", .string(id)), .init("outcome", outcome.json(done: "", waitedMs: waitMs))])
            )
        }
        return outcome
    }

    /// What became of an action, at once when it is settled, at the latest after so long.
    private func settled(_ id: String, waitMs: UInt64) -> ActionOutcome? {
        let until = Clock.boottime() + waitMs * 1_000_000
        while true {
            guard let outcome = EngineAnswer.of(self, { engine, atMs in engine.outcome(of: id, at: atMs) }) else {
                return nil
            }
            guard let outcome, !outcome.isSettled, Clock.boottime() < until else { return outcome }
            Clock.sleep(milliseconds: min(50, max(1, waitMs)))
        }
    }

    /// What an operator is told when an action was done.
    public static func done(_ change: OperatorAction.Change) -> String { change.done }

    /// The liquidation that runs, or the last one, as the engine has it now.
    ///
    /// - Returns: nil: there was none, or the engine does not answer.
    public func liquidation() -> EngineView.LiquidationState? {
        EngineAnswer.of(self) { engine, atMs in engine.exits.liquidation.map { $0.shown(at: atMs) } } ?? nil
    }

    /// The venues that orders can be sent to.
    public var reachableVenues: [String] { parts.adapters.withLock { $0.map(\.name) } }

    /// Hands events in, all or none, by the same way as `estop.sock`.
    ///
    /// - Parameter whenEmptied: called once, when there was no room and there is again.
    /// - Returns: what became of them.
    public func ingest(
        _ events: [(event: Event, line: [UInt8])],
        whenEmptied: @escaping @Sendable () -> Void
    ) -> EventOffer {
        offer(events.map { EngineLoop.Incoming($0.event, line: $0.line) }, whenEmptied: whenEmptied)
    }

    /// Lines were refused; their sender was told.
    public func refused(_ count: Int, from source: String) {
        submit([EngineLoop.host(.refused(count: UInt64(clamping: count), source: source))])
    }

    /// Whether everything that was handed in until now is on disk.
    public func reachesDisk(withinMs limitMs: UInt64) -> Bool {
        guard EngineAnswer.of(self, { _, _ in true }) != nil else { return false }
        return isDurable(limitMs: limitMs)
    }

    /// Puts what somebody did into the audit.
    ///
    /// - Returns: whether it is on disk.
    public func record(_ who: String, _ what: String, _ body: JSON) -> Bool {
        audit(who, what, body)
        return isDurable(limitMs: 5_000)
    }

    /// Puts something into the audit, and does not wait until it is on disk: what was refused, by which anybody could
    /// keep the disk busy, or what the switch's own log has on disk already.
    public func note(_ who: String, _ what: String, _ body: JSON) { audit(who, what, body) }

    /// Orders that are open or finished not long ago, the last created first.
    public func recentOrders() -> [Order]? {
        EngineAnswer.of(self) { engine, atMs in engine.book.recentOrders(at: atMs, engine.settings) }
    }

    /// The last records of the audit, the newest first.
    public func auditRecords(limit: Int) throws -> [AuditRecord] { try auditTail(limit: limit) }

    /// What has a restart command, in the order of the configuration.
    public var restartable: [String] { settings.supervisors.filter { !$0.restart.isEmpty }.map(\.name) }

    /// Restarts what a supervisor watches, by its configured command.
    ///
    /// - Returns: why it was not restarted; nil: it was.
    public func restart(_ name: String) -> String? { restartSupervised(name) }

    /// Asks venues for everything again, on their own links.
    ///
    /// - Returns: for each venue, why it did not answer; nil: it did.
    public func reconnect(_ venue: String?) -> [(venue: String, problem: String?)] { askAgain(venue) }
}
