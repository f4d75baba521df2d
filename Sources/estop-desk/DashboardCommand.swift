import Console
import Desk
import Glibc
import KillSwitch
import Logging
import SafetyEngine
import Synchronization
import Terminal

/// `estop`: the full-screen dashboard, attached to the host that runs, or, on a paper desk without one, hosting it itself.
enum DashboardCommand {
    static let command = CommandTable.Command(
        "dashboard",
        summary: "the full-screen dashboard; also what `estop` alone does",
        options: [
            .init("mono", summary: "no colours (as NO_COLOR does)"),
            .init("ascii", summary: "no characters beyond ASCII"),
        ],
        discussion: ["K halts at once, from everywhere. Quitting changes nothing for trading."]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        guard isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1 else {
            return ChosenDesk.fail(
                "the dashboard needs a terminal; without one use 'estop status --watch', 'estop halt', 'estop serve'",
                arguments,
                status: 1
            )
        }
        var notices: [String] = []
        let killSwitch: KillSwitch
        var mayHost = true
        do {
            let desk = try ChosenDesk(arguments, create: true)
            killSwitch = desk.killSwitch
            notices += desk.configuration.warnings.map { "configuration, \($0.description)" }
        } catch {
            // Halting needs no configuration: the screen opens, K works, and it says what is wrong.
            do {
                let location = try StateLocation.choose(option: arguments.state)
                killSwitch = KillSwitch(
                    try StateDirectory(location.path, create: true),
                    settings: DeskSettings(name: "?", paper: false)
                )
            } catch let other {
                return ChosenDesk.fail("\(error.message); \(other)", arguments, status: 1)
            }
            notices.append(error.message)
            mayHost = false
        }
        let cockpit = Cockpit(killSwitch, notices: notices, mayHost: mayHost && killSwitch.settings.paper)
        return cockpit.run(
            SessionOptions(mono: arguments.flag("mono") || getenv("NO_COLOR") != nil, ascii: arguments.flag("ascii"))
        )
    }
}

/// One dashboard at work: the session, the watch that feeds it, the hand on the switch, and the host if there is no other.
private final class Cockpit: Sendable {
    private let killSwitch: KillSwitch
    private let identity = Identity.current()
    private let hand: Hand
    private let recorder = Recorder()
    private let lastHalt = Mutex<String?>(nil)
    private let host = Mutex<Host?>(nil)
    private let session = Mutex<Session?>(nil)
    private let notices: [String]
    private let mayHost: Bool

    init(_ killSwitch: KillSwitch, notices: [String], mayHost: Bool) {
        self.killSwitch = killSwitch
        self.notices = notices
        self.mayHost = mayHost
        hand = Hand(killSwitch.directory)
    }

    func run(_ options: SessionOptions) -> Int32 {
        let hostProblem = mayHost ? startHost() : nil
        hand.reach()
        let watch = DeskWatch(
            killSwitch,
            isHost: { [self] in host.withLock { $0 != nil } },
            notices: notices + [hostProblem].compactMap { $0 },
            deliver: { [self] snapshot in session.withLock { $0 }?.update(snapshot) }
        )
        let shown = Session(actions: actions(watch), initial: watch.first(), options: options)
        session.withLock { $0 = shown }
        recorder.start(killSwitch, watch)
        watch.start()
        let status = shown.run()
        session.withLock { $0 = nil }
        watch.stop()
        // Not joined for long: a frozen disk must not keep the operator's shell.
        recorder.finish(milliseconds: 1_000)
        host.withLock { host in
            host?.stop()
            host = nil
        }
        if status == Session.noTerminalStatus {
            Output.error.line(
                "estop: the terminal cannot show the dashboard (TERM?); use 'estop status --watch', 'estop halt'"
            )
        }
        return status
    }

    private func startHost() -> String? {
        var logger = Logger(label: "estop") { _ in ScreenLog { [self] text in session.withLock { $0 }?.notify(text) } }
        logger.logLevel = .warning
        do {
            let started = try Host(killSwitch, logger: logger)
            host.withLock { $0 = started }
            return nil
        } catch {
            return error.code == .inUse ? nil : error.message
        }
    }

