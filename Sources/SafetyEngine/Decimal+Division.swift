extension Decimal {
    /// The quotient with `places` digits behind the point, rounded half away from zero where it does not end before;
    /// nil when the divisor is zero, `places` is not 0 to `maxScale`, or the quotient does not fit.
    public func divided(by other: Decimal, places: Int) -> Decimal? {
        guard other.digits != 0, (0...Decimal.maxScale).contains(places) else { return nil }
        let shift = other.scale - scale + places
        guard let quotient = Decimal.quotient(digits.magnitude, other.digits.magnitude, shift: shift),
            let value = Int128(exactly: quotient)
        else { return nil }
        return Decimal(unchecked: (digits < 0) != (other.digits < 0) ? -value : value, places)
    }

    /// So many percent as `part` is of `whole`, to 8 places; nil where that is not a number, or `whole` is not positive.
    static func percent(_ part: Decimal, of whole: Decimal) -> Decimal? {
        guard whole > Decimal(0) else { return nil }
        return part.multiplied(by: Decimal(100))?.divided(by: whole, places: 8)
    }

    /// `dividend` * 10^`shift` / `divisor`, rounded half up; nil when it does not fit. Both are below 2^127.
    private static func quotient(_ dividend: UInt128, _ divisor: UInt128, shift: Int) -> UInt128? {
        if shift < 0 {
            let (longer, overflow) = divisor.multipliedReportingOverflow(by: UInt128(powers[-shift]))
            // Then it is more than twice the dividend.
            return overflow ? 0 : rounded(dividend.quotientAndRemainder(dividingBy: longer), longer)
        }
        if shift < powers.count {
            let (longer, overflow) = dividend.multipliedReportingOverflow(by: UInt128(powers[shift]))
            if !overflow { return rounded(longer.quotientAndRemainder(dividingBy: divisor), divisor) }
        }
        // As on paper: what is left, tenfold, for each further digit.
        var (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
        for _ in 0..<shift {
            let (tens, tooBig) = quotient.multipliedReportingOverflow(by: 10)
            if tooBig { return nil }
            let step = divisor.dividingFullWidth(rest.multipliedFullWidth(by: 10))
            let (sum, overflow) = tens.addingReportingOverflow(step.quotient)
            if overflow { return nil }
            quotient = sum
            rest = step.remainder
        }
        return rounded((quotient, rest), divisor)
    }

    private static func rounded(_ division: (quotient: UInt128, remainder: UInt128), _ divisor: UInt128) -> UInt128? {
        guard division.remainder >= divisor - division.remainder else { return division.quotient }
        let (sum, overflow) = division.quotient.addingReportingOverflow(1)
        return overflow ? nil : sum
    }
}
