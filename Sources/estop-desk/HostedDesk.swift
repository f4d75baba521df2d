import Console
import ControlAPI
import Desk
import Journal
import KillSwitch
import Logging
import SafetyEngine
import Settings
import Synchronization
import Venues

/// A desk that is hosted as its configuration says, and goes on with what the configuration becomes.
///
/// The switch's host comes first and needs nothing else. Where the journal cannot be opened (a full disk, say), the switch is
/// hosted all the same, and the engine is tried again until it starts.
final class HostedDesk: Sendable {
    private let host: Host
    private let engine = Mutex<DeskHost?>(nil)
    private let problem = Mutex<String?>(nil)
    private let watch = Mutex<ConfigurationWatch?>(nil)
    private let isEnding = Atomic<Bool>(false)
    private let isTrying = Atomic<Bool>(false)
    private let wake = Wire()
    private let api = Mutex<APIServer?>(nil)
    private let apiProblem = Mutex<String?>(nil)

    /// Between two tries to start the engine, in milliseconds.
    private static let retryMs: Int32 = 2_000

    /// Starts it.
    ///
    /// - Parameters:
    ///   - arguments: where its configuration is named.
    ///   - onView: called when something changed that matters; must not wait.
    ///   - onLost: called once when the state directory's path leads elsewhere: this host beats no more, and has to be
    ///     stopped; must not wait.
    /// - Throws: what keeps it from hosting: the configuration, another host, a page that cannot be had, a journal that
    ///   must not be used.
    init(
        _ killSwitch: KillSwitch,
        _ arguments: Arguments,
        logger: Logger,
        onView: @escaping @Sendable () -> Void = {},
        onLost: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        let reading = try DeskConfiguration.load(named: arguments.config, state: killSwitch.directory.path)
        if let why = APIServer.objection(to: reading.desk.api) {
            throw APIServer.Failure(message: why, isRefusal: true)
        }
        host = try Host(killSwitch, logger: logger, onLost: onLost)
        // Before the engine, which may take a while to start: halting waits for nothing.
        serve(killSwitch, reading.desk.api, logger)
        host.listen(longestLine: reading.desk.ingest.longestLine, http: api.withLock { $0 })
        do {
            do {
                try begin(killSwitch, reading, arguments, logger, onView)
            } catch let error as JournalError where error.isDamage {
                // It was moved aside: a new one begins, and the desk is halted because of what it does not know.
                logger.critical("\(error.message). A new journal begins, and the desk is halted")
                try begin(killSwitch, reading, arguments, logger, onView)
            }
        } catch let error as JournalError where error.mayPass {
            logger.error("the engine does not run: \(error.message). The switch is hosted; the engine is tried again")
            problem.withLock { $0 = error.message }
            host.engineIsMissing(because: Host.engineIsDown)
            retry(killSwitch, reading, arguments, logger, onView)
        } catch {
            api.withLock { $0 }?.stop()
            host.stop()
            throw error
        }
    }

    /// Serves HTTP, or says why not: the socket serves in any case.
    private func serve(_ killSwitch: KillSwitch, _ settings: DeskConfiguration.API, _ logger: Logger) {
        let behind = HostedAPIDesk(
            killSwitch: killSwitch,
            switchHost: host,
            sight: { [weak self] in self?.sight ?? .lost(nil, ageMs: 0, reason: "the host stops") },
            host: { [weak self] in self?.engine.withLock { $0 } }
        )
        do throws(APIServer.Failure) {
            let interface = ControlAPI(behind, bearer: TokenBearer(killSwitch), settings: settings)
            let server = try APIServer(interface, logger: logger)
            api.withLock { $0 = server }
            if let problem = server.problem {
                apiProblem.withLock { $0 = problem }
                logger.warning("\(problem)")
            } else if !settings.isEnabled {
                logger.info("HTTP API on estop.sock alone: [api] enabled = false")
            } else {
                logger.info("HTTP API on \(settings.address):\(server.port)")
            }
        } catch {
            apiProblem.withLock { $0 = error.message }
            logger.warning("\(error.message)")
        }
    }

    /// Why HTTP is not served; nil: it is, or is not wanted.
    var notice: String? { apiProblem.withLock { $0 } }

