/// A number that many others are compared with: one multiplication for each scale, made once, then one comparison of whole
/// numbers for each.
///
/// Invariant (SafetyEngineTests/DustTests): says the same as `<` of the decimals, for every number.
struct DecimalLimit {
    /// For each scale of the other number: the least digits that are not below the limit; nil: no digits of that scale are
    /// so great.
    private let least: [Int128?]

    init(_ limit: Decimal) {
        least = (0...Decimal.maxScale).map { scale in
            var digits = limit.digits
            if scale >= limit.scale {
                for _ in limit.scale..<scale {
                    let (tens, tooBig) = digits.multipliedReportingOverflow(by: 10)
                    // A limit that does not fit at this scale lies beyond every number of it.
                    guard !tooBig else { return limit.digits < 0 ? Int128.min : nil }
                    digits = tens
                }
            } else {
                var hasRest = false
                for _ in scale..<limit.scale {
                    hasRest = hasRest || digits % 10 != 0
                    digits /= 10
                }
                // Division cut towards zero: above it for a limit over zero, not below it for one under zero.
                if hasRest, limit.digits > 0 { digits += 1 }
            }
            return digits
        }
    }

    /// Whether a number is strictly below the limit.
    func isAbove(_ number: Decimal) -> Bool {
        guard let least = least[number.scale] else { return true }
        return number.digits < least
    }
}

extension Decimal {
    /// Whether it was written with the same digits: cheaper than equality, and all that tells an unchanged reading.
    static func isSameText(_ left: Decimal?, _ right: Decimal?) -> Bool {
        left?.digits == right?.digits && left?.scale == right?.scale
    }
}
