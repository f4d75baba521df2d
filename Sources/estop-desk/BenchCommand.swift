import Console
import Glibc
import KillSwitch

/// `estop bench halt`: the halt path in numbers, each against a reference measured at the same time.
///
/// Absolute times vary from machine to machine and from minute to minute; what is compared is a subject with its reference,
/// taken in turn within each of several rounds. Everything happens in a fresh directory that is removed afterwards.
enum BenchCommand {
    static let command = CommandTable.Command(
        "bench",
        summary: "measure the halt path against references in the same run",
        positionals: [.init("WHAT")],
        options: [
            .init("rounds", .integer(1...100), summary: "how many interleaved rounds; default: 5"),
            .init("quick", summary: "fewer samples: about 10 s instead of a minute"),
            .init("only", .choice(parts.map(\.name)), repeatable: true, summary: "only this part; default: all"),
        ],
        discussion: [
            "WHAT: halt. Never touches a desk: it works in a new directory beside --state if given, else in TMPDIR or /tmp.",
            "p50 and p99 are the medians of the rounds' own; max is of all samples.",
            "Exit status: 0 measured, also when a limit does not hold (it is printed); 1 something could not be measured.",
        ]
    )

    /// Every part, in the order of the report.
    private static var parts: [(name: String, make: @Sendable () -> any BenchPart)] {
        [
            ("gate", { BenchGates() }), ("python", { BenchPython() }), ("seen", { BenchSeen() }),
            ("durable", { BenchDurable() }), ("stop-file", { BenchStopFile() }), ("cold", { BenchCold() }),
            ("key", { BenchKey() }),
        ]
    }

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let what = arguments.positional("WHAT") ?? ""
        if let role = BenchRole(rawValue: what), let status = role.run(arguments) { return status }
        guard what == "halt" else {
            Output.error.line("estop: there is no bench '\(VisibleText.line(what))': type estop bench halt")
            return UsageError.exitStatus
        }
        // What the caller's environment says about its own desk and its own service does not hold for this one.
        for name in ["TRADING_MODE", "ESTOP_STATE", "ESTOP_CONFIG", "NOTIFY_SOCKET", "WATCHDOG_USEC"] { unsetenv(name) }
        let site: BenchSite
        do {
            site = try BenchSite(beside: arguments.state)
        } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
        defer { site.clear() }
        let rounds = arguments.integer("rounds") ?? 5
        let only = arguments.values("only")
        let chosen = parts.filter { only.isEmpty || only.contains($0.name) }.map { $0.make() }
        let size: BenchSize = arguments.flag("quick") ? .quick : .full
        let report = measure(chosen, site, rounds: rounds, size: size, quiet: arguments.json)
        if arguments.json { report.sayJSON() } else { report.sayText() }
        return report.failures.isEmpty ? 0 : 1
    }

    private static func measure(
        _ chosen: [any BenchPart],
        _ site: BenchSite,
        rounds: Int,
        size: BenchSize,
        quiet: Bool
    ) -> BenchReport {
        var parts = chosen
        var report = BenchReport(directory: site.root, isOnTmpfs: site.isOnTmpfs, rounds: rounds)
        for round in 1...rounds {
            for index in parts.indices where parts[index].problem == nil {
                if !quiet, Output.error.isTerminal {
                    Output.error.write("\r\u{1b}[Kround \(round) of \(rounds): \(parts[index].title)")
                }
                do {
                    try parts[index].round(site, size)
                } catch {
                    parts[index].problem = error
                }
            }
        }
        if !quiet, Output.error.isTerminal { Output.error.write("\r\u{1b}[K") }
        for part in parts {
            switch part.problem?.kind {
            case .failed?: report.failures.append("\(part.title): \(part.problem?.message ?? "")")
            case .skipped?: report.skipped.append("\(part.title): \(part.problem?.message ?? "")")
            case nil: report.rows += part.rows
            }
        }
        return report
    }
}

/// How many samples a round takes of each subject, and as many of its reference.
struct BenchSize: Sendable {
    /// Loops of a gate's check, each timed as a whole.
    var slices: Int
    /// Halts that a waiting process sees.
    var wakes: Int
    /// Halts recorded on disk.
    var halts: Int
    /// Stop files created.
    var stopFiles: Int
    /// Starts of each command.
    var commands: Int
    /// Keys pressed.
    var keys: Int

    static let full = BenchSize(slices: 200, wakes: 1000, halts: 400, stopFiles: 200, commands: 20, keys: 120)
    static let quick = BenchSize(slices: 100, wakes: 150, halts: 100, stopFiles: 25, commands: 4, keys: 15)
}

/// One subject or several with their references: what a round does, and what has come out.
protocol BenchPart {
    /// What it measures, for progress and problems.
    var title: String { get }
    /// Why it cannot go on; its later rounds are left out.
    var problem: BenchProblem? { get set }
    /// One round: sets up, measures subject and reference in turn, takes down.
    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem)
    /// The rows of the report.
    var rows: [BenchRow] { get }
}

/// Why something was not measured.
struct BenchProblem: Error, Sendable {
    enum Kind: Sendable {
        case failed
        case skipped
    }

    let kind: Kind
    let message: String

    init(_ message: String, errno: Int32 = 0) {
        kind = .failed
        self.message = errno == 0 ? message : "\(message): \(String(cString: strerror(errno)))"
    }

    private init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    /// Not there, and nobody's failure.
    static func skipped(_ message: String) -> BenchProblem { BenchProblem(kind: .skipped, message: message) }
}