    /// What is seen of the engine.
    var sight: EngineSight {
        if let running = engine.withLock({ $0 }) { return running.sight }
        return .lost(nil, ageMs: 0, reason: "the engine does not run: \(problem.withLock { $0 } ?? "it is starting")")
    }

    /// Reads the configuration again, changed or not.
    func reload() { watch.withLock { $0 }?.ask() }

    /// Stops everything, the switch's host last: the beat ends, and gates with a dead-man limit refuse soon.
    func stop() {
        isEnding.store(true, ordering: .releasing)
        wake.pull()
        Patience.wait(milliseconds: 5_000) { !isTrying.load(ordering: .acquiring) }
        watch.withLock { $0 }?.stop()
        host.endHTTP()
        api.withLock { $0 }?.stop()
        engine.withLock { $0 }?.stop()
        host.stop()
    }

    private func begin(
        _ killSwitch: KillSwitch,
        _ reading: ConfigurationReading,
        _ arguments: Arguments,
        _ logger: Logger,
        _ onView: @escaping @Sendable () -> Void
    ) throws {
        let adapters: [any VenueAdapter] =
            killSwitch.settings.paper
            ? [
                PaperDesk(killSwitch.directory, settings: PaperSettings(reading.desk.paper)) {
                    logger.warning("paper venue: \($0)")
                }
            ] : []
        let started = try DeskHost(
            killSwitch,
            host: host,
            configuration: reading.desk,
            by: FileOwner.name(of: reading.file),
            adapters: adapters,
            logger: logger,
            onView: onView
        )
        engine.withLock { $0 = started }
        api.withLock { $0 }?.engineStarted(started)
        keep(reading, killSwitch, arguments, logger)
        let place = ConfigurationWatch.Place(named: arguments.config, state: killSwitch.directory.path)
        let begun = ConfigurationWatch(place, running: reading) { [self] in
            take($0, started, logger)
            if case .changed(let change) = $0 { keep(change.reading, killSwitch, arguments, logger) }
        }
        watch.withLock { $0 = begun }
        begun.start()
    }

    private func retry(
        _ killSwitch: KillSwitch,
        _ reading: ConfigurationReading,
        _ arguments: Arguments,
        _ logger: Logger,
        _ onView: @escaping @Sendable () -> Void
    ) {
        isTrying.store(true, ordering: .releasing)
        let isStarted = ThreadStart.detached { [self] in
            defer { isTrying.store(false, ordering: .releasing) }
            while !isEnding.load(ordering: .acquiring) {
                _ = wake.wait(milliseconds: HostedDesk.retryMs)
                wake.rest()
                if isEnding.load(ordering: .acquiring) { return }
                do {
                    try begin(killSwitch, reading, arguments, logger, onView)
                    logger.notice("the engine runs")
                    return
                } catch {
                    problem.withLock { $0 = "\(error)" }
                }
            }
        }
        if !isStarted { isTrying.store(false, ordering: .releasing) }
    }

    /// Keeps what runs, so that it can be restored.
    private func keep(
        _ reading: ConfigurationReading,
        _ killSwitch: KillSwitch,
        _ arguments: Arguments,
        _ logger: Logger
    ) {
        guard let problem = ConfigHistory(killSwitch.directory).keep(reading, named: arguments.config) else { return }
        logger.warning("the configuration that runs is not kept in the history: \(problem)")
    }

    private func take(_ outcome: ConfigurationWatch.Outcome, _ host: DeskHost, _ logger: Logger) {
        switch outcome {
        case .same: logger.notice("the configuration is what it was")
        case .refused(let refusal):
            logger.error("the configuration is refused, and the one that ran goes on: \(refusal.message)")
            host.refused(configuration: refusal.message, by: "host:configuration")
        case .changed(let change):
            host.take(change.live, differences: change.differences, by: FileOwner.name(of: change.reading.file))
            logger.notice("configuration: \(change.differences.joined(separator: "; "))")
            for line in change.atNextStart { logger.warning("waits for the host's next start: \(line)") }
        }
    }
}

extension JournalError {
    /// Whether it may pass by itself: the disk's business, or contents that were moved aside.
    fileprivate var mayPass: Bool { code == .file || code == .database || code == .notDurable || isDamage }
}

extension PaperSettings {
    /// What the configuration says.
    init(_ settings: DeskConfiguration.Paper) {
        self.init(seed: settings.seed, bots: settings.bots, balance: settings.balance)
    }
}
