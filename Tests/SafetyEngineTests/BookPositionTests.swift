import Testing

@testable import SafetyEngine

/// What is held, by whose word, since when and for how much.
struct BookPositionTests {
    @Test func aBotsWordAloneHoldsNothing() {
        var desk = BookDesk()
        desk.bot(.position(held("5", entry: "90")))
        desk.bot(.fill(fill(.buy, "3", "90")))
        #expect(desk.position("BTC/USD")?.isHeld == false)
        #expect(desk.position("BTC/USD")?.claimed == Decimal(5))
        #expect(desk.worth.gross == Decimal(0))
        desk.venue(.positions([held("2")]))
        #expect(desk.position("BTC/USD")?.quantity == Decimal(2))
        #expect(desk.position("BTC/USD")?.claimed == Decimal(5))
        desk.bot(.position(held("0")))
        #expect(desk.position("BTC/USD")?.quantity == Decimal(2))
        #expect(desk.position("BTC/USD")?.claimed == Decimal(0))
    }

    @Test func severalBotsClaimsAddUp() {
        var desk = BookDesk()
        desk.bot(.positions([held("5"), held("1", "ETH/USD")]), name: "one")
        desk.bot(.position(held("2")), name: "two")
        #expect(desk.position("BTC/USD")?.claimed == Decimal(7))
        // A bot's list is all that it claims.
        desk.bot(.positions([held("3")]), name: "one")
        #expect(desk.position("BTC/USD")?.claimed == Decimal(5))
        #expect(desk.position("ETH/USD")?.claimed == Decimal(0))
        desk.pass()
        #expect(desk.position("ETH/USD") == nil)
        desk.bot(.positions([]), name: "two")
        desk.bot(.positions([]), name: "one")
        desk.pass()
        #expect(desk.book.positions.isEmpty && desk.book.claims.isEmpty)
    }

    @Test func whatAListLeavesOutIsNotHeldAnyMore() {
        var desk = BookDesk()
        desk.venue(.positions([held("5"), held("1", "ETH/USD")]))
        desk.venue(.positions([held("1", "BTC/USD")]), account: "other")
        desk.venue(.positions([held("1", "ETH/USD")]))
        #expect(desk.position("BTC/USD")?.quantity == Decimal(0))
        #expect(desk.position("ETH/USD")?.isHeld == true)
        desk.pass()
        #expect(desk.position("BTC/USD") == nil)
        #expect(desk.book.positions.count == 2)
    }

    @Test func anOlderWordAboutAPositionDoesNotCount() {
        var desk = BookDesk()
        desk.venue(.position(held("5")), happened: 200)
        desk.venue(.position(held("9")), happened: 100)
        desk.venue(.position(held("5")), happened: 200)
        #expect(desk.position("BTC/USD")?.quantity == Decimal(5))
        #expect(desk.book.counts.outOfOrder == 1)
        #expect(desk.book.counts.duplicate == 1)
        desk.venue(.positions([]), happened: 150)
        #expect(desk.position("BTC/USD")?.quantity == Decimal(5))
        desk.venue(.position(held("-1")), happened: 300)
        #expect(desk.position("BTC/USD")?.quantity == Decimal(5))
        #expect(desk.book.counts.contradictory == 1)
    }

    @Test func namedTwiceInOneListTheGreaterCounts() {
        var desk = BookDesk()
        desk.venue(.positions([held("2"), held("5"), held("3")]))
        #expect(desk.position("BTC/USD")?.quantity == Decimal(5))
        #expect(desk.book.counts.contradictory == 2)
    }

