import Journal
import KillSwitch
import Operators
public import SafetyEngine
import Synchronization

/// What comes over the socket, done. Whatever may block has a thread of its own.
struct DeskService: EngineService {
    private let host: DeskHost

    init(_ host: DeskHost) { self.host = host }

    func offer(
        _ events: [EngineLoop.Incoming],
        from peer: Peer,
        whenEmptied: @escaping @Sendable () -> Void
    ) -> EventOffer {
        let offer = host.offer(events, whenEmptied: whenEmptied)
        if offer == .taken { host.follow(events, from: peer) }
        return offer
    }

    var deskName: String { host.deskName }

    func refused(_ count: Int, from peer: Peer) {
        host.submit([EngineLoop.host(.refused(count: UInt64(count), source: peer.name))])
    }

    func answer(
        _ request: ControlRequest,
        from peer: Peer,
        events: ControlCounts,
        reply: @escaping @Sendable (String) -> Bool
    ) {
        let host = host
        switch request {
        case .view:
            show(reply) { engine, atMs in engine.view(at: atMs) }
        case .alerts(let isHistory):
            show(reply) { engine, atMs in engine.alertsView(at: atMs, isHistory: isHistory) }
        case .watch:
            _ = reply(ViewLine.text(of: host.shown(host.view, atMs: host.view.atMs)))
            let pace = WatchPace()
            host.watch { view in pace.isDue(view) ? reply(ViewLine.text(of: view)) : true }
        case .flush: flush(events, reply)
        case .received: _ = reply(events.line(isReady: true))
        case .summary:
            let seen = host.stateDirectory.observe()
            ask(reply) { engine, atMs in
                let health = DeskHealth(seen, host.shown(engine.view(at: atMs), atMs: atMs))
                let text = JSON.Member("summary", .string(engine.summary(health)))
                return JSON.object([text] + health.jsonMembers).line
            }
        case .health:
            let seen = host.stateDirectory.observe()
            ask(reply) { engine, atMs in
                let view = host.shown(engine.view(at: atMs), atMs: atMs)
                let health = DeskHealth(seen, view)
                return JSON.object(
                    health.jsonMembers + [
                        .init("problems", .array(health.reasons.map { .string($0) })),
                        .init("alerts", .number(view.alerts.count)),
                        .init("evaluation_age_ms", .number(view.evaluationAgeMs)),
                        .init("parts", .array(health.parts.map(\.json))),
                    ]
                ).line
            }
        case .preflight(let mode, let scope):
            // The database is read on a thread that may wait for the disk: neither the socket's nor the engine's.
            let started = ThreadStart.detached {
                let database = host.databaseCheck()
                ask(reply) { engine, atMs in
                    let checks = engine.resumeChecks(for: mode, scope: scope, at: atMs) + [database]
                    return JSON.object([.init("checks", .array(checks.map(\.json)))]).line
                }
            }
            if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
        case .digest: digest(reply)
        // The door does it, with an engine and without.
        case .halt(let scope, let reason):
            halt(HaltRequest(scope: scope, reason: reason, source: .library, op: peer.name)) { report in
                _ = reply(JSON.object([.init("halted", .object([.init("taken", .bool(report.taken))]))]).line)
            }
        case .cancels: _ = reply(JSON.object([.init("halts", .array(host.haltOrders.map(\.json)))]).line)
        case .exits:
            ask(reply) { engine, atMs in
                let due = engine.view(at: atMs).exitsDue
                let text =
                    due == 0
                    ? nil
                    : "automatic exits are off while trading is halted: \(due) \(due == 1 ? "position is" : "positions are") "
                        + "past a limit and \(due == 1 ? "stays" : "stay") open; see 'estop exits', close them with 'estop exits carry-out'"
                let members: [JSON.Member] = [.init("due", .number(due)), .init("text", .text(text))]
                return JSON.object([.init("exits", .object(members))]).line
            }
        case .confirmConfiguration(let name, let reason, let passphrase):
            byHand(name, "confirm_configuration", "configuration", reason, passphrase, peer, reply) { host in
                host.confirmConfiguration(by: name)
            }
        case .act(let action, let passphrase, let waitMs): act(action, passphrase, waitMs, peer, reply)
        case .capPlan(let account, let most):
            ask(reply) { engine, atMs in
                let run = Normalization.plan(engine, at: atMs, account: account, most: most)
                let report = run.report(wallMs: Clock.wallMilliseconds(), isDryRun: true)
                return JSON.object([.init("cap", report)]).line
            }
        case .reconnect(let venue, let name, let reason, let passphrase):
            byHand(name, "reconnect", venue ?? "all", reason, passphrase, peer, reply) { host in
                host.reconnected(venue)
            }
        case .restart(let supervisor, let name, let reason, let passphrase):
            byHand(name, "restart", supervisor, reason, passphrase, peer, reply) { host in host.restarted(supervisor) }
        case .normalize(let name, let reason, let passphrase, let isDryRun):
            let action = OperatorAction(name: name, reason: reason, change: .enforceCap(account: nil, most: nil))
            normalize(action, passphrase, isDryRun: isDryRun, peer, reply)
        }
    }

