import Console
import Glibc
import KillSwitch

/// The small process that stays while a screen is shown. It passes signals on to the screen, starts it again after a crash,
/// and keeps the terminal meanwhile, so that no key reaches the shell behind a dashboard that is dead: K halts.
///
/// Invariants (EndToEndTests/ScreenParentTests): the screen's exit status, the signal that ended it, Ctrl-Z and every signal
/// that asks this process to end mean what they would without it; a screen that crashed is there again within a second, at
/// most three times a minute; after that a line of text halts.
struct ScreenParent {
    private let program: String
    private let words: [String]
    private let desk: ScreenDesk
    private var user = termios()
    /// When the screen crashed, CLOCK_BOOTTIME ns.
    private var crashes: [UInt64] = []
    private var isEnding = false

    /// So often a screen is started again within a minute.
    private static let mostRestarts = 3
    private static let minute: UInt64 = 60_000_000_000
    /// How long keys are looked at before the screen is started again, in milliseconds.
    private static let pauseMs: Int32 = 200
    /// Signals that ask for the end, or for a stop.
    private static let passedOn = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP]
    /// How a process dies that did not mean to. SIGKILL too: that is how the kernel ends whoever takes too much memory.
    private static let crashSignals = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS, SIGKILL]

    /// - Parameters:
    ///   - program: `estop-desk`, with its path.
    ///   - words: its arguments.
    /// - Returns: nil where no screen is shown on a terminal: then nobody has to stay.
    init?(_ program: String, _ words: [String]) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, ScreenDesk.isScreen(words),
            Environment.process["TERM"] != "dumb", tcgetattr(STDIN_FILENO, &user) == 0
        else { return nil }
        self.program = program
        self.words = words
        desk = ScreenDesk(words)
    }

    /// Shows the screen until it ends.
    ///
    /// - Returns: the screen's exit status.
    func run() -> Int32 {
        var parent = self
        return parent.stay()
    }

    private mutating func stay() -> Int32 {
        var signals = sigset_t()
        sigemptyset(&signals)
        // SIGTTOU: settings can be put back from the background too.
        for number in ScreenParent.passedOn + [SIGCHLD, SIGTTOU] { sigaddset(&signals, number) }
        sigprocmask(SIG_BLOCK, &signals, nil)
        while true {
            guard let screen = start() else { return 127 }
            let status = wait(for: screen, signals)
            let signal = status & 0x7f
            guard signal != 0 else {
                if !crashes.isEmpty { giveTerminalBack() }
                return status >> 8 & 0xff
            }
            guard ScreenParent.crashSignals.contains(signal), !isEnding else {
                giveTerminalBack()
                return ScreenParent.die(of: signal)
            }
            let now = Clock.boottime()
            crashes = crashes.filter { now - $0 < ScreenParent.minute } + [now]
            keepTerminal(wasKilled: signal == SIGKILL)
            desk.say("estop: the screen crashed (\(ScreenParent.name(of: signal))). Trading is as it was.")
            if crashes.count > ScreenParent.mostRestarts {
                desk.haltOnKeys(milliseconds: 0)
                giveTerminalBack()
                sigprocmask(SIG_UNBLOCK, &signals, nil)
                return desk.lines(program, words, crashes: crashes.count)
            }
            desk.say("estop: it comes back at once. K halts.")
            desk.haltOnKeys(milliseconds: ScreenParent.pauseMs)
            // What is typed from now on waits in the terminal until the screen reads it.
            giveTerminalBack()
        }
    }

    // MARK: - The screen's process

    /// In the process group of this one, so that the terminal and the shell see one job.
    private func start() -> pid_t? {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        setenv(CrashPlace.parentVariable, "\(getpid())", 1)
        var arguments = (["estop-desk"] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var screen: pid_t = 0
        let problem = posix_spawn(&screen, program, nil, &attributes, &arguments, environ)
        guard problem != 0 else { return screen }
        Output.error.line(
            "estop: \(program) cannot be started: \(String(cString: strerror(problem))). "
                + "Halting works without it: estop halt"
        )
        return nil
    }

    /// Waits until the screen has ended, and gives its wait status.
    private mutating func wait(for screen: pid_t, _ signals: sigset_t) -> Int32 {
        var signals = signals
        while true {
            var info = siginfo_t()
            let number = sigwaitinfo(&signals, &info)
            if number == SIGCHLD {
                var status: Int32 = 0
                while true {
                    let pid = waitpid(screen, &status, WNOHANG | WUNTRACED)
                    if pid < 0, errno == EINTR { continue }
                    guard pid == screen else { break }
                    guard status & 0xff == 0x7f else { return status }
                    // Stopped by somebody, alone: the shell has to see that its job has stopped.
                    if status >> 8 & 0xff == SIGSTOP { stop(SIGSTOP, with: screen) }
                }
            } else if number == SIGTSTP, info._sifields._kill.si_pid == screen {
                stop(SIGTSTP, with: screen)
            } else if ScreenParent.passedOn.contains(number) {
                if number != SIGTSTP { isEnding = true }
                kill(screen, number)
            }
        }
    }

    /// Stops as the screen did; once continued, so is the screen.
    private func stop(_ number: Int32, with screen: pid_t) {
        var this = sigset_t()
        sigemptyset(&this)
        sigaddset(&this, number)
        sigprocmask(SIG_UNBLOCK, &this, nil)
        raise(number)
        sigprocmask(SIG_BLOCK, &this, nil)
        if number == SIGSTOP { kill(screen, SIGCONT) }
    }

    /// Ends as the screen did, so that whoever waits for this process sees the same.
    private static func die(of number: Int32) -> Int32 {
        signal(number, SIG_DFL)
        var this = sigset_t()
        sigemptyset(&this)
        sigaddset(&this, number)
        sigprocmask(SIG_UNBLOCK, &this, nil)
        raise(number)
        return 128 + number
    }

    private static func name(of number: Int32) -> String {
        let names = [
            SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT",
            SIGFPE: "SIGFPE", SIGSYS: "SIGSYS", SIGKILL: "it was killed",
        ]
        return names[number] ?? "signal \(number)"
    }

    // MARK: - The terminal

    /// Out of the screen, where the screen could not do it itself: cut sequences ended, modes off, the window's title back.
    private static let leave =
        "\u{1b}\\\u{1b}[?2026l\u{1b}[?1000l\u{1b}[?1002l\u{1b}[?1003l\u{1b}[?1006l\u{1b}[?1004l\u{1b}[?2004l\u{1b}[m"
        + "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1l\u{1b}>\u{1b}[23;2t\u{1b}[?1049l\r"

    /// Keys come one by one and are not shown; nothing that was typed is thrown away.
    private func keepTerminal(wasKilled: Bool) {
        var raw = user
        cfmakeraw(&raw)
        raw.c_oflag = user.c_oflag
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        if wasKilled { Output.standard.write(ScreenParent.leave) }
    }

    private func giveTerminalBack() {
        var settings = user
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}
