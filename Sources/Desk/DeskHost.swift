import Journal
public import KillSwitch
public import Logging
import Notify
import Operators
public import SafetyEngine
public import Settings
import Synchronization
public import Venues

/// What stands behind the switch of one desk: the engine with its journal, its venues, who is told, and the socket. Whatever
/// of it fails, the switch's host goes on.
public final class DeskHost: Sendable {
    let killSwitch: KillSwitch
    let host: Host
    let journal: Journal
    let loop: EngineLoop
    let time: DeskTime
    let parts: Parts
    let logger: Logger

    /// Somebody who looks at each view.
    struct Watcher: Sendable {
        /// Takes a view; whether the next one is wanted too.
        let look: @Sendable (EngineView) -> Bool
    }

    /// What is made after the loop, and needs it.
    final class Parts: Sendable {
        let effects = Mutex<EffectRunner?>(nil)
        let adapters = Mutex<[any VenueAdapter]>([])
        let sensor: Mutex<SwitchSensor>
        let cancels = Mutex(HaltCancels())
        let halts = Mutex(HaltStanding())
        let configuration: Mutex<DeskConfiguration>
        let standing = Mutex<(waiting: UInt64, problem: String?)>((0, nil))
        /// What was reported last of files that are not as they were.
        let files = Mutex<[String]>([])
        let watchers = Mutex<[Watcher]>([])
        /// What of the configuration waits for somebody with the right to resume; nil: all of it holds.
        let held = Mutex<HeldConfiguration?>(nil)

        init(_ killSwitch: KillSwitch, _ configuration: DeskConfiguration) {
            sensor = Mutex(SwitchSensor(killSwitch))
            self.configuration = Mutex(configuration)
        }
    }

    let log: DeskLog
    let notifier: Notifier
    private let restarts = SupervisorRestart()
    let tradingMode = Mutex<TradingModeWatch?>(nil)
    let follower = Worker()
    let onView: @Sendable () -> Void

    /// Starts everything.
    ///
    /// - Parameters:
    ///   - killSwitch: the desk.
    ///   - host: the switch's host, which runs.
    ///   - configuration: what holds, but for what loosens limits while trading goes on.
    ///   - writer: who wrote it, as far as can be known.
    ///   - adapters: the venues that it reaches.
    ///   - logger: where the host says what it does.
    ///   - onView: called, on a thread of the host, when something other than ages and prices changed; must not wait.
    /// - Throws: `JournalError` when the journal cannot be used. Trading is as it was: halted stays halted.
    public init(
        _ killSwitch: KillSwitch,
        host: Host,
        configuration: DeskConfiguration,
        by writer: String = "host:configuration",
        adapters: [any VenueAdapter],
        logger: Logger,
        onView: @escaping @Sendable () -> Void = {}
    ) throws {
        self.killSwitch = killSwitch
        self.logger = logger
        self.onView = onView
        self.host = host
        // Before the new one is made: who dies in between finds no journal again, and not one that looks whole.
        DeskHost.haltWithoutJournal(killSwitch, hasPast: host.hadPast, logger)
        let journal = try Journal(
            directory: killSwitch.directory.path,
            codec: LineCodec(),
            options: JournalOptions(configuration.journal)
        )
        self.journal = journal
        let (boot, bootMs, wallMs) = (Machine.bootID, Clock.boottime() / 1_000_000, Clock.wallMilliseconds())
        let restored: Restored
        let engine: Engine
        do {
            restored = try journal.restore()
            for problem in restored.problems { logger.warning("journal: \(problem)") }
            engine = try restored.replay(settings: configuration.engine)
        } catch {
            journal.close()
            // The next try begins a new one, and halts.
            if error.isDamage {
                let aside = try Journal.moveAside(directory: killSwitch.directory.path)
                logger.error("the damaged journal was moved to \(aside)")
            }
            throw error
        }
        let (running, held) = DeskHost.startingWith(
            configuration,
            after: restored.last == nil ? nil : engine.settings,
            killSwitch
        )
        let isForgetful = journal.isNew && !journal.damaged.isEmpty || restored.missing > 0
        let atMs = restored.session.flatMap { session in
            restored.last.map { session.deskTime(bootID: boot, bootMs: bootMs, wallMs: wallMs, after: $0) }
        }
        // A new desk's time begins at the wall clock's, so that what was opened before has its place on it.
        time = DeskTime(boot: boot, boottimeMs: bootMs, atMs: atMs ?? restored.last?.atMs ?? UInt64(max(0, wallMs)))
        journal.begin(Session(bootID: boot, bootMs: bootMs, receipt: Receipt(atMs: time.atMs, wallMs: wallMs)))
        let parts = Parts(killSwitch, running)
        self.parts = parts
        log = DeskLog(killSwitch.directory)
        notifier = Notifier(
            state: killSwitch.directory.path,
            settings: configuration.notify,
            report: { logger.warning("notify: \($0)") }
        )
        loop = EngineLoop(
            engine: engine,
            time: time,
            mostWaiting: configuration.ingest.mostWaiting,
            keepEvery: configuration.journal.snapshotEvery,
            outlets: DeskHost.outlets(killSwitch, host, journal, parts, log, notifier, logger, time)
        )
        if isForgetful {
            // A forgotten day must not pass for a good one.
            _ = killSwitch.halt(
                HaltRequest(
                    reason: "\(DeskHost.forgets[1]): what the day brought so far is not known",
                    source: .watchdog
                )
            )
        }
        start(running, adapters)
        hold(configuration, held, by: writer)
    }

