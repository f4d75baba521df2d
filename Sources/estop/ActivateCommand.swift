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
            .init("wait", .duration, summary: "how long to wait for confirmation; default 2s, 0: not at all"),
        ],
        discussion: [
            "Exit status: 0 halted, on disk, and what was waited for confirmed;",
            "1 halted, but something is not (it says what); 2 could not halt. What is waited for: every gate's",
            "acknowledgement and, where a host runs, that no order is open any more.",
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
        do {
            let path = try StateLocation.choose(option: arguments.state).path
            wasThere = access(path, F_OK) == 0
            directory = try StateDirectory(path, create: true)
        } catch {
            return ChosenDesk.fail("NOT HALTED: \(error)\(elsewhere())", arguments, status: 2)
        }
        let status = halt(request, directory, read, wasThere: wasThere)
        // Halted, but not as it was typed.
        return status == 0 && !read.problems.isEmpty ? 1 : status
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
        var warnings = read.warnings
        var settings = DeskSettings()
        do {
            settings = DeskSettings(try Configuration.load(named: arguments.config, state: directory.path))
        } catch {
            warnings.append(error.message)
        }
        let killSwitch = KillSwitch(directory, settings: settings)
        // Before the pages are made: a mistyped directory must not look like the desk that was meant.
        let absence = killSwitch.absence(wasOnPage: pulled.onPage, wasThere: wasThere)
        if let absence { warnings.insert(absence, at: 0) }
        if !pulled.onPage {
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
            return ChosenDesk.fail(
                "\(text). The host records it when the disk is back.",
                arguments,
                status: pulled.onPage ? 1 : 2
            )
        }
        var outcome = Outcome(request: request, report: report, warnings: warnings)
        if !arguments.json { outcome.sayHalted() }
        if report.taken { outcome.confirm(killSwitch, wait: arguments.duration("wait") ?? 2_000) }
        if arguments.json { outcome.sayJSON() } else { outcome.sayConfirmed() }
        return outcome.status == 0 && absence != nil ? 1 : outcome.status
    }
}

/// What a halt by command achieved, and how to say it.
private struct Outcome {
    let request: HaltRequest
    let report: HaltReport
    var warnings: [String]
    var seen: Observation?
    var waiting: [GateSlot] = []
    var waited = false
    /// What became of the orders; nil: not asked.
    var orders: OrdersOfHalt?
    /// Why nothing is known of the gates.
    var gatesProblem: String?

    var status: Int32 {
        guard report.taken else { return 2 }
        let isConfirmed = !waited || (waiting.isEmpty && gatesProblem == nil && orders?.isSettled ?? true)
        return report.onPage && report.durable && isConfirmed ? 0 : 1
    }

    /// Whether a host cancels all orders because of this halt.
    private var cancels: Bool { report.onPage && request.scope.isGlobal && !report.state.mode.permitsAnything }

    /// Whether it is proved that no order is open. Where no host runs nobody can tell, but of a paper desk: its venue ended with
    /// its host.
    private func areOrdersGone(_ killSwitch: KillSwitch) -> Bool {
        switch orders {
        case .gone: true
        case .unhosted: killSwitch.settings.paper
        case .left, .unknown, nil: false
        }
    }

    /// Between two questions to the host, in nanoseconds.
    private static let asksEvery: UInt64 = 50_000_000

    private var style: TextStyle { TextStyle(for: .standard) }

    /// What is true once the record is on disk.
    var headline: String {
        let what = request.scope.isGlobal ? "" : " \(request.scope)"
        let word = request.mode == .halted ? "HALTED" : request.mode == .paper ? "PAPER ONLY" : "REDUCE-ONLY"
        if report.onPage, report.durable { return "\(word)\(what): \(request.reason)" }
        if report.onPage {
            return "\(word)\(what), but NOT ON DISK (\(String(cString: strerror(report.error)))): \(request.reason)"
        }
        if report.stopFile {
            return "STOP FILE LEFT: the page cannot be written by this user; a running host halts on it"
        }
        if report.socket { return "\(word)\(what) by the host: \(request.reason)" }
        return "NOT HALTED: neither the page, the stop file nor a host could be reached. "
            + "Stop the bots by hand, and cancel at the venue"
    }

