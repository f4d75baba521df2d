/// Chooses a theme. Each is shown as the cursor comes to it; Esc goes back to the one before.
struct ThemePicker: Layer {
    private let themes: [String]
    private let before: String
    private var chosen: Int

    init(themes: [String], current: String) {
        self.themes = themes
        before = current
        chosen = themes.firstIndex(of: current) ?? 0
    }

    var name: String { "Theme" }
    var hints: [(key: String, does: String)] { [("j k", "look"), ("Enter", "keep"), ("Esc", "as before")] }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        switch key {
        case .enter:
            guard themes.indices.contains(chosen) else { return .close() }
            return .close(ThemePicker.kept(themes[chosen]))
        case .escape: return .close(asking: .theme(before))
        case .character("j"), .down, .tab, .character("T"): return look(1)
        case .character("k"), .up, .backTab: return look(-1)
        default: return .ignored
        }
    }

    /// What is said of a theme that was chosen.
    static func kept(_ name: String) -> Span {
        Span("theme \(name) until you quit; ESTOP_THEME=\(name) keeps it", .label)
    }

    private mutating func look(_ by: Int) -> LayerOutcome {
        guard !themes.isEmpty else { return .consumed }
        chosen = (chosen + by + themes.count) % themes.count
        return .ask(.theme(themes[chosen]))
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let height = min(themes.count + 2, body.height)
        let width = min(28, body.width)
        let corner = Rect(
            row: body.row + body.height - height,
            column: body.column + body.width - width,
            width: width,
            height: height
        )
        let inside = Box.draw(name, in: corner, into: &frame)
        let first = max(0, chosen - inside.height + 1)
        for (index, theme) in themes.enumerated().dropFirst(first).prefix(inside.height) {
            let role: Role = index == chosen ? .focused : .dialog
            let row = inside.row + index - first
            frame.put(
                "\(index == chosen ? "»" : " ")\(theme)",
                row: row,
                column: inside.column,
                limit: inside.width,
                role: role
            )
            if index == chosen { frame.cursor = (row, inside.column) }
        }
    }
}
