import Glibc
import KillSwitch
public import Settings
import Synchronization

/// Tells people: takes notifications from the host, keeps them on disk, and delivers them.
///
/// Invariants (NotifyTests/NotifierTests): `add` waits for no disk, network or command, only for a lock around memory; a
/// notification is on disk before it is tried, and leaves the disk after it was delivered, refused or given up, so that a
/// kill -9 loses none of those (one may be delivered twice, with the same id); a target that hangs holds up no other one.
///
/// One thread keeps the outbox and the disk. Each try is a thread of its own, at most one per target: a receiver that
/// never answers must not keep an emergency from the others, nor from the disk.
public final class Notifier: Sendable {
    /// Notifications that wait for the thread; more are counted.
    static let mostIncoming = 10_000

    private struct Inbox {
        var notifications: [Notification] = []
        var settings: DeskConfiguration.Notify?
        var outcomes: [(entry: OutboxEntry, outcome: Outcome)] = []
        var overflow: Notification?
        var overflowed = 0
    }

    private let inbox = Mutex(Inbox())
    private let published = Mutex(NotifierState())
    private let isStopping = Atomic<Bool>(false)
    private let keeper = Mutex<pthread_t?>(nil)
    /// Wakes the keeper.
    private let wire = Wire()
    /// Readable once it is to end: every try ends then.
    private let ending = Wire()
    private let folder: QueueFolder
    private let times: NotifierTimes
    private let report: @Sendable (String) -> Void

    /// Creates a notifier; `start` begins.
    ///
    /// - Parameters:
    ///   - state: the path of the state directory; the queue is its `notify/`.
    ///   - settings: who is told.
    ///   - times: where times come from.
    ///   - report: takes lines for the host's log: what was given up, moved aside, or is not on disk. Called by the
    ///     notifier's thread.
    public init(
        state: String,
        settings: DeskConfiguration.Notify,
        times: NotifierTimes = .machine,
        report: @escaping @Sendable (String) -> Void
    ) {
        folder = QueueFolder(state: state)
        self.times = times
        self.report = report
        inbox.withLock { $0.settings = settings }
    }

    // MARK: - From any thread

    /// Starts the thread.
    ///
    /// - Returns: whether it runs; false when the system has no thread to give.
    @discardableResult
    public func start() -> Bool {
        keeper.withLock { keeper in
            guard keeper == nil else { return true }
            keeper = ThreadStart.joinable { [self] in run() }
            return keeper != nil
        }
    }

    /// Takes something to be told. Returns at once; an alert that was told already at that level is not told again.
    public func add(_ notification: Notification) {
        inbox.withLock { inbox in
            if inbox.notifications.count < Notifier.mostIncoming { return inbox.notifications.append(notification) }
            inbox.overflowed += 1
            if inbox.overflow == nil {
                inbox.overflow = .summary(of: notification.bounded)
            } else {
                inbox.overflow?.absorb(notification.bounded)
            }
        }
        wake()
    }

    /// Takes over new settings; what waits for a target of the same name stays.
    public func configure(_ settings: DeskConfiguration.Notify) {
        inbox.withLock { $0.settings = settings }
        wake()
    }

    /// How it is going.
    public var state: NotifierState { published.withLock { $0 } }

    /// Ends the thread and every try that is under way, and waits for them; what was not delivered stays on disk.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        ending.pull()
        wake()
        let started = keeper.withLock { keeper in
            defer { keeper = nil }
            return keeper
        }
        if let started { pthread_join(started, nil) }
    }

    private func wake() { wire.pull() }

    // MARK: - The keeper

    private func run() {
        let found = folder.read(repairing: true, now: times.now(), wall: times.wall())
        for problem in found.problems { report("notify: \(problem)") }
        let settings = inbox.withLock { $0.settings } ?? .init()
        var keeper = Keeper(
            outbox: Outbox(settings, waiting: found.entries, told: found.told),
            disk: QueueDisk(folder)
        )
        var tries: [UInt64: pthread_t] = [:]
        while true {
            let stopping = isStopping.load(ordering: .acquiring)
            takeInbox(&keeper, &tries)
            let step = stopping ? Outbox.Step() : keeper.outbox.step(at: times.now())
            keeper.persist(now: times.now(), wall: times.wall())
            publish(&keeper)
            // On disk, as far as the disk lets: now they may be tried.
            for (entry, target) in step.attempts { begin(entry, target, &tries) }
            if stopping, tries.isEmpty { break }
            sleep(until: [step.wakeAt, keeper.disk.retryAt].compactMap { $0 }.min())
        }
    }

    private func takeInbox(_ keeper: inout Keeper, _ tries: inout [UInt64: pthread_t]) {
        let taken = inbox.withLock { inbox in
            defer {
                inbox = Inbox(overflowed: inbox.overflowed)
            }
            return inbox
        }
        keeper.overflowed = taken.overflowed
        if let settings = taken.settings { keeper.outbox.configure(settings) }
        let now = times.now()
        for (entry, outcome) in taken.outcomes {
            if let thread = tries.removeValue(forKey: entry.number) { pthread_join(thread, nil) }
            keeper.outbox.finish(entry, outcome, at: now, wall: times.wall())
        }
        for notification in taken.notifications { keeper.outbox.take(notification, at: now) }
        if let overflow = taken.overflow { keeper.outbox.take(overflow, at: now) }
    }

    private func publish(_ keeper: inout Keeper) {
        for line in keeper.takeSaid() { report(line) }
        var state = NotifierState()
        state.targets = keeper.outbox.lanes.map { NotifierState.Target($0) }
        state.diskError = keeper.disk.error
        state.overflowed = keeper.overflowed
        state.repeated = keeper.outbox.repeated
        published.withLock { $0 = state }
    }

    private func begin(
        _ entry: OutboxEntry,
        _ target: DeskConfiguration.Notify.Target,
        _ tries: inout [UInt64: pthread_t]
    ) {
        let thread = ThreadStart.joinable { [self] in
            finish(entry, Sending.attempt(entry.notification, to: target, cancel: ending.readable))
        }
        if let thread {
            tries[entry.number] = thread
        } else {
            finish(entry, .failed("the system has no thread to give", retryAfterMs: nil))
        }
    }

    private func finish(_ entry: OutboxEntry, _ outcome: Outcome) {
        inbox.withLock { $0.outcomes.append((entry, outcome)) }
        wake()
    }

    private func sleep(until time: Int64?) {
        let left = time.map { max(0, $0 - times.now()) } ?? Int64.max
        // Without a wire to wait for (no descriptors left), it looks from time to time.
        let limit = wire.readable >= 0 ? Int64(Int32.max) : 250
        if wire.wait(milliseconds: Int32(clamping: min(left, limit))) { wire.rest() }
    }
}

/// What the notifier's thread owns.
private struct Keeper {
    var outbox: Outbox
    var disk: QueueDisk
    var overflowed = 0
    private var said: [String] = []

    init(outbox: Outbox, disk: QueueDisk) {
        self.outbox = outbox
        self.disk = disk
    }

    mutating func persist(now: Int64, wall: Int64) {
        said += outbox.takeSaid()
        if let word = disk.persist(&outbox, now: now, wall: wall) { said.append(word) }
    }

    mutating func takeSaid() -> [String] {
        defer { said = [] }
        return said
    }
}