    func switchChanged() { host.switchChanged() }

    var verdicts: [HaltVerdict] { host.verdicts }

    var takerOfHTTP: (any HTTPTaker)? { nil }

    var objectionToEvents: String? { nil }

    func halt(_ request: HaltRequest, reply: @escaping @Sendable (HaltReport) -> Void) {
        // The record waits for the disk; the page does not wait for the record.
        let killSwitch = host.stateDirectory
        let started = ThreadStart.detached { reply(killSwitch.halt(request)) }
        if !started { reply(killSwitch.halt(request)) }
    }

    // MARK: -

    /// How long the engine may take until the last view is the answer, in milliseconds.
    private static let viewWithinMs: UInt64 = 1_000

    /// Answers with what the engine knows now. Where it is too busy to say so in time, with the last view, which says how old
    /// it is. The view becomes a line on a thread of its own: the engine goes on meanwhile.
    private func show(
        _ reply: @escaping @Sendable (String) -> Bool,
        _ make: @escaping @Sendable (Engine, UInt64) -> EngineView
    ) {
        let host = host
        let started = ThreadStart.detached {
            var view = EngineAnswer.of(host, patienceMs: DeskService.viewWithinMs, make)
            if view == nil {
                var last = host.view
                let nowMs = host.time.now().atMs
                last.evaluationAgeMs += nowMs - min(nowMs, last.atMs)
                view = last
            }
            guard let view else { return }
            _ = reply(ViewLine.text(of: host.shown(view, atMs: view.atMs)))
        }
        if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
    }

    private static func error(_ text: String) -> String { JSON.object([.init("error", .string(text))]).line }

    /// Has the engine answer, or says that it has ended.
    private func ask(
        _ reply: @escaping @Sendable (String) -> Bool,
        _ answer: @escaping @Sendable (Engine, UInt64) -> String
    ) {
        if !host.ask({ engine, atMs in _ = reply(answer(engine, atMs)) }) {
            _ = reply(SwitchDoor.engineIsMissing(EngineLoop.hasEnded))
        }
    }

    /// Says what became of a connection's events once they are on disk, or that they are not.
    private func flush(_ events: ControlCounts, _ reply: @escaping @Sendable (String) -> Bool) {
        // First through the engine, then onto the disk. An engine that has ended has handed all that it took to the journal.
        if !host.ask({ _, _ in confirm(events, reply) }) { confirm(events, reply) }
    }

    private func confirm(_ events: ControlCounts, _ reply: @escaping @Sendable (String) -> Bool) {
        let host = host
        let started = ThreadStart.detached {
            let isDurable = host.isDurable(limitMs: 30_000)
            var members: [JSON.Member] = [
                .init("lines", .number(events.lines)), .init("taken", .number(events.taken)),
                .init("refused", .number(events.refused)),
                .init("durable", .bool(isDurable)),
            ]
            if !isDurable { members.append(.init("problem", .text(host.journalProblem))) }
            _ = reply(JSON.object([.init("flushed", .object(members))]).line)
        }
        if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
    }

    /// Says what the engine's state comes to. Encoding it takes long: the engine goes on meanwhile.
    private func digest(_ reply: @escaping @Sendable (String) -> Bool) {
        let isAsked = host.ask { engine, atMs in
            let started = ThreadStart.detached {
                guard let digest = try? EngineDigest.text(of: engine) else {
                    _ = reply(DeskService.error("the engine's state cannot be encoded"))
                    return
                }
                let members: [JSON.Member] = [
                    .init("sha256", .string(digest)), .init("at_ms", .number(atMs)),
                    .init("events", .number(engine.book.counts.taken)),
                ]
                _ = reply(JSON.object([.init("digest", .object(members))]).line)
            }
            if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
        }
        if !isAsked { _ = reply(SwitchDoor.engineIsMissing(EngineLoop.hasEnded)) }
    }

