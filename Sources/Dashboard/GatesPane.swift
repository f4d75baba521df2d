import KillSwitch
import SafetyEngine

/// The gates: who asks before each order, and who has seen the halt. Those that have not stand first, those whose process is gone last.
enum GatesPane {
    static func content(_ scene: Scene) -> PaneContent {
        let snapshot = scene.snapshot
        if let problem = snapshot.gatesProblem, !snapshot.isReplay {
            // Nothing known is no all-clear.
            return PaneContent(
                scene,
                source: "gates.page",
                summary: Line("UNKNOWN", .bad),
                body: .table(Table(columns: columns, rows: [])),
                empty: "UNKNOWN: \(problem)"
            )
        }
        let refusing = !snapshot.mode.permitsAnything
        let halts = snapshot.scopedHalts
        let rows = snapshot.gates.map { gate in
            let mode = snapshot.mode(of: gate, halts)
            let isCovered = !refusing && halts.contains { $0.scope.covers(gate.tradedScope) }
            return Standing(
                gate: gate,
                mode: mode,
                isCovered: isCovered,
                isToStop: refusing || (isCovered && !mode.permitsAnything)
            )
        }
        let alive = rows.filter(\.gate.alive)
        // What has to stop and has not, then what has, then what may trade.
        let missing = alive.filter { $0.isToStop && !$0.gate.acknowledged }
        let rest = alive.filter { $0.isToStop && $0.gate.acknowledged } + alive.filter { !$0.isToStop }
        let dead = rows.filter { !$0.gate.alive }
        let summary: Line
        if snapshot.isReplay {
            summary = Line("not recorded", .dim)
        } else if refusing, !alive.isEmpty {
            let all = "\(alive.count - missing.count) of \(alive.count) acknowledged"
            let gone = dead.isEmpty ? [] : [Span(", \(dead.count) DEAD", .dim)]
            summary = Line([Span(all, missing.isEmpty ? .good : .bad)] + gone)
        } else {
            summary = alive.isEmpty ? Line("none open", .dim) : permitted(alive)
        }
        let stopped = refusing || !halts.isEmpty
        return PaneContent(
            scene,
            source: "gates.page",
            summary: summary,
            body: .table(
                Table(
                    columns: columns,
                    rows: (stopped ? missing + rest + dead : rows).map { row($0, scene, refusing: refusing) }
                )
            ),
            empty: snapshot.isReplay
                ? "gates are not in the journal" : "no gate is open: no bot asks here before it trades"
        )
    }

    /// A gate, and what it may do.
    private struct Standing {
        var gate: DeskSnapshot.Gate
        var mode: Mode
        /// Whether a halt of its own scope covers it.
        var isCovered: Bool
        /// Whether it is halted, and ought to have seen it; who has no part in the paper desk refuses without a halt.
        var isToStop: Bool
    }

    /// What open gates may do while the desk permits something, counted apart.
    private static func permitted(_ gates: [Standing]) -> Line {
        func count(_ isMeant: (Standing) -> Bool) -> Int { gates.filter(isMeant).count }
        let kinds: [(count: Int, words: String, role: Role)] = [
            (count { $0.isCovered && !$0.mode.permitsAnything }, "HALTED", .bad),
            (count { $0.mode == .live }, "may trade", .dim), (count { $0.mode == .paper }, "paper only", .dim),
            (count { $0.mode == .reduceOnly }, "may only reduce", .dim),
            (count { !$0.isCovered && !$0.mode.permitsAnything }, "refused: not venue=paper", .dim),
        ]
        let found = kinds.filter { $0.count > 0 }
        if found.count == 1, let all = found.first {
            return Line([Span("\(gates.count) open, ", .dim), Span(all.words, all.role)])
        }
        let parts = found.enumerated().flatMap { index, kind in
            [Span(index == 0 ? ": " : ", ", .dim), Span("\(kind.count) \(kind.words)", kind.role)]
        }
        return Line([Span("\(gates.count) open", .dim)] + parts)
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

    private static func row(_ standing: Standing, _ scene: Scene, refusing: Bool) -> Table.Row {
        let gate = standing.gate
        let acknowledged: Value
        if !gate.alive {
            acknowledged = Value("DEAD", .bad)
        } else if !standing.isToStop {
            acknowledged = Value("", .dim)
        } else if gate.acknowledged {
            acknowledged = Value(refusing ? "yes" : "HALTED, yes", .good)
        } else {
            let age = scene.snapshot.changeAgeMs ?? scene.snapshot.sinceAgeMs
            acknowledged = Value("NOT \(age.map { Age.text(scene.aged($0)) } ?? "")", .bad)
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
                    + covered(gate, scene.snapshot)
                    // What is only shown has no process, and a dead one's number may be somebody else's by now.
                    + (scene.snapshot.mark == nil && gate.alive
                        ? [Fact("by hand", "kill -9 \(gate.pid) ends this bot where nothing else does")] : [])
            }
        )
    }

    /// Which scoped halts it stands under.
    private static func covered(_ gate: DeskSnapshot.Gate, _ snapshot: DeskSnapshot) -> [Fact] {
        snapshot.scopedHalts.filter { $0.scope.covers(gate.tradedScope) }.map { Fact("halted by", $0.words, .bad) }
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
