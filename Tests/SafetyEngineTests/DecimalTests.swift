import Seeds
import Testing

@testable import SafetyEngine

/// Decimals against an independent reference: numbers as texts of digits, compared and added by hand as on paper.
@Suite struct DecimalTests {
    @Test(
        "what was read is printed",
        arguments: [
            ("0", "0"), ("12", "12"), ("-0.00120", "-0.00120"), ("0.10", "0.10"), ("1.000", "1.000"),
            ("1e-8", "0.00000001"), ("1E+5", "100000"), ("1E5", "100000"), ("+3.5E2", "350"), ("1.50e1", "15.0"),
            ("1.23e-2", "0.0123"), ("1e-08", "0.00000001"), ("0e9999", "0"), (".5", "0.5"), ("-.5", "-0.5"),
            ("5.", "5"), ("007", "7"), ("-0", "0"), ("-0.00", "0.00"), ("0.000", "0.000"), ("67012.30", "67012.30"),
            ("0.000000000000000000000000000001", "0.000000000000000000000000000001"),
            (
                "170141183460469231731687303715884105727", "170141183460469231731687303715884105727"
            ),
            (
                "-170141183460469231731687303715884105727", "-170141183460469231731687303715884105727"
            ),
            ("123456789.012345678901234567890123456789", "123456789.012345678901234567890123456789"),
        ]
    )
    func printsWhatItRead(text: String, printed: String) {
        #expect(Decimal(text)?.description == printed)
        #expect(Decimal(Substring(text))?.description == printed)
    }

