import Console
import Glibc
import KillSwitch

/// `estop check`: may an order be sent? Silent, for scripts.
enum CheckCommand {
    static let command = CommandTable.Command(
        "check",
        summary: "silent; for scripts: estop check && place-order",
        options: [.init("scope", .text("SCOPE"), summary: "what the order is for, as in venue=paper")],
        discussion: ["Exit status: 0 permitted; 1 refused."]
    )

    static func run(_ arguments: Arguments) -> Int32 {
        do {
            let scope = try Scope(arguments.value("scope") ?? "")
            let desk = try ChosenDesk(arguments, looking: true, saysSo: false)
            let gate = try Gate(
                reading: desk.killSwitch.directory.path,
                scope: scope.isGlobal ? "" : scope.description
            )
            // With a broken configuration and no host nobody knows which stop files count.
            let isKnown = desk.configurationProblem == nil || desk.killSwitch.observe().host?.settings != nil
            let permitted = gate.permits() && desk.killSwitch.stopFiles.isEmpty && isKnown
            if arguments.json {
                Output.standard.line(
                    JSON.object([
                        .init("permitted", .bool(permitted)), .init("why", .string(gate.why)),
                        .init("configuration_problem", .text(desk.configurationProblem)),
                    ]).line
                )
            }
            return permitted ? 0 : 1
        } catch let problem as Scope.Problem {
            Output.error.line("estop: \(VisibleText.line(problem.message))")
            return UsageError.exitStatus
        } catch {
            return 1
        }
    }
}

/// `estop gates`: every gate, and whether it acknowledged.
enum GatesCommand {
    static let command = CommandTable.Command(
        "gates",
        summary: "every gate: name, scope, pid, acknowledged or not",
        discussion: ["Looking changes nothing."]
    )

    static func run(_ arguments: Arguments) -> Int32 {
        let desk: ChosenDesk
        do { desk = try ChosenDesk(arguments, looking: true) } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
        let seen = desk.killSwitch.observe()
        guard let slots = seen.gates else {
            return ChosenDesk.fail("gates UNKNOWN: \(seen.gatesProblem ?? "")", arguments, status: 1)
        }
        if arguments.json {
            let rows = slots.map { $0.json(acknowledged: seen.hasAcknowledged($0), now: seen.now) }
            Output.standard.line(JSON.array(rows).line)
            return 0
        }
        guard !slots.isEmpty else {
            Output.standard.line("no gate is open")
            return 0
        }
        var table = TextTable([
            .init("NAME"), .init("SCOPE"), .init("PID", .right), .init("ACKNOWLEDGED"), .init("SAW"),
            .init("CHECKS", .right), .init("REFUSALS", .right), .init("LAST CHECK", .right),
        ])
        for slot in slots {
            let acknowledged = seen.hasAcknowledged(slot)
            table.add([
                .init(slot.name), .init(slot.scope), .init(String(slot.pid)),
                .init(!slot.alive ? "DEAD" : acknowledged ? "yes" : "NOT", acknowledged ? .good : .bad),
                .init(slot.seen.mode.name), .init(String(slot.checks)), .init(String(slot.refusals)),
                .init(slot.lastCheckAgeMs(now: seen.now).map { "\($0) ms" } ?? "never"),
            ])
        }
        Output.standard.write(table.text(style: TextStyle(for: .standard)))
        return 0
    }
}

/// `estop history`: the log's changes, oldest first.
enum HistoryCommand {
    static let command = CommandTable.Command(
        "history",
        summary: "the log's changes, oldest first",
        options: [
            .init("from", .text("TIME"), summary: "2026-11-21T09:00:00Z, or 1h for an hour ago"),
            .init("to", .text("TIME"), summary: "the same; default: now"),
            .init("rule", .text("RULE"), summary: "only halts of this rule, as in ORDER_STUCK"),
            .init(
                "level",
                .choice(["info", "warning", "critical", "emergency"]),
                summary: "as grave as its notification is, or graver: a halt and a resume are EMERGENCY, the rest INFO"
            ),
            .init("limit", .integer(1...100_000), summary: "only the last so many of these; default: all"),
            .init("before", .text("ID"), summary: "the page before: what the last page named at its end"),
        ],
        discussion: [
            "Looking changes nothing. What a rule found, and who saw it: estop alerts --history. All of it, in a chain: estop audit."
        ]
    )

