import KillSwitch
import SafetyEngine
import Synchronization

/// The way of this screen's halts to the desk: a thread and connections of its own, kept open, so that a halt waits for
/// nothing else, and is tried until the desk confirms it.
final class HaltLine: Sendable {
    /// What others may know of it.
    struct View: Sendable {
        var order: HaltOrder?
        /// How long a question and its answer took last, in milliseconds; nil: not known.
        var roundTripMs: UInt64?
        /// Why a halt would not arrive, as far as is known; nil: it would.
        var problem: String?
        /// Why the reason of the last halt is not recorded; nil: it is, or none was given.
        var reasonProblem: String?
    }

    private struct State: Sendable {
        var view = View()
        /// A reason that came after its halt was sent.
        var lateReason: String?
        var isEnding = false
    }

    private let address: RemoteAddress
    private let authorityFile: String?
    private let tokens: Tokens
    private let operatorName: String
    private let changed: @Sendable () -> Void
    private let state = Mutex(State())
    private let isRunning = Atomic<Bool>(false)
    private let wire = Wire()

    /// Between two looks whether the connections stand, in milliseconds.
    private static let pingMs: UInt64 = 5_000
    private static let pingLimitMs: UInt64 = 4_000
    private static let soonMs: UInt64 = 50
    /// Nothing that others serve: small, for everybody who may look, and refused with a token that is not accepted.
    private static let pingPath = "/api/v1/trading/status"
    /// How often a late reason is tried.
    private static let mostReasonTries = 20

    /// - Parameter changed: called when there is something new to show; must not wait.
    init(
        _ address: RemoteAddress,
        authorityFile: String?,
        tokens: Tokens,
        operatorName: String,
        changed: @escaping @Sendable () -> Void
    ) {
        self.address = address
        self.authorityFile = authorityFile
        self.tokens = tokens
        self.operatorName = operatorName
        self.changed = changed
    }

    var view: View { state.withLock { $0.view } }

    /// Whether a halt was asked for that the desk has not confirmed.
    var isOpen: Bool { state.withLock { $0.view.order.map { !$0.isConfirmed } ?? false } }

    /// Asks for a halt. Any thread; waits for nothing.
    func pull(reason: String) {
        let now = RemoteClock.nowMs
        state.withLock { state in
            if state.view.order == nil || state.view.order?.isConfirmed == true {
                state.view.order = HaltOrder(askedMs: now, reason: reason)
                state.lateReason = nil
                state.view.reasonProblem = nil
            } else {
                state.view.order?.hurry(atMs: now)
            }
        }
        wire.pull()
    }

    /// Says why the last halt was made: with the halt, or after it.
    func giveReason(_ reason: String) {
        state.withLock { state in
            guard state.view.order != nil else { return }
            state.lateReason = reason
            state.view.order?.reason = reason
        }
        wire.pull()
    }

    /// The link is back: an open halt is worth trying now.
    func hurry() {
        state.withLock { $0.view.order?.hurry(atMs: RemoteClock.nowMs) }
        wire.pull()
    }

    /// Begins.
    func start() -> Bool {
        isRunning.store(true, ordering: .releasing)
        let isStarted = ThreadStart.detached { [self] in
            run()
            isRunning.store(false, ordering: .releasing)
        }
        if !isStarted { isRunning.store(false, ordering: .releasing) }
        return isStarted
    }

    /// Ends, after an open halt is confirmed, or after so long.
    func stop(withinMs limit: UInt64) {
        let until = RemoteClock.nowMs + limit
        while isOpen, isRunning.load(ordering: .acquiring), RemoteClock.nowMs < until { Clock.sleep(milliseconds: 5) }
        state.withLock { $0.isEnding = true }
        wire.pull()
        while isRunning.load(ordering: .acquiring), RemoteClock.nowMs < until + 500 { Clock.sleep(milliseconds: 5) }
    }

    // MARK: - The thread

    private func run() {
        var work = Work(Connections(address, authorityFile: authorityFile))
        defer { work.end() }
        while !state.withLock({ $0.isEnding }) {
            let now = RemoteClock.nowMs
            sendHalt(&work, now)
            sendReason(&work, now)
            ping(&work, now)
            work.connections.drive(wire, milliseconds: wait(work, now))
            wire.rest()
            look(&work, RemoteClock.nowMs)
        }
    }

    /// What is under way.
    private struct Work {
        let connections: Connections
        var halt: (transfer: Connections.Transfer, body: [UInt8], reason: String)?
        var reason: (transfer: Connections.Transfer, body: [UInt8])?
        var reasonTries = 0
        var reasonAt: UInt64 = 0
        var pings: [(transfer: Connections.Transfer, body: [UInt8])] = []
        var pingAt: UInt64 = 0
        var pingedMs: UInt64 = 0
        var pace = Pace.stream

        init(_ connections: Connections) { self.connections = connections }

        func end() {
            if let halt { connections.end(halt.transfer) }
            if let reason { connections.end(reason.transfer) }
            for ping in pings { connections.end(ping.transfer) }
        }
    }

    private func wait(_ work: Work, _ now: UInt64) -> UInt64 {
        var until = now + 1_000
        if work.pings.isEmpty { until = min(until, work.pingAt) }
        if let order = view.order, !order.isConfirmed, !order.isUnderWay { until = min(until, order.nextMs) }
        return until > now ? until - now : 1
    }

