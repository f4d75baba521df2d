import KillSwitch
import SafetyEngine

/// The log's changes, newest first.
enum HistoryPane {
    static func content(_ scene: Scene) -> PaneContent {
        let history = scene.snapshot.history
        return PaneContent(
            scene,
            source: "kill_switch.log",
            summary: history.isEmpty ? Line([]) : Line("last \(history.count)", .dim),
            body: .table(Table(columns: columns, rows: history.reversed().map { row($0, scene) })),
            empty: "the log has no change yet"
        )
    }

    private static let columns: [Table.Column] = [
        .init(title: "at (UTC)", width: 19, rank: 0, order: .ascending),
        .init(title: "change", width: 6, rank: 1, order: .ascending),
        .init(title: "mode", width: 11, rank: 4, order: .ascending),
        .init(title: "scope", width: 8, rank: 6, order: .ascending),
        .init(title: "source", width: 11, rank: 5, order: .ascending),
        .init(title: "operator", width: 10, rank: 3, order: .ascending),
        .init(title: "reason", width: 14, most: 120, rank: 2),
    ]

    private static func row(_ record: Record, _ scene: Scene) -> Table.Row {
        let role: Role = record.change == .halt ? .bad : record.change == .resume ? .good : .dim
        return Table.Row(
            id: record.id,
            values: [
                Value(Age.time(record.at, today: scene.today), .dim, key: .text(record.at)),
                Value(record.change.rawValue, role), Value(record.change == .note ? "-" : record.mode.name),
                Value("\(record.scope)", .dim),
                Value(record.source.rawValue, .dim),
                Value(record.source.isOfPeople ? record.people : "-"), Value(record.reason),
            ],
            facts: {
                [
                    Fact("from", record.from.isEmpty ? "-" : record.from), Fact("recorded at", record.at),
                    Fact("id", record.id),
                ]
            }
        )
    }
}
