import KillSwitch
import SafetyEngine

/// The last halt, step by step: empty, pending with a running counter, done with its time, or an alarm with what to
/// do by hand, which is never cut.
enum StepsPane {
    typealias Step = DeskSnapshot.HaltSteps.Step

    static func content(_ scene: Scene, width: Int) -> PaneContent {
        let steps = scene.steps
        let room = PaneContent.room(scene, width)
        var blocks: [PaneContent.Block] = []
        let isKnown = scene.snapshot.word != nil || scene.unanswered != nil || steps.wentElsewhere
        let isMissing = scene.snapshot.isReplay && scene.unanswered == nil
        if isKnown, !isMissing, !(scene.snapshot.mode.permitsAnything && steps.all.allSatisfy { $0 == .empty }) {
            let isUncounted = (steps.gates == .empty && steps.open == 0) || scene.snapshot.gatesProblem != nil
            let counted = isUncounted ? nil : "\(steps.acknowledged) of \(steps.open)"
            blocks = [block("key seen", steps.key, scene, room, done: keyTime(scene))]
            if steps.sent != .empty { blocks.append(block("confirmed", steps.sent, scene, room, elapsedMs: 0)) }
            blocks += [
                block("on the page", steps.page, scene, room),
                block("on disk", steps.disk, scene, room),
                block("gates", steps.gates, scene, room, note: counted),
                block("orders gone", steps.orders, scene, room),
                block("verified", steps.verified, scene, room),
            ]
            // Last: there may be many, and no step may be pushed out of sight by them.
            if !steps.waitingFor.isEmpty {
                let names = "NOT acknowledged: " + steps.waitingFor.joined(separator: ", ")
                blocks.append(
                    PaneContent.Block(
                        id: "waiting",
                        lines: Text.wrap(names, max(1, room - 2)).map { Line("  " + $0, .bad) },
                        facts: {
                            steps.waitingFor.map { Fact("not acknowledged", $0, .bad) }
                                + [Fact("by hand", scene.manualHalt)]
                        }
                    )
                )
            }
        }
        let halts = scene.snapshot.mode.permitsAnything && scene.unanswered == nil ? scene.snapshot.scopedHalts : []
        if isKnown, !isMissing, blocks.isEmpty { blocks = halts.map { scoped($0, scene, room) } }
        var content = PaneContent(
            scene,
            source: "halt.page",
            summary: !isKnown
                ? Line("the page cannot be read", .bad) : halts.isEmpty ? summary(scene, steps) : summary(halts),
            body: .blocks(blocks),
            empty: isKnown
                ? isMissing && !scene.snapshot.mode.permitsAnything
                    ? "halted then; a halt's steps are not in the journal" : "no halt is in force"
                : "unknown: the page cannot be read, so nothing is known of a halt. By hand: \(scene.manualHalt)"
        )
        let shown = [steps.key] + (steps.sent == .empty ? [] : [steps.sent]) + steps.all.dropFirst(2)
        content.attention = shown.firstIndex { if case .alarm = $0 { true } else { false } }
        return content
    }

    /// What is halted while the rest of the desk is not, and who of it has not stopped.
    private static func scoped(_ halt: ScopedHalt, _ scene: Scene, _ width: Int) -> PaneContent.Block {
        let gates = scene.snapshot.gates(of: halt)
        let missing = gates.filter { !$0.acknowledged }.map(\.name)
        var lines = [Line([Span("! ", .bad), Span(halt.words, .bad)])]
        let stood =
            scene.snapshot.gatesProblem
            ?? (gates.isEmpty
                ? "no open gate is covered" : "gates \(gates.count - missing.count) of \(gates.count) acknowledged")
        let isWell = scene.snapshot.gatesProblem == nil && missing.isEmpty
        lines += Text.wrap(stood, max(1, width - 2)).map { Line("  " + $0, isWell ? .good : .bad) }
        if !missing.isEmpty {
            let names = "NOT acknowledged: " + missing.joined(separator: ", ")
            lines += Text.wrap(names, max(1, width - 2)).map { Line("  " + $0, .bad) }
        }
        // The same words as everywhere: what is proved of its orders, or why nothing is.
        let proof = scene.snapshot.engine?.halts.first { $0.scope == halt.scope.description }
        if halt.mode == .halted {
            let isGone = proof?.standing == .gone
            let orders = "orders " + (proof?.text() ?? "NOT verified: the engine has not looked at them")
            lines += Text.wrap(orders, max(1, width - 2)).map { Line("  " + $0, isGone ? .good : .bad) }
        }
        for latch in halt.latches {
            let text =
                "\(Age.time(latch.since, today: scene.today)) UTC, \(latch.author): \(latch.reason)"
                + (latch.times(today: scene.today).map { " (\($0))" } ?? "")
            lines += Text.wrap(text, max(1, width - 2)).map { Line("  " + $0) }
        }
        return PaneContent.Block(
            id: "scope \(halt.scope)",
            lines: lines,
            facts: {
                [Fact("halted", halt.words, .bad), Fact("gates covered", gates.map(\.name).joined(separator: ", "))]
                    + missing.map { Fact("not acknowledged", $0, .bad) }
                    + [
                        Fact("everything else", "is not halted: K halts all"),
                        Fact("to lift it", "R, and choose the scope \(halt.scope)"),
                    ]
            }
        )
    }

