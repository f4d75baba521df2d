public import KillSwitch

/// Log lines as the runbooks search for them, word for word, and the same as JSON (FEATURES rows C4, C6, C14, C20, C24,
/// C39, C40, C42). Pure: the time comes from whoever writes the log.
///
/// Invariants (SafetyEngineTests/LogLineTests): the account block is byte for byte the runbook's; nothing from outside
/// begins a line of its own.
public enum RunbookLog {
    /// A line as it stands in the log: `2026-02-09 22:23:14 | nija.enforcer | INFO | Current positions: ...`, in UTC.
    ///
    /// - Parameters:
    ///   - line: what is said.
    ///   - wallMs: when, in milliseconds since 1970 UTC.
    public static func text(_ line: Decision.LogLine, wallMs: Int64) -> String {
        let words = line.event == accountMetrics ? line.text : clean(line.text)
        return "\(stamp(wallMs)) | \(logger(of: line.part)) | \(line.level.rawValue) | \(words)"
    }

    /// The same as one JSON object: `time` (RFC 3339), `logger`, `level`, `part`, `event`, `text`, and `fields`.
    public static func json(_ line: Decision.LogLine, wallMs: Int64) -> JSON {
        .object([
            JSON.Member("time", .text(time(wallMs).map { Clock.text(milliseconds: $0) })),
            JSON.Member("logger", .string(logger(of: line.part))),
            JSON.Member("level", .string(line.level.rawValue)),
            JSON.Member("part", .string(line.part)),
            JSON.Member("event", .string(line.event)),
            JSON.Member("text", .string(line.text)),
            JSON.Member("fields", .object(line.fields.map { JSON.Member($0.name, .text($0.value)) })),
        ])
    }

    /// The name under which the runbook's system logs a part.
    static func logger(of part: String) -> String {
        switch part {
        case "cap", "accounts", "dust", "exits": "nija.enforcer"
        case "supervisors": "nija.supervisor"
        default: "nija.\(part)"
        }
    }

    /// The event of the one line that is a block.
    static let accountMetrics = "account_metrics"

    // MARK: - Words

    /// An amount as the runbook writes it: `$0.50`; in another currency than dollars `0.50 EUR`.
    static func money(_ amount: Decimal, _ currency: String) -> String {
        let text = amount.rounded(to: 2).description
        guard currency == "USD" else { return "\(text) \(clean(currency))" }
        return amount.isNegative ? "-$\(text.dropFirst())" : "$\(text)"
    }

    /// `24 h`, `1 h 30 min`, `45 s`: the two largest units, rounded down.
    static func duration(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
        let said = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return said.isEmpty ? "0 s" : said.joined(separator: " ")
    }

    /// A wall time that can be written (years 1970 to 9999); nil: none.
    static func time(_ wallMs: Int64?) -> Int64? {
        wallMs.flatMap { (0..<253_402_300_800_000).contains($0) ? $0 : nil }
    }

    /// `2026-02-09 22:23:14`.
    static func stamp(_ wallMs: Int64) -> String {
        guard let wallMs = time(wallMs) else { return "unknown time" }
        let text = Clock.text(milliseconds: wallMs)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }

    /// A text from outside on one line: control characters become spaces.
    static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { out.append(isControl(scalar) ? " " : scalar) }
        return String(out)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    /// One line, on one line.
    static func line(
        _ level: Decision.LogLine.Level,
        _ part: String,
        _ event: String,
        _ text: String,
        _ fields: [Decision.LogLine.Field] = []
    ) -> Decision.LogLine {
        Decision.LogLine(level, part, clean(text), event: event, fields: fields)
    }

    /// Where something is, for programs.
    static func place(_ venue: String, _ account: String, _ symbol: String? = nil) -> [Decision.LogLine.Field] {
        [.init("venue", venue), .init("account", account)] + (symbol.map { [.init("symbol", $0)] } ?? [])
    }

    /// What an operator asked for and did not get.
    static func refused(_ action: OperatorAction, _ part: String, _ why: String) -> Decision.LogLine {
        line(.warning, part, "refused", "refused to \(action.name): \(why)", [.init("operator", action.name)])
    }
}
