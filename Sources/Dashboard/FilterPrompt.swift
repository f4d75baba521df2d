/// Words that the rows of a pane must have. The rows change while they are typed; Esc puts back what was there.
struct FilterPrompt: Layer {
    private let before: String
    private var field: TextField

    init(_ filter: String) {
        before = filter
        field = TextField(capacity: 60)
        for character in filter { _ = field.handle(.character(character)) }
    }

    var name: String { "Filter" }
    var isTyping: Bool { true }
    var hints: [(key: String, does: String)] { [("Enter", "keep"), ("Esc", "drop"), ("!word", "without it")] }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        switch event {
        case .paste(let text): field.paste(text)
        case .key(.enter): return .close(asking: .filter(field.trimmed))
        case .key(.escape): return .close(asking: .filter(before))
        case .key(let key):
            if !field.handle(key) { return .ignored }
        }
        return .ask(.filter(field.trimmed))
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        guard body.height > 0 else { return }
        let row = body.row + body.height - 1
        let label = " rows with: "
        frame.fill(Rect(row: row, column: body.column, width: body.width, height: 1), role: .dialog)
        let begin = frame.put(label, row: row, column: body.column, limit: body.width, role: .key)
        let room = max(0, body.width - begin)
        let shown = field.visible(width: room)
        frame.put(Text.pad(shown.text, room), row: row, column: body.column + begin, limit: room, role: .field)
        frame.cursor = (row, body.column + begin + min(shown.cursor, max(0, room - 1)))
    }
}
