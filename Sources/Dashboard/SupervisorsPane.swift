import SafetyEngine

/// Whoever is expected to beat, the worst first, with the last gaps between beats as a sparkline.
enum SupervisorsPane {
    static func content(_ scene: Scene) -> PaneContent {
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
        let bad = now.filter { $0.health != .ok }.count
        let summary: Line
        if now.isEmpty {
            summary = Line([])
        } else if bad == 0 {
            summary = Line("\(now.count) beating", .dim)
        } else {
            summary = Line("\(bad) of \(now.count) NOT OK", .bad)
        }
        return PaneContent(
            scene,
            source: "beats",
            summary: summary,
            body: .table(
                Table(
                    columns: columns,
                    rows: order.flatMap { health in now.filter { $0.health == health } }.map { row($0, scene) }
                )
            ),
            empty: "nothing is expected to beat"
        )
    }

    /// Snapshots come at least this often, some slack included.
    private static let snapshotEveryMs: UInt64 = 1_500

    private static let columns: [Table.Column] = [
        .init(title: "name", width: 10, most: 28, rank: 0, order: .ascending),
        .init(title: "state", width: 8, rank: 1, order: .ascending),
        .init(title: "last beat", width: 9, right: true, rank: 2, order: .descending),
        .init(title: "beats", width: Sparkline.length, rank: 3),
        .init(title: "interval", width: 8, right: true, rank: 4, order: .descending),
        .init(title: "missed", width: 6, right: true, rank: 5, order: .descending),
    ]

    private static func row(_ supervisor: Supervisor, _ scene: Scene) -> Table.Row {
        let health = supervisor.health
        let role: Role =
            switch health {
            case .ok: .good
            case .late: .warning
            case .stalled, .dead: .bad
            }
        let age = supervisor.lastBeatAgeMs
        // Within its interval the age says nothing, and a figure that runs would repaint a healthy desk every second.
        let isOnTime = health == .ok && supervisor.intervalMs > 0
        let last = isOnTime ? "on time" : age.map { health == .ok ? Age.calm($0) : Age.text($0) } ?? "never"
        return Table.Row(
            id: supervisor.name,
            values: [
                Value(supervisor.name), Value(health.rawValue, role),
                Value(last, isOnTime ? .dim : .text, key: .of(age)),
                Value(Sparkline.text(supervisor), Sparkline.isCalm(supervisor) ? .dim : .warning),
                Value(
                    supervisor.intervalMs == 0 ? "none" : Age.text(supervisor.intervalMs),
                    .dim,
                    key: .count(supervisor.intervalMs)
                ),
                Value(
                    supervisor.intervalMs == 0 ? "-" : "\(supervisor.missed)",
                    supervisor.missed == 0 ? .dim : role,
                    key: .count(supervisor.missed)
                ),
            ],
            facts: {
                [
                    Fact("last beat was", age.map { "\(Age.text($0)) ago" } ?? "never"),
                    Fact("process", supervisor.alive.map { $0 ? "lives" : "is gone" } ?? "unknown (a script's beat)"),
                    Fact(
                        "gaps",
                        supervisor.gaps.isEmpty
                            ? "none seen yet"
                            : supervisor.gaps.map { "\($0)%" }.joined(separator: " ") + " of the interval"
                    ),
                    Fact("means", "LATE after 1.5 intervals, STALLED after 3, DEAD when its process is gone"),
                ] + recovery(supervisor)
            }
        )
    }

    /// What is done about it, and each step of the last time that it had to be brought back, with its time.
    private static func recovery(_ supervisor: Supervisor) -> [Fact] {
        let note = supervisor.note.isEmpty ? [] : [Fact("now", supervisor.note)]
        return note
            + supervisor.recovery.map { step in
                let after = step.afterMs == 0 ? "" : ", \(Age.text(step.afterMs)) after it was found"
                let text = step.text.isEmpty ? "" : ": \(step.text)"
                return Fact(step.kind.rawValue, "\(Age.text(step.ageMs)) ago\(after)\(text)")
            }
    }
}
