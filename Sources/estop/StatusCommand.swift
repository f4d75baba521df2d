import Console
import Glibc
import KillSwitch

/// `estop status`: looks, and changes nothing.
enum StatusCommand {
    static let command = CommandTable.Command(
        "status",
        summary: "mode, since, reason, latches, gates, host",
        options: [.init("watch", summary: "print again on every change, until interrupted")],
        discussion: ["Exit status: 0 live; 3 anything else. Looking changes nothing."]
    )

    static func run(_ arguments: Arguments) -> Int32 {
        if arguments.flag("watch") { return watch(arguments) }
        return look(arguments).status
    }

    private static func look(_ arguments: Arguments) -> (status: Int32, word: Word?) {
        let desk: ChosenDesk
        do {
            desk = try ChosenDesk(arguments, looking: true, saysSo: false)
        } catch {
            guard arguments.json else {
                return (ChosenDesk.fail("UNKNOWN: \(error.message)", arguments, status: 3), nil)
            }
            let members: [JSON.Member] = [
                .init("mode", .string("unknown")), .init("error", .error("unknown", error.message)),
            ]
            Output.standard.line(JSON.object(members).line)
            return (3, nil)
        }
        let seen = desk.killSwitch.observe()
        if arguments.json {
            var members: [JSON.Member] = []
            if let problem = desk.configurationProblem {
                members.append(.init("configuration_problem", .string(problem)))
            }
            let name = desk.killSwitch.settings.name
            Output.standard.line(seen.statusJSON(desk: name, orders: orders(seen, desk), also: members).line)
        } else {
            Output.standard.write(text(seen, desk))
        }
        return (seen.mode == .live ? 0 : 3, seen.word)
    }

    private static func watch(_ arguments: Arguments) -> Int32 {
        while true {
            var last = look(arguments)
            // The gate's wait is woken by the change itself; without a page it looks again every quarter of a second.
            while true {
                let path = (try? StateLocation.choose(option: arguments.state).path) ?? "."
                guard let gate = try? Gate(reading: path) else {
                    Clock.sleep(milliseconds: 250)
                    continue
                }
                let word = gate.wait(from: last.word ?? Word(rawValue: 0), timeout: .seconds(1))
                if word != (last.word ?? Word(rawValue: 0)) {
                    // The record follows the page within a moment; print both together.
                    Clock.sleep(milliseconds: 20)
                    last.word = word
                    break
                }
            }
        }
    }

    /// What the host says of the orders of a halt that is not verified; nil: nothing is to be asked.
    private static func orders(_ seen: Observation, _ desk: ChosenDesk) -> OrdersOfHalt? {
        guard let word = seen.word, !word.mode.permitsAnything, seen.effective == nil else { return nil }
        guard seen.host != nil, seen.hostBeats else { return .unhosted }
        return desk.killSwitch.ordersOfHalt(word, withinMs: 200)
    }

