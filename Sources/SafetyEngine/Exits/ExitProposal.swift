/// What an exit rule or the cap would do to one position, and how far that has come.
public struct ExitProposal: Sendable, Equatable, Codable {
    /// The rule.
    public var rule: ExitRule
    /// The position.
    public var position: PositionKey
    /// Why, with the figures that met the rule.
    public var reason: String
    /// Since when, in desk time.
    public var sinceMs: UInt64
    /// How far it has come.
    public var progress = ExitProgress()
    /// Whether only an operator's order for fewer positions than the cap allows wants it: refused, it goes. Nil: no.
    var isOrderedOnly: Bool?

    /// Its name, by which an operator carries it out.
    public var id: String { ExitProposal.id(rule, position) }

    static func id(_ rule: ExitRule, _ position: PositionKey) -> String { "\(rule.rawValue):\(position)" }
}

/// What became of one close.
public struct ExitOutcome: Sendable, Equatable, Codable {
    /// The proposal's name.
    public var proposal: String
    /// Whether the position was closed.
    public var isDone: Bool
    /// What happened, or why not.
    public var text: String
    /// When, in desk time.
    public var atMs: UInt64
}

/// How an account's cap fares.
public struct CapRecord: Sendable, Equatable, Codable {
    /// How it stood when it was checked last, with what became of its closes since.
    public var result: CapResult
    /// How often it came over its cap and something was sold, since the desk began.
    public var enforcements = 0
    /// Whether this time is among them.
    var isCounted = false
}

/// What is remembered of one position between two looks: its last sample, and how many in a row met each rule.
struct ExitWatch: Sendable, Equatable, Codable {
    /// What was judged last. A sample counts once, however often it is looked at.
    var hasSample = false
    var version: UInt64 = 0
    var price: Decimal?
    var entry: Decimal?
    var peak: Decimal?
    /// Samples in a row that met each rule.
    var stopLoss = 0
    var takeProfit = 0
    var trailing = 0
    /// Their prices, the last ones.
    var samples: [Decimal] = []
    /// Rules of which there is a proposal.
    var proposed: ExitRuleSet = []
    /// What was said in the log.
    var saidAdopted = false
    var saidUnpriced = false

    /// Samples in a row that met a price rule.
    subscript(rule: ExitRule) -> Int {
        switch rule {
        case .stopLoss: stopLoss
        case .takeProfit: takeProfit
        case .trailing: trailing
        case .timeExit, .positionCap: 0
        }
    }

    /// Whether these figures were judged already.
    func knows(_ position: BookPosition, _ worth: Valuation.Worth) -> Bool {
        hasSample && version == worth.priceVersion && Decimal.isSameText(price, worth.price)
            && Decimal.isSameText(entry, position.entryPrice) && Decimal.isSameText(peak, position.peak)
    }

    /// Judges a sample, or the one that is known by other figures.
    mutating func judge(
        _ position: BookPosition,
        _ side: Position.Side,
        _ worth: Valuation.Worth,
        _ limits: EngineSettings.Exits
    ) {
        let isNew = !hasSample || version != worth.priceVersion || price == nil
        (hasSample, version, price) = (true, worth.priceVersion, worth.price)
        (entry, peak) = (position.entryPrice, position.peak)
        guard
            let met = ExitRules.metByPrice(entry: entry, peak: peak, price: price, side, limits), !met.isEmpty
        else {
            // A gap without a price breaks the row as much as a sample within the limits does.
            (stopLoss, takeProfit, trailing) = (0, 0, 0)
            samples = []
            return
        }
        func count(_ before: Int, _ rule: ExitRuleSet) -> Int {
            met.contains(rule) ? (isNew ? min(before, 1_000_000) + 1 : max(before, 1)) : 0
        }
        stopLoss = count(stopLoss, .stopLoss)
        takeProfit = count(takeProfit, .takeProfit)
        trailing = count(trailing, .trailing)
        guard isNew || samples.isEmpty, let price else { return }
        samples.append(price)
        let most = min(max(1, limits.confirmations), 20)
        if samples.count > most { samples.removeFirst(samples.count - most) }
    }
}