    private func start(_ configuration: DeskConfiguration, _ adapters: [any VenueAdapter]) {
        let (loop, parts, journal, restarts) = (loop, parts, journal, restarts)
        parts.adapters.withLock { $0 = adapters }
        let effects = EffectRunner(
            configuration.engine.orders,
            EffectRunner.Outlets(
                isDurable: { limit in journal.wait(for: journal.append([]), limitMs: limit) },
                adapter: { name in parts.adapters.withLock { $0.first { $0.name == name } } },
                heard: { loop.submit($0) },
                restart: { name in
                    let known = parts.configuration.withLock { $0.engine.supervisors.first { $0.name == name } }
                    return restarts.start(known?.restart ?? [])
                },
                outcome: { loop.submit([EngineLoop.host(.outcome($0))]) }
            )
        )
        parts.effects.withLock { $0 = effects }
        log.start()
        loop.ask { [self] engine, _ in log(RunbookLog.started(engine)) }
        if !notifier.start() { logger.error("the system has no thread for notifications: nobody is told") }
        loop.ask { [self] engine, atMs in tellAgain(engine.toldAlerts(at: atMs), at: atMs) }
        effects.start()
        loop.start(configuration.engine)
        for adapter in adapters { adapter.start { loop.submit($0) } }
        let logger = logger
        JournalUpkeep.lookForDamage(journal, killSwitch) { logger.critical("\($0)") }
        follower.start { [self] in follow() }
        host.attach(DeskService(self))
    }

    /// The switch may have changed: what follows from it is looked after now.
    public func switchChanged() { follower.wake() }

    /// Stops everything but the switch's host.
    public func stop() {
        // Events are refused from now on; what became of those before is still answered.
        host.detach()
        follower.stop()
        tradingMode.withLock { $0 }?.stop()
        for adapter in parts.adapters.withLock({ $0 }) { adapter.stop() }
        loop.stop()
        parts.effects.withLock { $0 }?.stop()
        notifier.stop()
        log.stop()
        let lost = journal.close()
        if lost > 0 { logger.error("the journal could not write \(lost) events and decisions") }
    }

    /// What is seen of the engine now.
    public var sight: EngineSight { .view(shown(loop.latest, atMs: time.now().atMs), ageMs: 0) }

    /// Puts on record that another configuration was refused, and that the one that ran goes on.
    ///
    /// - Parameter why: each problem with its line.
    public func refused(configuration why: String, by name: String) {
        audit(name, "configuration_refused", JSON.object([.init("why", .string(why))]))
        let line = Decision.LogLine(
            .error,
            "configuration",
            "the configuration is refused, and the one that ran goes on: \(why)",
            event: "configuration_refused"
        )
        log.add([DeskLog.Line(line, wallMs: Clock.wallMilliseconds())])
    }

    // MARK: - What the service asks for

    func offer(_ events: [EngineLoop.Incoming], whenEmptied: @escaping @Sendable () -> Void) -> EventOffer {
        loop.offer(events, whenEmptied: whenEmptied)
    }

    /// Watches the processes that beats name.
    func follow(_ events: [EngineLoop.Incoming], from peer: Peer) {
        for event in events {
            guard case .heartbeat(let beat) = event.event.body, beat.pid > 0 else { continue }
            parts.sensor.withLock { $0.heard(beat, from: peer) }
        }
    }

    @discardableResult
    func submit(_ events: [Event]) -> Bool { loop.submit(events) }

    @discardableResult
    func ask(_ question: @escaping @Sendable (Engine, UInt64) -> Void) -> Bool { loop.ask(question) }

    /// Whether everything that was handed to the journal until now is on disk. A disk that has failed for two seconds is not
    /// waited for: whoever asks learns it at once.
    func isDurable(limitMs: UInt64) -> Bool {
        journal.wait(for: journal.append([]), limitMs: limitMs, failingMs: 2_000)
    }

    var journalProblem: String? { journal.standing.problem }

    var view: EngineView { loop.latest }

    /// The desk's name: an event that names another one is refused.
    public var deskName: String { killSwitch.settings.name }

    var settings: EngineSettings { parts.configuration.withLock { $0.engine } }

    var stateDirectory: KillSwitch { killSwitch }

    /// Shows each view from now on, as long as somebody looks.
    func watch(_ look: @escaping @Sendable (EngineView) -> Bool) {
        parts.watchers.withLock { $0.append(Watcher(look: look)) }
    }

    /// Writes lines of the host's own into the desk's log.
    func log(_ lines: [Decision.LogLine]) {
        let wallMs = Clock.wallMilliseconds()
        log.add(lines.map { DeskLog.Line($0, wallMs: wallMs) })
    }

    /// Puts what was done by whom into the audit.
    func audit(_ who: String, _ what: String, _ body: JSON) {
        let receipt = time.now()
        journal.append(
            audit: AuditEntry(atMs: receipt.atMs, wallMs: receipt.wallMs, who: who, what: what, body: body.bytes)
        )
    }

    func auditTail(limit: Int) throws(JournalError) -> [AuditRecord] { try journal.reader().audit(limit: limit) }

    func restartSupervised(_ name: String) -> String? {
        guard let known = settings.supervisors.first(where: { $0.name == name }) else {
            return "there is no supervisor \(name) in the configuration"
        }
        return restarts.start(known.restart)
    }

    /// Lists what is open and held at venues afresh: what an adapter can do by itself about a link.
    func askAgain(_ venue: String?) -> [(venue: String, problem: String?)] {
        parts.adapters.withLock { $0 }.filter { venue == nil || $0.name == venue }.map { adapter in
            do throws(VenueError) {
                for account in adapter.accounts {
                    _ = try adapter.openOrders(account: account)
                    _ = try adapter.positions(account: account)
                }
                return (adapter.name, nil)
            } catch {
                return (adapter.name, error.message)
            }
        }
    }
}
