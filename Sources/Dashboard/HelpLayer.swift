import SafetyEngine

/// The help: what the keys do here, then everywhere, from the table of actions and from what lies on top; then what the
/// words mean.
struct HelpLayer: Layer {
    /// A section: a heading, and keys with what they do.
    private struct Section {
        var title: String
        var keys: [(keys: String, does: String)]
    }

    private let sections: [Section]
    private let notes: [String]
    private var offset = 0

    /// Help for a pane, or for the layer on top of it.
    init(pane: Pane, over layer: (any Layer)?, _ scene: Scene) {
        notes = HelpLayer.notes(scene)
        let everywhere = Section(title: "Everywhere", keys: HelpLayer.keys { !$0.isOfPane })
        if let layer {
            let own = Section(title: layer.name, keys: layer.hints.map { ($0.key, $0.does) })
            sections = [own, everywhere]
        } else {
            sections = [
                Section(title: "In \(pane.name)", keys: HelpLayer.keys { $0.isOfPane && $0.does(somethingTo: pane) }),
                everywhere,
            ]
        }
    }

    private static func keys(_ isWanted: (Action) -> Bool) -> [(keys: String, does: String)] {
        Action.allCases.filter(isWanted).map { ($0.keys.map(\.name).joined(separator: " "), $0.description) }
    }

    var name: String { "Help" }
    var hints: [(key: String, does: String)] { [("j k", "scroll"), ("q", "close")] }

    private static func notes(_ scene: Scene) -> [String] {
        [
            "TRADING: gates permit. PAPER: only the paper venue. REDUCE-ONLY: only what shrinks a position. "
                + "HALTING: asked, not yet seen to have taken effect. HALTED: verified. UNKNOWN: nothing can be said; gates refuse.",
            "STALE: older than its limit. NOT CONNECTED: its source is gone; figures in brackets are the last known.",
            "Pasted text never halts. By hand: \(scene.manualHalt).",
            leaving(scene.snapshot),
            "The clock ticks every second: one that stands still means a frozen screen. K halts even then.",
        ]
    }

    /// What becomes of the desk without this screen.
    private static func leaving(_ snapshot: DeskSnapshot) -> String {
        guard snapshot.host == .embedded else { return "Quitting or suspending this screen does not change trading." }
        let limit = snapshot.deadManMs == 0 ? "" : " within \(Age.text(snapshot.deadManMs))"
        return
            "THIS SCREEN IS THE DESK'S HOST. Quitting (q) or suspending (Ctrl-Z) it ends the host's beat: every gate "
            + "refuses\(limit), and the desk is HALTED when a host comes back. To go on without this screen: "
            + "quit, then \(Scene.serve(snapshot)), and resume."
    }

    private static let margin = 16

    private func lines(width: Int) -> [Line] {
        var lines: [Line] = []
        for section in sections {
            lines.append(Line(section.title, .dialogTitle))
            for (keys, does) in section.keys {
                let wrapped = Text.wrap(does, max(1, width - HelpLayer.margin))
                for (index, text) in wrapped.enumerated() {
                    let shown = Text.pad(index == 0 ? keys : "", HelpLayer.margin)
                    lines.append(Line([Span(shown, .key), Span(text, .dialog)]))
                }
            }
            lines.append(Line("", .dialog))
        }
        for text in notes { lines += Text.wrap(text, width).map { Line($0, .dialog) } }
        return lines
    }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        switch Action.of(key) {
        case .down: offset += 1
        case .up: offset = max(0, offset - 1)
        case .pageDown: offset += 10
        case .pageUp: offset = max(0, offset - 10)
        case .top: offset = 0
        case .bottom: offset = 1000
        case .help: return .close()
        default: return .ignored
        }
        // Where a window needs more lines than it has rows is only known when drawn; the bound keeps `k` answering.
        offset = min(offset, max(0, lines(width: 76).count - 1))
        return .consumed
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 92)
        Box.drawScrolled("Help", lines(width: max(1, width - 4)), width: width, from: offset, in: body, into: &frame)
    }
}
