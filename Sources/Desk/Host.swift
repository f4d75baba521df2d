import Glibc
import Journal
public import KillSwitch
public import Logging
import Synchronization

/// The host of one state directory: it beats, watches the stop files, and keeps the records in order.
///
/// Two threads. The pulse beats and halts for stop files, and never waits for a disk. The keeper does everything that may:
/// records, repairs, the mirror. So a frozen disk stops neither the beat nor a halt.
public final class Host: Sendable {
    private let killSwitch: KillSwitch
    private let lock: HostLock
    private let logger: Logger
    private let pulse = Worker()
    private let keeper: Worker
    private let tradingMode: String?
    private let manager = ServiceManager()
    private let handed: HandedHalts
    let door: SwitchDoor
    /// The ids of the last records that the log held before this host did anything.
    let recordsAtStart: Set<String>
    /// Whether the log showed, before this host did anything, that the desk was resumed or hosted before.
    let hadPast: Bool
    private let socket = Mutex<Socket>(Socket())
    private let keeperPasses = Atomic<UInt64>(0)
    private let remade = Mutex<(reason: String, at: UInt64)?>(nil)
    private let onLost: @Sendable (String) -> Void

    /// `estop.sock`, and why it is not open.
    private struct Socket {
        var isWanted = false
        var open: ControlSocket?
        var longestLine = 0
        var problem: String?
        /// When it was found deleted or replaced last (boottime, ns).
        var lostAt: UInt64?
    }

    /// Halts whose page is done, on their way to the keeper, which writes their records where waiting is allowed.
    private final class HandedHalts: Sendable {
        private let queue = Mutex<[Upkeep.Pending]>([])
        private let keeper: Worker

        init(_ keeper: Worker) { self.keeper = keeper }

        func add(_ halt: Upkeep.Pending) {
            queue.withLock { $0.append(halt) }
            keeper.wake()
        }

        func take() -> [Upkeep.Pending] {
            queue.withLock { queue in
                defer { queue = [] }
                return queue
            }
        }
    }

    /// Becomes the host and starts.
    ///
    /// - Parameters:
    ///   - killSwitch: the desk.
    ///   - logger: where it says what it does.
    ///   - onLost: called once, on a thread of the host's, when the state directory's path leads elsewhere or another host
    ///     took its place, with what happened in words: it beats no more, and whoever made it stops it; must not wait.
    /// - Throws: `SwitchError` when another host runs, the directory is on a network file system, or there can be no page.
    public init(
        _ killSwitch: KillSwitch,
        logger: Logger,
        onLost: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SwitchError) {
        guard !killSwitch.directory.isOnNetwork else {
            throw SwitchError(
                .network,
                "\(killSwitch.directory.path) is on a network file system, where neither locks nor pages can be "
                    + "trusted: put the state directory on a local disk"
            )
        }
        self.killSwitch = killSwitch
        self.logger = logger
        let keeper = Worker()
        let handed = HandedHalts(keeper)
        self.keeper = keeper
        self.handed = handed
        door = SwitchDoor(killSwitch) { handed.add(Upkeep.Pending(pulled: $0, request: $1)) }
        self.onLost = onLost
        tradingMode = TradingMode.current()
        let mayStart = killSwitch.isBrandNew
        // Not the whole log, which may be long: gates refuse until this host beats.
        let past = killSwitch.observe().fold
        recordsAtStart = Set(past.history.map(\.id))
        // What was cut off is cut at a resume, or is long.
        hadPast = past.isCut || past.history.contains { $0.change == .resume }
        lock = try HostLock(
            killSwitch.directory,
            tradingMode: tradingMode,
            settings: killSwitch.settings
        )
        try killSwitch.claimKind()
        switch try killSwitch.ensurePages(mayStart: mayStart, isHost: true) {
        case .present: break
        case .started: logger.notice("new paper desk: it starts in paper")
        case .made(let reason), .repaired(let reason): logger.warning("\(reason)")
        }
        killSwitch.nameDesk()
        start()
    }

