/// An exact decimal number: a price, a quantity, an amount of money, digit for digit as its venue wrote it.
///
/// Invariants (SafetyEngineTests/DecimalTests): what was read is printed with the same digits, trailing zeros included;
/// order and equality are those of the numbers; no operation rounds without being told how.
public struct Decimal: Sendable {
    /// The digits as a whole number.
    public let digits: Int128
    /// How many of them stand behind the point, 0 to `Decimal.maxScale`.
    public let scale: Int

    /// Most digits behind the point.
    public static let maxScale = 30

    /// The number `digits` / 10^`scale`; nil when the scale is out of range, or the digits have no opposite.
    public init?(digits: Int128, scale: Int) {
        guard (0...Decimal.maxScale).contains(scale), digits != .min else { return nil }
        self.digits = digits
        self.scale = scale
    }

    /// A whole number.
    public init(_ whole: Int) {
        digits = Int128(whole)
        scale = 0
    }

    /// Reads `-0.00120`, `12`, `.5`, `1e-8`, `+3.5E2`; nil for anything else, or more than fits exactly. Zeros in front and
    /// the sign of zero are not kept.
    public init?(_ text: some StringProtocol) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        var digits: Int128 = 0
        var scale = 0
        var count = 0
        var sawPoint = false
        while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            rest.removeFirst()
            if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
                continue
            }
            guard (0x30...0x39).contains(byte) else { return nil }
            let (tens, tooBig) = digits.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int128(byte - 0x30))
            guard !tooBig, !overflow else { return nil }
            digits = sum
            count += 1
            if sawPoint { scale += 1 }
        }
        guard count > 0 else { return nil }
        if !rest.isEmpty {
            guard rest.count <= 5, let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)) else {
                return nil
            }
            scale -= exponent
            while scale < 0 {
                let (tens, tooBig) = digits.multipliedReportingOverflow(by: 10)
                guard !tooBig else { return nil }
                digits = tens
                scale += 1
            }
        }
        self.init(digits: isNegative ? -digits : digits, scale: scale)
    }

    /// Whether it is less than zero.
    public var isNegative: Bool { digits < 0 }

    /// Without its sign.
    public var magnitude: Decimal { Decimal(unchecked: digits < 0 ? -digits : digits, scale) }

    /// The same number, rounded half away from zero to so many digits behind the point, and padded to them as
    /// far as they fit.
    public func rounded(to places: Int) -> Decimal {
        let places = min(max(0, places), Decimal.maxScale)
        if places >= scale {
            var (value, at) = (digits, scale)
            while at < places {
                let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
                if tooBig { break }
                value = tens
                at += 1
            }
            return Decimal(unchecked: value, at)
        }
        let unit = Decimal.powers[scale - places]
        let (whole, rest) = digits.quotientAndRemainder(dividingBy: unit)
        let half = unit - unit / 2
        return Decimal(unchecked: whole + (rest >= half ? 1 : rest <= -half ? -1 : 0), places)
    }

    init(unchecked digits: Int128, _ scale: Int) {
        self.digits = digits
        self.scale = scale
    }
}

extension Decimal: Comparable, Hashable {
    /// By value: `1.0` is `1`.
    public static func == (left: Decimal, right: Decimal) -> Bool { compare(left, right) == 0 }

    /// By value.
    public static func < (left: Decimal, right: Decimal) -> Bool { compare(left, right) < 0 }

    /// Equal numbers hash alike, however many zeros they end in.
    public func hash(into hasher: inout Hasher) {
        var value = digits
        var at = scale
        while at > 0, value % 10 == 0 {
            value /= 10
            at -= 1
        }
        hasher.combine(value)
        hasher.combine(at)
    }

    private static func compare(_ left: Decimal, _ right: Decimal) -> Int {
        if left.scale == right.scale { return order(left.digits, right.digits) }
        // With the same places behind the point, where that fits: exact, and no division.
        if left.scale < right.scale {
            if let digits = left.digits(more: right.scale - left.scale) { return order(digits, right.digits) }
        } else if let digits = right.digits(more: left.scale - right.scale) {
            return order(left.digits, digits)
        }
        return compareDigitByDigit(left, right)
    }

    private static func order(_ left: Int128, _ right: Int128) -> Int { left == right ? 0 : left < right ? -1 : 1 }

    /// Whole parts first, then digit by digit: nothing is scaled up, so nothing can overflow. Slow.
    static func compareDigitByDigit(_ left: Decimal, _ right: Decimal) -> Int {
        var (a, b) = (left.parts, right.parts)
        if a.whole != b.whole { return a.whole < b.whole ? -1 : 1 }
        for _ in 0..<maxScale {
            let x = a.next()
            let y = b.next()
            if x != y { return x < y ? -1 : 1 }
        }
        return 0
    }

    /// The whole part, then one signed digit after another.
    private struct Parts {
        var whole: Int128
        var rest: Int128
        var unit: Int128

        mutating func next() -> Int128 {
            guard unit > 1 else { return 0 }
            unit /= 10
            defer { rest %= unit }
            return rest / unit
        }
    }

    private var parts: Parts {
        let unit = Decimal.powers[scale]
        return Parts(whole: digits / unit, rest: digits % unit, unit: unit)
    }
}

extension Decimal: CustomStringConvertible {
    /// In plain digits, as it was written: `-0.00120`.
    public var description: String {
        var text = String(digits.magnitude)
        if scale > 0 {
            if text.count <= scale { text = String(repeating: "0", count: scale + 1 - text.count) + text }
            text.insert(".", at: text.index(text.endIndex, offsetBy: -scale))
        }
        return digits < 0 ? "-" + text : text
    }
}
