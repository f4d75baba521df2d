extension EventLinePlace {
    /// How a number reads.
    enum Number {
        case exact(Decimal)
        /// Not `-0.00120`, `12`, `1e-8`.
        case malformed
        /// More digits than fit exactly.
        case tooLong
    }

    /// Reads `-0.00120`, `12`, `1e-8`, `3.5E+2` digit for digit.
    ///
    /// As `Decimal.init(_:)`, but out of a line, and the first 18 digits, which are nearly always all, in 64 bits.
    func number(_ line: Span<UInt8>) -> Number {
        var at = Int(start)
        let end = Int(end)
        guard end - at <= EventLine.mostNumberBytes else { return .tooLong }
        let isNegative = at < end && line[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var digits = Digits()
        guard digits.take(line, &at, end) > 0 else { return .malformed }
        var scale = 0
        if at < end, line[at] == UInt8(ascii: ".") {
            at += 1
            scale = digits.take(line, &at, end)
            guard scale > 0 else { return .malformed }
        }
        if at < end {
            guard line[at] | 0x20 == UInt8(ascii: "e") else { return .malformed }
            at += 1
            guard let exponent = EventLinePlace.exponent(line, &at, end), at == end else { return .malformed }
            scale -= exponent
        }
        guard var value = digits.value else { return .tooLong }
        if value == 0 { scale = max(0, scale) }
        while scale < 0 {
            let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
            guard !tooBig else { return .tooLong }
            value = tens
            scale += 1
        }
        guard let number = Decimal(digits: isNegative ? -value : value, scale: scale) else { return .tooLong }
        return .exact(number)
    }

    /// Up to three digits with a sign.
    private static func exponent(_ line: Span<UInt8>, _ at: inout Int, _ end: Int) -> Int? {
        var isNegative = false
        if at < end, line[at] == UInt8(ascii: "-") || line[at] == UInt8(ascii: "+") {
            isNegative = line[at] == UInt8(ascii: "-")
            at += 1
        }
        let start = at
        var value = 0
        while at < end, at < start + 3, line[at] &- 0x30 < 10 {
            value = value * 10 + Int(line[at] &- 0x30)
            at += 1
        }
        guard at > start else { return nil }
        return isNegative ? -value : value
    }

    private struct Digits {
        private var short: UInt64 = 0
        private var count = 0
        /// All digits, once they are more than 18; nil in it: more than fit.
        private var long: Int128??

        var value: Int128? {
            if let long { return long }
            return Int128(short)
        }

        /// Takes the digits that begin here; returns how many.
        mutating func take(_ line: Span<UInt8>, _ at: inout Int, _ end: Int) -> Int {
            let start = at
            while at < end {
                let digit = line[at] &- 0x30
                guard digit < 10 else { break }
                if count < 18 { short = short &* 10 &+ UInt64(digit) } else { widen(digit) }
                count += 1
                at += 1
            }
            return at - start
        }

        private mutating func widen(_ digit: UInt8) {
            guard let before = value else { return }
            let (tens, tooBig) = before.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int128(digit))
            long = .some(tooBig || overflow ? nil : sum)
        }
    }
}
