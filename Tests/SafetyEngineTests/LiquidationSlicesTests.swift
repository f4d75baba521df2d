import Testing

@testable import SafetyEngine

/// How a liquidation divides what it sells, and its limits.
struct LiquidationSlicesTests {
    private func decimal(_ text: String) -> Decimal { Decimal(text) ?? Decimal(-1) }

    @Test(
        arguments: [
            (nil, "1", 5), ("100000", "1", 5), ("50", "1", 5), ("49.99", "1", 4), ("40", "1", 4), ("30", "1", 3),
            ("20", "1", 2), ("19", "1", 1), ("0.5", "1", 1), ("0.5", "0", 5), ("0.5", "-1", 5), ("500", "10", 5),
        ] as [(String?, String, Int)]
    )
    func aSliceIsWorthTenTimesWhatIsDust(_ value: String?, _ dust: String, _ slices: Int) {
        #expect(LiquidationSlices.count(value: value.map(decimal), dust: decimal(dust)) == slices)
    }

    @Test(
        arguments: [
            (0, 300_000, 5, 1), (29_999, 300_000, 5, 1), (30_000, 300_000, 5, 2), (119_999, 300_000, 5, 4),
            (120_000, 300_000, 5, 5), (300_000, 300_000, 5, 5), (0, 300_000, 1, 1), (0, 1_000, 5, 1),
            (100, 1_000, 5, 2),
            (0, 0, 5, 5), (UInt64.max, UInt64.max, 5, 5),
        ] as [(UInt64, UInt64, Int, Int)]
    )
    func slicesBeginEvenlyWithinTheFirstHalf(_ elapsed: UInt64, _ within: UInt64, _ slices: Int, _ begun: Int) {
        #expect(LiquidationSlices.begun(elapsedMs: elapsed, withinMs: within, slices: slices) == begun)
    }

    @Test(arguments: [
        ("1.0", ["0.2", "0.4", "0.6", "0.8", "1.0"]), ("7", ["2", "4", "6", "7", "7"]),
        ("3", ["1", "2", "3", "3", "3"]), ("0.00001", ["0.00001", "0.00001", "0.00001", "0.00001", "0.00001"]),
        ("12.345", ["2.469", "4.938", "7.407", "9.876", "12.345"]),
    ])
    func slicesAreEqualInThePlacesInWhichTheQuantityIsWritten(_ all: String, _ planned: [String]) {
        let made = (1...5).map { LiquidationSlices.planned(decimal(all), slices: 5, begun: $0) }
        #expect(made.map(\.description) == planned)
        #expect(LiquidationSlices.planned(decimal(all), slices: 5, begun: 0) == Decimal(0))
        #expect(LiquidationSlices.planned(decimal(all), slices: 1, begun: 1) == decimal(all))
    }

    @Test func slicesNeverComeToMoreThanAllOfItHoweverLarge() throws {
        for digits in [Int128.max, .max - 1, 1, 4, 5, 6, 99_999_999_999_999_999] as [Int128] {
            let all = try #require(Decimal(digits: digits, scale: 8))
            var last = Decimal(0)
            for begun in 1...5 {
                let planned = LiquidationSlices.planned(all, slices: 5, begun: begun)
                #expect(planned <= all && planned >= last)
                last = planned
            }
            #expect(last == all)
        }
    }

    @Test(arguments: [
        ("100", Position.Side.long, "0.05", "95"), ("100", .short, "0.05", "105"),
        ("0.06231", .long, "0.05", "0.0591945"),
        ("67012.3", .short, "0.00000001", "67012.300670123"), ("3", .long, "1", "0"), ("3", .short, "1", "6"),
    ])
    func theLimitIsExact(_ reference: String, _ side: Position.Side, _ cap: String, _ limit: String) {
        #expect(LiquidationSlices.limit(decimal(reference), side, cap: decimal(cap)) == decimal(limit))
    }

    @Test func aLimitThatDoesNotFitIsNoneAndNotRounded() throws {
        let huge = try #require(Decimal(digits: .max, scale: 0))
        #expect(LiquidationSlices.limit(huge, .short, cap: decimal("0.05")) == nil)
        let fine = try #require(Decimal(digits: 1, scale: 30))
        #expect(LiquidationSlices.limit(fine, .long, cap: decimal("0.05")) == nil)
    }

    @Test(arguments: [
        ("95", "94.99", Position.Side.long, true), ("95", "95", .long, false), ("105", "105.01", .short, true),
        ("105", "105", .short, false), ("105", "1", .short, false),
    ])
    func aPriceIsPastALimitOnItsWorseSideOnly(_ limit: String, _ price: String, _ side: Position.Side, _ isPast: Bool) {
        #expect(LiquidationSlices.isPast(decimal(limit), decimal(price), side) == isPast)
    }

    @Test(arguments: [
        ("0.05", UInt64(300_000), true), ("1", 1_000, true), ("0.00000001", 86_400_000, true), ("0", 300_000, false),
        ("-0.05", 300_000, false), ("1.01", 300_000, false), ("0.000000001", 300_000, false), ("0.05", 999, false),
        ("0.05", 86_400_001, false),
    ])
    func figuresThatMakeNoSenseAreRefused(_ cap: String, _ within: UInt64, _ isTaken: Bool) {
        #expect((Liquidation.objection(maxSlippage: decimal(cap), withinMs: within) == nil) == isTaken)
    }
}
