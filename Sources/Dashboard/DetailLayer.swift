/// All that is known of one row, kept up to date. It stays with its row: when that is gone it says so and shows what was
/// known last, in brackets.
struct DetailLayer: Layer {
    let pane: Pane
    private var id: String
    private var facts: [Fact]
    private var goneMs: UInt64?
    private var offset = 0

    init?(_ pane: Pane, _ listing: Listing) {
        guard let selected = listing.selected, let id = listing.id(at: selected) else { return nil }
        self.pane = pane
        self.id = id
        facts = listing.content.facts(listing.order[selected])
    }

    var name: String { "Details" }
    var hints: [(key: String, does: String)] {
        let own: [(key: String, does: String)] =
            switch pane {
            case .alerts: [("a", "acknowledge")]
            case .positions: [("x", "carry out")]
            case .orders: [("c", "cancel it")]
            default: []
            }
        return [("Esc", "back")] + own + [("j k", "other rows"), ("PgDn", "scroll")]
    }

    mutating func handle(_ event: InputEvent, _ context: LayerContext) -> LayerOutcome {
        guard case .key(let key) = event else { return .consumed }
        switch Action.of(key) {
        case .down: return .ask(.move(1))
        case .up: return .ask(.move(-1))
        case .pageDown: offset = min(offset + 10, 1000)
        case .pageUp: offset = max(0, offset - 10)
        case .detail: return .close()
        // Never to another row than the one that is read.
        case .acknowledge, .cancelOrder, .carryOut: return goneMs == nil ? .ignored : .consumed
        default: return .ignored
        }
        return .consumed
    }

    /// Shows the row that the cursor is on now.
    mutating func follow(_ listing: Listing) {
        guard let selected = listing.selected, let id = listing.id(at: selected) else { return }
        self.id = id
        facts = listing.content.facts(listing.order[selected])
        goneMs = nil
        offset = 0
    }

    mutating func refresh(_ context: LayerContext) -> LayerOutcome {
        let content = context.listing.content
        if let row = (0..<content.count).first(where: { content.id($0) == id }) {
            facts = content.facts(row)
            goneMs = nil
        } else if goneMs == nil {
            goneMs = context.nowMs
        }
        return .consumed
    }

    /// What is known at the moment that is drawn: times of day need its clock.
    private func facts(now scene: Scene, width: Int) -> [Fact] {
        let content = pane.content(scene, width: width)
        guard let row = (0..<content.count).first(where: { content.id($0) == id }) else { return facts }
        return content.facts(row)
    }

    func draw(into frame: inout Frame, body: Rect, scene: Scene) {
        let width = min(body.width, 92)
        let facts = goneMs == nil ? self.facts(now: scene, width: width) : self.facts
        let label = min(22, (facts.map { TextWidth.of($0.label) }.max() ?? 0) + 2, max(0, width / 3))
        let room = max(1, width - 4 - label)
        var lines: [Line] = []
        if let goneMs {
            let age = Age.whole(scene.nowMs &- min(scene.nowMs, goneMs))
            lines += Text.wrap("GONE since \(age): this row is no longer there. Last known:", max(1, width - 4)).map {
                Line($0, .warning)
            }
        }
        for fact in facts {
            let text = goneMs == nil ? fact.text : "[\(fact.text)]"
            let plain = fact.role == .text || fact.role == .dim || fact.role == .label
            let role: Role = goneMs != nil ? .lost : plain ? .dialog : fact.role
            for (index, piece) in Text.wrap(text, room).enumerated() {
                lines.append(Line([Span(Text.pad(index == 0 ? fact.label : "", label), .label), Span(piece, role)]))
            }
        }
        Box.drawScrolled(
            "\(pane.name): \(facts.first?.text ?? "")",
            lines,
            width: width,
            from: offset,
            in: body,
            into: &frame
        )
    }
}
