import SafetyEngine

/// The panes of the screen, in the order in which Tab walks through them.
public enum Pane: Int, Sendable, CaseIterable {
    /// The last halt's steps.
    case steps
    /// What keeps the desk from trading.
    case latches
    /// The gates.
    case gates
    /// Whoever is expected to beat.
    case supervisors
    /// The log's changes.
    case history

    /// The name in the pane's title, with the key that leads there.
    var title: String {
        switch self {
        case .steps: "1 Switch"
        case .latches: "Latches"
        case .gates: "1 Gates"
        case .supervisors: "5 Supervisors"
        case .history: "History"
        }
    }

    /// What is in it, in so many columns.
    func content(_ scene: Scene, width: Int) -> PaneContent {
        switch self {
        case .steps: StepsPane.content(scene, width: width)
        case .latches: LatchesPane.content(scene, width: width)
        case .gates: GatesPane.content(scene, width: width)
        case .supervisors: SupervisorsPane.content(scene, width: width)
        case .history: HistoryPane.content(scene, width: width)
        }
    }
}

/// What a pane shows: a fixed header and lines that scroll. It cannot be made without saying how fresh it is, and what
/// is not live looks so in every line.
struct PaneContent {
    /// Behind the pane's name: counts.
    var summary: String
    /// How fresh it is, behind that: `live`, `STALE 4s`, `NOT CONNECTED`.
    var mark: Span
    var header: Line?
    var lines: [Line]

    /// Creates a pane's contents. `empty` is what stands there when there is nothing to list.
    init(scene: Scene, summary: String = "", header: Line? = nil, lines: [Line], empty: String, width: Int) {
        self.summary = summary
        let listed = lines.isEmpty ? Text.wrap(empty, width).map { Line($0, .dim) } : lines
        switch scene.freshness {
        case .never:
            mark = Span("NO DATA YET", .lost)
            self.summary = ""
            self.header = nil
            self.lines = [Line("nothing received yet", .lost)]
        case .live(let age):
            mark = Span(age < 2000 ? "live" : "\(Age.whole(age)) ago", .dim)
            self.header = header
            self.lines = listed
        case .stale(let age):
            mark = Span("STALE \(Age.whole(age))", .warning)
            self.header = header?.all(.stale)
            self.lines = listed.map { $0.all(.stale) }
        case .lost(let age, let reason):
            mark = Span("NOT CONNECTED", .bad)
            self.header = nil
            let text = "NOT CONNECTED since \(scene.time(ago: age)) UTC (\(Age.whole(age))): \(reason). Last known:"
            self.lines = Text.wrap(text, width).map { Line($0, .bad) } + listed.map(\.bracketed)
        }
    }

    /// Rows that it would like to have, its title included.
    var wantedHeight: Int { 1 + (header == nil ? 0 : 1) + lines.count }
}
