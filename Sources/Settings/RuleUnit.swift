import Console
import SafetyEngine

/// In what a built-in rule's thresholds are written. The engine counts times in seconds and percentages in percent.
enum RuleUnit: Sendable, CaseIterable {
    case time
    case percent
    case money
    case count
    case number

    /// The unit of a rule's thresholds; rules of the operator's own compare plain numbers.
    static func of(_ rule: String) -> RuleUnit { table.first { $0.rule == rule }?.unit ?? .number }

    /// The names of `Rule.defaults` (FEATURES rows A14 to A20, B7 to B9, E6, F38 to F42).
    static let table: [(rule: String, unit: RuleUnit)] = [
        ("ORDER_STUCK", .time), ("ADOPTION_GUARDRAIL", .percent), ("PLATFORM_EXPOSURE", .percent),
        ("BALANCE_LOW", .money), ("BALANCE_DROP", .percent), ("CONSECUTIVE_LOSSES", .count),
        ("HIGH_ERROR_RATE", .percent), ("LOW_WIN_RATE", .percent), ("API_ERROR", .count), ("NO_TRADES", .time),
        ("RECONCILIATION", .percent), ("POSITION_CAP", .count), ("DUST", .count), ("HEARTBEAT_LATE", .percent),
        ("HEARTBEAT_STALLED", .percent), ("HEARTBEAT_DEAD", .count), ("FEED_STALE", .time), ("CLOCK_JUMP", .time),
        ("DAILY_DRAWDOWN", .percent), ("WEEKLY_LOSS", .percent), ("DRAWDOWN", .percent), ("CPU", .percent),
        ("MEMORY", .percent), ("API_LATENCY", .time), ("SIGNALS", .number),
    ]

    /// How such thresholds are read and written.
    var kind: Kind<Decimal> {
        switch self {
        case .time: .seconds(1...365 * TimeText.day)
        case .percent: .percent(Decimal(0)...Decimal(10_000))
        case .money: .money(Decimal(0)...Decimal(1_000_000_000_000))
        case .count: .number(Decimal(0)...Decimal(1_000_000))
        case .number: .number(Decimal(-1_000_000_000_000_000)...Decimal(1_000_000_000_000_000))
        }
    }

    /// The same, or "off".
    var kindOrOff: Kind<Decimal?> {
        let kind = kind
        return Kind(
            unit: "\(kind.unit), or \"off\"",
            read: { value in value == .string("off") ? .some(nil) : kind.read(value).map { .some($0) } },
            write: { $0.map(kind.write) ?? "\"off\"" }
        )
    }
}
