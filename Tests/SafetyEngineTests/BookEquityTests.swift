import Testing

@testable import SafetyEngine

/// What everything is worth, and what was lost since the day began.
struct BookEquityTests {
    @Test func longsAndShorts() throws {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([held("2", "BTC/USD", .long, entry: "90"), held("3", "ETH/USD", .short, entry: "50")]))
        desk.price("BTC/USD", "100")
        desk.price("ETH/USD", "40")
        let worth = desk.worth
        #expect(worth.positions.map(\.value) == [Decimal(200), Decimal(120)])
        #expect(worth.positions.map(\.profit) == [Decimal(20), Decimal(30)])
        #expect(worth.gross == Decimal(320) && worth.net == Decimal(80) && worth.unpriced == 0)
        #expect(worth.equity == Decimal(1_080))
        #expect(worth.byVenue["kraken"] == Decimal(1_080))
        desk.price("ETH/USD", "60")
        #expect(desk.worth.positions[1].profit == Decimal(-30))
    }

    @Test("a price counts until it is stale", arguments: [(UInt64(60_000), true), (60_001, false)])
    func stale(age: UInt64, counts: Bool) {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([held("2"), held("1", "ETH/USD")]))
        desk.price("BTC/USD", "100")
        desk.atMs += age
        desk.venue(balance("1000"))
        desk.venue(.positions([held("2"), held("1", "ETH/USD")]))
        desk.price("ETH/USD", "10")
        let worth = desk.worth
        #expect(worth.positions[0].price == (counts ? Decimal(100) : nil))
        #expect(worth.positions[0].priceAgeMs == age)
        #expect(worth.unpriced == (counts ? 0 : 1))
        #expect(worth.gross == Decimal(counts ? 210 : 10))
        #expect(worth.equity == (counts ? Decimal(1_210) : nil))
    }

    @Test("what is not a price is none", arguments: ["0", "-5", nil] as [String?])
    func missing(price: String?) {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([held("2")]))
        #expect(desk.worth.positions[0].priceAgeMs == nil)
        desk.price("BTC/USD", "100")
        desk.price("BTC/USD", price)
        #expect(desk.worth.positions[0].value == nil)
        #expect(desk.worth.equity == nil)
        #expect(desk.book.counts.contradictory == (price == nil ? 0 : 1))
    }

    @Test func theVenuesOwnSumCounts() {
        var desk = BookDesk()
        desk.venue(balance("100", equity: "1500"))
        desk.venue(.positions([held("2")]))
        #expect(desk.worth.equity == Decimal(1_500))
        #expect(desk.worth.unpriced == 1)
        #expect(desk.worth.byVenue["kraken"] == Decimal(1_500))
        desk.venue(balance("100"), venue: "paper")
        #expect(desk.worth.equity == Decimal(1_600))
        #expect(desk.worth.byVenue.keys == ["kraken", "paper"])
        // Holdings without any balance: nobody can say what that account is worth.
        desk.venue(.positions([held("2")]), venue: "third")
        desk.price("BTC/USD", "10", venue: "third")
        #expect(desk.worth.equity == nil)
        #expect(desk.worth.byVenue["third"] == Decimal(20))
    }

    @Test func currenciesByTheirRates() {
        var desk = BookDesk()
        desk.venue(balance("100", currency: "EUR"))
        desk.venue(balance("50", currency: "GBP"))
        desk.venue(.positions([]))
        #expect(desk.worth.equity == nil)
        desk.rate("EUR/USD", "1.25")
        #expect(desk.worth.equity == nil)
        // The inverse rate does as well.
        desk.rate("USD/GBP", "0.8")
        #expect(desk.worth.equity == number("187.5"))
        desk.venue(.position(held("2", "DAX")))
        desk.price("DAX", "10", currency: "EUR")
        #expect(desk.worth.positions[0].value == Decimal(25))
        desk.atMs += 60_001
        desk.price("DAX", "10", currency: "EUR")
        #expect(desk.worth.positions[0].value == nil)
    }

    @Test func onlyTheNamedSourcesRatesCount() {
        var desk = BookDesk()
        desk.settings.conversionSource = "ecb"
        desk.venue(balance("100", currency: "EUR"))
        desk.rate("EUR/USD", "9", source: "kraken")
        #expect(desk.worth.equity == nil)
        desk.rate("EUR/USD", "1.25")
        #expect(desk.worth.equity == Decimal(125))
        desk.rate("EUR/USD", "9", source: "kraken")
        #expect(desk.worth.equity == Decimal(125))
        desk.settings.conversionSource = "venue:ecb"
        #expect(desk.worth.equity == Decimal(125))
        desk.settings.conversionSource = "kraken"
        #expect(desk.worth.equity == nil)
    }

    @Test func lossesOfTheDayCountAndGainsDoNot() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([]))
        var worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(0))
        desk.venue(balance("1026"))
        worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(0))
        #expect(desk.book.drawdownPercent(worth) == Decimal(0))
        desk.venue(balance("975"))
        worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == number("2.5"))
        #expect(desk.book.weekLossPercent(worth) == number("2.5"))
        #expect(
            desk.book.drawdownPercent(worth)
                == Decimal(51).multiplied(by: Decimal(100))?.divided(
                    by: Decimal(1_026),
                    places: 8
                )
        )
    }

    @Test func unrealisedLossesCount() {
        var desk = BookDesk()
        desk.venue(balance("900"))
        desk.venue(.positions([held("1", entry: "100")]))
        desk.price("BTC/USD", "100")
        desk.pass()
        desk.price("BTC/USD", "50")
        let worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(5))
    }

    @Test("deposits and withdrawals are neither gains nor losses", arguments: [500, -500], [true, false])
    func transfers(amount: Int, isToldFirst: Bool) {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.pass()
        let transfer = Event.Body.transfer(TransferReport(transferID: "t", amount: Decimal(amount)))
        let reading = balance("\(1_000 + amount)")
        if isToldFirst {
            desk.venue(transfer)
            let between = desk.pass()
            #expect(desk.book.dayLossPercent(between) == Decimal(0))
            #expect(desk.book.equity.dayOpening == Decimal(1_000))
        }
        desk.venue(reading)
        if !isToldFirst { desk.venue(transfer) }
        desk.venue(transfer)
        let worth = desk.pass()
        #expect(desk.book.counts.duplicate == 1)
        #expect(desk.book.equity.dayOpening == Decimal(1_000 + amount))
        #expect(desk.book.equity.peak == Decimal(1_000 + amount))
        #expect(desk.book.dayLossPercent(worth) == Decimal(0))
        #expect(desk.book.balanceDropPercent(0) == Decimal(0))
        desk.venue(balance("\(900 + amount)"))
        let after = desk.pass()
        #expect(desk.book.dayLossPercent(after) == Decimal.percent(Decimal(100), of: Decimal(1_000 + amount)))
        #expect(desk.book.balanceDropPercent(0) == Decimal.percent(Decimal(100), of: Decimal(1_000 + amount)))
    }

    @Test("a reading that is older than a transfer, and only came later, has nothing of it", arguments: [500, -500])
    func lateReading(amount: Int) {
        var desk = BookDesk()
        let start = desk.wallMs
        desk.venue(balance("1000"), happened: start)
        desk.pass()
        let moved = TransferReport(transferID: "t", amount: Decimal(amount))
        desk.venue(.transfer(moved), happened: start + 300)
        let later = TransferReport(transferID: "u", amount: Decimal(amount))
        desk.venue(.transfer(later), happened: start + 500)
        for (readAt, total) in [(299, 1_000), (300, 1_000 + amount), (499, 1_000 + amount)] {
            desk.venue(balance("\(total)"), happened: start + Int64(readAt))
            let worth = desk.pass()
            #expect(desk.book.equity.dayOpening == Decimal(total))
            #expect(desk.book.equity.peak == Decimal(total))
            #expect(desk.book.dayLossPercent(worth) == Decimal(0))
            #expect(desk.book.balanceDropPercent(0) == Decimal(0))
        }
        // The second one, and a real loss with it.
        desk.venue(balance("\(900 + 2 * amount)"), happened: start + 500)
        let worth = desk.pass()
        let opening = max(Decimal(1_000 + 2 * amount), Decimal(0))
        #expect(desk.book.equity.dayOpening == opening)
        #expect(desk.book.dayLossPercent(worth) == (amount > 0 ? Decimal.percent(Decimal(100), of: opening) : nil))
    }

    @Test func aClockThatIsFarAheadKeepsNoTransferWaiting() {
        var desk = BookDesk()
        desk.venue(balance("1000"), happened: desk.wallMs)
        desk.pass()
        let deposit = TransferReport(transferID: "t", amount: Decimal(500))
        let told = desk.wallMs
        desk.venue(.transfer(deposit), happened: told + 86_400_000)
        desk.venue(balance("1500"), happened: told + 59_999)
        desk.pass()
        #expect(desk.book.equity.dayOpening == Decimal(1_000))
        desk.venue(balance("1400"), happened: told + 60_000)
        let worth = desk.pass()
        #expect(desk.book.equity.dayOpening == Decimal(1_500))
        #expect(desk.book.dayLossPercent(worth) == Decimal.percent(Decimal(100), of: Decimal(1_500)))
    }

    @Test func transfersWaitAsOneBeyondABound() {
        var desk = BookDesk()
        let start = desk.wallMs
        desk.venue(balance("1000"), happened: start)
        desk.pass()
        for number in 1...(Book.mostWaiting + 5) {
            let report = TransferReport(transferID: "t\(number)", amount: Decimal(1))
            desk.venue(.transfer(report), happened: start + Int64(number))
        }
        #expect(desk.book.transfers.values.map(\.count) == [Book.mostWaiting])
        let all = 1_000 + Book.mostWaiting + 5
        desk.venue(balance("\(all)"), happened: start + Int64(Book.mostWaiting) + 5)
        desk.pass()
        #expect(desk.book.equity.dayOpening == Decimal(all))
        #expect(desk.book.transfers.isEmpty)
    }

    @Test func aTransferWithoutARateWaitsForOne() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.pass()
        desk.venue(.transfer(TransferReport(amount: Decimal(100), currency: "EUR")))
        desk.venue(balance("1125"))
        desk.pass()
        #expect(desk.book.equity.isStale)
        #expect(desk.book.equity.last == Decimal(1_000))
        desk.rate("EUR/USD", "1.25")
        desk.pass()
        #expect(!desk.book.equity.isStale)
        #expect(desk.book.equity.dayOpening == Decimal(1_125))
    }

    @Test func aBotsTransferHidesNoLossOfAProvenAccount() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.pass()
        desk.bot(.transfer(TransferReport(amount: Decimal(-500))))
        desk.venue(balance("500"))
        let worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(50))
    }

    @Test func unknownEquityIsTheLastKnownOneAndSaysSo() {
        var desk = BookDesk()
        desk.venue(balance("900"))
        desk.venue(.positions([held("1")]))
        desk.price("BTC/USD", "100")
        desk.pass()
        desk.price("BTC/USD", "80")
        desk.pass()
        desk.price("BTC/USD", nil)
        let worth = desk.pass()
        #expect(worth.equity == nil)
        #expect(desk.book.equity.isStale)
        // The balance is the oldest that it was made of.
        #expect(desk.book.equity.lastMs == desk.atMs - 750)
        #expect(desk.book.dayLossPercent(worth) == Decimal(2))
        let shown = desk.book.shown(worth, at: desk.atMs, desk.settings)
        #expect(shown.money.equity == nil && shown.money.equityAgeMs == 750)
    }

    @Test func equityIsAsOldAsTheOldestReadingThatItIsMadeOf() {
        var desk = BookDesk()
        func shown(_ worth: Valuation) -> EngineView.Money {
            desk.book.shown(worth, at: desk.atMs, desk.settings).money
        }
        // Nobody has reported anything: no trade is known of, which is not zero.
        let nothing = shown(desk.pass())
        #expect(nothing.realised == nil && nothing.fees == nil && nothing.equityAgeMs == nil)
        desk.venue(.positions([held("1")]))
        desk.price("BTC/USD", "100")
        desk.pass(2_000)
        desk.venue(balance("900"))
        desk.venue(.positions([held("1")]))
        let worth = desk.pass(1_000)
        let money = shown(worth)
        #expect(money.equity == Decimal(1_000) && money.equityAgeMs == 3_000)
        #expect(money.realised == Decimal(0) && money.fees == Decimal(0))
        // A rate that it is counted by is a reading too.
        desk.price("BTC/USD", "100")
        desk.rate("EUR/USD", "2")
        desk.pass(4_000)
        desk.price("BTC/USD", "100")
        desk.venue(.positions([held("1")]))
        desk.venue(balance("900"))
        desk.venue(balance("10", currency: "EUR"))
        let converted = desk.pass(1_000)
        #expect(shown(converted).equity == Decimal(1_020) && shown(converted).equityAgeMs == 5_000)
    }

    @Test func daysAndWeeksOpenWithWhatTheDeskIsWorthThen() {
        let day: UInt64 = 86_400_000
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.pass()
        #expect(desk.book.equity.day == 4)
        // One step before midnight, then at it.
        desk.atMs = day - 500
        desk.venue(balance("900"))
        var worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(10))
        worth = desk.pass()
        #expect(desk.book.equity.day == 5)
        #expect(desk.book.dayLossPercent(worth) == Decimal(0))
        #expect(desk.book.weekLossPercent(worth) == Decimal(10))
        // Sunday still belongs to the week, Monday does not.
        desk.atMs = 7 * day - 500
        worth = desk.pass()
        #expect(desk.book.weekLossPercent(worth) == Decimal(10))
        worth = desk.pass()
        #expect(desk.book.weekLossPercent(worth) == Decimal(0))
        #expect(desk.book.equity.peak == Decimal(1_000))
    }

    @Test("a day begins when it is configured to", arguments: [(60, 3, 4), (0, 4, 4), (-60, 4, 4)])
    func dayStart(minute: Int, first: Int64, second: Int64) {
        var desk = BookDesk()
        desk.settings.dayStartMinute = minute
        desk.venue(balance("1000"))
        desk.pass()
        #expect(desk.book.equity.day == first)
        desk.atMs = 3_600_000 - 250
        desk.pass()
        #expect(desk.book.equity.day == second)
    }

    @Test func aLossWhileNobodyWatchedIsNotForgotten() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.pass()
        // Lesson 16: -5.5 % on the day, restart, no trigger.
        desk.atMs += 3_600_000
        desk.book.hostStarted(at: desk.atMs)
        desk.venue(balance("945"))
        var worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == number("5.5"))
        // And over midnight.
        desk.atMs += 86_400_000
        desk.book.hostStarted(at: desk.atMs)
        desk.venue(balance("756"))
        worth = desk.pass()
        #expect(desk.book.equity.day == 5)
        #expect(desk.book.dayLossPercent(worth) == Decimal(20))
    }

    @Test func aClockThatGoesBackBeginsNoDay() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.atMs = 86_400_000
        desk.pass()
        desk.venue(balance("900"))
        desk.calendar.accept(Receipt(atMs: desk.atMs, wallMs: desk.originMs))
        let worth = desk.pass()
        #expect(desk.book.equity.day == 4)
        #expect(desk.book.dayLossPercent(worth) == Decimal(10))
    }

    @Test func anAccountThatBecomesKnownIsNoGain() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.pass()
        desk.venue(balance("1000"), venue: "paper")
        var worth = desk.pass()
        #expect(worth.equity == Decimal(2_000))
        #expect(desk.book.equity.dayOpening == Decimal(2_000))
        desk.venue(balance("900"))
        worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(5))
        // Nor are positions that are found, nor a sum that the venue begins to state.
        desk.venue(.positions([held("10")]))
        desk.price("BTC/USD", "100")
        worth = desk.pass()
        #expect(worth.equity == Decimal(2_900))
        #expect(desk.book.equity.dayOpening == Decimal(3_000))
        desk.venue(balance("900", equity: "5000"))
        desk.pass()
        #expect(desk.book.equity.dayOpening == Decimal(6_100))
    }

    @Test func aBotsBalanceCountsUntilTheVenueSpeaks() {
        var desk = BookDesk()
        desk.bot(balance("1000"))
        desk.pass()
        desk.bot(balance("900"))
        var worth = desk.pass()
        #expect(desk.book.dayLossPercent(worth) == Decimal(10))
        desk.venue(balance("600"))
        worth = desk.pass()
        // What the bot said was wrong: that is no loss of 300.
        #expect(desk.book.equity.dayOpening == Decimal(700))
        desk.bot(balance("5000"))
        #expect(desk.worth.equity == Decimal(600))
    }

    @Test func oneSampleOfEquityIsToldFromTheNext() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([held("1"), held("1", "ETH/USD")]))
        desk.price("BTC/USD", "100")
        desk.price("ETH/USD", "100")
        var versions = [desk.pass().version]
        desk.price("SOL/USD", "1")
        #expect(desk.pass().version == versions[0])
        for change in 0..<3 {
            switch change {
            case 0: desk.price("BTC/USD", "100")
            case 1: desk.venue(balance("1000"))
            default: desk.venue(.positions([held("1")]))
            }
            versions.append(desk.pass().version)
            versions.append(desk.pass().version)
            #expect(versions[versions.count - 1] == versions[versions.count - 2])
            #expect(versions[versions.count - 1] > versions[versions.count - 3])
        }
    }

    @Test("balances drop from the reading before", arguments: [("800", "20"), ("800.01", "19.999"), ("1200", "0")])
    func drops(now: String, percent: String) {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        #expect(desk.book.balanceDropPercent(0) == nil)
        desk.venue(balance(now))
        #expect(desk.book.balanceDropPercent(0) == number(percent))
        #expect(desk.book.balanceDropPercent(7) == nil)
    }

    @Test func buyingIsNoDropWhereEquityIsStated() {
        var desk = BookDesk()
        desk.venue(balance("1000", equity: "1000"))
        desk.venue(balance("10", equity: "990"))
        #expect(desk.book.balanceDropPercent(0) == Decimal(1))
    }

    @Test func hugeNumbersAreUnpricedAndNothingTraps() {
        var desk = BookDesk()
        let huge = "99999999999999999999999999999999999999"
        desk.venue(balance(huge))
        desk.venue(balance(huge), venue: "paper")
        desk.venue(.positions([held(huge), held("1", "ETH/USD")]))
        desk.price("BTC/USD", huge)
        desk.price("ETH/USD", "1")
        desk.venue(.fill(fill(.buy, huge, huge)))
        let worth = desk.pass()
        #expect(worth.positions[0].value == nil)
        #expect(worth.equity == nil && worth.unpriced == 1 && worth.gross == Decimal(1))
    }
}