    @Test(
        "what is no number, or does not fit exactly, is nil",
        arguments: [
            "", "-", "+", ".", "-.", "e", "e5", ".e5", "1e", "1e+", "1e-", "1e1e1", "1e1.5", "1e99999", "1e-99999",
            "1e39",
            "1e-31", "--1", "+-1", "-+1", "1-", "1.2.3", "1..2", "1,000", "1_000", " 1", "1 ", "0x10", "NaN", "inf",
            "١", "1\u{0}", "1e 5", "170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105728", "340282366920938463463374607431768211456",
            "0.0000000000000000000000000000001", "99999999999999999999999999999999999999999",
        ]
    )
    func refusesWhatIsNoNumber(text: String) {
        #expect(Decimal(text) == nil)
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 7)
        let pieces = Array("0123456789+-.eE _,x\u{e9}")
        var read = 0
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...48, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "0" }
            )
            guard let number = Decimal(text) else { continue }
            read += 1
            #expect(Decimal(number.description)?.description == number.description, "\(text)")
        }
        #expect(read > 500)
    }

    @Test func digitsOutOfRangeAreRefused() {
        #expect(Decimal(digits: .min, scale: 0) == nil)
        #expect(Decimal(digits: 1, scale: -1) == nil)
        #expect(Decimal(digits: 1, scale: Decimal.maxScale + 1) == nil)
        #expect(Decimal(digits: .max, scale: Decimal.maxScale) != nil)
        #expect(Decimal(Int.min).description == String(Int.min))
    }

    @Test func orderAndEqualityAreThoseOfTheNumbers() {
        var random = SeededRandom(seed: 11)
        var equal = 0
        for _ in 0..<20_000 {
            let a = Self.number(&random)
            // Often the same number in another dress, or one digit away from it.
            let b = Int.random(in: 0..<3, using: &random) == 0 ? Self.number(&random) : Self.near(a, &random)
            let expected = Paper.compare(a.description, b.description)
            #expect((a < b) == (expected < 0), "\(a) < \(b)")
            #expect((a == b) == (expected == 0), "\(a) == \(b)")
            #expect((b < a) == (expected > 0), "\(b) < \(a)")
            if expected == 0 {
                equal += 1
                #expect(a.hashValue == b.hashValue, "\(a) and \(b)")
            }
        }
        #expect(equal > 1000)
    }

    @Test func aSetHoldsEachNumberOnce() {
        let texts = ["1", "1.0", "1.00", "1e0", "0", "-0", "0.000", "-1", "-1.0", "100", "1e2"]
        #expect(Set(texts.compactMap { Decimal($0) }).count == 4)
    }

    @Test(
        "rounding, half away from zero",
        arguments: [
            ("1.25", 1, "1.3"), ("-1.25", 1, "-1.3"), ("1.24", 1, "1.2"), ("1.249999", 1, "1.2"),
            ("-1.249999", 1, "-1.2"),
            ("0.5", 0, "1"), ("-0.5", 0, "-1"), ("0.49999", 0, "0"), ("0.4", 0, "0"), ("9.995", 2, "10.00"),
            ("7", 2, "7.00"),
            ("-0.00120", 3, "-0.001"), ("0", 4, "0.0000"), ("1.5", -3, "2"), ("1.23", 2, "1.23"),
            ("-0.0004", 3, "0.000"),
        ]
    )
    func roundsHalfAwayFromZero(text: String, places: Int, expected: String) {
        #expect(Decimal(text)?.rounded(to: places).description == expected)
    }

    @Test func extremeDigitsNeverTrap() {
        for digits in [Int128.max, -Int128.max, 0, 1, -1] {
            for scale in [0, 1, 29, 30] {
                guard let number = Decimal(digits: digits, scale: scale) else { continue }
                for places in [Int.min, -1, 0, 1, 15, 30, 31, .max] {
                    let rounded = number.rounded(to: places)
                    let off = rounded.subtracting(number)?.magnitude
                    #expect(off.map { $0 <= Decimal(1) } ?? true)
                    #expect(rounded.scale <= Decimal.maxScale)
                }
                #expect(number.magnitude.isNegative == false)
                #expect(number == number && !(number < number))
                #expect(Set([number]).contains(number))
                #expect(Decimal(number.description) == number)
                #expect(number.adding(number)?.description == nil || number.magnitude < Decimal(2))
            }
        }
    }

    @Test func rounderThanTheDigitsAllowKeepsTheNumber() {
        let big = Decimal(digits: .max, scale: 0)
        #expect(big?.rounded(to: 5) == big)
    }

    @Test(
        "sums and differences",
        arguments: [
            ("0.1", "0.2", "0.3", "-0.1"), ("1.50", "2.5", "4.00", "-1.00"), ("-1", "1", "0", "-2"),
            ("100", "0.001", "100.001", "99.999"), ("0", "0.00", "0.00", "0.00"),
        ]
    )
    func addsExactly(a: String, b: String, sum: String, difference: String) throws {
        let (a, b) = (try #require(Decimal(a)), try #require(Decimal(b)))
        #expect(a.adding(b)?.description == sum)
        #expect(a.subtracting(b)?.description == difference)
    }

    @Test(
        "products",
        arguments: [
            ("0.75", "67012.30", "50259.2250"), ("1.50", "2.00", "3.0000"), ("-3", "0.1", "-0.3"), ("0", "-5.5", "0.0"),
            ("-2", "-2", "4"), ("1e-20", "1e-10", "0.000000000000000000000000000001"),
        ]
    )
    func multipliesExactly(a: String, b: String, product: String) throws {
        #expect(try #require(Decimal(a)).multiplied(by: #require(Decimal(b)))?.description == product)
    }

    @Test func whatDoesNotFitIsNil() throws {
        let most = try #require(Decimal(digits: .max, scale: 0))
        let least = try #require(Decimal(digits: -Int128.max, scale: 0))
        let tiny = try #require(Decimal("1e-30"))
        #expect(most.adding(Decimal(1)) == nil)
        #expect(least.subtracting(Decimal(1)) == nil)
        #expect(most.adding(least) == Decimal(0))
        #expect(most.adding(tiny) == nil)
        #expect(most.multiplied(by: Decimal(2)) == nil)
        #expect(most.multiplied(by: least) == nil)
        #expect(tiny.multiplied(by: tiny) == nil)
        #expect(most.multiplied(by: Decimal(1)) == most)
        // -Int128.max - 1 has digits, but no opposite.
        #expect(least.adding(Decimal(-1)) == nil)
    }

    @Test func zerosAtTheEndNeverMakeItTooBig() throws {
        let padded = try #require(Decimal("2.000000000000000000000000000000"))
        #expect(padded.multiplied(by: padded) == Decimal(4))
        let big = try #require(Decimal("100000000000000000000000000000000000000"))
        #expect(big.adding(padded)?.description == "100000000000000000000000000000000000002")
    }

    @Test func randomSumsAreThoseOfPaper() {
        var random = SeededRandom(seed: 13)
        var fitted = 0
        for _ in 0..<5_000 {
            let (a, b) = (Self.number(&random), Self.number(&random))
            guard let sum = a.adding(b) else { continue }
            fitted += 1
            #expect(Paper.compare(sum.description, Paper.sum(a.description, b.description)) == 0, "\(a) + \(b)")
        }
        #expect(fitted > 2_000)
    }

    private static func number(_ random: inout SeededRandom) -> Decimal {
        let count = Int.random(in: 1...38, using: &random)
        var digits: Int128 = 0
        for _ in 0..<count { digits = digits * 10 + Int128(Int.random(in: 0...9, using: &random)) }
        if Bool.random(using: &random) { digits = -digits }
        return Decimal(digits: digits, scale: Int.random(in: 0...Decimal.maxScale, using: &random)) ?? Decimal(0)
    }

    /// The same number with other zeros, its opposite, or one of its last digits changed.
    private static func near(_ number: Decimal, _ random: inout SeededRandom) -> Decimal {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return number.rounded(to: number.scale + Int.random(in: 0...4, using: &random))
        case 1: return Decimal(digits: -number.digits, scale: number.scale) ?? number
        case 2: return Decimal(digits: number.digits + 1, scale: number.scale) ?? number
        default: return number
        }
    }
}