    private static func summary(_ halts: [ScopedHalt]) -> Line {
        Line([Span("no global halt; ", .dim), Span(halts.map(\.words).joined(separator: ", "), .bad)])
    }

    private static let names = ["key seen", "confirmed", "on the page", "on disk", "gates", "orders gone", "verified"]

    private static func summary(_ scene: Scene, _ steps: DeskSnapshot.HaltSteps) -> Line {
        if let late = zip(names, steps.all).first(where: { if case .alarm = $1 { true } else { false } })?.0 {
            let who = steps.waitingFor.isEmpty ? "" : ": " + steps.waitingFor.joined(separator: ", ")
            return Line("\(late) LATE or FAILED\(who)", .bad)
        }
        if !steps.waitingFor.isEmpty {
            return Line("NOT acknowledged: " + steps.waitingFor.joined(separator: ", "), .bad)
        }
        if case .past = steps.verified { return Line("halt verified", .good) }
        if case .done(let ms) = steps.verified { return Line("halt verified after \(Age.step(ms))", .good) }
        if scene.snapshot.hasPendingStep || scene.unanswered != nil { return Line("halt under way", .warning) }
        return Line("the halt's steps", .dim)
    }

    /// The key's own step is the beginning of all others: its time of day says more than zero milliseconds.
    private static func keyTime(_ scene: Scene) -> String? {
        if let press = scene.unanswered {
            return scene.time(ago: scene.nowMs &- min(scene.nowMs, press.atMs))
        }
        guard let stamp = scene.snapshot.newest?.since ?? scene.snapshot.since, let begin = stamp.firstIndex(of: "T")
        else { return nil }
        let time = stamp[stamp.index(after: begin)...].prefix(12)
        return time.count == 12 && !time.hasSuffix("Z") ? String(time) : nil
    }

    private static func block(
        _ name: String,
        _ step: Step,
        _ scene: Scene,
        _ width: Int,
        note: String? = nil,
        done: String? = nil,
        elapsedMs: UInt64? = nil
    ) -> PaneContent.Block {
        let elapsed = elapsedMs ?? (scene.unanswered != nil ? 0 : scene.elapsedMs)
        let lines = lines(name, step, elapsed, width, note: note, done: done)
        let said = lines.dropFirst().map(\.text).reduce(lines.first?.text ?? "") { $0 + " " + Text.trimmed($1) }
        return PaneContent.Block(
            id: name,
            lines: lines,
            facts: {
                [
                    Fact("step", said), Fact("what it is", meaning(name)), Fact("by hand", scene.manualHalt),
                ]
            }
        )
    }

    private static func meaning(_ name: String) -> String {
        switch name {
        case "key seen": "the key was read from the terminal, or the command was given"
        case "confirmed": "sent to the desk's machine, and answered: it is on the page and on disk there"
        case "on the page": "the word in shared memory refuses: every gate that looks at it stops"
        case "on disk": "the record of the halt is on disk: a restart of anything finds it"
        case "gates": "each open gate has looked and refused; one that has not may still send orders"
        case "orders gone": "platforms stopped and their resting orders gone, as the venues themselves say"
        default: "all of the above was observed, not only asked for"
        }
    }

    private static func lines(
        _ name: String,
        _ step: Step,
        _ elapsedMs: UInt64,
        _ width: Int,
        note: String?,
        done: String?
    ) -> [Line] {
        let label = Text.pad(name, 12)
        let noted = note.map { Text.pad($0, 9) } ?? ""
        switch step {
        case .empty:
            return [Line([Span("· " + label, .dim), Span(noted.isEmpty ? "-" : noted, .dim)])]
        case .pending(let ms):
            let text = Age.step(ms + Double(elapsedMs))
            return [Line([Span("… " + label, .warning), Span(noted + "pending " + text, .warning)])]
        case .done(let ms):
            let text = done ?? "+" + Age.step(ms)
            return [Line([Span("✓ ", .good), Span(label, .text), Span(noted + text, .good)])]
        case .past:
            return [
                Line([Span("✓ ", .good), Span(label, .text), Span(noted + (done ?? "done, time not known"), .good)])
            ]
        case .alarm(let text):
            let head = Line([Span("! " + label, .bad), Span(noted + "LATE or FAILED", .bad)])
            return [head] + Text.wrap(text, max(1, width - 2)).map { Line("  " + $0, .bad) }
        case .notApplicable(let text):
            return Text.wrap(text, max(1, width - 14)).enumerated().map { index, piece in
                Line([Span(index == 0 ? "- " + label : Text.pad("", 14), .dim), Span(piece, .dim)])
            }
        }
    }
}