    /// An operator's action: authority first, then the audit, then the engine.
    private func act(
        _ action: OperatorAction,
        _ passphrase: String,
        _ waitMs: UInt64,
        _ peer: Peer,
        _ reply: @escaping @Sendable (String) -> Bool
    ) {
        let host = host
        let started = ThreadStart.detached {
            if let why = DeskService.objection(action, passphrase, peer, host) {
                _ = reply(DeskService.error(why))
                return
            }
            let from: [JSON.Member] = [.init("uid", .number(peer.uid)), .init("pid", .number(peer.pid))]
            let outcome = host.perform(action, from: from, waitMs: waitMs)
            if outcome.problem.isEmpty {
                _ = reply(OutcomeLine.text(of: outcome))
            } else {
                _ = reply(DeskService.error(outcome.problem))
            }
        }
        if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
    }

    /// What the host itself does for an operator: authority first, then the audit, on disk, then the deed.
    private func byHand(
        _ name: String,
        _ what: String,
        _ about: String,
        _ reason: String,
        _ passphrase: String,
        _ peer: Peer,
        _ reply: @escaping @Sendable (String) -> Bool,
        _ deed: @escaping @Sendable (DeskHost) -> ActionOutcome
    ) {
        let host = host
        let started = ThreadStart.detached {
            if let why = DeskService.objection(name, reason, passphrase, peer, host) {
                _ = reply(DeskService.error(why))
                return
            }
            let body: [JSON.Member] = [
                .init("about", .string(about)), .init("reason", .string(reason)), .init("uid", .number(peer.uid)),
                .init("pid", .number(peer.pid)),
            ]
            guard host.record("operator:\(name)", what, .object(body)) else {
                _ = reply(DeskService.error("not done: it could not be recorded on disk"))
                return
            }
            var outcome = deed(host)
            outcome.by = name
            _ = reply(outcome.problem.isEmpty ? OutcomeLine.text(of: outcome) : DeskService.error(outcome.problem))
        }
        if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
    }

    /// A normalization: whoever may enforce the cap may have it done; anybody may see what it would do.
    private func normalize(
        _ action: OperatorAction,
        _ passphrase: String,
        isDryRun: Bool,
        _ peer: Peer,
        _ reply: @escaping @Sendable (String) -> Bool
    ) {
        let host = host
        let started = ThreadStart.detached {
            let run: Normalization?
            let who = "operator:\(action.name)"
            if isDryRun {
                run = NormalizationRun.plan(host)
            } else {
                if let why = DeskService.objection(action, passphrase, peer, host) {
                    _ = reply(DeskService.error(why))
                    return
                }
                host.audit(
                    who,
                    "normalize",
                    .object([
                        .init("reason", .string(action.reason)), .init("uid", .number(peer.uid)),
                        .init("pid", .number(peer.pid)),
                    ])
                )
                guard host.isDurable(limitMs: 5_000) else {
                    _ = reply(DeskService.error("not done: it could not be recorded on disk, and it spends or loosens"))
                    return
                }
                run = NormalizationRun(host: host, operatorName: action.name, reason: action.reason).carryOut()
            }
            guard let run else {
                _ = reply(DeskService.error("not done: the engine does not answer"))
                return
            }
            let wallMs = Clock.wallMilliseconds()
            let report = run.report(wallMs: wallMs, isDryRun: isDryRun)
            if !isDryRun {
                host.log(RunbookLog.normalized(run))
                host.audit(who, "normalized", report)
            }
            _ = reply(
                JSON.object([
                    .init("file", .string(Normalization.fileName(wallMs: wallMs))), .init("normalization", report),
                ]).line
            )
        }
        if !started { _ = reply(DeskService.error("the host has no thread left: try again")) }
    }

    /// Why somebody may not do something; nil: they may.
    private static func objection(
        _ action: OperatorAction,
        _ passphrase: String,
        _ peer: Peer,
        _ host: DeskHost
    ) -> String? {
        guard action.change.spendsOrLoosens else { return nil }
        return objection(action.name, action.reason, passphrase, peer, host)
    }

