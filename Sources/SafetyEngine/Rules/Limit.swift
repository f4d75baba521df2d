extension Rule.Comparison {
    /// Whether a value has passed a threshold.
    public func isPassed(_ value: Decimal, _ threshold: Decimal) -> Bool {
        switch self {
        case .over: value > threshold
        case .under: value < threshold
        case .atLeast: value >= threshold
        }
    }

    /// Whether one value is further past any threshold than another.
    func isWorse(_ value: Decimal, than other: Decimal) -> Bool { self == .under ? value < other : value > other }
}

/// A threshold that thousands of values are compared with: brought to their scale once, then whole numbers are compared.
///
/// Invariant (RuleLimitTests): it says what `Rule.Comparison.isPassed` says, for every value.
struct Limit {
    let comparison: Rule.Comparison
    /// Nil: every value passes.
    private(set) var threshold: Decimal?
    private var scale = -1
    private var digits: Int128?

    init(_ comparison: Rule.Comparison, _ threshold: Decimal?) {
        self.comparison = comparison
        self.threshold = threshold
    }

    mutating func isPassed(by value: Decimal) -> Bool {
        guard let threshold else { return true }
        if value.scale != scale { fit(to: value.scale, threshold) }
        guard let digits else { return comparison.isPassed(value, threshold) }
        switch comparison {
        case .over: return value.digits > digits
        case .under: return value.digits < digits
        case .atLeast: return value.digits >= digits
        }
    }

    /// From now on only what is worse than this value passes: leaves the worst of all.
    mutating func raise(to value: Decimal) {
        self = Limit(comparison == .under ? .under : .over, value)
    }

    private mutating func fit(to newScale: Int, _ threshold: Decimal) {
        scale = newScale
        digits = nil
        guard newScale >= threshold.scale else { return }
        var scaled = threshold.digits
        for _ in threshold.scale..<newScale {
            let (tens, tooBig) = scaled.multipliedReportingOverflow(by: 10)
            guard !tooBig else { return }
            scaled = tens
        }
        digits = scaled
    }
}

/// Shares, and numbers as people read them.
enum Share {
    /// How many percent of the whole a part is, cut (towards zero) to six digits behind the point; nil: no whole, or
    /// digits that do not fit.
    static func percent(_ part: Decimal, of whole: Decimal) -> Decimal? {
        guard whole.digits > 0, let (part, whole) = aligned(part, whole) else { return nil }
        let (hundreds, tooBig) = part.multipliedReportingOverflow(by: 100_000_000)
        if !tooBig { return Decimal(digits: hundreds / whole, scale: 6) }
        // So many digits that a hundred millionth of the whole still has ten: nothing is lost that anybody could see.
        let unit = whole / 100_000_000
        return unit == 0 ? nil : Decimal(digits: part / unit, scale: 6)
    }

    private static func aligned(_ left: Decimal, _ right: Decimal) -> (Int128, Int128)? {
        func digits(_ number: Decimal, _ places: Int) -> Int128? {
            var value = number.digits
            for _ in number.scale..<max(number.scale, places) {
                let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
                guard !tooBig else { return nil }
                value = tens
            }
            return value
        }
        let places = max(left.scale, right.scale)
        guard let a = digits(left, places), let b = digits(right, places) else { return nil }
        return (a, b)
    }
}

extension Decimal {
    /// As people read it: at most so many digits behind the point, and no zeros at its end.
    func shown(places: Int = 4) -> String {
        let short = scale > places ? rounded(to: places) : self
        var (digits, scale) = (short.digits, short.scale)
        while scale > 0, digits % 10 == 0 {
            digits /= 10
            scale -= 1
        }
        return (Decimal(digits: digits, scale: scale) ?? short).description
    }
}
