import Console
import Dashboard
import Glibc
import KillSwitch
import SafetyEngine
import Synchronization

/// `estop watch`: the dashboard, or, without a screen to draw on, one plain line for each change.
enum WatchCommand {
    static let command = CommandTable.Command(
        "watch",
        summary: "the dashboard; with --plain one line for each change, for screen readers, pipes and dumb terminals",
        options: [
            .init("plain", summary: "lines; also where standard output is no terminal, TERM is dumb, or with --json")
        ] + DashboardCommand.screenOptions,
        discussion: [
            "Plain lines: \(WatchWord.howTo).",
            "stop, kill and activate halt too, in any case; what follows is the reason.",
            "The end of standard input ends it only at a terminal. It looks from outside and hosts no desk: where no host",
            "runs it says how to start one. With --json each line is one object: at, gravity, topic, text, mode.",
            "Exit status: 0.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let isDumb = Environment.process["TERM"] == "dumb"
        let isPlain = arguments.flag("plain") || arguments.json || isDumb || !Output.standard.isTerminal
        do {
            _ = try ChosenCockpit.isDemo(arguments)
        } catch {
            Output.error.line("estop: \(error.message)")
            return UsageError.exitStatus
        }
        return isPlain
            ? PlainWatch.run(arguments) : DashboardCommand.show(arguments, DashboardCommand.attached(arguments))
    }
}

/// The plain watch at work. Three threads beside the main one: the reader of standard input, which halts with its own
/// hand and waits for nothing else; the writer, which may wait for whoever reads; the desk's watch.
final class PlainWatch: Sendable {
    private let cockpit: any Cockpit
    private let teller: Teller
    private let writer: LineWriter
    /// Pulled to end the watch.
    private let end: Wire
    private let isPerson = isatty(STDIN_FILENO) == 1
    private let readerIsDone = Atomic<Bool>(false)
    private let hasHalted = Atomic<Bool>(false)

    private init(_ cockpit: any Cockpit, isJSON: Bool) {
        self.cockpit = cockpit
        let end = Wire()
        self.end = end
        let first = cockpit.first()
        writer = LineWriter(
            said: { count in
                let line = PlainLine(.warning, .answer, "\(count) lines were dropped: nobody read them in time")
                return Teller.text(line, mode: first.mode, wallMs: Clock.wallMilliseconds(), isJSON: isJSON)
            },
            onClosed: { end.pull() }
        )
        teller = Teller(first, writer: writer, isJSON: isJSON)
    }

    static func run(_ arguments: Arguments) -> Int32 {
        // Blocked before any thread exists, so that every thread leaves them to the one that waits for them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let cockpit: any Cockpit
        do {
            cockpit = try ChosenCockpit.open(arguments, hosting: false)
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
        let watch = PlainWatch(cockpit, isJSON: arguments.json)
        watch.run(signals)
        return 0
    }

    private func run(_ signals: sigset_t) {
        let end = end
        ThreadStart.detached {
            var signals = signals
            var number: Int32 = 0
            while sigwait(&signals, &number) != 0 {}
            end.pull()
        }
        // The reader first: halt works before anything is said.
        let isReading = ThreadStart.detached { [self] in
            read()
            readerIsDone.store(true, ordering: .releasing)
        }
        guard isReading, ThreadStart.detached({ [writer] in writer.run() }) else {
            Output.error.line("estop: no thread can be started; use estop halt")
            return
        }
        teller.standing()
        let teller = teller
        cockpit.start(deliver: { teller.take($0) }, notify: { teller.answer($0, gravity: .warning, topic: .notice) })
        while !end.wait(milliseconds: 1_000) { teller.tick() }
        finish()
    }

    /// What was typed before the end is done, what was halted is recorded and said; none of it is waited for long.
    private func finish() {
        Patience.wait(milliseconds: 500) { readerIsDone.load(ordering: .acquiring) }
        if hasHalted.load(ordering: .acquiring) {
            Patience.wait(milliseconds: 1_000) {
                teller.snapshot.steps.verified.isDone
            }
        }
        cockpit.stop()
        writer.finish(milliseconds: 300)
    }

    // MARK: - Reading

    private func read() {
        var reader = LineReader(STDIN_FILENO, stop: end.readable)
        while true {
            switch reader.next() {
            case .line(let line):
                if !heed(WatchWord(line)) { end.pull() }
            case .end:
                // At a terminal that is Ctrl-D; a script that has no more to say may still want to watch.
                if isPerson { end.pull() }
                reader.waitForStop()
                return
            case .stopped:
                return
            }
        }
    }

    /// Does what was typed; false: end.
    private func heed(_ word: WatchWord) -> Bool {
        switch word {
        case .halt(let reason): halt(reason)
        case .status: teller.standing()
        case .resume:
            let place =
                teller.snapshot.link == nil ? "at a shell's prompt" : "on the desk's machine, or R in estop --url"
            teller.answer("resuming is deliberate and not done here: type estop deactivate REASON \(place)")
        case .help: teller.answer(WatchWord.howTo)
        case .unknown(let word): teller.answer("there is no word \(word); \(WatchWord.howTo)")
        case .nothing: break
        case .quit: return false
        }
        return true
    }

    private func halt(_ given: String) {
        let reason = given.isEmpty ? HaltReason.none : given
        // Before anything that takes a lock.
        let isOnPage = cockpit.halt(reason: reason, source: isPerson ? .keyboard : .cli)
        hasHalted.store(true, ordering: .releasing)
        if isOnPage {
            teller.answer("halt asked for: \(reason)", topic: .halt)
        } else {
            let directory = teller.snapshot.directory
            teller.answer(
                "halt NOT on the page, and tried otherwise. By hand: estop activate, or touch \(directory)/EMERGENCY_STOP",
                gravity: .alarm,
                topic: .halt
            )
        }
    }
}