/// Numbers as people reckon with them on paper: texts of digits.
private enum Paper {
    /// Sign, and digits as if both had `places` behind the point.
    private static func parts(_ text: String) -> (negative: Bool, whole: [Int], rest: [Int]) {
        let sides = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let rest = sides.count > 1 ? sides[1].compactMap(\.wholeNumberValue) : []
        return (text.hasPrefix("-"), sides[0].compactMap(\.wholeNumberValue), rest)
    }

    /// Both numbers as digits of one length, the last 30 behind the point.
    private static func aligned(_ text: String) -> (negative: Bool, digits: [Int]) {
        let (negative, whole, rest) = parts(text)
        let front = [Int](repeating: 0, count: max(0, 50 - whole.count))
        let digits = front + whole + rest + [Int](repeating: 0, count: max(0, 30 - rest.count))
        return (negative && digits.contains { $0 != 0 }, digits)
    }

    static func compare(_ left: String, _ right: String) -> Int {
        let (a, b) = (aligned(left), aligned(right))
        if a.negative != b.negative { return a.negative ? -1 : 1 }
        for (x, y) in zip(a.digits, b.digits) where x != y { return (x < y) != a.negative ? -1 : 1 }
        return 0
    }

    static func sum(_ left: String, _ right: String) -> String {
        let (a, b) = (aligned(left), aligned(right))
        let signed = zip(a.digits, b.digits).map { (a.negative ? -$0 : $0) + (b.negative ? -$1 : $1) }
        // The sign of the first digit that is not zero is that of the sum: make it positive, then carry.
        let negative = (signed.first { $0 != 0 } ?? 0) < 0
        var digits = signed.map { negative ? -$0 : $0 }
        for index in digits.indices.reversed().dropLast() {
            while digits[index] < 0 {
                digits[index] += 10
                digits[index - 1] -= 1
            }
            while digits[index] > 9 {
                digits[index] -= 10
                digits[index - 1] += 1
            }
        }
        let text = digits.map(String.init).joined()
        return (negative ? "-" : "") + text.dropLast(30) + "." + text.suffix(30)
    }
}

