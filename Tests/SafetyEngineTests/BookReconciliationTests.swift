import Testing

@testable import SafetyEngine

/// What does not add up has a name.
struct BookReconciliationTests {
    private static func kinds(_ desk: BookDesk) -> [String] {
        desk.book.reconciliation(desk.worth, desk.settings).map { "\($0.kind) \($0.subject)" }
    }

    @Test(
        "totals within one percent",
        arguments: [("1000", false), ("990.1", false), ("990.09", true), ("1011", true)]
    )
    func totals(stated: String, isOff: Bool) {
        var desk = BookDesk()
        desk.venue(balance("800", equity: stated))
        desk.venue(.positions([held("2")]))
        // Without a price nothing is compared.
        #expect(Self.kinds(desk).isEmpty)
        desk.price("BTC/USD", "100")
        #expect(Self.kinds(desk) == (isOff ? ["total kraken/main"] : []))
    }

    @Test func orphansPhantomsAndSizes() {
        var desk = BookDesk()
        desk.venue(.positions([held("5"), held("1", "ETH/USD"), held("100", "SOL/USD")]))
        // Where no bot claims anything, nothing is missing.
        #expect(Self.kinds(desk).isEmpty)
        desk.bot(.positions([held("4"), held("7", "ADA/USD"), held("99", "SOL/USD")]))
        #expect(
            Self.kinds(desk) == [
                "size kraken/main/BTC/USD/long", "phantom kraken/main/ADA/USD/long", "orphan kraken/main/unclaimed",
            ]
        )
        let texts = desk.book.reconciliation(desk.worth, desk.settings).map(\.text)
        #expect(texts[0] == "kraken/main/BTC/USD/long: a bot says 4, the venue holds 5")
        #expect(texts[2] == "kraken/main: the venue holds a position that no bot claims: 1 ETH/USD long")
        desk.bot(.positions([held("5"), held("1", "ETH/USD"), held("100", "SOL/USD")]))
        #expect(Self.kinds(desk).isEmpty)
    }

    @Test func manyPositionsThatNoBotClaimsAreOneFinding() {
        var desk = BookDesk()
        desk.venue(.positions((0..<13).map { held("\($0 + 1)", "S\($0)") }))
        desk.bot(.positions([held("1", "S0")]))
        #expect(Self.kinds(desk) == ["orphan kraken/main/unclaimed"])
        let texts = desk.book.reconciliation(desk.worth, desk.settings).map(\.text)
        #expect(
            texts == [
                "kraken/main: the venue holds 12 positions that no bot claims: 2 S1 long, 3 S2 long, 4 S3 long, "
                    + "5 S4 long, 6 S5 long and 7 more"
            ]
        )
    }

    @Test func aVenueThatListsNothingHasNoPhantoms() {
        var desk = BookDesk()
        desk.bot(.position(held("4")))
        desk.venue(balance("1"))
        #expect(Self.kinds(desk).isEmpty)
        desk.venue(.positions([]))
        #expect(Self.kinds(desk) == ["phantom kraken/main/BTC/USD/long"])
    }
}
