/// Sums and products, exact or not at all: what does not fit is nil, never rounded and never wrapped.
extension Decimal {
    /// The exact sum; nil when it does not fit.
    public func adding(_ other: Decimal) -> Decimal? {
        let places = max(scale, other.scale)
        if let sum = Decimal.sum(self, other, places: places) { return sum }
        // Zeros at the end are worth nothing: without them it may fit.
        let (left, right) = (shortened, other.shortened)
        return Decimal.sum(left, right, places: max(left.scale, right.scale))
    }

    /// The exact difference; nil when it does not fit.
    public func subtracting(_ other: Decimal) -> Decimal? { other.negated.flatMap { adding($0) } }

    /// The exact product, with the places behind the point of both factors; nil when it does not fit.
    public func multiplied(by other: Decimal) -> Decimal? {
        if let product = Decimal.product(self, other) { return product }
        return Decimal.product(shortened, other.shortened)
    }

    private var negated: Decimal? { Decimal(digits: -digits, scale: scale) }

    /// The same number without zeros at its end behind the point.
    private var shortened: Decimal {
        var value = digits
        var places = scale
        while places > 0, value % 10 == 0 {
            value /= 10
            places -= 1
        }
        return Decimal(digits: value, scale: places) ?? self
    }

    private static func sum(_ left: Decimal, _ right: Decimal, places: Int) -> Decimal? {
        guard let a = left.digits(places: places), let b = right.digits(places: places) else { return nil }
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : Decimal(digits: sum, scale: places)
    }

    private static func product(_ left: Decimal, _ right: Decimal) -> Decimal? {
        let (product, overflow) = left.digits.multipliedReportingOverflow(by: right.digits)
        return overflow ? nil : Decimal(digits: product, scale: left.scale + right.scale)
    }

    /// The digits with so many behind the point, at least as many as there are; nil when they do not fit.
    private func digits(places: Int) -> Int128? {
        var value = digits
        for _ in scale..<max(scale, places) {
            let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
            guard !tooBig else { return nil }
            value = tens
        }
        return value
    }
}