    @Test("fills make positions where their venue does not report any", arguments: [false, true])
    func fills(reports: Bool) {
        var desk = BookDesk()
        if reports { desk.venue(.positions([])) }
        desk.venue(.fill(fill(.buy, "1", "100", id: "1")))
        desk.venue(.fill(fill(.buy, "2", "103", id: "2")))
        desk.venue(.fill(fill(.buy, "2", "103", id: "2")))
        #expect(desk.book.counts.duplicate == 1)
        guard !reports else {
            #expect(desk.book.positions.isEmpty)
            return
        }
        #expect(desk.position("BTC/USD")?.quantity == Decimal(3))
        #expect(desk.position("BTC/USD")?.entryPrice == Decimal(102))
        #expect(desk.position("BTC/USD")?.source == .strategy)
        #expect(desk.position("BTC/USD")?.isAdopted == false)
        #expect(desk.position("BTC/USD")?.openedMs == desk.atMs)
        // Selling keeps the average; what is sold beyond it is short.
        desk.venue(.fill(fill(.sell, "1", "500", id: "3")))
        #expect(desk.position("BTC/USD")?.entryPrice == Decimal(102))
        desk.venue(.fill(fill(.sell, "5", "200", id: "4")))
        #expect(desk.position("BTC/USD")?.isHeld == false)
        #expect(desk.position("BTC/USD", .short)?.quantity == Decimal(3))
        #expect(desk.position("BTC/USD", .short)?.entryPrice == Decimal(200))
        desk.venue(.fill(fill(.buy, "3", "150", id: "5")))
        desk.pass()
        #expect(desk.book.positions.isEmpty && desk.book.tracks.isEmpty)
    }

    @Test func averagesThatDoNotEndAreRounded() {
        var desk = BookDesk()
        desk.venue(.fill(fill(.buy, "1", "1")))
        desk.venue(.fill(fill(.buy, "2", "2")))
        #expect(desk.position("BTC/USD")?.entryPrice?.description == "1.666666666667")
    }

    @Test func fillsOnceByTheirNamesOrTheirContentAndTime() {
        var desk = BookDesk()
        for _ in 0..<2 { desk.venue(.fill(fill(.buy, "1", "100")), happened: 100) }
        #expect(desk.position("BTC/USD")?.quantity == Decimal(1))
        desk.venue(.fill(fill(.buy, "1", "100")), happened: 101)
        #expect(desk.position("BTC/USD")?.quantity == Decimal(2))
        // A bot's word of a fill does not keep the venue's from counting.
        desk.bot(.fill(fill(.buy, "1", "100", id: "x")))
        desk.venue(.fill(fill(.buy, "1", "100", id: "x")))
        #expect(desk.position("BTC/USD")?.quantity == Decimal(3))
        desk.venue(.fill(fill(.buy, "0", "100", id: "y")))
        desk.venue(.fill(fill(.buy, "1", "-1", id: "z")))
        #expect(desk.book.counts.contradictory == 2)
    }

    @Test func whatNoOrderExplainsIsAdoptedOnce() throws {
        var desk = BookDesk()
        desk.venue(.order(report(.acknowledged, symbol: "ETH/USD")))
        desk.venue(.positions([held("5"), held("1", "ETH/USD"), held("2", "SOL/USD", entry: "20")]))
        let found = try #require(desk.position("BTC/USD"))
        #expect(found.isAdopted && found.source == .existing)
        #expect(found.entryPrice == nil && found.openedMs == nil)
        #expect(desk.position("ETH/USD")?.isAdopted == false)
        #expect(desk.position("ETH/USD")?.source == .strategy)
        #expect(desk.position("SOL/USD")?.entryPrice == Decimal(20))
        desk.book.setEntryPrice(
            venue: "kraken",
            account: "main",
            symbol: "BTC/USD",
            price: number("90.5"),
            by: OperatorAction(name: "alice", change: .acceptClock)
        )
        #expect(desk.position("BTC/USD")?.entryPrice == number("90.5"))
        #expect(desk.position("BTC/USD")?.entryPriceBy == "alice")
        // Every later list and a restart leave it as it is.
        let before = desk.book.positions.values.map { [$0.isAdopted, $0.source == .existing] }
        let prices = desk.book.positions.values.map(\.entryPrice)
        desk.book.hostStarted(at: desk.atMs)
        desk.venue(.positions([held("5"), held("1", "ETH/USD"), held("2", "SOL/USD", entry: "20")]))
        desk.pass()
        #expect(desk.book.positions.values.map { [$0.isAdopted, $0.source == .existing] } == before)
        #expect(desk.book.positions.values.map(\.entryPrice) == prices)
        // More of it than fills explain: what it cost is unknown again, never invented.
        desk.venue(.fill(fill(.buy, "1", "96.5", id: "1")))
        desk.venue(.position(held("6")))
        #expect(desk.position("BTC/USD")?.entryPrice == number("91.5"))
        desk.venue(.position(held("4")))
        #expect(desk.position("BTC/USD")?.entryPrice == number("91.5"))
        desk.venue(.position(held("9")))
        #expect(desk.position("BTC/USD")?.entryPrice == nil)
        #expect(desk.position("BTC/USD")?.entryPriceBy == "")
    }

