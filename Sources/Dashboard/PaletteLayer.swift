/// The command palette: every action by its name, found by typing. Nothing is chosen before something is typed or the
/// arrows are used: an Enter typed ahead does nothing.
struct PaletteLayer: Layer {
    private enum Command {
        case action(Action)
        case theme(String)
    }

    private struct Entry {
        var title: String
        var keys: String
        var about: String
        var command: Command
    }

    private let entries: [Entry]
    private var field = TextField(capacity: 40)
    private var chosen: Int?

    init(themes: [String]) {
        // What only moves the cursor is quicker by its key.
        let moves: Set<Action> = [.down, .up, .pageDown, .pageUp, .top, .bottom, .palette, .back]
        entries =
            Action.allCases.filter { !moves.contains($0) }.map {
                Entry(
                    title: $0.title,
                    keys: $0.keys.first?.name ?? "",
                    about: $0.description,
                    command: .action($0)
                )
            } + themes.map { Entry(title: "theme \($0)", keys: "", about: "Draw with it", command: .theme($0)) }
    }

    var name: String { "Commands" }
    var isTyping: Bool { true }
    var hints: [(key: String, does: String)] { [("Enter", "do it"), ("Up Down", "choose"), ("Esc", "back")] }

    /// Entries that have every word typed, in title or description; those whose title begins with it first.
    private var matches: [Entry] {
        let words = field.trimmed.lowercased().split(separator: " ")
        guard let first = words.first else { return entries }
        let found = entries.filter { entry in
            let text = "\(entry.title) \(entry.about)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        // `theme m` means a theme whose name begins so, and not the action that is called `theme` and has an m in its words.
        let whole = words.joined(separator: " ")
        func rank(_ entry: Entry) -> Int {
            entry.title.hasPrefix(whole) ? 0 : entry.title.hasPrefix(first) ? 1 : 2
        }
        return (0...2).flatMap { wanted in found.filter { rank($0) == wanted } }
    }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        let matches = matches
        switch key {
        case .escape: return .close()
        case .enter:
            guard let chosen, matches.indices.contains(chosen) else { return .consumed }
            switch matches[chosen].command {
            case .action(let action): return .close(asking: .perform(action))
            case .theme(let name):
                var outcome = LayerOutcome.close(asking: .theme(name))
                outcome.message = ThemePicker.kept(name)
                return outcome
            }
        case .down, .tab: chosen = chosen.map { min($0 + 1, max(0, matches.count - 1)) } ?? 0
        case .up, .backTab: chosen = chosen.map { max($0 - 1, 0) } ?? max(0, matches.count - 1)
        default:
            if !field.handle(key) { return .ignored }
            chosen = field.trimmed.isEmpty ? nil : 0
        }
        return .consumed
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 84)
        let matches = matches
        let rect = Box.centred(width: width, height: max(entries.count, 1) + 3, in: body)
        let inside = Box.draw(name, in: rect, into: &frame)
        guard inside.height > 0, inside.width > 0 else { return }
        let shown = field.visible(width: inside.width - 2)
        frame.put("> ", row: inside.row, column: inside.column, limit: inside.width, role: .key)
        frame.put(
            Text.pad(shown.text, inside.width - 2),
            row: inside.row,
            column: inside.column + 2,
            limit: inside.width - 2,
            role: .field
        )
        frame.cursor = (inside.row, inside.column + 2 + min(shown.cursor, max(0, inside.width - 3)))
        let room = inside.height - 1
        let first = max(0, (chosen ?? 0) - room + 1)
        if matches.isEmpty {
            frame.put(
                "no action has these words",
                row: inside.row + 1,
                column: inside.column,
                limit: inside.width,
                role: .warning
            )
        }
        for (index, entry) in matches.enumerated().dropFirst(first).prefix(room) {
            let role: Role = index == chosen ? .focused : .dialog
            let line = Line([
                Span(index == chosen ? "»" : " ", .key), Span(Text.pad(entry.title, 20), role), Span(" ", .dialog),
                Span(Text.pad(entry.keys, 7), .key), Span(entry.about, role == .focused ? .dialog : .dim),
            ])
            let row = inside.row + 1 + index - first
            frame.put(line.fitting(inside.width), row: row, column: inside.column, limit: inside.width)
        }
    }
}