    static func text(_ seen: Observation, _ desk: ChosenDesk) -> String {
        let style = TextStyle(for: .standard)
        let orders = orders(seen, desk)
        let settings = desk.killSwitch.settings
        var lines: [String] = []
        func add(_ label: String, _ text: String, _ role: TextRole = .plain) {
            let padding = String(repeating: " ", count: max(1, 11 - label.count))
            lines.append(style.paint(label, .dim) + padding + style.paint(text, role))
        }
        let kind = desk.killSwitch.isPaper ? " (paper)" : settings.paper ? " (real, its configuration not found)" : ""
        add("desk", "\(settings.name)\(kind)  \(desk.killSwitch.directory.path)")
        add("mode", modeText(seen, orders), seen.mode == .live ? .good : seen.mode == .paper ? .caution : .bad)
        if let problem = seen.pageProblem?.description ?? seen.modeProblem {
            add("", desk.killSwitch.directory.naming(problem), .bad)
        }
        // As on the screen: the first of several halts says since when and why, each latch below what came after it.
        if let began = seen.beginning {
            add("since", began.at)
            add("reason", began.reason)
            let author = began.source.author(began.op)
            add("by", began.source.isOfPeople ? "\(author) (\(began.source.rawValue))" : author)
        }
        if let word = seen.word { add("page", "\(word.mode.name), generation \(word.generation)") }
        for latch in seen.shownLatches {
            let scope = latch.scope.isGlobal ? "" : " [\(latch.scope)]"
            let times = latch.times.map { " (\($0))" } ?? ""
            add("latch", "\(latch.since) \(latch.source.rawValue)\(scope): \(latch.reason)\(times)", .caution)
        }
        if let waiting = seen.waiting {
            add("asked", waiting.notice, .caution)
            add("", "\(WaitingResume.countdown(waiting.leftMs)) left; any halt voids it", .dim)
        } else if seen.approvals > 1 {
            add("resume", "takes two operators")
        }
        for stop in seen.stopFiles { add("stop file", stop.path, .bad) }
        if let problem = seen.gatesProblem {
            add("gates", "UNKNOWN: \(problem)", .bad)
        } else {
            let count = "\(seen.acknowledged.count) of \(seen.openGates.count) acknowledged"
            // While all may trade, who has not looked yet since the resume is nobody to be named.
            let isHalted = !seen.mode.permitsAnything || !seen.latches.isEmpty
            let waiting = (isHalted ? seen.waitingGates : []).map { "\(VisibleText.line($0.name)) (pid \($0.pid))" }
            let names = waiting.isEmpty ? "" : "; NOT by: " + waiting.joined(separator: ", ")
            add("gates", count + names, waiting.isEmpty ? .plain : .bad)
        }
        if let effective = seen.effective { add("verified", effective, .good) }
        for halt in seen.haltsInForce where !halt.scope.isGlobal {
            let stood = seen.verified(halt)
            add(stood == nil ? "NOT verified" : "verified", "\(halt.scope) \(stood ?? "")", stood == nil ? .bad : .good)
        }
        if let host = seen.host {
            add("host", "pid \(host.pid), beat \(seen.beatAgeMs) ms ago", seen.hostBeats ? .plain : .bad)
        } else {
            add("host", desk.killSwitch.directory.naming("none: start 'estop serve'"), .caution)
        }
        if seen.word != nil, seen.deadMan == 0 { add("dead-man", "no limit: gates trade on without a host", .caution) }
        if let problem = seen.notDurable { add("on disk", "NOT: \(problem)", .bad) }
        if let problem = desk.configurationProblem { add("config", problem, .bad) }
        for warning in desk.configuration.warnings { add("config", warning.description, .caution) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The screen's words: HALTING is a halt that was not seen to have taken effect.
    private static func modeText(_ seen: Observation, _ orders: OrdersOfHalt?) -> String {
        var text: String
        switch seen.mode {
        case .live: text = "TRADING (live)"
        case .paper: text = "PAPER (only gates of venue=paper may trade)"
        case .reduceOnly: text = "REDUCE-ONLY"
        case .halted:
            guard !seen.isStopped else { return "HALTED" }
            let names = seen.waitingGates.map { VisibleText.line($0.name) }.joined(separator: ", ")
            if !names.isEmpty { return "HALTING, NOT STOPPED: \(names)" }
            if let problem = seen.gatesProblem { return "HALTING: \(problem)" }
            if !seen.fold.reachesWord { return "HALTING: not on disk yet" }
            switch orders {
            case .unhosted where seen.isPaper: return "HALTED, its host ended with its paper venue"
            case .unhosted, nil: return "HALTED, orders NOT verified: no host runs, so nobody can tell what is open"
            case .notWatched: return "HALTED, orders not watched"
            case .left where orders?.isUnlisted == true: return "HALTED, orders \(orders?.text ?? "")"
            case .gone: return "HALTING: about to be verified"
            case .left, .unknown: return "HALTING, orders \(orders?.text ?? "")"
            }
        case .unknown: return "UNKNOWN (reads as halted)"
        }
        let scoped = seen.latches.filter { !$0.scope.isGlobal }
        // Each scope once, however many latches it has.
        var words: [String] = []
        for latch in scoped {
            let word = "\(latch.mode == .halted ? "HALTED" : latch.mode.name.uppercased()) \(latch.scope)"
            if !words.contains(word) { words.append(word) }
        }
        if !words.isEmpty { text += ", but " + words.joined(separator: ", ") }
        return text
    }
}