    /// Why somebody may not do what needs an operator; nil: they may.
    private static func objection(
        _ name: String,
        _ reason: String,
        _ passphrase: String,
        _ peer: Peer,
        _ host: DeskHost
    ) -> String? {
        guard reason.contains(where: { !$0.isWhitespace }) else { return "a reason is needed: say why" }
        let killSwitch = host.stateDirectory
        let store = OperatorStore(directory: killSwitch.directory.path)
        do {
            if try store.list().isEmpty {
                let isOwner = peer.uid == 0 || peer.uid == killSwitch.directory.owner
                return isOwner
                    ? nil
                    : "nobody is enrolled, so only the owner of the state directory may do this: run it as that user"
            }
        } catch {
            return error.message
        }
        return store.objection(
            to: name,
            passphrase: Passphrase(passphrase),
            on: killSwitch,
            identity: Identity.current()
        )
    }
}

/// When a watcher is due: at once for a change that matters, else once a second.
private final class WatchPace: Sendable {
    private let told = Mutex<(atMs: UInt64, view: EngineView)?>(nil)

    func isDue(_ view: EngineView) -> Bool {
        told.withLock { told in
            if let last = told, view.atMs < last.atMs + 1_000, !view.differsInSubstance(from: last.view) {
                return false
            }
            told = (view.atMs, view)
            return true
        }
    }
}

extension EngineView {
    /// Whether something other than ages and prices changed.
    func differsInSubstance(from other: EngineView) -> Bool {
        alerts.map(\.id) != other.alerts.map(\.id) || alerts.map(\.level) != other.alerts.map(\.level)
            || alerts.map(\.acknowledgedBy) != other.alerts.map(\.acknowledgedBy)
            || openOrders != other.openOrders || positions.count != other.positions.count
            || proposals.map(\.state) != other.proposals.map(\.state)
            || liquidation?.positions.map(\.state) != other.liquidation?.positions.map(\.state)
            || liquidation?.state != other.liquidation?.state || cancels?.left != other.cancels?.left
            || cancels?.doneAfterMs != other.cancels?.doneAfterMs || cancels?.standing != other.cancels?.standing
            || cancels?.new != other.cancels?.new || halts.map(\.standing) != other.halts.map(\.standing)
            || venues.map(\.state) != other.venues.map(\.state)
            || supervisors.map(\.health) != other.supervisors.map(\.health) || journal.problem != other.journal.problem
    }
}

extension OperatorAction.Change {
    /// Whether it needs an operator's authority: whatever can spend, or makes a limit wider.
    public var spendsOrLoosens: Bool {
        switch self {
        case .acknowledge, .acknowledgeAll, .silence, .endSilence, .cancelOrder, .removeDust: false
        case .resetBreaker, .addDust, .clearDust, .enforceCap, .liquidate, .stopLiquidation, .carryOut, .setEntryPrice,
            .acceptClock, .forgetSupervisor:
            true
        }
    }

    /// What the operator is told.
    var done: String {
        switch self {
        case .acknowledge(let alert, _): "\(alert) is acknowledged"
        case .acknowledgeAll(let rule, _):
            "every open alert\(rule.isEmpty ? "" : " of \(rule)") is acknowledged; each stays open until its cause is gone"
        case .silence(let rule, _, let forMs): "\(rule) is silenced for \(forMs / 1000) s"
        case .endSilence(let rule, _): "\(rule) is told of again"
        case .resetBreaker(let name): "\(name) is reset; latches are as they were"
        case .addDust(_, _, let symbol, _): "\(symbol) is on the list of dust"
        case .removeDust(_, _, let symbol): "\(symbol) counts again"
        case .clearDust: "the list of dust is empty"
        case .enforceCap: "no account is over its cap"
        case .liquidate: "nothing is held"
        case .stopLiquidation: "the liquidation is stopped: nothing more of it is sent"
        case .carryOut(let proposal): "\(proposal) is done"
        case .cancelOrder(_, _, let clientID): "\(clientID) is gone"
        case .setEntryPrice(_, _, let symbol, _): "the entry price of \(symbol) is taken over"
        case .acceptClock: "the machine's clock is taken over"
        case .forgetSupervisor(let name): "\(name) is forgotten"
        }
    }
}
