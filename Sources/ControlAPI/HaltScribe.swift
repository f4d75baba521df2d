import Desk
import KillSwitch
import Synchronization

/// Writes the records of halts that came over HTTP, on threads of its own: the disk holds up neither a page nor another
/// connection.
final class HaltScribe: Sendable {
    /// One record: of a halt that is on the page, or of the reason that came after it.
    private enum Job: Sendable {
        case halt(HaltHandle.Pulled, HaltBody, Asker, isAheadOfBody: Bool)
        case reason(HaltAnswer, Asker)
    }

    private typealias Reply = @Sendable (HaltAnswer) -> Void

    private let killSwitch: KillSwitch
    private let retry: @Sendable (HaltHandle.Pulled, HaltRequest) -> Void
    private let onRecord: @Sendable () -> Void
    private let onHalt: @Sendable () -> Void
    private let identify: @Sendable (String) -> BearerClaims?
    private let meter: RequestMeter
    private let orders: @Sendable (UInt32) -> JSON?
    private let repeats = Mutex(HaltRepeats())
    private let waiting = Mutex<[(job: Job, reply: Reply)]>([])
    private let threads = WorkThreads(threads: HaltScribe.writers, most: .max, nice: 0)

    /// Records that are written at once: a disk puts several of them down together, so that many who halt at the same moment
    /// wait for each other less.
    private static let writers = 4

    /// - Parameters:
    ///   - retry: takes a record over that could not be put on disk.
    ///   - onRecord: told of every record, before its answer is given; must not wait.
    ///   - onHalt: told when halts were recorded; must not wait.
    ///   - orders: what is known of the orders that a halt of this generation found; must not wait.
    ///   - identify: whose a token is that came where none is needed; may wait.
    init(
        _ killSwitch: KillSwitch,
        retry: @escaping @Sendable (HaltHandle.Pulled, HaltRequest) -> Void,
        onRecord: @escaping @Sendable () -> Void = {},
        onHalt: @escaping @Sendable () -> Void,
        orders: @escaping @Sendable (UInt32) -> JSON? = { _ in nil },
        identify: @escaping @Sendable (String) -> BearerClaims? = { _ in nil },
        meter: RequestMeter
    ) {
        self.orders = orders
        self.meter = meter
        self.identify = identify
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
    func stop() {
        threads.stop(withinMs: 2_000)
        recordRepeats(all: true)
    }

    /// Has a halt recorded that is on the page already.
    ///
    /// - Parameters:
    ///   - asker: who asked; who that is exactly is found out here, where it may take long.
    ///   - isAheadOfBody: whether it was pulled before its body was there, and is answered by `explain`.
    func record(
        _ pulled: HaltHandle.Pulled,
        _ body: HaltBody,
        _ asker: Asker,
        isAheadOfBody: Bool,
        reply: @escaping @Sendable (HaltAnswer) -> Void
    ) {
        add(.halt(pulled, body, asker, isAheadOfBody: isAheadOfBody), reply)
    }

    /// Has the reason recorded that came after its halt.
    ///
    /// - Parameter answer: what became of the halt, with the body that came.
    func explain(_ answer: HaltAnswer, _ asker: Asker, reply: @escaping @Sendable (HaltAnswer) -> Void) {
        add(.reason(answer, asker), reply)
    }

    private func add(_ job: Job, _ reply: @escaping Reply) {
        waiting.withLock { $0.append((job, reply)) }
        _ = threads.add { [self] in _ = writeWaiting() }
    }

    /// Writes what waits, on the thread that calls.
    ///
    /// - Returns: whether anything waited.
    @discardableResult
    func writeWaiting() -> Bool {
        var written = false
        while let next = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            switch next.job {
            case .halt(let pulled, let body, let asker, let isAheadOfBody):
                // What is only counted is said with the record that counts it.
                if write(pulled, body, asker, isAheadOfBody, next.reply) { onHalt() }
            case .reason(let answer, let asker):
                write(answer, asker, next.reply)
                onHalt()
            }
            written = true
        }
        return written
    }

