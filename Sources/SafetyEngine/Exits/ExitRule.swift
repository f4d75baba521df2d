/// Why a position would be closed. The one table of names: proposals, effects, logs and tests take them from here.
public enum ExitRule: String, Sendable, Codable, CaseIterable {
    /// It lost too much.
    case stopLoss = "STOP_LOSS"
    /// It gained enough.
    case takeProfit = "TAKE_PROFIT"
    /// It fell too far from its best price.
    case trailing = "TRAILING"
    /// It was held too long.
    case timeExit = "TIME_EXIT"
    /// Its account holds too many positions.
    case positionCap = "POSITION_CAP"

    /// The words that operators search the log for (FEATURES rows C6 and C20).
    public var words: String {
        switch self {
        case .stopLoss: "STOP LOSS"
        case .takeProfit: "TAKE PROFIT"
        case .trailing: "TRAILING STOP"
        case .timeExit: "TIME EXIT"
        case .positionCap: "OVER CAP"
        }
    }

    /// Those that look at one position alone.
    static let ofOnePosition: [ExitRule] = [.stopLoss, .takeProfit, .trailing, .timeExit]

    /// Those that look at its price.
    static let ofThePrice: [ExitRule] = [.stopLoss, .takeProfit, .trailing]

    /// Which part of the log speaks of it.
    var part: String { self == .positionCap ? "cap" : "exits" }
}

/// Some of the exit rules.
struct ExitRuleSet: OptionSet, Sendable, Codable {
    var rawValue: UInt8

    static let stopLoss = ExitRuleSet(.stopLoss)
    static let takeProfit = ExitRuleSet(.takeProfit)
    static let trailing = ExitRuleSet(.trailing)
    static let timeExit = ExitRuleSet(.timeExit)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ rule: ExitRule) {
        switch rule {
        case .stopLoss: rawValue = 1
        case .takeProfit: rawValue = 2
        case .trailing: rawValue = 4
        case .timeExit: rawValue = 8
        case .positionCap: rawValue = 16
        }
    }
}