    /// Opens `estop.sock`: halting there needs no engine. Where it cannot be opened now, it is tried again.
    ///
    /// - Parameters:
    ///   - longestLine: bytes of one line, at most.
    ///   - taker: who takes connections over that speak HTTP. Nil: nobody, and only a halt is served there.
    public func listen(
        longestLine: Int,
        http taker: (any HTTPTaker)?
    ) {
        door.serveHTTP(by: taker)
        socket.withLock { socket in
            socket.isWanted = true
            socket.longestLine = longestLine
        }
        openSocket()
    }

    /// No engine runs behind this host, and why: whoever asks for it is told so at once.
    public func engineIsMissing(because why: String) { door.engineIsMissing(because: why) }

    /// What is said to whoever asks for an engine that could not be started.
    public static var engineIsDown: String { SwitchDoor.engineIsDown }

    /// Nobody takes connections over any more that speak HTTP.
    public func endHTTP() { door.serveHTTP(by: nil) }

    private func openSocket() {
        socket.withLock { socket in
            guard socket.isWanted else { return }
            if let open = socket.open { return bindAgain(open, &socket) }
            do throws(SwitchError) {
                let made = try ControlSocket(killSwitch.directory, door, longestLine: socket.longestLine)
                made.start()
                socket.open = made
                if socket.problem != nil { logger.notice("estop.sock is open now") }
                socket.problem = nil
            } catch {
                if socket.problem != error.message { logger.error("\(error.message); it is tried again") }
                socket.problem = error.message
            }
        }
    }

    /// Binds the socket's name again where it was deleted or replaced: commands and new bots find no host otherwise. Not where
    /// another host took this one's place: then the name is its.
    private func bindAgain(_ open: ControlSocket, _ socket: inout Socket) {
        let directory = killSwitch.directory
        guard !open.isFound(in: directory), directory.problem == nil, lock.problem(in: directory) == nil else { return }
        socket.lostAt = Clock.boottime()
        do throws(SwitchError) {
            try open.bindAgain(directory)
            logger.error("\(Host.socketWasLost)")
            socket.problem = nil
        } catch {
            if socket.problem != error.message { logger.error("\(error.message); it is tried again") }
            socket.problem = error.message
        }
    }

    private static let socketWasLost =
        "estop.sock was deleted or replaced under the running host: bots and commands that came meanwhile did not reach it. It "
        + "is open again"

    private func closeSocket() {
        let open = socket.withLock { socket in
            defer { socket = Socket() }
            return socket.open
        }
        open?.stop()
    }

    private func start() {
        killSwitch.restoreStopFiles()
        var upkeep = Upkeep(killSwitch, tradingMode: tradingMode)
        // The first pass, before the first beat: what must not permit does not permit for a moment longer.
        report(upkeep.forgetVerified())
        pulse.start { [self] in runPulse() }
        let first = upkeep
        keeper.start { [self] in runKeeper(first) }
        manager.notify("READY=1\nSTATUS=hosting \(killSwitch.settings.name)")
        let word = upkeep.seen?.word
        logger.info(
            "hosting desk '\(killSwitch.settings.name)' in \(killSwitch.directory.path): \(word?.mode.name ?? "unknown")"
        )
    }

    /// Stops: the beat ends, so that gates with a dead-man limit refuse soon; the page stays as it is.
    public func stop() {
        manager.notify("STOPPING=1")
        closeSocket()
        pulse.stop()
        keeper.stop()
        logger.info("host stopped; trading is \(HaltState.text(of: killSwitch))")
    }

    // MARK: - Pulse

