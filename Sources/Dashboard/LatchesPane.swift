import KillSwitch
import SafetyEngine

/// Every reason to stay halted: where it came from, who, since when, why. Reasons are wrapped, not cut.
enum LatchesPane {
    static func content(_ scene: Scene, width: Int) -> PaneContent {
        var lines: [Line] = []
        for latch in scene.snapshot.latches {
            let who = latch.op.isEmpty ? latch.source.rawValue : "\(latch.source.rawValue) \(latch.op)"
            let since = latch.since.isEmpty ? "" : Age.time(latch.since, today: scene.today)
            let mode = latch.mode == .halted ? "" : " to \(latch.mode.name)"
            lines.append(
                Line([
                    Span("• ", .bad), Span("\(latch.scope)\(mode)", .text), Span("  \(who)", .label),
                    Span("  \(since)", .dim),
                ])
            )
            lines += Text.wrap(latch.reason, max(1, width - 2)).map { Line("  " + $0) }
        }
        let count = scene.snapshot.latches.count
        return PaneContent(
            scene: scene,
            summary: count == 0 ? "none" : "\(count)",
            lines: lines,
            empty: scene.snapshot.word == nil
                ? "unknown: the page cannot be read" : "no latch: nothing keeps it halted",
            width: width
        )
    }
}
