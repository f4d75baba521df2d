import SafetyEngine

/// What a layer may know when it handles something.
struct LayerContext {
    var scene: Scene
    /// The pane that has the focus, as it is looked at, without regard to where it is.
    var listing: Listing

    var snapshot: DeskSnapshot { scene.snapshot }
    var freshness: Freshness { scene.freshness }
    var nowMs: UInt64 { scene.nowMs }
}

/// What a layer asks of the interface below it.
enum LayerRequest {
    /// As if the action's key had been pressed with nothing on top.
    case perform(Action)
    /// Moves the cursor of the pane that has the focus.
    case move(Int)
    /// Filters the pane that has the focus.
    case filter(String)
    /// Draws with another theme.
    case theme(String)
}

/// What a layer did with an event.
struct LayerOutcome {
    /// False: the event is handed down to the base's own keys.
    var consumed = true
    /// Whether the layer is done and goes away.
    var closes = false
    var effects: [Effect] = []
    var request: LayerRequest?
    /// Something to say on the message line.
    var message: Span?

    static let consumed = LayerOutcome()
    static let ignored = LayerOutcome(consumed: false)
    static func close(_ message: Span? = nil, effects: [Effect] = []) -> LayerOutcome {
        LayerOutcome(closes: true, effects: effects, message: message)
    }
    static func close(asking request: LayerRequest) -> LayerOutcome { LayerOutcome(closes: true, request: request) }
    static func ask(_ request: LayerRequest) -> LayerOutcome { LayerOutcome(request: request) }
}

/// Something on top of the panes: a dialog, the help. Drawn inside the body only, so that the mode and the way to
/// halt stay in sight; K is decided before any layer is asked.
protocol Layer: Sendable {
    /// Whether a text field has the focus, so that `K` is a letter.
    var isTyping: Bool { get }
    /// Its name, for the help.
    var name: String { get }
    /// Keys for the footer and the help, the most important first.
    var hints: [(key: String, does: String)] { get }
    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome
    /// A new snapshot, or a moment later.
    mutating func refresh(_ context: LayerContext) -> LayerOutcome
    func draw(into frame: inout Frame, body: Rect, scene: Scene)
}

extension Layer {
    var isTyping: Bool { false }
    mutating func refresh(_ context: LayerContext) -> LayerOutcome { .consumed }
}

/// A box with a title; what is in it is drawn in the rectangle that it gives back.
enum Box {
    static func draw(_ title: String, in rect: Rect, into frame: inout Frame) -> Rect {
        frame.fill(rect, role: .dialog)
        guard rect.height >= 3, rect.width >= 6 else { return rect }
        let line = String(repeating: "─", count: rect.width - 2)
        let bottom = rect.row + rect.height - 1
        frame.put("┌\(line)┐", row: rect.row, column: rect.column, role: .dialogTitle)
        frame.put("└\(line)┘", row: bottom, column: rect.column, role: .dialogTitle)
        for row in (rect.row + 1)..<bottom {
            frame.put("│", row: row, column: rect.column, role: .dialogTitle)
            frame.put("│", row: row, column: rect.column + rect.width - 1, role: .dialogTitle)
        }
        frame.put(
            Text.fit(" \(title) ", rect.width - 4),
            row: rect.row,
            column: rect.column + 2,
            role: .dialogTitle
        )
        return Rect(row: rect.row + 1, column: rect.column + 2, width: rect.width - 4, height: rect.height - 2)
    }

    /// A box in the middle with lines that scroll.
    static func drawScrolled(
        _ title: String,
        _ lines: [Line],
        width: Int,
        from offset: Int,
        in body: Rect,
        into frame: inout Frame
    ) {
        let rect = centred(width: width, height: lines.count + 2, in: body)
        let inside = draw(title, in: rect, into: &frame)
        let first = min(offset, max(0, lines.count - inside.height))
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            frame.put(line, row: inside.row + row, column: inside.column, limit: inside.width)
        }
        if first + inside.height < lines.count, rect.height >= 3, rect.width >= 14 {
            frame.put(
                " ▼ more: PgDn ",
                row: rect.row + rect.height - 1,
                column: rect.column + 2,
                limit: rect.width - 4,
                role: .dialogTitle
            )
        }
    }

    /// A rectangle of at most that size in the middle of another.
    static func centred(width: Int, height: Int, in body: Rect) -> Rect {
        let columns = min(width, body.width)
        let rows = min(height, body.height)
        return Rect(
            row: body.row + (body.height - rows) / 2,
            column: body.column + (body.width - columns) / 2,
            width: columns,
            height: rows
        )
    }
}