    private func runPulse() {
        let pulse = Pulse(killSwitch)
        let handle = HaltHandle(killSwitch.directory)
        let watch = StopFileWatch(killSwitch)
        defer { watch.end() }
        if watch.descriptor < 0 { logger.warning("inotify cannot be had: stop files are looked for every 250 ms") }
        var stops = StopFileLatch(killSwitch.observe())
        let interval = Pulse.interval(limit: killSwitch.settings.deadMan)
        var next = Clock.boottime()
        var lastWord: Word?
        var problem: String?
        var woken = false
        while !self.pulse.isStopping {
            if let why = killSwitch.directory.problem ?? usurper { return lose(handle, why) }
            for file in stops.new(killSwitch.stopFiles, permitting: pulse.word?.mode.permitsAnything ?? false) {
                hand(handle.pull(), HaltRequest(reason: "", source: .file), stopFile: file)
            }
            // After the look that may halt: emptying the queue and waking the keeper are not worth a microsecond of it.
            // Then once more: what came in between has no event left.
            if woken {
                woken = false
                watch.drain()
                wakeKeeper()
                continue
            }
            if Clock.boottime() >= next {
                next = Clock.boottime() + interval
                switch pulse.beat() {
                case .beaten(let word):
                    problem = nil
                    if word != lastWord { wakeKeeper() }
                    lastWord = word
                case .late(let milliseconds):
                    hand(
                        handle.pull(),
                        HaltRequest(
                            reason: "the host had not beaten for \(milliseconds) ms while trading was permitted",
                            source: .watchdog
                        )
                    )
                    pulse.beatAfterHalt()
                case .noPage(let text):
                    if problem != text { logger.error("\(text)") }
                    problem = text
                    wakeKeeper()
                }
                aliveToManager()
            }
            let now = Clock.boottime()
            let nap = next > now ? (next - now) / 1_000_000 + 1 : 0
            // A directory above that is moved is no event of this one: its path is looked up at least so often.
            let most: UInt64 = watch.descriptor < 0 ? 250 : Host.longestNap
            woken = self.pulse.sleep(also: watch.descriptor, milliseconds: min(nap, most))
        }
    }

    /// Whether another host holds the lock that is found by its name now: this one's was deleted or replaced.
    private var usurper: String? {
        guard let problem = lock.problem(in: killSwitch.directory),
            let other = killSwitch.observe().host, other.pid > 0, other.pid != getpid()
        else { return nil }
        return "\(problem); another host (pid \(other.pid)) has started on this directory"
    }

    /// How long it is said that pages were made again, in nanoseconds: who watches has to see it.
    private static let remadeFor: UInt64 = 60_000_000_000

    /// What became of the files that the switch's host needs, each in a sentence; none: all are as they were.
    public var fileProblems: [String] {
        let remade = remade.withLock { $0 }
        let isRecent = remade.map { Clock.boottime() - $0.at < Host.remadeFor } ?? false
        let socket = socket.withLock { socket -> String? in
            guard let lostAt = socket.lostAt, Clock.boottime() - lostAt < Host.remadeFor else { return nil }
            return socket.problem ?? Host.socketWasLost
        }
        return [lock.problem(in: killSwitch.directory), isRecent ? remade?.reason : nil, socket].compactMap(\.self)
    }

    /// How long the pulse sleeps at most between two looks at where the directory's path leads, in milliseconds.
    private static let longestNap: UInt64 = 500

    /// The directory is not the desk's any more for whoever begins now: halts its page, says so, and beats no more.
    private func lose(_ handle: HaltHandle, _ why: String) {
        let pulled = handle.pull()
        hand(pulled, HaltRequest(reason: "\(why): the host halts this desk and ends", source: .watchdog))
        logger.critical(
            """
            \(why). Trading on the desk that was opened is HALTED and this host ends, because no command and no new bot finds it \
            there. Bots of this desk refuse until the directory is back. To go on: put the directory back (mv), start \
            'estop serve\(killSwitch.directory.option)' again, look at 'estop status', and resume
            """
        )
        onLost(why)
    }

    /// Names the engine that runs behind the switch, which knows what became of orders.
    func attach(_ engine: any EngineService) {
        door.open(engine)
        wakeKeeper()
    }

