import KillSwitch
import SafetyEngine

/// What the first of two people sees once they have asked for a resume: that it waits, how long, and what to tell the
/// second. It changes nothing; closing it leaves the request waiting.
///
/// Invariants (DashboardTests/SecondPersonDialogTests): it closes itself when the request waits no more, and says what became
/// of it; no key in it resumes anything.
struct WaitingDialog: Layer {
    /// How long the request may take to show up in a snapshot.
    static let patienceMs: UInt64 = 5_000

    /// A request is used up right before the record that tells who confirmed it: so long that record may take.
    static let graceMs: UInt64 = 1_500

    let openedMs: UInt64
    private(set) var waiting: WaitingResume?
    private var goneMs: UInt64?

    init(openedMs: UInt64) { self.openedMs = openedMs }

    var name: String { "Waiting for a second person" }

    var hints: [(key: String, does: String)] { [("Esc", "close; it goes on waiting"), ("K", "halt, which voids it")] }

    /// How many milliseconds the request that waits has left.
    static func left(_ scene: Scene) -> UInt64 {
        guard let waiting = scene.snapshot.waiting else { return 0 }
        return waiting.leftMs - min(waiting.leftMs, scene.elapsedMs)
    }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        switch key {
        case .escape, .enter, .character("q"): return .close()
        default: return .consumed
        }
    }

    mutating func refresh(_ context: LayerContext) -> LayerOutcome {
        let now = context.snapshot.waiting
        guard let waiting else {
            waiting = now
            return now == nil && context.nowMs >= openedMs + WaitingDialog.patienceMs ? .close() : .consumed
        }
        if now?.id == waiting.id {
            goneMs = nil
            return .consumed
        }
        // What became of it is the switch's record to tell: a resume names the request.
        let confirmed = context.snapshot.history.last { $0.approval == waiting.id }
        if let confirmed, context.snapshot.mode.permitsAnything {
            return .close(Span("resumed to \(confirmed.mode.name): \(confirmed.op) confirmed it", .good))
        }
        let gone = goneMs ?? context.nowMs
        goneMs = gone
        guard context.nowMs >= gone + WaitingDialog.graceMs else { return .consumed }
        return .close(Span("your request waits no more (halted again, or expired): nothing was resumed", .warning))
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 80)
        guard width >= 20, body.height >= 3 else {
            frame.put("waiting for a second person; Esc", row: body.row, column: 0, limit: body.width, role: .warning)
            return
        }
        let left = WaitingDialog.left(scene)
        let title =
            waiting == nil
            ? "Asked" : "Asked: waiting for a second person (\(WaitingResume.countdown(left)))"
        var lines = Text.wrap("Nothing is resumed yet.", width - 4).map { Line($0, .warning) }
        if let waiting {
            for text in [
                "to \(waiting.target): \(waiting.reason)", "", "Tell another operator:",
                "  \(waiting.askedBy) asks to resume to \(waiting.target). The request is \(waiting.id).",
                "They press R in their dashboard, or run:", "  \(waiting.command)",
                "or send \"approve\": \"\(waiting.id)\" with their token to /api/emergency/kill-switch/deactivate.", "",
                "Any halt voids it. Esc closes this; the request goes on waiting.",
            ] {
                lines += text.isEmpty ? [Line("", .dialog)] : wrapped(text, width - 4)
            }
        } else {
            lines.append(Line("the desk has not shown the request yet", .dialog))
        }
        Box.drawScrolled(title, lines, width: width, from: 0, in: body, into: &frame)
    }

    private func wrapped(_ text: String, _ width: Int) -> [Line] {
        let indent = text.hasPrefix("  ") ? "  " : ""
        return Text.wrap(text, max(1, width - 2)).map { Line(indent + $0.drop { $0 == " " }, .dialog) }
    }
}
