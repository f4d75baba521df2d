/// Rules that halt, and cannot see all that they judge.
extension DeskReader {
    /// What a rule does not see, and what it makes of that; empty: it sees everything.
    func blindness(of rule: Rule) -> String {
        switch Measure(rawValue: rule.measure) {
        case .dayLoss, .weekLoss, .drawdown:
            let why = valuation.whyUnknown
            guard !why.isEmpty else { return "" }
            return book.equity.judged == nil
                ? "\(why): nobody knows what is lost, and this rule does not fire"
                : "\(why): that counts as it was known last, and what the rest loses is judged"
        case .venueExposure:
            guard valuation.unpriced > 0, venuesWithSomething > 1 else { return "" }
            let many = valuation.unpriced == 1 ? "1 position has" : "\(valuation.unpriced) positions have"
            return valuation.unseen > 0
                ? "\(many) no price: nobody knows the shares yet"
                : "\(many) no price: each counts as it was known last, or not at all"
        default: return ""
        }
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