    /// The engine ends: it takes no event and answers no question any more, but what became of those before.
    func detach() {
        door.engineEnds()
        wakeKeeper()
    }

    /// Takes over the record of a halt that somebody else in this process has put on the page.
    public func take(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) { hand(pulled, request) }

    /// Hands the record of a halt to the keeper: its text is read and written there, where waiting is allowed.
    private func hand(_ pulled: HaltHandle.Pulled, _ request: HaltRequest, stopFile: StopFile? = nil) {
        handed.add(Upkeep.Pending(pulled: pulled, request: request, stopFile: stopFile))
        door.switchChanged()
    }

    /// What is known of the halts in force changed: it is written down.
    func haltsWereJudged() { keeper.wake() }

    private func wakeKeeper() {
        keeper.wake()
        door.switchChanged()
    }

    /// Alive means both threads: a keeper that has been stuck for a minute is worth a restart by the service manager.
    private func aliveToManager() {
        guard manager.watchesUs else { return }
        let last = keeperPasses.load(ordering: .relaxed)
        if Clock.boottime() - last < 60_000_000_000 { manager.notify("WATCHDOG=1") }
    }

    // MARK: - Keeper

    private func runKeeper(_ first: Upkeep) {
        var upkeep = first
        // From how many records on the log is tried again: one that cannot be made shorter is not tried every second.
        var condensesFrom = Fold.condensesFrom
        while true {
            for halt in handed.take() { upkeep.add(halt) }
            report(upkeep.pass(door.verdicts))
            if !upkeep.isBusy, let seen = upkeep.seen { compactLog(seen, from: &condensesFrom) }
            if let remade = upkeep.remade { self.remade.withLock { $0 = remade } }
            openSocket()
            keeperPasses.store(Clock.boottime(), ordering: .relaxed)
            door.switchChanged()
            if keeper.isStopping { return }
            _ = keeper.sleep(milliseconds: upkeep.isBusy ? 100 : 1_000)
        }
    }

    /// Puts the part of the log aside that no fold needs any more, where it has become long and the rest is sound.
    private func compactLog(_ seen: Observation, from condensesFrom: inout Int) {
        guard seen.logProblem == nil, !seen.fold.lost else { return }
        do {
            var made: KillSwitch.Compacted?
            if seen.fold.records.count >= condensesFrom {
                made = try killSwitch.condenseLog(hash: SHA256.text)
                condensesFrom = (made == nil ? seen.fold.records.count : 0) + Fold.condensesFrom
            }
            if made == nil, seen.fold.start > 0 {
                made = try killSwitch.compactLog(at: seen.fold.start, hash: SHA256.text)
            }
            guard let made else { return }
            logger.notice("the log's older part is in \(made.name) now (\(made.bytes) bytes, SHA-256 \(made.sha256))")
        } catch {
            logger.warning("the log stays as long as it is: \(error.message)")
        }
    }

    private func report(_ events: [Upkeep.Event]) {
        for event in events { logger.log(level: event.isSerious ? .warning : .notice, "\(event.message)") }
    }
}

/// Which stop files have been acted on: each one halts once, and again if the page should permit while it is there.
struct StopFileLatch {
    private var known: [StopFile] = []

    /// A file that is there and recorded when the host starts needs no second record.
    init(_ seen: Observation) {
        if seen.word.map({ !$0.mode.permitsAnything }) ?? false, seen.latches.contains(where: { $0.source == .file }) {
            known = seen.stopFiles
        }
    }

    mutating func new(_ files: [StopFile], permitting: Bool) -> [StopFile] {
        // The same file, written to or touched again, is no second reason.
        let new = permitting ? files : files.filter { file in !known.contains { file.isSameFile(as: $0) } }
        known = files
        return new
    }
}

/// The state in words, for the host's log.
private enum HaltState {
    static func text(of killSwitch: KillSwitch) -> String {
        let seen = killSwitch.observe()
        return seen.word.map { "\($0.mode.name) (generation \($0.generation))" } ?? "unknown"
    }
}
