import SafetyEngine

/// Whoever is expected to beat, the worst first.
enum SupervisorsPane {
    static func content(_ scene: Scene, width: Int) -> PaneContent {
        // A beat may have come since a snapshot that is not yet due for the next one: its ages stand as measured. After
        // that they go on ageing: a supervisor is late on this screen when it is late now.
        let now = scene.snapshot.supervisors.map { supervisor in
            var aged = supervisor
            if scene.elapsedMs >= snapshotEveryMs {
                aged.lastBeatAgeMs = supervisor.lastBeatAgeMs.map { scene.aged($0) }
            }
            return aged
        }
        let order: [Supervisor.Health] = [.dead, .stalled, .late, .ok]
        let sorted = order.flatMap { health in now.filter { $0.health == health } }
        let table = Table(
            columns: [
                .init(title: "name", width: 10, most: 32, rank: 0),
                .init(title: "state", width: 8, rank: 1),
                .init(title: "last beat", width: 9, right: true, rank: 2),
                .init(title: "interval", width: 8, right: true, rank: 3),
                .init(title: "missed", width: 6, right: true, rank: 4),
            ],
            rows: sorted.map { row($0) }
        )
        let (header, lines) = table.lines(width: width)
        let bad = now.filter { $0.health != .ok }.count
        return PaneContent(
            scene: scene,
            summary: now.isEmpty ? "" : bad == 0 ? "\(now.count) beating" : "\(bad) of \(now.count) not beating",
            header: lines.isEmpty ? nil : header,
            lines: lines,
            empty: "nothing is expected to beat",
            width: width
        )
    }

    /// Snapshots come at least this often, some slack included.
    private static let snapshotEveryMs: UInt64 = 1_500

    private static func row(_ supervisor: Supervisor) -> [Span] {
        let health = supervisor.health
        let role: Role =
            switch health {
            case .ok: .good
            case .late: .warning
            case .stalled, .dead: .bad
            }
        return [
            Span(supervisor.name), Span(health.rawValue, role),
            Span(supervisor.lastBeatAgeMs.map { Age.text($0) } ?? "never"),
            Span(supervisor.intervalMs == 0 ? "none" : Age.text(supervisor.intervalMs), .dim),
            Span(supervisor.intervalMs == 0 ? "-" : "\(supervisor.missed)", supervisor.missed == 0 ? .dim : role),
        ]
    }
}
