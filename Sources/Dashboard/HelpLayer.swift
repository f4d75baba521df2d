/// The help: every action with its keys, from the table of actions, and what the words mean.
struct HelpLayer: Layer {
    private var offset = 0

    var hints: [(key: String, does: String)] { [("j k", "scroll"), ("q", "close")] }

    /// The lines, generated: an action without a line here cannot exist.
    static func lines(width: Int) -> [Line] {
        var lines: [Line] = []
        for action in Action.allCases {
            let keys = action.keys.map(\.name).joined(separator: " ")
            let wrapped = Text.wrap(action.description, max(1, width - 14))
            for (index, text) in wrapped.enumerated() {
                lines.append(Line([Span(Text.pad(index == 0 ? keys : "", 14), .key), Span(text, .dialog)]))
            }
        }
        lines.append(Line("", .dialog))
        for text in notes { lines += Text.wrap(text, width).map { Line($0, .dialog) } }
        return lines
    }

    private static let notes = [
        "TRADING: gates permit. PAPER: only the paper venue. REDUCE-ONLY: only what shrinks a position. "
            + "HALTING: asked, not yet seen to have taken effect. HALTED: verified. UNKNOWN: nothing can be said; gates refuse.",
        "Pasted text never halts. Quitting does not change trading.",
        "The clock ticks every second: one that stands still means a frozen screen. K halts even then.",
    ]

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
        offset = min(offset, max(0, HelpLayer.lines(width: 76).count - 1))
        return .consumed
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 84)
        let lines = HelpLayer.lines(width: max(1, width - 4))
        let rect = Box.centred(width: width, height: lines.count + 2, in: body)
        let inside = Box.draw("Help", in: rect, into: &frame)
        let first = min(offset, max(0, lines.count - inside.height))
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            frame.put(line, row: inside.row + row, column: inside.column, limit: inside.width)
        }
        if first + inside.height < lines.count, rect.height >= 3, rect.width >= 14 {
            frame.put(
                " ▼ more: j ",
                row: rect.row + rect.height - 1,
                column: rect.column + 2,
                limit: rect.width - 4,
                role: .dialogTitle
            )
        }
    }
}
