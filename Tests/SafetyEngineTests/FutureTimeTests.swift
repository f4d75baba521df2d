import Testing

@testable import SafetyEngine

/// A time that nobody can know yet blinds the desk to nothing (`Telling.lateAfterMs`).
struct FutureTimeTests {
    /// 70 years, a day, and a moment more than is believed.
    static let aheads: [Int64] = [2_200_000_000_000, 86_400_000, 60_001, .max - 1_800_000_010_000]

    @Test(arguments: aheads) func whatIsTrueCountsAfterIt(_ ahead: Int64) {
        var desk = LiveDesk()
        let order = report(.acknowledged)
        desk.venue(balance("1000"), ahead: ahead)
        desk.venue(.order(order), ahead: ahead)
        desk.venue(.positions([held("1")]), ahead: ahead)
        desk.venue(price("BTC/USD", "100"), ahead: ahead)
        desk.venue(.openOrders([order]), ahead: ahead)
        desk.run(1_000)
        #expect(desk.engine.book.counts.ahead == 5)
        desk.venue(balance("900"), ahead: -10)
        desk.venue(.order(report(.canceled)), ahead: -10)
        desk.venue(price("BTC/USD", "80"), ahead: -10)
        desk.venue(.positions([held("2")]), ahead: -10)
        desk.run(250)
        #expect(desk.engine.book.balances.values.first?.total == Decimal(900))
        #expect(desk.engine.book.orders.values.first?.state == .canceled)
        #expect(desk.engine.book.positions.values.first?.quantity == Decimal(2))
        #expect(desk.engine.book.prices.values.first?.price == Decimal(80))
        #expect(desk.engine.book.counts.outOfOrder == 0)
    }

    @Test func aMinuteAheadIsBelieved() {
        var desk = LiveDesk()
        desk.venue(balance("1000"), ahead: 60_000)
        desk.venue(balance("900"), ahead: 0)
        #expect(desk.engine.book.counts.ahead == 0 && desk.engine.book.counts.outOfOrder == 1)
    }

    @Test func itIsCountedAndRaisesAnAlertThatGoesByItself() {
        var desk = LiveDesk()
        desk.venue(balance("1000"), ahead: 86_400_000)
        desk.run(250)
        #expect(desk.alerts == ["CLOCK_AHEAD/venue:kraken"])
        #expect(desk.view.alerts[0].text.hasPrefix("venue:kraken told a time that is 1d ahead"))
        desk.venue(balance("1000"), ahead: 0)
        desk.run(SourceAhead.keptMs)
        #expect(!desk.alerts.contains("CLOCK_AHEAD/venue:kraken"))
    }

    @Test func itStaysOpenWhileItsSourceIsSilent() {
        var desk = LiveDesk()
        desk.venue(balance("1000"), ahead: 86_400_000)
        desk.run(2 * SourceAhead.keptMs)
        #expect(desk.alerts.contains("CLOCK_AHEAD/venue:kraken"))
        desk.venue(balance("1000"), ahead: 0)
        desk.run(1_000)
        #expect(!desk.alerts.contains("CLOCK_AHEAD/venue:kraken"))
    }

    @Test func aFillOfAFutureTimeCountsOnce() {
        var desk = LiveDesk()
        let bought = fill(.buy, "1", "100", order: "a")
        desk.venue(.fill(bought), ahead: 86_400_000)
        desk.venue(.fill(bought), ahead: 86_400_000)
        #expect(desk.engine.book.counts.duplicate == 1)
    }

    @Test func aVenueThatOnlySaysWhatIsOldIsSilent() {
        var desk = LiveDesk { $0.venueSilentMs = 10_000 }
        desk.venue(.order(report(.acknowledged)), ahead: 50_000)
        desk.venue(balance("1000"), ahead: 50_000)
        for _ in 0..<11 {
            desk.run(1_000)
            desk.venue(balance("900"), ahead: -1_000)
        }
        #expect(desk.engine.book.venues.values.first?.isSilent == true)
        #expect(desk.engine.book.orders.values.first?.state == .unknown)
        desk.run(40_000)
        desk.venue(balance("900"), ahead: 0)
        #expect(desk.engine.book.venues.values.first?.isSilent == false)
    }

    @Test func whereManyBotsTellThemOnlySomeAreRemembered() {
        var desk = LiveDesk()
        for number in 0..<2_000 {
            let origin = Event.Origin(source: Event.Source(.bot, "b\(number)"))
            desk.say(Event(origin, .signals(count: 1), happenedMs: .max))
        }
        #expect(desk.engine.book.counts.ahead == 2_000)
        #expect(desk.engine.book.ahead.count == Book.mostClaims / 100)
    }
}
