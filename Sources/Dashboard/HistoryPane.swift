import KillSwitch
import SafetyEngine

/// The log's changes, newest first.
enum HistoryPane {
    static func content(_ scene: Scene, width: Int) -> PaneContent {
        let table = Table(
            columns: [
                .init(title: "at (UTC)", width: 19, rank: 0),
                .init(title: "change", width: 6, rank: 1),
                .init(title: "mode", width: 11, rank: 4),
                .init(title: "scope", width: 8, rank: 6),
                .init(title: "source", width: 11, rank: 5),
                .init(title: "operator", width: 10, rank: 3),
                .init(title: "reason", width: 14, most: 120, rank: 2),
            ],
            rows: scene.snapshot.history.reversed().map { record in
                let role: Role = record.change == .halt ? .bad : record.change == .resume ? .good : .dim
                return [
                    Span(Age.time(record.at, today: scene.today), .dim), Span(record.change.rawValue, role),
                    Span(record.mode.name), Span("\(record.scope)", .dim), Span(record.source.rawValue, .dim),
                    Span(record.op), Span(record.reason),
                ]
            }
        )
        let (header, lines) = table.lines(width: width)
        return PaneContent(
            scene: scene,
            summary: lines.isEmpty ? "" : "last \(lines.count)",
            header: lines.isEmpty ? nil : header,
            lines: lines,
            empty: "the log has no change yet",
            width: width
        )
    }
}
