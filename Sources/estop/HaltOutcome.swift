import Console
import Glibc
import KillSwitch

/// What a halt by command achieved, and how to say it.
struct HaltOutcome {
    let request: HaltRequest
    let report: HaltReport
    /// Whether no desk runs here.
    let isAbsent: Bool
    var warnings: [String]
    var seen: Observation?
    var waiting: [GateSlot] = []
    var waited = false
    /// What became of the orders; nil: not asked.
    var orders: OrdersOfHalt?
    /// Why nothing is known of the gates.
    var gatesProblem: String?

    /// Whether the desk has venues that nobody looks at: a real one without a host.
    private(set) var isUnwatched = false

    var status: Int32 {
        guard report.taken else { return 2 }
        guard report.onPage, report.durable, !isUnwatched, !isWidened else { return 1 }
        return !waited || (waiting.isEmpty && gatesProblem == nil && (!isProvable || orders?.isSettled == true)) ? 0 : 1
    }

    /// Whether a scope found no room on the page, or is too long for it, so that everything was halted.
    private var isWidened: Bool { !request.scope.isGlobal && report.onPage && report.coversAll }

    /// Whether there is anything to prove: what restricts less than a halt leaves orders where they are.
    private var isProvable: Bool {
        report.onPage && request.mode == .halted && !(request.scope.isGlobal && report.state.mode.permitsAnything)
    }

    /// Between two questions to the host, in nanoseconds.
    private static let asksEvery: UInt64 = 50_000_000

    private var style: TextStyle { TextStyle(for: .standard) }

    /// What is true once the record is on disk.
    var headline: String {
        let what =
            request.scope.isGlobal
            ? ""
            : isWidened ? " EVERYTHING, because the page has no room for \(request.scope)" : " \(request.scope)"
        let word = request.mode == .halted ? "HALTED" : request.mode == .paper ? "PAPER ONLY" : "REDUCE-ONLY"
        if report.onPage, isAbsent {
            let disk = report.durable ? "" : ", NOT ON DISK (\(String(cString: strerror(report.error))))"
            return
                "NO RUNNING DESK WAS HALTED; the page of this directory says halted now\(what)\(disk): \(request.reason)"
        }
        if report.onPage, report.durable { return "\(word)\(what): \(request.reason)" }
        if report.onPage {
            return "\(word)\(what), but NOT ON DISK (\(String(cString: strerror(report.error)))): \(request.reason)"
        }
        if report.stopFile, isAbsent { return "STOP FILE LEFT, and no desk runs here: \(request.reason)" }
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

    /// Waits for what can be confirmed.
    ///
    /// - Parameters:
    ///   - wait: how long, in milliseconds; nil: 2 s, or as long as gates and venues need that promised to speak.
    ///   - isSaid: whether to say on standard output that it takes longer.
    mutating func confirm(_ killSwitch: KillSwitch, wait: UInt64?, isSaid: Bool) {
        waited = wait != 0
        let begin = Clock.boottime()
        var until = begin + min(wait ?? HaltOutcome.usualMs, 1 << 40) * 1_000_000
        var isExtended = wait != nil
        var asksNext = begin
        while true {
            look(killSwitch)
            let now = Clock.boottime()
            if waited, isProvable, orders?.isSettled != true, now >= asksNext {
                let left = until > now ? (until - now) / 1_000_000 : 0
                orders = killSwitch.ordersOfHalt(
                    report.state,
                    scope: request.scope,
                    withinMs: min(500, max(1, left))
                )
                asksNext = Clock.boottime() + HaltOutcome.asksEvery
            }
            if isConfirmed { break }
            if Clock.boottime() >= until {
                guard !isExtended, let more = promise else { break }
                isExtended = true
                until = begin + more.milliseconds * 1_000_000
                if isSaid { Output.standard.line("waiting up to \(more.milliseconds / 1_000) s: \(more.why)") }
                continue
            }
            Clock.sleep(milliseconds: 2)
        }
        // Nothing known of the gates is not that all have stopped.
        gatesProblem = GateSlots.read(killSwitch.directory) == nil ? killSwitch.observe().gatesProblem : nil
        // Where no host runs nobody can tell, but of a paper desk: its venue ended with its host.
        if waited, waiting.isEmpty, gatesProblem == nil, isProvable, request.scope.isGlobal, orders == .unhosted {
            killSwitch.noteEffective(of: report.state)
        }
        if waited, isProvable, request.scope.isGlobal, let text = killSwitch.exitsOfHalt(withinMs: 200) {
            warnings.append(text)
        }
        do { seen = try killSwitch.writeMirror() } catch { warnings.append(error.message) }
        if seen == nil { seen = killSwitch.observe() }
        if let orders, !orders.isSettled, let text = orders.text { warnings.append("orders: \(text)") }
        if !killSwitch.isPaper, seen?.host == nil {
            isUnwatched = true
            warnings.append(
                killSwitch.directory.naming(
                    "ORDERS NOT CANCELLED: no host runs on this desk; cancel at the venue, or start 'estop serve'"
                )
            )
        }
    }

    /// How long it is waited where nobody says, in milliseconds.
    private static let usualMs: UInt64 = 2_000
    /// Listings of a venue that lists come within so long.
    private static let listingMs: UInt64 = 10_000
    /// No gate is waited for longer.
    private static let mostMs: UInt64 = 60_000

    private var isConfirmed: Bool {
        waiting.isEmpty && (!isProvable || (orders?.isSettled ?? !waited))
    }

    /// Until when those who have not confirmed promised to: a gate that beats every 5 s asks no sooner.
    private var promise: (milliseconds: UInt64, why: String)? {
        if let slow = waiting.max(by: { $0.interval < $1.interval }), slow.interval > 0 {
            let interval = slow.interval / 1_000_000
            let limit = min(HaltOutcome.mostMs, interval + interval / 2)
            guard limit > HaltOutcome.usualMs else { return nil }
            return (
                limit,
                "\(VisibleText.line(slow.name)) promised to beat every \(interval / 1_000) s, and has not asked since"
            )
        }
        guard waiting.isEmpty, let orders, orders.isSettling else { return nil }
        return (HaltOutcome.listingMs, "orders \(orders.text ?? "")")
    }

    /// Which gates that the halt covers have not acknowledged it.
    private mutating func look(_ killSwitch: KillSwitch) {
        let slots = (GateSlots.read(killSwitch.directory) ?? []).filter { $0.alive && covers($0) }
        waiting = report.onPage ? slots.filter { !$0.acknowledges(report.state) } : slots
        // A gate that was opened while trading was halted, and has not asked since, was never permitted: the log tells.
        guard !waiting.isEmpty, waiting.contains(where: { $0.checks == 0 }) || !request.scope.isGlobal else { return }
        let seen = killSwitch.observe()
        waiting.removeAll { slot in
            request.scope.isGlobal
                ? seen.hasAcknowledged(slot) : slot.seen.generation >= report.state.generation
        }
    }

    private func covers(_ slot: GateSlot) -> Bool { request.scope.covers((try? Scope(slot.scope)) ?? .global) }

    func sayConfirmed() {
        guard let seen else { return }
        for warning in warnings where !warning.hasPrefix("orders: ") {
            Output.error.line("estop: \(VisibleText.line(warning))")
        }
        guard waited else { return }
        let open = seen.openGates.filter(covers).count
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
        let open = seen?.openGates.filter(covers).count ?? 0
        Output.standard.line(
            JSON.object([
                .init("success", .bool(report.taken && !isAbsent)), .init("message", .string(headline)),
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
