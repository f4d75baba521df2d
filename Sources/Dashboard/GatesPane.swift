import KillSwitch
import SafetyEngine

/// The gates: who asks before each order, and who has seen the halt. Those that have not stand first.
enum GatesPane {
    static func content(_ scene: Scene, width: Int) -> PaneContent {
        let snapshot = scene.snapshot
        let refusing = !snapshot.mode.permitsAnything
        let missing = snapshot.gates.filter { $0.alive && !$0.acknowledged }
        let rest = snapshot.gates.filter { !($0.alive && !$0.acknowledged) }
        let ordered = refusing ? missing + rest : snapshot.gates
        let table = Table(
            columns: [
                .init(title: "name", width: 10, most: 32, rank: 0),
                .init(title: "acknowledged", width: 12, rank: 1),
                .init(title: "last check", width: 10, right: true, rank: 2),
                .init(title: "checks/s", width: 9, right: true, rank: 4),
                .init(title: "refused", width: 8, right: true, rank: 6),
                .init(title: "pid", width: 7, right: true, rank: 5),
                .init(title: "scope", width: 16, most: 60, rank: 3),
            ],
            rows: ordered.map { row($0, scene, refusing: refusing) }
        )
        let (header, lines) = table.lines(width: width)
        let open = snapshot.gates.filter(\.alive).count
        let summary = refusing ? "\(open - missing.count) of \(open) acknowledged" : "\(open) open"
        return PaneContent(
            scene: scene,
            summary: summary,
            header: lines.isEmpty ? nil : header,
            lines: lines,
            empty: "no gate is open: no bot asks here before it trades",
            width: width
        )
    }

    private static func row(_ gate: DeskSnapshot.Gate, _ scene: Scene, refusing: Bool) -> [Span] {
        let acknowledged: Span
        if !gate.alive {
            acknowledged = Span("DEAD", .bad)
        } else if !refusing {
            acknowledged = Span("-", .dim)
        } else if gate.acknowledged {
            acknowledged = Span("yes", .good)
        } else {
            acknowledged = Span("NOT \(scene.snapshot.sinceAgeMs.map { Age.text(scene.aged($0)) } ?? "")", .bad)
        }
        let checked = gate.lastCheckAgeMs.map { Age.text(scene.aged($0)) } ?? "never"
        return [
            Span(gate.name, gate.alive ? .text : .dim), acknowledged, Span(checked),
            Span(gate.checksPerSecond.map { rate($0) } ?? "-"), Span("\(gate.refusals)"), Span("\(gate.pid)", .dim),
            Span(gate.scope.isEmpty ? "global" : gate.scope, .dim),
        ]
    }

    private static func rate(_ perSecond: Double) -> String {
        switch perSecond {
        case ..<1000: Age.decimals(perSecond, 1)
        case ..<1_000_000: Age.decimals(perSecond / 1000, 1) + "k"
        default: Age.decimals(perSecond / 1_000_000, 1) + "M"
        }
    }
}
