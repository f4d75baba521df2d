public import KillSwitch
public import SafetyEngine

/// One line of the desk's log, read back from `logs/estop.jsonl`.
public struct LoggedLine: Sendable, Equatable {
    /// How grave it is.
    public var level: Decision.LogLine.Level
    /// Which part of the desk says it, as in `cap` or `supervisors`.
    public var part: String
    /// The line as it stands in the file.
    public var json: JSON

    /// Reads one; nil: it is none, or only the beginning of one.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let json = JSON(bytes: bytes), let part = json["part"]?.string, json["text"]?.string != nil,
            let level = json["level"]?.string.flatMap(Decision.LogLine.Level.init(rawValue:))
        else { return nil }
        (self.level, self.part, self.json) = (level, part, json)
    }

    /// The same in the form of `logs/estop.log`.
    public var text: String {
        func word(_ key: String) -> String { json[key]?.string ?? "" }
        let time = word("time")
        let stamp = time.count > 19 ? "\(time.prefix(10)) \(time.dropFirst(11).prefix(8))" : "unknown time"
        return "\(stamp) | \(word("logger")) | \(level.rawValue) | \(word("text"))"
    }
}

/// The three logs that runbooks read, as parts of the one that a desk writes.
public enum LogPart: String, Sendable, CaseIterable {
    /// Whatever is not about trading: who beats, rules, alerts, the host.
    case system
    /// What is held and what is done about it: cap, accounts, dust, exits, adoption, normalization.
    case trading
    /// Every line of level ERROR or CRITICAL, whichever part says it.
    case error

    private static let ofTrading = ["cap", "accounts", "dust", "exits", "adoption", "normalization"]

    /// Whether a line belongs to it. Each line is of `system` or `trading`, never of both.
    public func has(_ line: LoggedLine) -> Bool {
        switch self {
        case .system: !LogPart.ofTrading.contains(line.part)
        case .trading: LogPart.ofTrading.contains(line.part)
        case .error: line.level.rank >= Decision.LogLine.Level.error.rank
        }
    }
}

extension Decision.LogLine.Level {
    /// From the mildest to the gravest.
    fileprivate var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .error: 2
        case .critical: 3
        }
    }
}

/// Which lines somebody wants to see.
public struct LogChoice: Sendable, Equatable {
    /// This grave and graver.
    public var level: Decision.LogLine.Level
    /// Of this part; nil: of all.
    public var part: LogPart?

    /// Creates a choice; of everything, unless something is said.
    public init(level: Decision.LogLine.Level = .info, part: LogPart? = nil) {
        self.level = level
        self.part = part
    }

    /// Whether a line is among them.
    public func takes(_ line: LoggedLine) -> Bool { line.level.rank >= level.rank && part.map { $0.has(line) } ?? true }
}