    func sayHalted() {
        let output = report.taken ? Output.standard : Output.error
        output.line(style.paint(headline, .bad))
    }

    mutating func confirm(_ killSwitch: KillSwitch, wait: UInt64) {
        waited = wait > 0
        let begin = Clock.boottime()
        let until = begin + min(wait, 1 << 40) * 1_000_000
        var asksNext = begin
        while true {
            let slots = (GateSlots.read(killSwitch.directory) ?? []).filter(\.alive)
            waiting = report.onPage ? slots.filter { !$0.acknowledges(report.state) && covers($0) } : slots
            let now = Clock.boottime()
            if waited, cancels, orders?.isSettled != true, now >= asksNext {
                let left = until > now ? (until - now) / 1_000_000 : 0
                orders = killSwitch.ordersOfHalt(report.state, withinMs: min(500, max(1, left)))
                asksNext = Clock.boottime() + Outcome.asksEvery
            }
            if waiting.isEmpty && orders?.isSettled ?? true || Clock.boottime() >= until { break }
            Clock.sleep(milliseconds: 2)
        }
        // Nothing known of the gates is not that all have stopped.
        gatesProblem = GateSlots.read(killSwitch.directory) == nil ? killSwitch.observe().gatesProblem : nil
        if waited, waiting.isEmpty, gatesProblem == nil, cancels, areOrdersGone(killSwitch) {
            killSwitch.noteEffective(of: report.state)
        }
        do { seen = try killSwitch.writeMirror() } catch { warnings.append(error.message) }
        if seen == nil { seen = killSwitch.observe() }
        if let orders, !orders.isSettled, let text = orders.text { warnings.append("orders: \(text)") }
        if !killSwitch.settings.paper, seen?.host == nil {
            warnings.append(
                killSwitch.directory.naming(
                    "ORDERS NOT CANCELLED: no host runs on this desk; cancel at the venue, or start 'estop serve'"
                )
            )
        }
    }

    private func covers(_ slot: GateSlot) -> Bool { request.scope.covers((try? Scope(slot.scope)) ?? .global) }

    func sayConfirmed() {
        guard let seen else { return }
        for warning in warnings where !warning.hasPrefix("orders: ") {
            Output.error.line("estop: \(VisibleText.line(warning))")
        }
        guard waited else { return }
        let open = seen.openGates.count
        if let gatesProblem {
            Output.standard.line(style.paint("gates: UNKNOWN: \(gatesProblem)", .bad))
        } else if waiting.isEmpty {
            Output.standard.line("gates: \(open) of \(open) acknowledged")
        } else {
            Output.standard.line(style.paint("gates: \(open - waiting.count) of \(open) acknowledged; NOT by:", .bad))
            for slot in waiting { Output.standard.line("  \(VisibleText.line(slot.name)) (pid \(slot.pid))") }
        }
        guard let orders, let text = orders.text else { return }
        let line = "orders: \(VisibleText.line(text))"
        Output.standard.line(orders.isSettled ? line : style.paint(line, .bad))
    }

    func sayJSON() {
        let open = seen?.openGates.count ?? 0
        Output.standard.line(
            JSON.object([
                .init("success", .bool(report.taken)), .init("message", .string(headline)),
                .init("reason", .string(request.reason)), .init("scope", .string(request.scope.description)),
                .init("mode", .string(request.mode.name)), .init("id", .string(report.id)),
                .init("generation", .integer(Int64(report.state.generation))), .init("on_page", .bool(report.onPage)),
                .init("durable", .bool(report.durable)), .init("stop_file", .bool(report.stopFile)),
                .init(
                    "gates",
                    gatesProblem != nil
                        ? .null
                        : .object([
                            .init("open", .integer(Int64(open))),
                            .init("acknowledged", .integer(Int64(max(0, open - waiting.count)))),
                            .init("waiting", .array(waiting.map { .string($0.name) })),
                        ])
                ),
                .init("orders", orders?.json ?? .null),
                .init("warnings", .array(warnings.map { .string($0) })),
            ]).line
        )
    }
}
