import Console
import Glibc
import KillSwitch

/// `estop activate`: the page first; then the disk; then whatever can be confirmed within `--wait`.
enum ActivateCommand {
    static let command = CommandTable.Command(
        "activate",
        aliases: ["halt"],
        summary: "halt all trading, or one scope, now",
        positionals: [.init("REASON", .optionalWords)],
        options: [
            .init(
                "reason",
                .text("REASON"),
                summary: "why, for scripts; the words after the command are the reason too"
            ),
            .init("scope", .text("SCOPE"), summary: "venue=, account=, strategy=, symbol=; default: everything"),
            .init(
                "mode",
                .choice(["halted", "paper", "reduce-only"]),
                summary: "what stays permitted; default: nothing"
            ),
            .init(
                "wait",
                .duration,
                summary:
                    "how long to wait for confirmation; default 2s, longer where a gate or a venue promised to speak later; "
                    + "0: not at all"
            ),
        ],
        discussion: [
            "Exit status: 0 halted, on disk, and what was waited for confirmed;",
            "1 halted, but something is not (it says what); 2 could not halt. What is waited for: every gate's",
            "acknowledgement, and two listings of each account since that show no order that can add exposure.",
            "On a real desk without a host nobody looks at the venues: exit status 1.",
            "Every word that is no option is part of the reason, quoted or not. What is not understood (an option, a mode,",
            "a scope) halts EVERYTHING, and the exit status is 1.",
        ]
    )

    /// How long the disk may take before it is said aloud.
    private static let diskPatience: UInt64 = 1_000

    /// Halts by the words of the command line, whatever they are.
    static func run(_ words: [String], in table: CommandTable) -> Int32 {
        let read = HaltWords(words, of: command, in: table)
        if read.arguments.wantsHelp {
            Output.standard.write(table.help(for: read.arguments))
            return 0
        }
        if read.arguments.flag("version") { return Commands.printVersion() }
        return run(read)
    }

    private static func run(_ read: HaltWords) -> Int32 {
        let arguments = read.arguments
        let request = HaltRequest(
            mode: arguments.value("mode").flatMap { Mode(name: $0) } ?? .halted,
            scope: arguments.value("scope").flatMap { try? Scope($0) } ?? .global,
            reason: (read.reason ?? "Emergency halt")
                + (read.haltsEverything ? " (not understood, so everything is halted: \(read.problems[0]))" : ""),
            source: .cli
        )
        let directory: StateDirectory
        var wasThere = true
        var path = ""
        do {
            path = try StateLocation.choose(option: arguments.state).path
            wasThere = access(path, F_OK) == 0
            directory = try StateDirectory(path, create: true)
        } catch {
            if let status = haltOverLoopback(request, path, arguments) { return status }
            return ChosenDesk.fail("NOT HALTED: \(error)\(elsewhere())", arguments, status: 2)
        }
        let status = halt(request, directory, read, wasThere: wasThere)
        // Halted, but not as it was typed.
        return status == 0 && !read.problems.isEmpty ? 1 : status
    }

    /// Halts by HTTP, where this user may not look into the directory or write there: that needs no right on this machine.
    ///
    /// - Returns: the exit status; nil: nobody took it.
    private static func haltOverLoopback(_ request: HaltRequest, _ path: String, _ arguments: Arguments) -> Int32? {
        // A directory that is not there is a mistake in its name, and no desk that is meant runs.
        guard access(path, R_OK | W_OK | X_OK) != 0, errno == EACCES || errno == EPERM || errno == EROFS else {
            return nil
        }
        let port = Configuration.apiPort(named: arguments.config, state: path)
        guard KillSwitch.halt(overLoopback: port, request) else { return nil }
        let what = request.scope.isGlobal ? "" : " \(request.scope)"
        let text =
            "HALTED\(what) over HTTP by the host at 127.0.0.1:\(port), which says so: \(request.reason)"
        let doubt =
            "this user may not use \(path): whether that host is of this desk, and whether bots and orders have stopped, ask "
            + "somebody who may (estop status)"
        if arguments.json {
            Output.standard.line(
                JSON.object([
                    .init("success", .bool(true)), .init("message", .string(text)),
                    .init("reason", .string(request.reason)), .init("scope", .string(request.scope.description)),
                    .init("warnings", .array([.string(doubt)])),
                ]).line
            )
        } else {
            Output.standard.line(TextStyle(for: .standard).paint(VisibleText.line(text), .bad))
            Output.error.line("estop: \(VisibleText.line(doubt))")
        }
        return 1
    }

    /// The desks that could have been meant by a directory that cannot be opened.
    private static func elsewhere() -> String {
        let others = LivingDesk.all()
        return others.isEmpty ? "" : "; running on this machine: " + others.map(\.text).joined(separator: "; ")
    }

    private static func halt(
        _ request: HaltRequest,
        _ directory: StateDirectory,
        _ read: HaltWords,
        wasThere: Bool
    ) -> Int32 {
        let arguments = read.arguments
        // The page before anything that can fail or wait, the configuration included.
        let handle = HaltHandle(directory)
        var pulled = handle.pull(for: request)
        // Before anything is made here that would look like a desk.
        let residence = wasThere ? directory.residence(before: pulled) : .new
        var warnings = read.warnings
        var settings = DeskSettings()
        do {
            settings = DeskSettings(try Configuration.load(named: arguments.config, state: directory.path))
        } catch {
            warnings.append(error.message)
        }
        let killSwitch = KillSwitch(directory, settings: settings)
        if !pulled.onPage, residence != .copy {
            // Without a page nothing permits; with one, gates that open later are told why.
            do {
                if !directory.isOnNetwork { try killSwitch.ensurePages(mayStart: false) }
                pulled = handle.pull(for: request)
            } catch {
                warnings.append(error.message)
            }
        }
        let final = pulled
        let report = Deadline.run(milliseconds: diskPatience) { killSwitch.record(final, request) }
        guard let report else {
            let text = pulled.onPage ? "HALTED on the page, NOT ON DISK: the disk does not answer" : "NOT HALTED"
            // In memory, where the host finds it: this process ends now, and its reason must not end with it.
            let isKept = pulled.onPage && killSwitch.keep(final, request)
            let later =
                isKept
                ? "The host records it, with its reason, when the disk is back."
                : "The host records the halt when the disk is back, but not its reason."
            return ChosenDesk.fail(
                "\(text). \(later)",
                arguments,
                status: pulled.onPage ? 1 : 2
            )
        }
        if !report.taken, let status = haltOverLoopback(request, directory.path, arguments) { return status }
        // After the record, which this search must not hold up.
        let absence = killSwitch.absence(residence)
        if let absence { warnings.insert(absence, at: 0) }
        var outcome = HaltOutcome(request: request, report: report, isAbsent: absence != nil, warnings: warnings)
        if !arguments.json { outcome.sayHalted() }
        if report.taken { outcome.confirm(killSwitch, wait: arguments.duration("wait"), isSaid: !arguments.json) }
        if arguments.json { outcome.sayJSON() } else { outcome.sayConfirmed() }
        return outcome.status == 0 && absence != nil ? 1 : outcome.status
    }
}
