import Console
import Glibc
import KillSwitch

/// `estop bench halt`, `estop bench engine` and `estop bench api`: the halt path, the engine and halts over HTTP in numbers,
/// each against a reference measured at the same time.
///
/// Absolute times vary from machine to machine and from minute to minute; what is compared is a subject with its reference,
/// taken in turn within each of several rounds. Everything happens in a fresh directory that is removed afterwards.
enum BenchCommand {
    static let command = CommandTable.Command(
        "bench",
        summary: "measure the halt path, the engine or the HTTP API against references in the same run",
        positionals: [.init("WHAT")],
        options: [
            .init("rounds", .integer(1...100), summary: "how many interleaved rounds; default: 5"),
            .init("quick", summary: "fewer samples: about 10 s instead of a minute or more"),
            .init(
                "only",
                .choice((haltParts + engineParts + apiParts).map(\.name)),
                repeatable: true,
                summary: "only this part; default: all"
            ),
        ],
        discussion: [
            "WHAT: halt (\(haltParts.map(\.name).joined(separator: ", ")))",
            "or engine (\(engineParts.map(\.name).joined(separator: ", ")))",
            "or api (\(apiParts.map(\.name).joined(separator: ", "))): halts over HTTP, beside status requests,",
            "beside 2,000 connections that are idle or slow, and beside a flood of reads.",
            "Never touches a desk: it works in a new directory beside --state if given, else in TMPDIR or /tmp.",
            "p50 and p99 are the medians of the rounds' own; max is of all samples.",
            "Exit status: 0 measured, also when a limit does not hold (it is printed); 1 something could not be measured.",
        ]
    )

    private typealias Part = (name: String, make: @Sendable () -> any BenchPart)

    /// Every part of `bench halt`, in the order of the report.
    private static var haltParts: [Part] {
        [
            ("gate", { BenchGates() }), ("python", { BenchPython() }), ("seen", { BenchSeen() }),
            ("durable", { BenchDurable() }), ("stop-file", { BenchStopFile() }), ("cold", { BenchCold() }),
            ("key", { BenchKey() }),
        ]
    }

    /// Every part of `bench engine`, in the order of the report.
    private static var engineParts: [Part] {
        [
            ("fold", { BenchFold() }), ("evaluate", { BenchEvaluate() }), ("linear", { BenchLinear() }),
            ("memory", { BenchMemory() }), ("ingest", { BenchIngest() }), ("restart", { BenchRestart() }),
            ("idle", { BenchIdle() }),
        ]
    }

    /// Every part of `bench api`, in the order of the report.
    private static var apiParts: [Part] {
        [
            ("http", { BenchHTTP(.paced) }), ("idle-connections", { BenchHTTP(.idle) }),
            ("slow-connections", { BenchHTTP(.slow) }), ("flood", { BenchHTTP(.flood) }),
        ]
    }

    /// The parts of a bench; nil: there is none of that name.
    private static func parts(of what: String) -> [Part]? {
        switch what {
        case "halt": haltParts
        case "engine": engineParts
        case "api": apiParts
        default: nil
        }
    }

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let what = arguments.positional("WHAT") ?? ""
        if let role = BenchRole(rawValue: what), let status = role.run(arguments) { return status }
        guard let parts = parts(of: what) else {
            let name = VisibleText.line(what)
            Output.error.line("estop: there is no bench '\(name)': type estop bench halt, engine or api")
            return UsageError.exitStatus
        }
        let only = arguments.values("only")
        if let other = only.first(where: { name in !parts.contains { $0.name == name } }) {
            let names = parts.map(\.name).joined(separator: ", ")
            Output.error.line("estop: bench \(what) has no part \(other): it has \(names)")
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
        let chosen = parts.filter { only.isEmpty || only.contains($0.name) }.map { $0.make() }
        let size: BenchSize = arguments.flag("quick") ? .quick : .full
        let report = measure(what, chosen, site, rounds: rounds, size: size, quiet: arguments.json)
        if arguments.json { report.sayJSON() } else { report.sayText() }
        return report.failures.isEmpty ? 0 : 1
    }

    private static func measure(
        _ what: String,
        _ chosen: [any BenchPart],
        _ site: BenchSite,
        rounds: Int,
        size: BenchSize,
        quiet: Bool
    ) -> BenchReport {
        var parts = chosen
        var report = BenchReport(what: what, directory: site.root, isOnTmpfs: site.isOnTmpfs, rounds: rounds)
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
            case nil:
                report.rows += part.rows
                report.notes += part.notes
            }
        }
        return report
    }
}
