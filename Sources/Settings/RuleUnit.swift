import Console
import SafetyEngine

/// In what a built-in rule's thresholds are written.
enum RuleUnit: Sendable, CaseIterable {
    case time
    case percent
    case money
    case number

    /// The unit of a measure. A metric's is in its name (`cpu_percent`), as collectors name them; rules of the operator's
    /// own compare plain numbers, whatever their metric's name is.
    static func of(_ measure: String) -> RuleUnit {
        switch Measure(rawValue: measure)?.unit {
        case .seconds: return .time
        case .percent: return .percent
        case .money: return .money
        case .count, .scale: return .number
        case nil:
            let words = measure.split { $0 == "_" || $0 == ":" }
            return words.contains("seconds") ? .time : words.contains("percent") ? .percent : .number
        }
    }

    /// How such thresholds are read and written.
    var kind: Kind<Decimal> {
        switch self {
        case .time: .seconds(1...365 * TimeText.day)
        case .percent: .percent(Decimal(0)...Decimal(10_000))
        case .money: .money(Decimal(0)...Decimal(1_000_000_000_000))
        case .number:
            Kind(unit: "a number", read: { Numbers.decimal($0) }, write: { $0.description })
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