/// The fast ways against the slow ones, and quotients against products.
@Suite struct DecimalSpeedTests {
    private static func number(_ random: inout SeededRandom, digits most: Int) -> Decimal {
        var digits: Int128 = 0
        for _ in 0..<Int.random(in: 1...most, using: &random) {
            digits = digits * 10 + Int128(Int.random(in: 0...9, using: &random))
        }
        if Bool.random(using: &random) { digits = -digits }
        return Decimal(digits: digits, scale: Int.random(in: 0...Decimal.maxScale, using: &random)) ?? Decimal(0)
    }

    @Test("comparing fast is comparing slowly", arguments: [3, 18, 19, 20, 38])
    func compares(most: Int) {
        var random = SeededRandom(seed: UInt64(most))
        for _ in 0..<5_000 {
            let (a, b) = (Self.number(&random, digits: most), Self.number(&random, digits: most))
            for other in [b, a.rounded(to: b.scale), Decimal(digits: b.digits, scale: a.scale) ?? b] {
                let slow = Decimal.compareDigitByDigit(a, other)
                #expect((a < other) == (slow < 0) && (a == other) == (slow == 0), "\(a) \(other)")
            }
        }
    }

    @Test(
        "quotients, half away from zero",
        arguments: [
            ("1", "3", 4, "0.3333"), ("2", "3", 4, "0.6667"), ("-2", "3", 4, "-0.6667"), ("1", "8", 2, "0.13"),
            ("-1", "8", 2, "-0.13"), ("10", "4", 0, "3"), ("5", "1", 3, "5.000"), ("0", "7", 2, "0.00"),
            ("1e-30", "1e-30", 0, "1"), ("1", "1e-30", 0, "1000000000000000000000000000000"),
            ("1e-30", "100000000000000000000000000000000000000", 30, "0.000000000000000000000000000000"),
            (
                "170141183460469231731687303715884105727", "170141183460469231731687303715884105727", 30,
                "1.000000000000000000000000000000"
            ),
            ("17", "170141183460469231731687303715884105727", 30, "0.000000000000000000000000000000"),
            ("1.7e30", "170141183460469231731687303715884105727", 30, "0.000000009991701981989443817734"),
        ]
    )
    func divides(a: String, b: String, places: Int, quotient: String) throws {
        #expect(try #require(Decimal(a)).divided(by: #require(Decimal(b)), places: places)?.description == quotient)
    }

    @Test func whatIsNoQuotientIsNil() throws {
        #expect(Decimal(1).divided(by: Decimal(0), places: 2) == nil)
        #expect(Decimal(1).divided(by: Decimal(1), places: -1) == nil)
        #expect(Decimal(1).divided(by: Decimal(1), places: 31) == nil)
        let most = try #require(Decimal(digits: .max, scale: 0))
        #expect(most.divided(by: try #require(Decimal("1e-30")), places: 0) == nil)
        #expect(most.divided(by: Decimal(1), places: 1) == nil)
        #expect(most.divided(by: Decimal(-1), places: 0)?.digits == -Int128.max)
    }

    @Test func aQuotientIsOffByAtMostHalfOfItsLastDigit() {
        var random = SeededRandom(seed: 17)
        var tried = 0
        for _ in 0..<10_000 {
            let (a, b) = (Self.number(&random, digits: 12), Self.number(&random, digits: 8))
            let places = Int.random(in: 0...10, using: &random)
            guard a.scale < 12, b.scale < 8, b.digits != 0, let quotient = a.divided(by: b, places: places),
                let product = quotient.multiplied(by: b), let off = product.subtracting(a)?.magnitude,
                let twice = off.adding(off), let unit = Decimal(digits: 1, scale: places)?.multiplied(by: b.magnitude)
            else { continue }
            tried += 1
            #expect(twice <= unit, "\(a) / \(b)")
            if twice == unit { #expect(product.magnitude > a.magnitude, "\(a) / \(b) is not away from zero") }
        }
        #expect(tried > 500)
    }
}