    @Test func anOperatorsPriceHasToBeOne() {
        var desk = BookDesk()
        desk.venue(.positions([held("5")]))
        for price in ["0", "-1"] {
            desk.book.setEntryPrice(
                venue: "kraken",
                account: "main",
                symbol: "BTC/USD",
                price: number(price),
                by: OperatorAction(name: "alice", change: .acceptClock)
            )
        }
        #expect(desk.position("BTC/USD")?.entryPrice == nil)
    }

    @Test func fillsExplainWhatTheVenueReports() {
        var desk = BookDesk()
        desk.venue(.positions([]))
        desk.venue(.fill(fill(.buy, "1", "100", id: "1")))
        desk.venue(.positions([held("1")]))
        #expect(desk.position("BTC/USD")?.isAdopted == false)
        #expect(desk.position("BTC/USD")?.entryPrice == Decimal(100))
        desk.venue(.positions([]))
        desk.pass()
        // Opened again without a fill: what was paid before says nothing.
        desk.venue(.positions([held("1")]))
        #expect(desk.position("BTC/USD")?.entryPrice == nil)
        #expect(desk.position("BTC/USD")?.isAdopted == true)
    }

    @Test func aPositionIsAsOldAsItsVenueSaysAndAtMostAsTheDesk() {
        var desk = BookDesk()
        desk.atMs = 100_000
        var young = held("1")
        young.openedMs = desk.wallMs - 40_000
        var old = held("1", "ETH/USD")
        old.openedMs = desk.wallMs - 500_000
        desk.venue(.positions([young, old]))
        #expect(desk.position("BTC/USD")?.openedMs == 60_000)
        #expect(desk.position("ETH/USD")?.openedMs == 0)
        #expect(desk.position("ETH/USD")?.openedWallMs == desk.wallMs - 500_000)
    }

    @Test("peaks follow the best fresh price", arguments: Position.Side.allCases)
    func peaks(side: Position.Side) {
        var desk = BookDesk()
        desk.venue(.positions([held("1", "BTC/USD", side)]))
        let (better, best, worse) = side == .long ? ("101", "110", "90") : ("99", "90", "110")
        desk.price("BTC/USD", "100")
        desk.pass()
        #expect(desk.position("BTC/USD", side)?.peak == Decimal(100))
        for (price, peak) in [(better, better), (best, best), (worse, best)] {
            desk.price("BTC/USD", price)
            desk.pass()
            #expect(desk.position("BTC/USD", side)?.peak == number(peak))
        }
        // A price that was true long ago, or none at all, or a bot's, is no peak.
        let before = desk.position("BTC/USD", side)?.peak
        desk.venue(
            .price(PriceReport(symbol: "BTC/USD", price: number(side == .long ? "500" : "1"))),
            happened: desk.wallMs - 60_001
        )
        desk.pass()
        desk.price("BTC/USD", nil)
        desk.pass()
        desk.bot(.price(PriceReport(symbol: "BTC/USD", price: number(side == .long ? "500" : "1"))))
        desk.pass()
        #expect(desk.position("BTC/USD", side)?.peak == before)
    }

    @Test func onePhantomPriceIsNoPeakWhereTwoAreAskedFor() {
        var desk = BookDesk()
        desk.settings.exits.confirmations = 2
        desk.venue(.positions([held("1")]))
        var peaks: [Decimal?] = []
        for price in ["100", "900", "101", "102", "105", "103"] {
            desk.price("BTC/USD", price)
            desk.pass()
            desk.pass()
            peaks.append(desk.position("BTC/USD")?.peak)
        }
        #expect(peaks == ["100", "100", "101", "101", "102", "103"].map { Decimal($0) })
    }

    @Test func whatIsBoughtAgainStartsAnew() {
        var desk = BookDesk()
        desk.venue(.positions([held("1")]))
        desk.price("BTC/USD", "100")
        desk.pass()
        desk.venue(.positions([]))
        desk.venue(.positions([held("1")]))
        #expect(desk.position("BTC/USD")?.peak == nil)
    }
}
