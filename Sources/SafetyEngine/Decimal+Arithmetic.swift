/// Sums and products, exact or not at all: what does not fit is nil, never rounded and never wrapped.
extension Decimal {
    /// The exact sum; nil when it does not fit.
    public func adding(_ other: Decimal) -> Decimal? {
        if let sum = Decimal.sum(self, other) { return sum }
        // Zeros at the end are worth nothing: without them it may fit.
        return Decimal.sum(shortened, other.shortened)
    }

    /// The exact difference; nil when it does not fit.
    public func subtracting(_ other: Decimal) -> Decimal? { adding(other.negated) }

    /// Its opposite.
    public var negated: Decimal { Decimal(unchecked: -digits, scale) }

    /// The exact product, with the places behind the point of both factors; nil when it does not fit.
    public func multiplied(by other: Decimal) -> Decimal? {
        if let product = Decimal.product(self, other) { return product }
        return Decimal.product(shortened, other.shortened)
    }

    /// The same number without zeros at its end behind the point.
    var shortened: Decimal {
        var value = digits
        var places = scale
        while places > 0, value % 10 == 0 {
            value /= 10
            places -= 1
        }
        return Decimal(digits: value, scale: places) ?? self
    }

    private static func sum(_ left: Decimal, _ right: Decimal) -> Decimal? {
        var (a, b) = (left.digits, right.digits)
        var scale = left.scale
        if left.scale < right.scale {
            guard let more = left.digits(more: right.scale - left.scale) else { return nil }
            a = more
            scale = right.scale
        } else if left.scale > right.scale {
            guard let more = right.digits(more: left.scale - right.scale) else { return nil }
            b = more
        }
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : Decimal(digits: sum, scale: scale)
    }

    private static func product(_ left: Decimal, _ right: Decimal) -> Decimal? {
        let scale = left.scale + right.scale
        // Two numbers of 64 bits always fit into 128.
        if left.isShort, right.isShort {
            return scale <= maxScale ? Decimal(unchecked: left.digits &* right.digits, scale) : nil
        }
        let (product, overflow) = left.digits.multipliedReportingOverflow(by: right.digits)
        return overflow ? nil : Decimal(digits: product, scale: scale)
    }

    private var isShort: Bool { Int128(Int64(truncatingIfNeeded: digits)) == digits }

    /// The digits with so many zeros behind them, 0 to `maxScale`; nil when they do not fit.
    func digits(more places: Int) -> Int128? {
        let unit = Decimal.powers[places]
        // 2^63 times 10^18 is less than 2^127.
        if places <= 18, isShort { return digits &* unit }
        let (product, overflow) = digits.multipliedReportingOverflow(by: unit)
        return overflow || product == .min ? nil : product
    }

    /// 10 to the power of 0 to 38: all that fit.
    static let powers: [Int128] = {
        var powers: [Int128] = [1]
        for _ in 0..<38 { powers.append((powers.last ?? 1) * 10) }
        return powers
    }()
}
