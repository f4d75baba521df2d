import CProcess
import Console
import Glibc
import KillSwitch

/// `estop run`: runs a process as a supervised bot.
///
/// Two processes do it. The *guard* is the one that people start, see and signal; it does nothing but pass signals on and
/// wait. The *keeper*, its child, holds the gate, starts the bot and carries out halts. Each ends everything of the bot
/// when the other is killed: no SIGKILL of one process leaves an orphan that trades. And the keeper goes on to obey halts
/// while the guard is a job that somebody stopped with Ctrl-Z.
enum RunCommand {
    static let command = CommandTable.Command(
        "run",
        summary: "run a process as a supervised bot: beats for it, stops it on a halt",
        positionals: [.init("CMD", .rest)],
        options: [
            .init("name", .text("NAME"), required: true, summary: "the gate's name, 1 to 64 bytes"),
            .init("scope", .text("SCOPE"), summary: "what the bot trades, such as venue=paper,strategy=grid"),
            .init("interval", .duration, summary: "within which it beats; default: 5s (0: no promise)"),
            .init(
                "on-halt",
                .choice(Supervision.Policy.allCases.map(\.rawValue)),
                summary: "stop: SIGTERM, then SIGKILL (default); pause: SIGSTOP; none: nothing"
            ),
            .init("grace", .duration, summary: "from SIGTERM to SIGKILL; default: 10s"),
            .init(
                "stop-command",
                .text("COMMAND"),
                summary: "with stop: what a shell runs on a halt instead of SIGTERM, for a bot with a stop of its own"
            ),
        ],
        discussion: [
            "Trading is halted for the bot when its gate permits nothing any more: halted, unknown, no host that beats,",
            "or paper without venue=paper in the scope. In reduce-only it goes on: the bot has to ask its own gate.",
            "The gate acknowledges a halt once the bot and all its descendants are gone (stop), seen stopped (pause), or",
            "at once (none). A bot that is paused goes on when trading is permitted again.",
            "A bot may have a request under way when SIGTERM comes: the order then lands all the same, and the halt's proof",
            "waits for it. A --stop-command can ask the bot to finish first; it finds the bot's pid in ESTOP_BOT_PID. SIGTERM",
            "follows at once where it fails, and SIGKILL after --grace in any case.",
            "Passed on: TERM, INT, HUP, QUIT, USR1, USR2, WINCH, TSTP, CONT. CMD finds the desk in ESTOP_STATE.",
            "Exit status: CMD's own; 128+N when signal N killed it; 126 or 127 when it cannot be executed or found;",
            "75 when it was not started, because trading is halted (stop) or there is no desk.",
        ]
    )

    /// The exit status of a bot that was not started (EX_TEMPFAIL).
    static let refused: Int32 = 75

    /// The signals that are passed on: those of people, and the real-time ones.
    static let passedOn =
        [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT] + Array(34...64)

    /// Whether a signal means that the program is to end.
    static func ends(_ signal: Int32) -> Bool { [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL].contains(signal) }

    /// What the arguments say.
    struct Request: Sendable {
        var name: String
        var scope: Scope
        var interval: UInt64
        var grace: UInt64
        var policy: Supervision.Policy
        /// What a shell runs on a halt instead of SIGTERM; nil: nothing.
        var stopCommand: String?
        /// The state directory's path.
        var state: String
        var config: String?
    }

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let request: Request
        do {
            request = try read(arguments)
        } catch {
            Output.error.line("estop: \(error.message)")
            return UsageError.exitStatus
        }
        // The bot's own gate, in whatever language, has to be of the same desk.
        setenv("ESTOP_STATE", request.state, 1)
        let program = CommandLine.unsafeArgv + Int(CommandLine.argc) - arguments.rest.count
        return start(request, program)
    }

    private static func read(_ arguments: Arguments) throws(UsageError) -> Request {
        let name = arguments.value("name") ?? ""
        guard (1...64).contains(name.utf8.count), !VisibleText.hasControls(name) else {
            throw UsageError("--name '\(name)' cannot be a name: type 1 to 64 bytes without control characters")
        }
        let policy = arguments.value("on-halt").flatMap(Supervision.Policy.init(rawValue:)) ?? .stop
        let stopCommand = arguments.value("stop-command")
        guard policy == .stop || stopCommand == nil else {
            throw UsageError("--stop-command goes with --on-halt stop: with \(policy.rawValue) nothing is stopped")
        }
        guard stopCommand?.allSatisfy(\.isWhitespace) != true else {
            throw UsageError("--stop-command is empty: type a shell command, or leave it out for SIGTERM")
        }
        do {
            let scope = try Scope(arguments.value("scope") ?? "")
            guard scope.description.utf8.count <= 128 else {
                throw UsageError("--scope is longer than a gate's 128 bytes: type fewer pairs")
            }
            return Request(
                name: name,
                scope: scope,
                interval: (arguments.duration("interval") ?? 5000) * 1_000_000,
                grace: (arguments.duration("grace") ?? 10_000) * 1_000_000,
                policy: policy,
                stopCommand: stopCommand,
                state: try StateLocation.choose(option: arguments.state).path,
                config: arguments.config
            )
        } catch let error as UsageError {
            throw error
        } catch let problem as Scope.Problem {
            throw UsageError("--scope: \(problem.message)")
        } catch {
            throw UsageError("\(error)")
        }
    }

    /// Divides into guard and keeper.
    private static func start(_ request: Request, _ program: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
        // Inherited as ignored, it would make every child vanish unseen.
        signal(SIGCHLD, SIG_DFL)
        var signals = sigset_t()
        sigemptyset(&signals)
        // SIGTTOU too: whoever blocks it may hand the terminal over from the background.
        for number in passedOn + [SIGCHLD, SIGPIPE, SIGTTIN, SIGTTOU] { sigaddset(&signals, number) }
        sigprocmask(SIG_BLOCK, &signals, nil)
        var life: [Int32] = [-1, -1]
        guard process_pipe(&life) == 0 else { return failed("no pipe") }
        let terminal = Terminal(guardGroup: getpgrp())
        let guardian = getpid()
        process_adopt_orphans()
        let keeper = process_fork()
        if keeper < 0 { return failed("no process") }
        if keeper == 0 {
            close(life[1])
            setpgid(0, 0)
            process_adopt_orphans()
            let bot = Keeper(request, guardian: guardian, life: life[0], terminal: terminal, signals: signals)
            // exit() is the guard's: what is buffered or registered must not happen twice.
            _exit(bot.run(program))
        }
        close(life[0])
        return Guard(keeper: keeper, name: request.name).stand(signals)
    }

    static func failed(_ what: String) -> Int32 {
        let why = String(cString: strerror(errno))
        Output.error.line("estop: the bot is not started: the system has \(what) for it (\(why))")
        return refused
    }
}
