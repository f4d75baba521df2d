/// Asks why, after a halt that has long been made. The halt never waits for it, and K halts again while it is open.
///
/// Nothing is chosen beforehand: an Enter typed ahead in a hurry records nothing. A digit chooses and Enter records: the
/// digits are also the panes' keys, and whoever looks at the alerts after a halt has not said why it was made.
struct ReasonPicker: Layer {
    /// The seven presets (FEATURES.md, A2). The last one asks for text.
    static let reasons = [
        "Uncontrolled losses", "API errors", "Suspicious activity", "Malfunction or bug", "Security breach",
        "Platform outage", "Other",
    ]

    private var chosen: Int?
    private var field: TextField?

    var isTyping: Bool { field != nil }

    var name: String { "Reason of the halt" }

    var hints: [(key: String, does: String)] {
        isTyping ? [("Enter", "record"), ("Esc", "back")] : [("1-7", "why"), ("Enter", "record"), ("Esc", "skip")]
    }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        if field != nil { return type(event) }
        guard case .key(let key) = event else { return .consumed }
        switch key {
        case .character(let character):
            if let digit = character.wholeNumberValue, ReasonPicker.reasons.indices.contains(digit - 1) {
                chosen = digit - 1
                // The one that is typed says nothing yet.
                return digit == ReasonPicker.reasons.count ? choose(digit - 1) : .consumed
            }
            if character == "j" { return move(1) }
            if character == "k" { return move(-1) }
            // Whoever wants to resume does not want to be asked first.
            if character == "R" { return .close(asking: .perform(.resume)) }
            return .ignored
        case .down, .tab: return move(1)
        case .up, .backTab: return move(-1)
        case .enter: return chosen.map { choose($0) } ?? .consumed
        case .escape: return .close(Span("the halt stands, without a reason of yours", .label))
        default: return .ignored
        }
    }

    private mutating func move(_ by: Int) -> LayerOutcome {
        let last = ReasonPicker.reasons.count - 1
        chosen = chosen.map { min(last, max(0, $0 + by)) } ?? (by > 0 ? 0 : last)
        return .consumed
    }

    private mutating func choose(_ index: Int) -> LayerOutcome {
        chosen = index
        guard index < ReasonPicker.reasons.count - 1 else {
            field = TextField()
            return .consumed
        }
        return give(ReasonPicker.reasons[index])
    }

    private mutating func type(_ event: InputEvent) -> LayerOutcome {
        guard var editing = field else { return .ignored }
        switch event {
        case .paste(let text):
            editing.paste(text)
        case .key(.escape):
            field = nil
            return .consumed
        case .key(.enter):
            return editing.trimmed.isEmpty ? .consumed : give(editing.trimmed)
        case .key(let key):
            if !editing.handle(key) { return .ignored }
        }
        field = editing
        return .consumed
    }

    private func give(_ reason: String) -> LayerOutcome {
        .close(Span("reason: \(reason) (another: w)", .label), effects: [.giveReason(reason)])
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        // In the lower right corner: the halt's steps at the upper left stay in sight.
        let height = min(ReasonPicker.reasons.count + 3, body.height)
        let width = min(body.width, isTyping ? 60 : 36)
        let corner = Rect(
            row: body.row + body.height - height,
            column: body.column + body.width - width,
            width: width,
            height: height
        )
        let inside = Box.draw("The halt does not wait. Why?", in: corner, into: &frame)
        guard inside.height > 0 else { return }
        var lines: [Line] = []
        for (index, reason) in ReasonPicker.reasons.enumerated() {
            let role: Role = chosen == index ? .focused : .dialog
            let marker = chosen == index ? "»" : " "
            let text = index == ReasonPicker.reasons.count - 1 && field == nil ? reason + ": type it" : reason
            lines.append(Line([Span("\(marker)\(index + 1) ", .key), Span(text, role)]))
        }
        lines.append(Line(chosen == nil ? "Esc: give none" : "Enter: record it", .dialog))
        let focus = chosen ?? 0
        let first = max(0, min(focus - inside.height + 1, lines.count - inside.height))
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            frame.put(line, row: inside.row + row, column: inside.column, limit: inside.width)
        }
        guard focus >= first, focus - first < inside.height else { return }
        let row = inside.row + focus - first
        frame.cursor = (row, inside.column)
        if let field {
            let column = inside.column + 3
            let room = max(0, inside.width - 3)
            let shown = field.visible(width: room)
            frame.put(Text.pad(shown.text, room), row: row, column: column, limit: room, role: .field)
            frame.cursor = (row, column + min(shown.cursor, max(0, room - 1)))
        }
    }
}
