import Console
import Desk
import Glibc
import KillSwitch
import Logging
import Settings
import Synchronization

/// `estop serve`: the host, without a screen.
enum ServeCommand {
    static let command = CommandTable.Command(
        "serve",
        summary: "the host, without a screen",
        options: [
            .init(
                "log-level",
                .choice(Logger.Level.allCases.map(\.rawValue)),
                summary: "how much to say on stderr; default: info"
            )
        ],
        discussion: [
            "Exit status: 0 on SIGTERM or SIGINT; 1 when it cannot host, or its state directory was moved or replaced under it",
            "(trading is halted then). SIGHUP, or a change of the file, reads the configuration again.",
            "Speaks systemd's sd_notify, without needing it.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        // Blocked before any thread exists, so that every thread leaves them to the one wait below.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        let level = arguments.value("log-level").flatMap(Logger.Level.init(rawValue:)) ?? .info
        LoggingSystem.bootstrap { label in
            var handler = VisibleLog(StreamLogHandler.standardError(label: label))
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "estop")
        let lost = Lost()
        let host: HostedDesk
        do {
            let desk = try ChosenDesk(arguments, create: true)
            if let refusal = ConfigCommand.refusal(arguments) {
                for problem in refusal.problems { logger.error("\(problem.message)") }
                return ChosenDesk.fail(refusal.message, arguments, status: 1)
            }
            for crash in CrashRecord.recent(in: desk.killSwitch.directory) { logger.warning("\(crash.text)") }
            host = try HostedDesk(
                desk.killSwitch,
                arguments,
                logger: logger,
                onLost: { why in
                    lost.set(why)
                    kill(getpid(), SIGTERM)
                }
            )
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
        var number: Int32 = 0
        while true {
            guard sigwait(&signals, &number) == 0 else { continue }
            guard number == SIGHUP else { break }
            host.reload()
        }
        if lost.why == nil { logger.info("signal \(number)") }
        // Whoever asks again means now, and no part of the host that does not end holds up the rest.
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
        signal(SIGHUP, SIG_IGN)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        _ = ThreadStart.detached {
            sleep(ServeCommand.patience)
            logger.error("the host has not stopped for \(ServeCommand.patience) s: it is ended; the mode stays")
            _exit(1)
        }
        host.stop()
        guard let why = lost.why else { return 0 }
        return ChosenDesk.fail("\(why). Trading was HALTED and the host ended", arguments, status: 1)
    }

    /// How long a host may take to stop, in seconds: a last snapshot of a large journal takes about one.
    private static let patience: UInt32 = 30

    /// Why the desk was lost, where it was.
    private final class Lost: Sendable {
        private let text = Mutex<String?>(nil)
        var why: String? { text.withLock { $0 } }
        func set(_ why: String) { text.withLock { $0 = why } }
    }
}
