import SafetyEngine

/// The alerts that were resolved, the last one first.
struct AlertHistoryLayer: Layer {
    private var offset = 0

    var name: String { "Alert history" }
    var hints: [(key: String, does: String)] { [("Esc", "back"), ("j k", "scroll")] }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        let most = max(0, (context.snapshot.engine?.resolved.count ?? 0) - 1)
        switch Action.of(key) {
        case .down: offset = min(most, offset + 1)
        case .up: offset = max(0, offset - 1)
        case .pageDown: offset = min(most, offset + 10)
        case .pageUp: offset = max(0, offset - 10)
        case .top: offset = 0
        case .bottom: offset = most
        case .alertHistory: return .close()
        default: return .ignored
        }
        return .consumed
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let alerts = scene.snapshot.engine?.resolved ?? []
        var lines: [Line] = alerts.map { alert in
            Line([
                Span(Text.pad(scene.time(ago: scene.aged(alert.ageMs)), 9), .dim),
                Span(Text.pad(alert.level.word, 10), alert.level.role), Span(alert.rule + " ", .label),
                Span(alert.subject + "  ", .text), Span(alert.text, .dialog),
                Span("  \(alert.count)x" + (alert.acknowledgedBy.map { ", seen by \($0)" } ?? ""), .dim),
            ])
        }
        if lines.isEmpty { lines = [Line("no alert has been resolved yet", .dialog)] }
        Box.drawScrolled(name, lines, width: body.width, from: offset, in: body, into: &frame)
    }
}