    /// - Returns: whether the halt has a record of its own.
    private func write(
        _ pulled: HaltHandle.Pulled,
        _ body: HaltBody,
        _ asker: Asker,
        _ isAheadOfBody: Bool,
        _ reply: Reply
    ) -> Bool {
        let asker = known(asker)
        let request = HaltRequest(
            scope: body.scope,
            reason: body.reason,
            // As libestop asks for it.
            source: asker.peer != nil && body.source == "library" ? .library : .api,
            op: asker.name(body.user),
            from: asker.place(source: body.source, body.user)
        )
        let (report, isCounted) = record(pulled, request, asker)
        // Before the answer: whoever has it and looks, sees it.
        if !isCounted { onRecord() }
        let answer = HaltAnswer(
            body: body,
            isTaken: report.taken,
            isDurable: report.durable,
            isActive: report.onPage,
            generation: report.state.generation,
            gates: gates(report.state),
            id: report.id,
            orders: report.onPage && (isAheadOfBody || report.coversAll) ? orders(report.state.generation) : nil,
            isAheadOfBody: isAheadOfBody,
            coversAll: report.coversAll
        )
        reply(answer)
        meter.addHalt(microseconds: (Clock.boottime() - asker.began) / 1_000, isDurable: report.durable)
        if !isAheadOfBody { count(answer, asker) }
        if !report.durable, !isCounted { retry(pulled, request) }
        return !isCounted
    }

    /// Open gates, and how many of them have acknowledged a word; nil: they cannot be read.
    private func gates(_ word: Word) -> (open: Int, acknowledged: Int)? {
        guard let slots = GateSlots.read(killSwitch.directory)?.filter(\.alive) else { return nil }
        let waiting = slots.filter { !$0.acknowledges(word) }
        // One that was never permitted needs the log to be told apart, which a flood of halts must not read each time.
        guard waiting.contains(where: { $0.checks == 0 }) else { return (slots.count, slots.count - waiting.count) }
        let seen = killSwitch.observe()
        return (slots.count, slots.count - waiting.count { !seen.hasAcknowledged($0) })
    }

    /// Records a halt, or counts it among those that say what is on disk already: a flood costs the disk and the log little.
    private func record(
        _ pulled: HaltHandle.Pulled,
        _ request: HaltRequest,
        _ asker: Asker
    ) -> (report: HaltReport, isCounted: Bool) {
        let now = Clock.boottime()
        let (verdict, isFirst) = repeats.withLock { repeats in
            let wasIdle = repeats.dueAt == nil
            let verdict = repeats.take(pulled, request, peer: asker.counted, now: now)
            return (verdict, wasIdle && repeats.dueAt != nil)
        }
        if isFirst {
            let later: @Sendable () -> Void = { [self] in
                Clock.sleep(milliseconds: HaltRepeats.interval / 1_000_000)
                recordRepeats(all: true)
            }
            if !ThreadStart.detached(later) { recordRepeats(all: true) }
        }
        switch verdict {
        case .record:
            let report = killSwitch.record(pulled, request)
            repeats.withLock { $0.wrote(request, peer: asker.counted, isDurable: report.durable) }
            return (report, false)
        case .counted(let isReasonRecorded): return (HaltReport(pulled, isDurable: isReasonRecorded), true)
        }
    }

    /// Records what was counted: one record for each peer.
    private func recordRepeats(all: Bool) {
        let due = repeats.withLock { $0.due(now: Clock.boottime(), all: all) }
        for (pulled, request) in due {
            guard !killSwitch.record(pulled, request).durable else { continue }
            repeats.withLock { $0.forgetRecorded() }
            retry(pulled, request)
        }
        if !due.isEmpty {
            onRecord()
            onHalt()
        }
    }

    private func write(_ answer: HaltAnswer, _ asker: Asker, _ reply: Reply) {
        var answer = answer
        let (asker, body) = (known(asker), answer.body)
        if body.reason != HaltBody().reason {
            let who = Identity(name: asker.name(body.user), from: asker.place(source: body.source, body.user))
            do throws(SwitchError) {
                try killSwitch.giveReason(body.reason, for: answer.id, source: .api, identity: who)
                onRecord()
            } catch {
                answer.isExplained = false
            }
        }
        reply(answer)
        count(answer, asker)
    }

    private func known(_ asker: Asker) -> Asker {
        guard asker.claims == nil, let token = asker.token else { return asker }
        var asker = asker
        asker.claims = identify(token)
        return asker
    }

    /// Here, and not on the event loop: whoever reads the counts holds it up nowhere.
    private func count(_ answer: HaltAnswer, _ asker: Asker) {
        let key = RequestMeter.Key(method: "POST", path: asker.path, status: answer.isTaken ? 200 : 500)
        meter.add(key, microseconds: (Clock.boottime() - asker.began) / 1_000)
    }
}