    private func sendHalt(_ work: inout Work, _ now: UInt64) {
        let due = state.withLock { state -> (reason: String, limitMs: UInt64, isFirst: Bool)? in
            guard let order = state.view.order, order.isDue(atMs: now) else { return nil }
            let limit = order.limitMs
            state.view.order?.began(atMs: now)
            return (order.reason, limit, order.tries == 0)
        }
        guard let due else { return }
        // Over a connection that stands, the first time; what brought no answer may be dead.
        let asked = HaltReply.asked(
            reason: due.reason,
            operatorName: operatorName,
            limitMs: due.limitMs,
            isFresh: !due.isFirst
        )
        if let transfer = work.connections.start(asked, token: tokens.current) {
            work.halt = (transfer, [], due.reason)
        } else {
            state.withLock { $0.view.order?.ended(.failed("this machine has no memory to send it"), atMs: now) }
        }
        changed()
    }

    private func sendReason(_ work: inout Work, _ now: UInt64) {
        guard work.reason == nil, now >= work.reasonAt else { return }
        let due = state.withLock { state -> (id: String, reason: String)? in
            guard let order = state.view.order, order.isConfirmed, let id = order.id, let reason = state.lateReason
            else { return nil }
            return (id, reason)
        }
        guard let due else { return }
        let name = String(
            due.id.utf8.filter { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f && $0 != 0x3f && $0 != 0x25 }.map {
                Character(UnicodeScalar($0))
            }
        )
        let body = JSON.object([.init("reason", .string(due.reason)), .init("user_id", .string(operatorName))])
        guard let transfer = work.connections.start(.post("/api/v1/halts/\(name)/reason", body), token: tokens.current)
        else { return }
        work.reason = (transfer, [])
    }

    /// Two at once: so a second connection stands while one of them is under way.
    private func ping(_ work: inout Work, _ now: UInt64) {
        guard work.pings.isEmpty, work.halt == nil, now >= work.pingAt else { return }
        work.pingedMs = now
        var asked = Asked(path: HaltLine.pingPath)
        asked.connectMs = HaltLine.pingLimitMs
        asked.totalMs = HaltLine.pingLimitMs
        for _ in 0..<2 {
            if let transfer = work.connections.start(asked, token: tokens.current) { work.pings.append((transfer, [])) }
        }
        if work.pings.isEmpty { work.pingAt = now + HaltLine.pingMs }
    }

    private func look(_ work: inout Work, _ now: UInt64) {
        if var halt = work.halt {
            halt.body += work.connections.take(halt.transfer)
            work.halt = halt
            if let ended = work.connections.look(halt.transfer).ended {
                work.connections.end(halt.transfer)
                work.halt = nil
                let answer = HaltReply.answer(ended, halt.body, place: address.place)
                state.withLock { state in
                    state.view.order?.ended(answer, atMs: now)
                    // It arrived with the halt.
                    if state.view.order?.isConfirmed == true, state.lateReason == halt.reason { state.lateReason = nil }
                }
                work.reasonTries = 0
                changed()
            }
        }
        lookAtReason(&work, now)
        lookAtPings(&work, now)
    }

    private func lookAtReason(_ work: inout Work, _ now: UInt64) {
        guard var reason = work.reason else { return }
        reason.body += work.connections.take(reason.transfer)
        work.reason = reason
        guard let ended = work.connections.look(reason.transfer).ended else { return }
        work.connections.end(reason.transfer)
        work.reason = nil
        work.reasonTries += 1
        work.reasonAt = now + HaltLine.pingMs / 5
        // What is refused will be refused again.
        let isOver = (200..<500).contains(ended.status) || work.reasonTries >= HaltLine.mostReasonTries
        guard isOver else { return }
        let problem =
            ended.status == 200
            ? nil
            : ended.status > 0
                ? LinkProblem.of(status: ended.status, reason.body, place: address.place)
                : LinkProblem.of(ended, place: address.place)
        state.withLock { state in
            state.lateReason = nil
            state.view.reasonProblem = problem
        }
        changed()
    }

    private func lookAtPings(_ work: inout Work, _ now: UInt64) {
        for index in work.pings.indices.reversed() {
            work.pings[index].body += work.connections.take(work.pings[index].transfer)
            let seen = work.connections.look(work.pings[index].transfer)
            guard let ended = seen.ended else { continue }
            let ping = work.pings.remove(at: index)
            work.connections.end(ping.transfer)
            // The slower one tells nothing new of a link that answers; of one that does not, both say the same.
            let isAnswered = ended.status > 0
            let isRefused = ended.status == 401
            let problem =
                isAnswered
                ? (isRefused ? LinkProblem.of(status: 401, ping.body, place: address.place) : nil)
                : LinkProblem.of(ended, place: address.place)
            if isAnswered { work.pace.succeeded() }
            // A connection that had to be made first took longer than a round trip: asked again over it.
            let isNew = isAnswered && seen.connects > 0
            work.pingAt = now + (isNew ? HaltLine.soonMs : isAnswered ? HaltLine.pingMs : work.pace.failed())
            state.withLock { state in
                if !isNew { state.view.roundTripMs = isAnswered ? now - min(work.pingedMs, now) : nil }
                state.view.problem = problem
            }
            changed()
        }
    }
}

/// This screen's own monotonic time, in milliseconds.
enum RemoteClock {
    static var nowMs: UInt64 { Clock.boottime() / 1_000_000 }
}