    private func actions(_ watch: DeskWatch) -> SessionActions {
        SessionActions(
            halt: { [self] in
                let keyAt = Clock.boottime()
                let pulled = hand.pull()
                watch.halted(pulled.word, keyAt: keyAt, pageAt: pulled.at)
                lastHalt.withLock { $0 = pulled.id }
                recorder.add(
                    pulled,
                    HaltRequest(reason: "Emergency halt", source: .keyboard, op: identity.name, from: identity.from)
                )
            },
            giveReason: { [self] reason in
                guard let id = lastHalt.withLock({ $0 }) else { return }
                try? killSwitch.giveReason(reason, for: id, identity: identity)
                watch.wake()
            },
            preflight: { [self] mode, scope in
                killSwitch.preflight(killSwitch.observe(), mode: mode, scope: scope, answers: [])
            },
            resume: { [self] request, passphrase in resume(request, passphrase, watch) }
        )
    }

    private func resume(
        _ request: ResumeRequest,
        _ passphrase: String,
        _ watch: DeskWatch
    ) -> (succeeded: Bool, message: String) {
        var request = request
        request.from = identity.from
        request.source = .keyboard
        if request.op.isEmpty { request.op = identity.name }
        defer { watch.wake() }
        if let why = Authority.objection(to: request, passphrase: passphrase, on: killSwitch, identity: identity) {
            return (false, why)
        }
        switch killSwitch.resume(request) {
        case .resumed(let word): return (true, "resumed to \(word.mode.name), generation \(word.generation)")
        case .already(let word): return (true, "nothing to resume: the desk is \(word.mode.name)")
        case .refused(let why): return (false, why)
        }
    }
}

/// The tap's hold of the page. Unchecked: only the tap's thread pulls, after `reach` has returned.
private final class Hand: @unchecked Sendable {
    private let directory: StateDirectory
    private var handle: HaltHandle

    init(_ directory: StateDirectory) {
        self.directory = directory
        handle = HaltHandle(directory)
    }

    /// Takes hold again, once the host may have made the page.
    func reach() { handle = HaltHandle(directory) }

    func pull() -> HaltHandle.Pulled { handle.pull() }
}

/// Writes the records of this screen's halts on a thread of its own, and again until they are on disk.
private final class Recorder: Sendable {
    private let waiting = Mutex<[(pulled: HaltHandle.Pulled, request: HaltRequest)]>([])
    private let busy = Atomic<Bool>(false)
    private let ending = Atomic<Bool>(false)
    private let ends: (read: Int32, write: Int32)

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.ends = (ends[0], ends[1])
    }

    func add(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) {
        waiting.withLock { $0.append((pulled, request)) }
        var byte: UInt8 = 1
        write(ends.write, &byte, 1)
    }

    func start(_ killSwitch: KillSwitch, _ watch: DeskWatch) {
        ThreadStart.detached { [self] in
            while !ending.load(ordering: .acquiring) {
                busy.store(true, ordering: .releasing)
                let now = waiting.withLock { queue in
                    defer { queue = [] }
                    return queue
                }
                var failed = false
                for (pulled, request) in now {
                    let report = killSwitch.record(pulled, request)
                    watch.recorded(report, at: Clock.boottime())
                    if !report.durable {
                        waiting.withLock { $0.append((pulled, request)) }
                        failed = true
                    }
                }
                if !now.isEmpty, !failed { _ = try? killSwitch.writeMirror() }
                busy.store(false, ordering: .releasing)
                var ready = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
                poll(&ready, 1, failed ? 500 : -1)
                var bytes = [UInt8](repeating: 0, count: 64)
                while read(ends.read, &bytes, bytes.count) > 0 {}
            }
        }
    }

    /// Waits until nothing is left to record, at most so long.
    func finish(milliseconds: UInt64) {
        let begin = Clock.boottime()
        while Clock.boottime() - begin < milliseconds * 1_000_000 {
            if waiting.withLock({ $0.isEmpty }), !busy.load(ordering: .acquiring) { break }
            Clock.sleep(milliseconds: 5)
        }
        ending.store(true, ordering: .releasing)
        var byte: UInt8 = 1
        write(ends.write, &byte, 1)
    }
}

/// The embedded host's log: warnings become messages on the screen, since standard error is under it.
private struct ScreenLog: LogHandler {
    var logLevel = Logger.Level.warning
    var metadata = Logger.Metadata()
    let show: @Sendable (String) -> Void

    init(_ show: @escaping @Sendable (String) -> Void) { self.show = show }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { show("\(event.message)") }
}
