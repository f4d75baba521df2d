import KillSwitch
import SafetyEngine

/// The gates: who asks before each order, and who has seen the halt. Those that have not stand first, those whose process is gone last.
enum GatesPane {
    static func content(_ scene: Scene) -> PaneContent {
        let snapshot = scene.snapshot
        let refusing = !snapshot.mode.permitsAnything
        let missing = snapshot.gates.filter { $0.alive && !$0.acknowledged }
        let seen = snapshot.gates.filter { $0.alive && $0.acknowledged }
        let dead = snapshot.gates.filter { !$0.alive }
        let open = missing.count + seen.count
        let summary: Line
        if snapshot.isReplay {
            summary = Line("not recorded", .dim)
        } else if refusing, open > 0 {
            let all = "\(open - missing.count) of \(open) acknowledged"
            let gone = dead.isEmpty ? [] : [Span(", \(dead.count) DEAD", .dim)]
            summary = Line([Span(all, missing.isEmpty ? .good : .bad)] + gone)
        } else {
            summary = Line(open == 0 ? "none open" : "\(open) open\(permitted(snapshot.mode))", .dim)
        }
        return PaneContent(
            scene,
            source: "gates.page",
            summary: summary,
            body: .table(
                Table(
                    columns: columns,
                    rows: (refusing ? missing + seen + dead : snapshot.gates).map { row($0, scene, refusing: refusing) }
                )
            ),
            empty: snapshot.isReplay
                ? "gates are not in the journal" : "no gate is open: no bot asks here before it trades"
        )
    }

    /// What open gates may do in a mode that permits something.
    private static func permitted(_ mode: Mode) -> String {
        switch mode {
        case .live: ", may trade"
        case .paper: ", paper only"
        case .reduceOnly: ", may only reduce"
        case .halted, .unknown: ""
        }
    }

    private static let columns: [Table.Column] = [
        .init(title: "name", width: 10, most: 32, rank: 0, order: .ascending),
        .init(title: "acknowledged", width: 12, rank: 1, order: .ascending),
        .init(title: "last check", width: 10, right: true, rank: 2, order: .descending),
        .init(title: "checks/s", width: 9, right: true, rank: 4, order: .descending),
        .init(title: "refused", width: 8, right: true, rank: 6, order: .descending),
        .init(title: "pid", width: 7, right: true, rank: 5, order: .ascending),
        .init(title: "scope", width: 16, most: 60, rank: 3, order: .ascending),
    ]

    private static func row(_ gate: DeskSnapshot.Gate, _ scene: Scene, refusing: Bool) -> Table.Row {
        let acknowledged: Value
        if !gate.alive {
            acknowledged = Value("DEAD", .bad)
        } else if !refusing {
            acknowledged = Value("", .dim)
        } else if gate.acknowledged {
            acknowledged = Value("yes", .good)
        } else {
            acknowledged = Value("NOT \(scene.snapshot.sinceAgeMs.map { Age.text(scene.aged($0)) } ?? "")", .bad)
        }
        let checked = gate.lastCheckAgeMs.map { scene.aged($0) }
        let scope = gate.scope.isEmpty ? "global" : gate.scope
        return Table.Row(
            id: "\(gate.slot) \(gate.pid)",
            values: [
                Value(gate.name, gate.alive ? .text : .dim), acknowledged,
                Value(checked.map { Age.calm($0) } ?? "never", key: .of(checked)),
                Value(
                    gate.checksPerSecond.map { rate($0) } ?? "-",
                    key: .of(gate.checksPerSecond.map { UInt64(max(0, min($0, 1e15)) * 1000) })
                ),
                Value("\(gate.refusals)", key: .count(gate.refusals)),
                Value("\(gate.pid)", .dim, key: .count(UInt64(gate.pid))), Value(scope, .dim),
            ],
            facts: {
                [
                    Fact("saw last", gate.mode.name), Fact("checks", "\(gate.checks)"),
                    Fact("slot", "\(gate.slot) of 256 in gates.page"),
                    Fact("alive", gate.alive ? "yes" : "no: nobody holds its slot", gate.alive ? .dialog : .bad),
                ]
                    // What is only shown has no process, and its number may be somebody else's.
                    + (scene.snapshot.mark == nil
                        ? [Fact("by hand", "kill \(gate.pid) stops this bot where nothing else does")] : [])
            }
        )
    }

    private static func rate(_ perSecond: Double) -> String {
        switch perSecond {
        case ..<2: Age.decimals(perSecond, 1)
        case ..<1000: Age.decimals(perSecond, 0)
        case ..<1_000_000: Age.decimals(perSecond / 1000, 1) + "k"
        default: Age.decimals(perSecond / 1_000_000, 1) + "M"
        }
    }
}
