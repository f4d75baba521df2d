import KillSwitch
import SafetyEngine

/// The last halt, step by step: empty, pending with a running counter, done with its time, or an alarm with what to
/// do by hand, which is never cut.
enum StepsPane {
    static func content(_ scene: Scene, width: Int) -> PaneContent {
        let steps = scene.steps
        if scene.snapshot.mode.permitsAnything, steps.all.allSatisfy({ $0 == .empty }) {
            let none = "no halt is in force"
            return PaneContent(scene: scene, summary: "the halt's steps", lines: [], empty: none, width: width)
        }
        var lines: [Line] = []
        lines += step("key seen", steps.key, scene, width, done: keyTime(scene))
        lines += step("on the page", steps.page, scene, width)
        lines += step("on disk", steps.disk, scene, width)
        lines += step("gates", steps.gates, scene, width, note: counted(steps))
        lines += step("orders", steps.orders, scene, width)
        lines += step("verified", steps.verified, scene, width)
        // Last: there may be many, and no step may be pushed out of sight by them.
        if !steps.waitingFor.isEmpty {
            let names = "NOT acknowledged: " + steps.waitingFor.joined(separator: ", ")
            lines += Text.wrap(names, max(1, width - 2)).map { Line("  " + $0, .bad) }
        }
        return PaneContent(scene: scene, summary: "the halt's steps", lines: lines, empty: "", width: width)
    }

    private static func counted(_ steps: DeskSnapshot.HaltSteps) -> String? {
        steps.gates == .empty && steps.open == 0 ? nil : "\(steps.acknowledged) of \(steps.open)"
    }

    /// The key's own step is the beginning of all others: its time of day says more than zero milliseconds.
    private static func keyTime(_ scene: Scene) -> String? {
        if let press = scene.unanswered {
            return scene.time(ago: scene.nowMs &- min(scene.nowMs, press.atMs))
        }
        guard let stamp = scene.snapshot.since, let begin = stamp.firstIndex(of: "T") else { return nil }
        let time = stamp[stamp.index(after: begin)...].prefix(12)
        return time.count == 12 && !time.hasSuffix("Z") ? String(time) : nil
    }

    private static func step(
        _ name: String,
        _ step: DeskSnapshot.HaltSteps.Step,
        _ scene: Scene,
        _ width: Int,
        note: String? = nil,
        done: String? = nil
    ) -> [Line] {
        let label = Text.pad(name, 12)
        let noted = note.map { Text.pad($0, 9) } ?? ""
        switch step {
        case .empty:
            return [Line([Span("· " + label, .dim), Span(noted.isEmpty ? "-" : noted, .dim)])]
        case .pending(let ms):
            let text = Age.step(ms + Double(scene.unanswered != nil ? 0 : scene.elapsedMs))
            return [Line([Span("… " + label, .warning), Span(noted + "pending " + text, .warning)])]
        case .done(let ms):
            let text = done ?? "+" + Age.step(ms)
            return [Line([Span("✓ ", .good), Span(label, .text), Span(noted + text, .good)])]
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