    /// Which records are wanted, and whether there are older ones of that kind; nil: an option is wrong, and was named.
    private static func wanted(_ records: [Record], _ arguments: Arguments) -> (page: [Record], isMore: Bool)? {
        let now = Clock.wallMilliseconds()
        func time(_ name: String, or missing: Int64) -> Int64? {
            guard let text = arguments.value(name) else { return missing }
            if let ago = DurationText.milliseconds(text) { return now - Int64(clamping: ago) }
            return Clock.milliseconds(of: text.count == 20 ? "\(text.dropLast()).000Z" : text)
        }
        guard let from = time("from", or: .min), let to = time("to", or: .max), from <= to else {
            Output.error.line(
                "estop: --from and --to need a time such as 2026-11-21T09:00:00Z, or 1h for an hour ago, in that order"
            )
            return nil
        }
        var records = records[...]
        if let id = arguments.value("before") {
            guard let place = records.firstIndex(where: { $0.id == id }) else {
                Output.error.line("estop: --before needs the id of a record, as the last page names it at its end")
                return nil
            }
            records = records[..<place]
        }
        let isGraveOnly = arguments.value("level").map { $0 != "info" } ?? false
        let found = records.filter { record in
            if isGraveOnly, record.change == .note { return false }
            // A record whose time cannot be read is not known to lie outside.
            let at = Clock.milliseconds(of: record.at)
            guard at.map({ from <= $0 && $0 <= to }) ?? true else { return false }
            guard let rule = arguments.value("rule") else { return true }
            return record.source == .rule && (record.reason == rule || record.reason.hasPrefix("\(rule):"))
        }
        let page = arguments.integer("limit").map { Array(found.suffix($0)) } ?? found
        return (page, page.count < found.count)
    }

    /// What stands in a resume's record of the questions and checks before it; empty: nothing.
    private static func resumed(_ record: Record) -> String {
        guard record.change == .resume else { return "" }
        var parts: [String] = []
        if !record.answers.isEmpty { parts.append("answered yes: \(record.answers.joined(separator: ", "))") }
        if !record.notChecked.isEmpty { parts.append("not checked: \(record.notChecked.joined(separator: ", "))") }
        for override in record.overrides { parts.append("overrode \(override.key): \(override.value.string ?? "")") }
        return parts.isEmpty ? "" : " [\(parts.joined(separator: "; "))]"
    }

    static func run(_ arguments: Arguments) -> Int32 {
        let desk: ChosenDesk
        do { desk = try ChosenDesk(arguments, looking: true) } catch {
            return ChosenDesk.fail(error.message, arguments, status: 1)
        }
        let seen = desk.killSwitch.observe()
        if let problem = seen.logProblem { return ChosenDesk.fail(problem, arguments, status: 1) }
        // The whole past, and not only what is folded.
        let fold = desk.killSwitch.wholeFold()
        guard let (records, isMore) = wanted(fold.records, arguments) else { return UsageError.exitStatus }
        defer {
            // On the standard error: what is read by a program stays as it is.
            if isMore, let first = records.first {
                Output.error.line("there is more: the same with --before \(first.id)")
            }
        }
        if arguments.json {
            Output.standard.line(JSON.array(records.map(\.json)).line)
            return 0
        }
        let style = TextStyle(for: .standard)
        for record in records {
            let scope = record.scope.isGlobal ? "" : " [\(record.scope)]"
            let who = record.op.isEmpty || !record.source.isOfPeople ? "" : " by \(record.people)"
            let applied = record.change == .resume && !fold.applied.contains(record.id) ? " (not applied)" : ""
            let what = record.kind.map { "note: \($0.rawValue)" } ?? "\(record.change.rawValue) to \(record.mode.name)"
            Output.standard.line(
                style.paint(record.at, .dim) + "  "
                    + style.paint(
                        "\(what)\(scope)\(applied)\(who) (\(record.source.rawValue)): \(record.reason)"
                            + resumed(record),
                        record.change == .halt ? .bad : record.change == .resume ? .good : .plain
                    )
            )
        }
        for latch in seen.latches where latch.id.hasPrefix("bad@") || latch.id == "lost" {
            Output.standard.line(style.paint("\(latch.id): \(latch.reason)", .bad))
        }
        return 0
    }
}
