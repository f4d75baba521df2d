import Desk
import KillSwitch
import Synchronization

/// What became of a halt that was asked for over HTTP.
struct HaltAnswer: Sendable, Equatable {
    /// What was asked.
    var body: HaltBody
    /// On the page, or left as a stop file.
    var isTaken: Bool
    /// Whether its record is on disk.
    var isDurable: Bool
    /// Whether the page refuses.
    var isActive: Bool
    /// The page's generation after it.
    var generation: UInt32
    /// Gates that are open, and those of them that have acknowledged.
    var gates: (open: Int, acknowledged: Int)?
    /// The halt's id.
    var id: String
    /// What is known now of the orders that it found; nil: nobody knows.
    var orders: JSON?

    static func == (left: HaltAnswer, right: HaltAnswer) -> Bool {
        left.body == right.body && left.isTaken == right.isTaken && left.isDurable == right.isDurable
            && left.id == right.id && left.isActive == right.isActive && left.generation == right.generation
    }
}

/// Writes the records of halts that came over HTTP, on threads of its own: the disk holds up neither a page nor another
/// connection.
final class HaltScribe: Sendable {
    private struct Job: Sendable {
        var pulled: HaltHandle.Pulled
        var request: HaltRequest
        var body: HaltBody
        var peer: Peer?
        var began: UInt64
        var reply: @Sendable (HaltAnswer) -> Void
    }

    private let killSwitch: KillSwitch
    private let retry: @Sendable (HaltHandle.Pulled, HaltRequest) -> Void
    private let onRecord: @Sendable () -> Void
    private let onHalt: @Sendable () -> Void
    private let meter: RequestMeter
    private let orders: @Sendable (UInt32) -> JSON?
    private let waiting = Mutex<[Job]>([])
    private let threads = WorkThreads(threads: HaltScribe.writers, most: .max, nice: 0)

    /// Records that are written at once: a disk puts several of them down together, so that many who halt at the same moment
    /// wait for each other less.
    private static let writers = 4

    /// - Parameters:
    ///   - retry: takes a record over that could not be put on disk.
    ///   - onRecord: told of every record, before its answer is given; must not wait.
    ///   - onHalt: told when halts were recorded; must not wait.
    ///   - orders: what is known of the orders that a halt of this generation found; must not wait.
    init(
        _ killSwitch: KillSwitch,
        retry: @escaping @Sendable (HaltHandle.Pulled, HaltRequest) -> Void,
        onRecord: @escaping @Sendable () -> Void = {},
        onHalt: @escaping @Sendable () -> Void,
        orders: @escaping @Sendable (UInt32) -> JSON? = { _ in nil },
        meter: RequestMeter
    ) {
        self.orders = orders
        self.meter = meter
        self.killSwitch = killSwitch
        self.retry = retry
        self.onRecord = onRecord
        self.onHalt = onHalt
    }

    /// Starts the threads; false: the system has none.
    func start() -> Bool {
        threads.start()
        return threads.isRunning
    }

    /// Ends them; what waits is written first, unless the disk does not move.
    func stop() { threads.stop(withinMs: 2_000) }

    /// Has a halt recorded that is on the page already.
    ///
    /// - Parameter peer: who asked over `estop.sock`; what they are called is looked up here, where that may take long.
    func record(
        _ pulled: HaltHandle.Pulled,
        _ request: HaltRequest,
        _ body: HaltBody,
        _ peer: Peer? = nil,
        reply: @escaping @Sendable (HaltAnswer) -> Void
    ) {
        let began = Clock.boottime()
        let job = Job(pulled: pulled, request: request, body: body, peer: peer, began: began, reply: reply)
        waiting.withLock { $0.append(job) }
        _ = threads.add { [self] in _ = writeWaiting() }
    }

    /// Writes what waits, on the thread that calls.
    ///
    /// - Returns: whether anything waited.
    @discardableResult
    func writeWaiting() -> Bool {
        var written = false
        while let job = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            write(job)
            onHalt()
            written = true
        }
        return written
    }

    private func write(_ job: Job) {
        var request = job.request
        if let peer = job.peer, request.op?.isEmpty ?? true { request.op = peer.name }
        let report = killSwitch.record(job.pulled, request)
        // Before the answer: whoever has it and looks, sees it.
        onRecord()
        let slots = GateSlots.read(killSwitch.directory).map { $0.filter(\.alive) }
        job.reply(
            HaltAnswer(
                body: job.body,
                isTaken: report.taken,
                isDurable: report.durable,
                isActive: report.onPage,
                generation: report.state.generation,
                gates: slots.map { slots in (slots.count, slots.filter { $0.acknowledges(report.state) }.count) },
                id: report.id,
                orders: report.onPage && job.body.scope.isGlobal ? orders(report.state.generation) : nil
            )
        )
        if report.durable { meter.addHalt(microseconds: (Clock.boottime() - job.began) / 1_000) }
        if !report.durable { retry(job.pulled, request) }
    }
}

extension HaltAnswer {
    /// What the runbooks read, and what is known besides.
    var answer: APIAnswer {
        let scope = body.scope.isGlobal ? "all trading" : "\(body.scope)"
        let message =
            !isTaken
            ? "NOT HALTED: neither the page nor a stop file could be written. Stop the bots by hand"
            : isDurable
                ? "kill switch activated: \(scope) is halted"
                : "kill switch activated: \(scope) is halted; the record is not on disk yet and is tried again"
        return APIAnswer(
            isTaken ? 200 : 500,
            .object([
                .init("success", .bool(isTaken)), .init("message", .string(message)),
                .init("reason", .string(body.reason)), .init("source", .string(body.source ?? "API")),
                .init("is_active", .bool(isActive)), .init("user_id", .text(body.user)),
                .init("id", .string(id)), .init("mode", .string(body.scope.isGlobal ? "halted" : "restricted")),
                .init("scope", .string(body.scope.description)),
                .init("generation", .number(generation)), .init("durable", .bool(isDurable)),
                .init(
                    "gates",
                    gates.map { gates in
                        .object([
                            .init("open", .number(gates.open)), .init("acknowledged", .number(gates.acknowledged)),
                        ])
                    } ?? .null
                ),
                .init("cancels", orders ?? .null),
            ])
        )
    }
}
