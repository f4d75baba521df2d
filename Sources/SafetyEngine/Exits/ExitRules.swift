/// Which exit rules one position meets (FEATURES rows C15 to C19). Pure; percentages are compared by cross-multiplication,
/// so nothing is divided and nothing is rounded.
///
/// Invariants (SafetyEngineTests/ExitRuleTests): a position exactly at a limit meets nothing; a loss is never a gain (no
/// magnitudes: LESSONS 21); without a price, or with an unknown entry price, no price rule is met; a bot's claim alone
/// meets no rule.
public enum ExitRules {
    /// The rules that a position meets, in the order of `ExitRule`.
    ///
    /// - Parameters:
    ///   - position: what its venue says of it; a claim alone (`quantity` nil) meets nothing.
    ///   - side: which way it points.
    ///   - worth: its price now; nil where that is missing or stale.
    ///   - atMs: the desk's time.
    ///   - limits: where each rule fires.
    public static func met(
        by position: BookPosition,
        side: Position.Side,
        _ worth: Valuation.Worth,
        at atMs: UInt64,
        _ limits: EngineSettings.Exits
    ) -> [ExitRule] {
        guard position.isHeld else { return [] }
        var set = metByPrice(entry: position.entryPrice, peak: position.peak, price: worth.price, side, limits) ?? []
        if isTimeUp(openedMs: position.openedMs, at: atMs, limits.maximumHold) { set.insert(.timeExit) }
        return ExitRule.ofOnePosition.filter { set.contains(ExitRuleSet($0)) }
    }

    /// The price rules that figures meet; nil: there is no price to judge by.
    static func metByPrice(
        entry: Decimal?,
        peak: Decimal?,
        price: Decimal?,
        _ side: Position.Side,
        _ limits: EngineSettings.Exits
    ) -> ExitRuleSet? {
        // A price of nothing is no price: LESSONS 24.
        guard let price, price.digits > 0 else { return nil }
        guard let entry, entry.digits > 0 else { return [] }
        var met: ExitRuleSet = []
        let isLong = side == .long
        if limits.stopLoss.isEnabled, isWorse(price, than: entry, byMoreThan: limits.stopLoss.at, isLong) {
            met.insert(.stopLoss)
        }
        if limits.takeProfit.isEnabled, isWorse(price, than: entry, byMoreThan: limits.takeProfit.at, !isLong) {
            met.insert(.takeProfit)
        }
        if limits.trailing.isEnabled, let peak, peak.digits > 0,
            isWorse(price, than: peak, byMoreThan: limits.trailing.at, isLong)
        {
            met.insert(.trailing)
        }
        return met
    }

    /// Whether it was held longer than it may be.
    static func isTimeUp(openedMs: UInt64?, at atMs: UInt64, _ limit: EngineSettings.Exits.Limit<UInt64>) -> Bool {
        guard limit.isEnabled, let openedMs, atMs > openedMs else { return false }
        return atMs - openedMs > limit.at
    }

    /// Whether a price is below another (above it, for what gains when prices fall) by more than so many percent of that
    /// other: (from - price) * 100 > percent * from. False where the product does not fit: then nothing can be said.
    private static func isWorse(
        _ price: Decimal,
        than from: Decimal,
        byMoreThan percent: Decimal,
        _ isLong: Bool
    ) -> Bool {
        guard let change = isLong ? from.subtracting(price) : price.subtracting(from), change.digits > 0,
            let hundredfold = change.multiplied(by: Decimal(100)), let limit = percent.multiplied(by: from)
        else { return false }
        return hundredfold > limit
    }

    /// Why a rule is met, with its figures: `loss 5.00 % past 3 % (entry 100, price 95)`.
    static func reason(
        _ rule: ExitRule,
        _ position: BookPosition,
        side: Position.Side,
        _ worth: Valuation.Worth,
        samples: [Decimal],
        at atMs: UInt64,
        _ limits: EngineSettings.Exits
    ) -> String {
        let price = worth.price?.asWritten ?? "unknown"
        let entry = position.entryPrice?.asWritten ?? "unknown"
        let confirmed =
            samples.count > 1 ? "; samples \(samples.map(\.asWritten).joined(separator: ", "))" : ""
        switch rule {
        case .stopLoss, .takeProfit:
            let (word, limit) = rule == .stopLoss ? ("loss", limits.stopLoss.at) : ("gain", limits.takeProfit.at)
            let change = percent(from: position.entryPrice, to: worth.price, beside: limit)
            return "\(word) \(change) past \(limit) % (entry \(entry), price \(price)\(confirmed))"
        case .trailing:
            let peak = position.peak?.asWritten ?? "unknown"
            let change = percent(from: position.peak, to: worth.price, beside: limits.trailing.at)
            return "\(change) off its \(side == .long ? "peak" : "low"), past \(limits.trailing.at) %"
                + " (peak \(peak), price \(price)\(confirmed))"
        case .timeExit:
            let held = position.openedMs.map { RunbookLog.duration(atMs - min(atMs, $0)) } ?? "unknown"
            return "held \(held), past \(RunbookLog.duration(limits.maximumHold.at))"
        case .positionCap: return ""
        }
    }

    /// `5.00 %`, rounded for display only: with so many digits that it is told from the limit that it passed, so that nobody
    /// reads `3.00 % past 3 %`.
    private static func percent(from: Decimal?, to: Decimal?, beside limit: Decimal) -> String {
        guard let from, let to, let change = to.subtracting(from)?.magnitude else { return "? %" }
        let texts = (2...8).lazy.compactMap { Decimal.percent(of: change, in: from, places: $0) }
        guard let percent = texts.first(where: { $0 != limit }) ?? texts.first else { return "? %" }
        return "\(percent) %"
    }
}

extension Decimal {
    /// The digits that its venue wrote. A number with more than eight digits behind the point was computed here (an average, a
    /// conversion), and is shown without the zeros at its end.
    var asWritten: String { scale > 8 ? shown(places: 12) : description }

    /// What share of a whole a part is, in percent with so many digits behind the point, rounded half away from zero: for
    /// display, never to decide. Nil where it does not fit.
    static func percent(of part: Decimal, in whole: Decimal, places shown: Int = 2) -> Decimal? {
        let places = max(part.scale, whole.scale)
        // Percent with one digit more than is shown, to round by.
        guard whole.digits != 0, (0...20).contains(shown),
            let hundred = Decimal(digits: Decimal.powers[shown + 3], scale: 0),
            let upper = part.multiplied(by: hundred)?.digits(at: places),
            let lower = whole.digits(at: places)
        else { return nil }
        return Decimal(digits: upper / lower, scale: shown + 1)?.rounded(to: shown)
    }

    /// The digits with so many behind the point; nil when they do not fit, or there are more.
    private func digits(at places: Int) -> Int128? {
        guard places >= scale else { return nil }
        var value = digits
        for _ in scale..<places {
            let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
            guard !tooBig else { return nil }
            value = tens
        }
        return value
    }
}
