import Glibc
public import KillSwitch
public import SafetyEngine
import Synchronization

/// The paper venue and its bots in real time, on one thread of their own, behind real gates.
///
/// Invariants (VenuesTests/PaperDeskTests): a bot's gate is asked and its order sent under the same lock that `cancelAll`
/// takes, so none is sent after a cancel that followed a halt; no other lock or callback is waited for under it.
///
/// While no process runs it, or the machine sleeps, its time stands still: its market is a simulation, not a record.
public final class PaperDesk: VenueAdapter {
    /// The file of the state directory that it goes on from.
    public static let file = "paper.json"

    private let directory: StateDirectory
    private let world: Mutex<PaperWorld>
    private let tell: @Sendable (String) -> Void
    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Takes up what was saved in the state directory, or starts anew; says which, if something was there.
    ///
    /// - Parameters:
    ///   - directory: the desk's, open.
    ///   - settings: how venue and bots are set up.
    ///   - tell: called with what an operator ought to know; must not wait.
    public init(
        _ directory: StateDirectory,
        settings: PaperSettings = PaperSettings(),
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        var settings = settings
        settings.pid = UInt32(clamping: getpid())
        self.directory = directory
        self.tell = tell
        world = Mutex(PaperDesk.take(up: directory, settings, tell))
    }

    private static func take(
        up directory: StateDirectory,
        _ settings: PaperSettings,
        _ tell: @Sendable (String) -> Void
    ) -> PaperWorld {
        let wallMs = Clock.wallMilliseconds()
        do {
            guard let bytes = try directory.read(file) else { return PaperWorld(settings, wallMs: wallMs) }
            var world = try PaperWorld(saved: bytes, settings: settings)
            world.resume(wallMs: wallMs)
            return world
        } catch {
            let why = (error as? PaperWorld.Unusable)?.message ?? "\(error)"
            tell("the paper venue starts anew: \(directory.path)/\(file) cannot be gone on with: \(why)")
            return PaperWorld(settings, wallMs: wallMs)
        }
    }

    // MARK: - Running

    /// Starts the thread. Everything is delivered for the first time within half a second.
    public func start(_ deliver: @escaping @Sendable ([Event]) -> Void) {
        let started = ThreadStart.joinable { [self] in run(deliver) }
        if started == nil { tell("the paper venue does not run: the system has no thread to give") }
        thread.withLock { $0 = started }
    }

    /// Ends the thread, after at most a quarter of a second, and saves.
    public func stop() {
        stopping.store(true, ordering: .releasing)
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let started { pthread_join(started, nil) }
    }

    private func run(_ deliver: @Sendable ([Event]) -> Void) {
        var pace = PaperPace(startMs: world.withLock { $0.venue.nowMs })
        let gates = PaperGates(state: directory.path, bots: world.withLock { $0.bots })
        var saving = PaperSaving()
        var problem = ""
        while true {
            gates.open(atMs: pace.nowMs)
            if gates.problem != problem, !gates.problem.isEmpty { tell(gates.problem) }
            problem = gates.problem
            gates.acknowledge()
            let target = pace.nowMs
            let events = world.withLock { world in
                world.venue.synchronize(wallMs: Clock.wallMilliseconds())
                return world.advance(to: target) { gates.permits($0, reducing: $1) }
            }
            if pace.isBeatDue() { gates.beat() }
            if !events.isEmpty { deliver(events) }
            let isEnd = stopping.load(ordering: .acquiring)
            if saving.isDue(at: pace.nowMs, after: events) || isEnd { save(&saving) }
            if isEnd { return }
            gates.sleep(milliseconds: pace.restMs)
            pace.tick()
        }
    }

    private func save(_ saving: inout PaperSaving) {
        let world = world.withLock { $0 }
        do {
            try directory.replace(PaperDesk.file, with: world.saved(), permissions: 0o660)
            saving.problem = ""
        } catch {
            if saving.problem != error.message { tell("the paper venue is not saved: \(error.message)") }
            saving.problem = error.message
        }
    }

    // MARK: - The adapter

    /// `paper`.
    public var name: String { PaperVenue.name }

    /// Its accounts.
    public var accounts: [String] { world.withLock { $0.venue.settings.accounts } }

    /// One step of the venue may be under way.
    public var patienceMs: UInt64 { 250 }

    /// Asks for all open orders of a scope to be cancelled; they are gone some steps later.
    public func cancelAll(_ scope: CancelScope) throws(VenueError) -> CancelAnswer {
        try ask { (venue) throws(VenueError) in try venue.cancelAll(scope) }
    }

    /// Asks for one order to be cancelled.
    public func cancel(_ order: OrderName, account: String) throws(VenueError) -> CancelAnswer {
        try ask { (venue) throws(VenueError) in try venue.cancel(order, account: account) }
    }

    /// All orders that may still trade in an account.
    public func openOrders(account: String) throws(VenueError) -> [OrderReport] {
        try ask { (venue) throws(VenueError) in try venue.openOrders(account: account) }
    }

    /// Sends an order that shrinks a position.
    public func close(_ request: CloseRequest) throws(VenueError) -> OrderName {
        try ask { (venue) throws(VenueError) in try venue.close(request) }
    }

    /// All positions of an account.
    public func positions(account: String) throws(VenueError) -> [PositionReport] {
        try ask { (venue) throws(VenueError) in try venue.positions(account: account) }
    }

    /// How one order stands.
    public func inquire(_ order: OrderName, account: String) throws(VenueError) -> OrderReport? {
        try ask { (venue) throws(VenueError) in try venue.inquire(order, account: account) }
    }

    /// Begins a fault, for a drill.
    public func inject(_ kind: PaperFault.Kind, amount: Int = 100, forMs: UInt64) {
        world.withLock { $0.venue.inject(kind, amount: amount, forMs: forMs) }
    }

    private func ask<Answer: Sendable>(
        _ body: (inout PaperVenue) throws(VenueError) -> Answer
    ) throws(VenueError) -> Answer {
        let result: Result<Answer, VenueError> = world.withLock { world in
            do throws(VenueError) {
                return .success(try body(&world.venue))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
