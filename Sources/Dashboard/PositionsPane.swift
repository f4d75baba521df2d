import SafetyEngine

/// What is held: the largest first; those without a price before them, since nobody knows what they are worth.
enum PositionsPane {
    static func content(_ scene: Scene) -> PaneContent {
        let positions = scene.snapshot.positions
        let unpriced = positions.rows.filter { $0.value == nil }
        let priced = positions.rows.filter { $0.value != nil }.sorted { left, right in
            (left.value?.magnitude ?? Decimal(0)) > (right.value?.magnitude ?? Decimal(0))
        }
        let listing = scene.snapshot.engine?.positionListing
        var summary = [PaneContent.count(positions.rows.count, "held", listing)]
        if !unpriced.isEmpty { summary += [Span(", ", .dim), Span("\(unpriced.count) UNPRICED", .warning)] }
        let open = (scene.snapshot.engine?.proposals ?? []).filter { $0.state == "proposed" }.count
        if open > 0 { summary += [Span(", ", .dim), Span("\(open) to close (x)", .warning)] }
        if let engine = scene.snapshot.engine, engine.exitsDue > 0 {
            let off = engine.areExitsOff ? ", automatic exits are OFF" : ""
            summary += [Span(", ", .dim), Span("\(engine.exitsDue) past a limit\(off)", .bad)]
        }
        summary += MoneyLine.spans(scene)
        return PaneContent(
            scene,
            source: positions.source,
            age: scene.freshness(of: positions),
            summary: Line(summary),
            body: .table(
                Table(
                    columns: columns(scene.snapshot.currency, isOneVenue: positions.rows.areAtOneVenue(\.venue)),
                    rows: (unpriced + priced).map { row($0, scene) }
                )
            ),
            empty: PaneContent.empty("nothing is held", "nothing is known to be held", listing),
            hint: positions.hint
        )
    }

    private static func columns(_ currency: String, isOneVenue: Bool) -> [Table.Column] {
        [
            .init(title: "symbol", width: 10, most: 14, rank: 0, order: .ascending),
            .init(title: "side", width: 5, rank: 2, order: .ascending),
            .init(title: "value \(currency)", width: 12, right: true, rank: 1, order: .descending),
            .init(title: "profit \(currency)", width: 11, right: true, rank: 3, order: .ascending),
            .init(title: "quantity", width: 12, most: 16, right: true, rank: 6, order: .descending),
            .init(title: "entry", width: 11, right: true, rank: 10),
            .init(title: "price", width: 11, right: true, rank: 7),
            .init(title: "held", width: 6, right: true, rank: 9, order: .descending),
            .init(title: "venue", width: 8, most: 12, rank: isOneVenue ? 8 : 4, order: .ascending),
            .init(title: "account", width: 8, most: 14, rank: isOneVenue ? 4 : 8, order: .ascending),
            .init(title: "note", width: 18, most: 60, rank: 5),
        ]
    }

    private static func row(_ position: Position, _ scene: Scene) -> Table.Row {
        let held = position.heldMs.map { scene.aged($0) }
        let profit = position.profit
        return Table.Row(
            id: position.id,
            values: [
                Value(position.symbol), Value(position.side.rawValue, position.side == .short ? .label : .text),
                Value(
                    position.value.map { Figures.money($0) } ?? "UNPRICED",
                    position.value == nil ? .warning : .text,
                    key: .of(position.value?.magnitude)
                ),
                Value(
                    profit.map { Figures.signed($0) } ?? "?",
                    profit.map { $0.isNegative ? .bad : .good } ?? .warning,
                    key: .of(profit)
                ),
                Value("\(position.quantity)", key: .amount(position.quantity)),
                Value(position.entryPrice.map { "\($0)" } ?? "unknown", position.entryPrice == nil ? .warning : .text),
                price(position),
                Value(held.map { Age.calm($0) } ?? "?", .dim, key: .of(held)),
                Value(position.venue, .dim), Value(position.account, .dim), note(position, scene),
            ],
            facts: { PositionFacts.of(position, scene) },
            factsAreWhole: true
        )
    }

    /// One that is not fresh is the last one, in brackets; its age is among the details.
    private static func price(_ position: Position) -> Value {
        if let price = position.price { return Value("\(price)") }
        return Value(position.lastPrice.map { "[\($0)]" } ?? "none", .warning)
    }

    // MARK: - Marks

    /// What an operator can do something about, before what is merely known.
    private static func note(_ position: Position, _ scene: Scene) -> Value {
        var marks: [String] = []
        var role: Role = .notice
        for proposal in PositionsPane.proposals(for: position, scene) {
            if proposal.state == "proposed" {
                marks.append("x: \(proposal.rule)")
                role = .warning
            } else {
                marks.append("\(proposal.rule) \(proposal.state)")
            }
        }
        if let claimed = position.details?.claimed {
            marks.append("BOT SAYS \(claimed)")
            role = .warning
        }
        if position.entryPrice == nil { marks.append("COST UNKNOWN") }
        if position.details?.isSellable == false { marks.append("UNSELLABLE") }
        if position.details?.dust != nil { marks.append("DUST") }
        let rest = PositionsPane.peculiar(position)
        return Value((marks + rest).joined(separator: ", "), role)
    }

    /// What is peculiar about it and not said by a mark.
    static func peculiar(_ position: Position) -> [String] {
        let said: Set<String> = ["no entry price", "unpriced", "unsellable"]
        return position.note.split(separator: ",").map { Text.trimmed($0) }.filter { part in
            !said.contains(part) && !part.hasPrefix("bot says")
        }
    }

    /// What rules propose, or do, about a position.
    static func proposals(for position: Position, _ scene: Scene) -> [EngineView.Proposal] {
        (scene.snapshot.engine?.proposals ?? []).filter { $0.position == position.id }
    }
}

extension Array {
    /// Whether all are at one venue: then the account tells them apart, and the venue does not.
    func areAtOneVenue(_ venue: (Element) -> String) -> Bool {
        guard let first = first.map(venue) else { return true }
        return allSatisfy { venue($0) == first }
    }
}
