import Console
import Desk
import Journal
import KillSwitch
import SafetyEngine

/// `estop replay`: a recorded span, as the dashboard showed it then; or whether the engine decides the same again.
enum ReplayCommand {
    static let command = CommandTable.Command(
        "replay",
        summary: "the dashboard as it was then, from the journal; marked REPLAY. K still halts the real desk",
        options: [
            .init(
                "from",
                .text("TIME"),
                summary: "2026-11-21T09:00:00Z, or 1h for an hour ago; default: the beginning"
            ),
            .init("to", .text("TIME"), summary: "the same; default: the end"),
            .init("speed", .integer(1...100_000), summary: "times as fast as it was; default: 1"),
            .init("check", summary: "do not show it: see whether the engine decides the same again, byte for byte"),
        ] + DashboardCommand.screenOptions.filter { $0.name != "demo" },
        discussion: [
            "What retention has removed cannot be shown: then it begins with the oldest snapshot that is kept.",
            "Exit status: 0; 1 when the journal cannot be read, or --check found a difference, or had nothing to check.",
        ]
    )

    @Sendable static func run(_ arguments: Arguments) -> Int32 {
        let now = Clock.wallMilliseconds()
        guard let from = time(arguments.value("from"), or: .min, now: now),
            let to = time(arguments.value("to"), or: .max, now: now), from < to
        else {
            Output.error.line(
                "estop: --from and --to need a time such as 2026-11-21T09:00:00Z, or 1h for an hour ago, in that order"
            )
            return UsageError.exitStatus
        }
        if arguments.flag("check") { return check(arguments, fromMs: from, toMs: to) }
        let span = ReplaySpan(fromMs: from, toMs: to, speed: UInt64(arguments.integer("speed") ?? 1))
        return DashboardCommand.show(arguments) { notices throws(ChosenDesk.Failure) in
            var desk = try OpenedDesk(arguments)
            desk.notices += notices
            return ReplayCockpit(desk, span)
        }
    }

    /// A time of the wall clock in milliseconds; nil: it is none.
    static func time(_ text: String?, or missing: Int64, now: Int64) -> Int64? {
        guard let text else { return missing }
        if let ago = DurationText.milliseconds(text) { return now - Int64(clamping: ago) }
        let whole = text.count == 20 ? text.dropLast() + ".000Z" : text[...]
        return Clock.milliseconds(of: String(whole))
    }

    /// Decides everything again and compares with what was decided then.
    private static func check(_ arguments: Arguments, fromMs: Int64, toMs: Int64) -> Int32 {
        do {
            let desk = try ChosenDesk(arguments, looking: true)
            let reader = try Journal.reader(directory: desk.killSwitch.directory.path, codec: LineCodec())
            let result = try ReplayCheck.run(reader, fromMs: fromMs, toMs: toMs)
            guard result.events > 0 || result.difference != nil else {
                return ChosenDesk.fail("there is no event in that time: nothing was checked", arguments, status: 1)
            }
            if arguments.json {
                Output.standard.line(
                    JSON.object([
                        .init("same", .bool(result.difference == nil)), .init("events", .number(result.events)),
                        .init("decisions", .number(result.decisions)), .init("after_event", .number(result.after)),
                        .init("difference", .text(result.difference)),
                    ]).line
                )
            } else if let difference = result.difference {
                Output.error.line("estop: \(VisibleText.line(difference))")
            } else {
                let after = result.after > 0 ? "after event \(result.after): " : ""
                Output.standard.line("\(after)\(result.events) events, \(result.decisions) decisions: the same again")
            }
            return result.difference == nil ? 0 : 1
        } catch {
            return ChosenDesk.fail("\(error)", arguments, status: 1)
        }
    }
}
