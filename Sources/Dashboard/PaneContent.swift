import SafetyEngine

/// What a pane shows. It cannot be made without saying whose it is and how fresh, and what is not live looks so in every
/// line.
struct PaneContent {
    /// Several lines that belong together: a step, a latch.
    struct Block {
        var id: String
        var lines: [Line]
        var facts: @Sendable () -> [Fact]
    }

    enum Body {
        case table(Table)
        case blocks([Block])
    }

    /// Behind the pane's name: counts.
    var summary: Line
    /// Who says it, and how fresh it is: `fresh` (never `live`: that is a mode), `STALE 4s`, `NOT CONNECTED`.
    var source: String
    var mark: Span
    /// Lines above the rows: since when and why the connection is lost.
    var notes: [Line] = []
    /// What stands there when there is nothing to list.
    var empty: String
    var body: Body
    /// The row that an operator who has not moved the cursor ought to look at; nil: the first.
    var attention: Int?
    private var tone = Tone.live

    private enum Tone {
        case live
        case stale
        case lost
    }

    /// Creates a pane's contents.
    ///
    /// - Parameters:
    ///   - age: how fresh it is now.
    ///   - hint: what to know while nothing was ever received.
    init(
        _ scene: Scene,
        source: String,
        age: Freshness,
        summary: Line = Line([]),
        body: Body,
        empty: String,
        hint: String = ""
    ) {
        self.source = source
        self.summary = summary
        self.body = body
        self.empty = empty
        switch age {
        case .never:
            mark = Span("NO DATA YET", .lost)
            self.summary = Line([])
            self.body = .blocks([])
            self.empty = hint.isEmpty ? "nothing received yet" : "nothing received yet: \(hint)"
        case .live(let age):
            mark = Span(age < 2000 ? "fresh" : "\(Age.whole(age)) ago", .dim)
        case .stale(let age):
            mark = Span("STALE \(Age.whole(age))", .warning)
            tone = .stale
        case .lost(let age, let reason):
            mark = Span("NOT CONNECTED", .bad)
            tone = .lost
            let since = "NOT CONNECTED since \(scene.time(ago: age)) UTC (\(Age.whole(age))): \(reason)."
            notes = [Line(since + (count > 0 ? " Last known:" : ""), .bad)]
            // Nothing listed is no all-clear while nobody looks.
            self.summary = count == 0 ? Line("UNKNOWN", .lost) : Line([Span("last known: ", .lost)] + summary.spans)
            if count == 0 { self.empty = "" }
        }
    }

    /// Contents of the switch itself: page, log and gates share the freshness of the snapshot.
    init(_ scene: Scene, source: String, summary: Line = Line([]), body: Body, empty: String) {
        self.init(scene, source: source, age: scene.freshness, summary: summary, body: body, empty: empty)
    }

    /// The cells of a pane's lines, for what is wrapped to them.
    static func room(_ scene: Scene, _ width: Int) -> Int {
        let brackets = if case .lost = scene.freshness { Line.brackets } else { 0 }
        return max(1, width - Listing.margin - brackets)
    }

    // MARK: - Rows

    var count: Int {
        switch body {
        case .table(let table): table.rows.count
        case .blocks(let blocks): blocks.count
        }
    }

    func id(_ row: Int) -> String {
        switch body {
        case .table(let table): table.rows[row].id
        case .blocks(let blocks): blocks[row].id
        }
    }

    func facts(_ row: Int) -> [Fact] {
        let facts =
            switch body {
            case .table(let table): table.facts(row)
            case .blocks(let blocks): blocks[row].facts()
            }
        return tone == .live ? facts : facts.map { Fact($0.label, "[\($0.text)]", .lost) }
    }

    /// A line as it looks at this freshness in so many cells.
    func toned(_ line: Line, width: Int) -> Line {
        switch tone {
        case .live: line
        case .stale: line.all(.stale)
        case .lost: line.bracketed(width)
        }
    }

    /// The cells of a row that its freshness takes.
    var brackets: Int { tone == .lost ? Line.brackets : 0 }

    /// The names of the columns, as they look at this freshness.
    func tonedHeader(_ line: Line) -> Line {
        switch tone {
        case .live: line
        case .stale: line.all(.stale)
        // As far to the right as the rows behind their bracket.
        case .lost: Line([Span(" ")] + line.all(.lost).spans)
        }
    }

    var table: Table? {
        if case .table(let table) = body { table } else { nil }
    }
}

extension PaneContent {
    /// How many rows there are: `3 open`, `none`; where an account did not list what it has, that it is not known.
    static func count(_ rows: Int, _ what: String, _ listing: ListingState?) -> Span {
        guard let listing, !listing.isKnown else { return Span(rows == 0 ? "none" : "\(rows) \(what)", .dim) }
        let accounts = listing.unlisted.count
        let place = accounts == 0 ? "" : " at \(accounts) account\(accounts == 1 ? "" : "s")"
        return Span(rows == 0 ? "NOT KNOWN\(place)" : "\(rows) \(what), others NOT KNOWN\(place)", .warning)
    }

    /// What stands where there is no row: an all-clear only where every account listed what it has.
    static func empty(_ known: String, _ unknown: String, _ listing: ListingState?) -> String {
        guard let problem = listing?.problem else { return known }
        return "\(unknown): \(problem)"
    }
}
