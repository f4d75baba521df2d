import KillSwitch
import SafetyEngine

/// Every reason to stay halted: where it came from, who, since when, why. Reasons are wrapped, not cut.
enum LatchesPane {
    static func content(_ scene: Scene, width: Int) -> PaneContent {
        let latches = scene.snapshot.latches
        let room = PaneContent.room(scene, width)
        return PaneContent(
            scene,
            source: "kill_switch.log",
            summary: latches.isEmpty
                ? scene.snapshot.word == nil ? Line("UNKNOWN", .lost) : Line("none", .dim)
                : Line(LatchesPane.count(latches), .bad),
            body: .blocks(latches.map { block($0, scene, room) }),
            empty: empty(scene.snapshot)
        )
    }

    /// How many reasons there are, and how many halts gave them.
    private static func count(_ latches: [Latch]) -> String {
        let halts = latches.reduce(0) { $0 + $1.count }
        return halts == latches.count ? "\(latches.count)" : "\(latches.count) from \(halts) halts"
    }

    private static func empty(_ snapshot: DeskSnapshot) -> String {
        if snapshot.word == nil { return "unknown: \(snapshot.directoryProblem ?? "the page cannot be read")" }
        return snapshot.mode == .unknown
            ? "no latch yet: a host that starts now halts the desk, until a resume"
            : "no latch: nothing keeps it halted"
    }

    private static func block(_ latch: Latch, _ scene: Scene, _ width: Int) -> PaneContent.Block {
        // What acts by itself runs as somebody, too, who did not do it.
        let who =
            latch.op.isEmpty || !latch.source.isOfPeople ? latch.author : "\(latch.source.rawValue) \(latch.op)"
        let since = latch.since.isEmpty ? "" : Age.time(latch.since, today: scene.today)
        let mode = latch.mode == .halted ? "" : " to \(latch.mode.name)"
        let times = latch.times(today: scene.today).map { "  \($0)" } ?? ""
        let head = Line([
            Span("• ", .bad), Span("\(latch.scope)\(mode)", .text), Span("  \(who)", .label), Span("  \(since)", .dim),
            Span(times, .bad),
        ])
        return PaneContent.Block(
            id: latch.id,
            lines: [head] + Text.wrap(latch.reason, max(1, width - 2)).map { Line("  " + $0) },
            facts: {
                [
                    Fact("scope", "\(latch.scope)"), Fact("mode", latch.mode.name),
                    Fact("source", latch.source.rawValue),
                    Fact("operator", latch.op.isEmpty || !latch.source.isOfPeople ? "-" : latch.op),
                    Fact("since", latch.since), Fact("how often", latch.times(today: scene.today) ?? "once"),
                    Fact("reason", latch.reason), Fact("id", latch.id),
                    Fact("to lift it", "R: a latch never lifts itself; removing a stop file lifts nothing"),
                ]
            }
        )
    }
}
