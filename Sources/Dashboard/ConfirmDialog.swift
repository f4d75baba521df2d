import SafetyEngine

/// Says exactly what an action will do, and does it on `y`. Where an operator is enrolled, the passphrase comes first.
///
/// It cannot be answered by accident: keys of its first 300 ms are dropped, pastes are refused, Enter cancels unless the
/// passphrase was just typed.
struct ConfirmDialog: Layer {
    /// Keys that come sooner were typed before it was seen.
    static let deafMs: UInt64 = 300

    let name: String
    private let lines: [String]
    private let action: OperatorAction.Change
    private let reason: String
    private let openedMs: UInt64
    private var passphrase: TextField?

    /// - Parameters:
    ///   - lines: what will be done, and to what.
    ///   - needsPassphrase: whether it spends or loosens on a desk with an enrolled operator.
    init(
        _ name: String,
        lines: [String],
        action: OperatorAction.Change,
        reason: String,
        needsPassphrase: Bool,
        nowMs: UInt64
    ) {
        self.name = name
        self.lines = lines
        self.action = action
        self.reason = reason
        openedMs = nowMs
        passphrase = needsPassphrase ? TextField(masked: true) : nil
    }

    var isTyping: Bool { passphrase != nil }

    var hints: [(key: String, does: String)] {
        passphrase == nil ? [("y", "do it"), ("Esc", "cancel")] : [("Enter", "do it"), ("Esc", "cancel")]
    }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else {
            var refused = LayerOutcome.consumed
            refused.message = Span("a paste is not taken here: type it", .warning)
            return refused
        }
        if key == .escape { return .close(Span("\(name): cancelled, nothing was done", .notice)) }
        guard context.nowMs >= openedMs + ConfirmDialog.deafMs else { return .consumed }
        if var field = passphrase {
            if key == .enter {
                return field.text.isEmpty ? .consumed : act(field.text)
            }
            guard field.handle(key) else { return .ignored }
            passphrase = field
            return .consumed
        }
        switch key {
        case .character("y"): return act("")
        case .enter, .character("n"): return .close(Span("\(name): cancelled, nothing was done", .notice))
        default: return .ignored
        }
    }

    private func act(_ secret: String) -> LayerOutcome {
        .close(Span("\(name): asked for", .label), effects: [.act(action, reason: reason, passphrase: secret)])
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 76)
        let room = max(1, width - 4)
        var text = lines.flatMap { Text.wrap($0, room) }.map { Line($0, .dialog) }
        text.append(Line("", .dialog))
        if passphrase == nil {
            text.append(Line([Span("y", .key), Span(" does it. Enter, n and Esc cancel.", .dialog)]))
        } else {
            text.append(Line("Passphrase, then Enter. Esc cancels.", .dialog))
            text.append(Line("", .dialog))
        }
        let rect = Box.centred(width: width, height: text.count + 2, in: body)
        let inside = Box.draw(name, in: rect, into: &frame)
        let shown = text.suffix(inside.height)
        for (row, line) in shown.enumerated() {
            frame.put(line, row: inside.row + row, column: inside.column, limit: inside.width)
        }
        if let passphrase, inside.height > 0 {
            let row = inside.row + shown.count - 1
            let visible = passphrase.visible(width: inside.width)
            frame.put(
                Text.pad(visible.text, inside.width),
                row: row,
                column: inside.column,
                limit: inside.width,
                role: .field
            )
            frame.cursor = (row, inside.column + min(visible.cursor, max(0, inside.width - 1)))
        }
    }
}
