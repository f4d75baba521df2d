/// Rules that halt, and cannot see all that they judge.
extension DeskReader {
    /// What a rule does not see, and what it makes of that; empty: it sees everything.
    func blindness(of rule: Rule) -> String {
        switch Measure(rawValue: rule.measure) {
        case .dayLoss, .weekLoss, .drawdown:
            let why = valuation.whyUnknown(at: atMs)
            guard !why.isEmpty else { return "" }
            return book.equity.judged == nil
                ? "\(why): nobody knows what is lost, and this rule does not fire"
                : "\(why): that counts as it was known last, and what the rest loses is judged"
        case .venueExposure:
            guard valuation.unpriced + valuation.stalePositions > 0, venuesWithSomething > 1 else {
                let stale = staleWords(.balances)
                return stale.isEmpty ? "" : "\(stale): it counts as it was known last"
            }
            let many = valuation.unpriced == 1 ? "1 position has" : "\(valuation.unpriced) positions have"
            guard valuation.unpriced > 0 else {
                return "\(staleWords(.positions)): what it held counts as it was known last"
            }
            return valuation.unseen > 0
                ? "\(many) no price: nobody knows the shares yet"
                : "\(many) no price: each counts as it was known last, or not at all"
        case .activeAccounts:
            let stream = book.accountCountsStream(at: atMs, settings)
            switch stream.state {
            case .known: return ""
            case .stale: return "\(staleWords(.accountCounts)): this rule does not fire"
            case .never: return "no platform has ever reported how many accounts trade: this rule does not fire"
            }
        case .positionsOverCap, .unpriced, .withoutCost, .dustPositions, .reconciliation:
            return blind(staleWords(.positions))
        case .orderAge, .unknownOrders, .disagreement: return blind(staleWords(.orders))
        case .balance, .balanceDrop: return blind(staleWords(.balances))
        case nil: return metricBlindness(of: rule)
        default: return ""
        }
    }

    private func blind(_ why: String) -> String { why.isEmpty ? "" : "\(why): this rule judges nothing there" }

    /// Of a rule over an ingested metric: it is too old.
    private func metricBlindness(of rule: Rule) -> String {
        guard case .metric(let name) = Watched(rule.measure) else { return "" }
        let staleMs = rule.windowMs > 0 ? rule.windowMs : Measure.metricStaleMs
        for place in book.metrics.indices where book.metrics.values[place].name == name {
            let age = atMs.since(book.metrics.values[place].seenMs)
            guard age > staleMs else { continue }
            return "\(book.metrics.keys[place]) was reported \(ElapsedText.of(age)) ago: this rule does not fire"
        }
        return ""
    }

    /// Whether a rule that is armed is blind: 1 or 0.
    func blind(_ name: String) -> Sample {
        guard let rule = settings.rules.first(where: { $0.name == name }), rule.isArmed else { return .gone }
        return .value(Decimal(blindness(of: rule).isEmpty ? 0 : 1), version: nil)
    }

    /// The rules that are armed and blind, in the order of the table.
    var blindRules: [Rule] { settings.rules.filter { $0.isArmed && !blindness(of: $0).isEmpty } }
}

extension Rule {
    /// Whether it is on, and may halt.
    var isArmed: Bool { isEnabled && steps.contains { $0.kills } }
}
