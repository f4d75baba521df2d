import SafetyEngine

/// The alerts that were resolved, the last one first.
struct AlertHistoryLayer: Layer {
    private var scroll = Scroll()

    var name: String { "Alert history" }
    var hints: [(key: String, does: String)] { [("Esc", "back"), ("j k", "scroll")] }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        let action = Action.of(key)
        if action == .alertHistory { return .close() }
        return scroll.handle(action, rows: context.snapshot.engine?.resolved.count ?? 0) ? .consumed : .ignored
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let alerts = scene.snapshot.engine?.resolved ?? []
        let freshness = scene.freshness(of: scene.snapshot.alerts)
        var lines = note(freshness, scene, isEmpty: alerts.isEmpty)
        let isLost = if case .lost = freshness { true } else { false }
        if !alerts.isEmpty {
            lines.append(
                Line(Text.pad("resolved", 9) + Text.pad("began", 9) + Text.pad("level", 10) + "what (UTC)", .label)
            )
        }
        for alert in alerts {
            let began = scene.aged(alert.ageMs)
            // Both in the desk's own time, which the age goes back in.
            let lasted = alert.resolvedMs.map { $0 - min(alert.raisedMs, $0) } ?? 0
            let line = Line([
                Span(Text.pad(scene.time(ago: began - min(began, lasted)), 9), .dim),
                Span(Text.pad(scene.time(ago: began), 9), .dim),
                Span(Text.pad(alert.level.word, 10), alert.level.role), Span(alert.rule + " ", .label),
                Span(alert.subject + "  ", .text), Span(alert.text, .dialog),
                Span("  \(alert.count)x" + (alert.acknowledgedBy.map { ", seen by \($0)" } ?? ""), .dim),
            ])
            lines.append(isLost ? line.bracketed(max(0, body.width - 4)) : line)
        }
        Box.drawScrolled(
            "\(name), the last resolved first",
            lines,
            width: body.width,
            from: scroll.offset,
            in: body,
            into: &frame
        )
    }

    /// How fresh it is where that is not now, and what stands there when nothing is listed.
    private func note(_ freshness: Freshness, _ scene: Scene, isEmpty: Bool) -> [Line] {
        switch freshness {
        case .never: [Line("nothing received yet: \(scene.snapshot.alerts.hint)", .lost)]
        case .live: isEmpty ? [Line("no alert has been resolved yet", .dialog)] : []
        case .stale(let age): [Line("STALE \(Age.whole(age))", .warning)]
        case .lost(let age, let reason):
            [
                Line(
                    "NOT CONNECTED since \(scene.time(ago: age)) UTC (\(Age.whole(age))): \(reason)."
                        + (isEmpty ? "" : " Last known:"),
                    .bad
                )
            ]
        }
    }
}
