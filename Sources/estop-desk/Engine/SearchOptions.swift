import Console
import KillSwitch
import SafetyEngine

/// The options by which `alerts`, `audit` and `history` find something in the past, the same everywhere.
enum SearchOptions {
    static let all: [CommandTable.Option] = [
        .init("from", .text("TIME"), summary: "2026-11-21T09:00:00Z, or 1h for an hour ago"),
        .init("to", .text("TIME"), summary: "the same; default: now"),
        .init("rule", .text("RULE"), summary: "only of this rule, as in ORDER_STUCK"),
        .init("limit", .integer(1...100_000), summary: "how many; default: 50"),
        .init("before", .text("NUMBER"), summary: "the next page: what the page before named at its end"),
    ]
    static let level = CommandTable.Option(
        "level",
        .choice(["info", "warning", "critical", "emergency"]),
        summary: "as grave as this, or graver"
    )

    /// For records of what was done, which are as grave as what is notified of them.
    static let levelOfRecords = CommandTable.Option(
        "level",
        .choice(["info", "warning", "critical", "emergency"]),
        summary: "as grave as its notification is, or graver: a halt and a resume are EMERGENCY, the rest INFO"
    )

    /// Whether only halts and resumes are wanted.
    static func isGraveOnly(_ arguments: Arguments) -> Bool { level(arguments) > .info }

    /// Times, a number and a limit, as they were typed.
    struct Chosen {
        var wallMs: ClosedRange<Int64>
        var before: Int64
        var limit: Int
        /// Whether a time or a page was asked for.
        var isPast: Bool
    }

    /// Reads them; says what is wrong otherwise.
    ///
    /// - Returns: nil: something is wrong, and was said.
    static func chosen(_ arguments: Arguments) -> Chosen? {
        let now = Clock.wallMilliseconds()
        guard let from = ReplayCommand.time(arguments.value("from"), or: .min, now: now),
            let to = ReplayCommand.time(arguments.value("to"), or: .max, now: now), from <= to
        else {
            Output.error.line(
                "estop: --from and --to need a time such as 2026-11-21T09:00:00Z, or 1h for an hour ago, in that order"
            )
            return nil
        }
        let before = arguments.value("before").map { Int64($0) } ?? Int64.max
        guard let before else {
            Output.error.line("estop: --before needs a number, as the page before names it at its end")
            return nil
        }
        let isPast = ["from", "to", "before"].contains { arguments.value($0) != nil }
        return Chosen(wallMs: from...to, before: before, limit: arguments.integer("limit") ?? 50, isPast: isPast)
    }

    /// The level that was chosen.
    static func level(_ arguments: Arguments) -> Alert.Level {
        Alert.Level.allCases.first { $0.word.lowercased() == arguments.value("level") } ?? .info
    }

    /// Names the next page, on the standard error: what is read by a program stays as it is.
    static func more(_ next: Int64?, _ arguments: Arguments) {
        guard let next else { return }
        Output.error.line("there is more: the same with --before \(next)")
    }
}
