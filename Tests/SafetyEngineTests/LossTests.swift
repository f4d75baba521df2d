import Foundation
import Testing

@testable import SafetyEngine

/// A loss is decided upon whether it is told once or often, and whatever else has no price (FEATURES row E6; LESSONS 16, 17,
/// 24).
struct LossTests {
    @Test func aLossToldInOneReadingHaltsOnceItsTimeHasPassed() throws {
        var desk = LiveDesk()
        desk.venue(balance("10000"))
        desk.run(1_000)
        desk.venue(balance("9000"))
        desk.run(5_000)
        #expect(desk.decisions.halts.isEmpty)
        desk.run(500)
        let halt = try #require(desk.decisions.halts.first)
        #expect(halt.rule == "DAILY_DRAWDOWN")
        #expect(halt.reason.components(separatedBy: "10 % at ").count == 2, "\(halt.reason)")
        desk.run(60_000)
        #expect(desk.decisions.halts.count == 1)
    }

    @Test("a price that is put right within the rule's time is no loss", arguments: [UInt64(250), 2_000, 4_750])
    func phantom(afterMs: UInt64) {
        var desk = LiveDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([held("1")]))
        desk.venue(price("BTC/USD", "9000"))
        desk.run(1_000)
        desk.venue(price("BTC/USD", "90"))
        desk.run(afterMs)
        desk.venue(price("BTC/USD", "9000"))
        desk.run(60_000)
        #expect(desk.decisions.halts.isEmpty && !desk.alerts.contains("DAILY_DRAWDOWN/desk"))
    }

    @Test("what nobody says any more confirms nothing") func silent() {
        var desk = LiveDesk { $0.venueSilentMs = 2_000 }
        desk.venue(balance("10000"))
        desk.run(250)
        desk.venue(balance("9000"))
        desk.run(60_000)
        #expect(desk.decisions.halts.isEmpty)
        desk.venue(.metric(MetricReport(name: "alive", value: Decimal(1))))
        desk.run(1_750)
        desk.venue(.metric(MetricReport(name: "alive", value: Decimal(1))))
        desk.run(3_500)
        #expect(desk.decisions.halts.count == 1)
    }

    @Test func aMetricIsConfirmedByNewReadingsOnly() {
        var bench = RuleBench([
            RuleBench.probe([Rule.Step(Decimal(10), .emergency, kills: true)], forMs: 1_000, confirmations: 2)
        ])
        bench.read(Decimal(99))
        bench.run(60_000)
        #expect(bench.decisions.isEmpty)
    }

    // MARK: What has no price

    private func fund() -> LiveDesk {
        var desk = LiveDesk()
        desk.venue(balance("10000"))
        desk.venue(.positions([held("1"), held("1", "JUNK/USD")]))
        desk.venue(price("BTC/USD", "10000"))
        desk.venue(price("JUNK/USD", "1"))
        desk.run(1_000)
        return desk
    }

    @Test func aPositionWithoutAPriceHidesNoLossOfTheRest() throws {
        var desk = fund()
        desk.venue(price("JUNK/USD", nil))
        desk.run(1_500)
        #expect(desk.alerts.contains("BLIND/DAILY_DRAWDOWN"))
        #expect(desk.view.alerts.first { $0.rule == "BLIND" }?.level == .critical)
        #expect(desk.engine.checkHealth().status == "critical")
        #expect(desk.decisions.halts.isEmpty, "no price is no loss")
        for price in [9_000, 8_000, 7_000, 3_000] {
            desk.venue(SafetyEngineTests.price("BTC/USD", "\(price)"))
            desk.run(2_000)
        }
        #expect(desk.decisions.halts.map(\.rule) == ["DAILY_DRAWDOWN"])
        let breaker = try #require(desk.view.breakers.first { $0.name == "DAILY_DRAWDOWN" })
        #expect(breaker.value.map { $0 > Decimal(34) && $0 < Decimal(36) } == true)
        desk.venue(price("JUNK/USD", "1"))
        desk.run(10_000)
        #expect(!desk.alerts.contains("BLIND/DAILY_DRAWDOWN"))
    }

    @Test("a price that is only missing, whatever it was, is no loss", arguments: ["BTC/USD", "JUNK/USD"])
    func missing(symbol: String) {
        var desk = fund()
        desk.venue(price(symbol, nil))
        desk.run(59_000)
        #expect(desk.decisions.halts.isEmpty)
    }

    @Test func whatWasLostWhileItHadNoPriceIsLostOnceItHasOne() {
        var desk = fund()
        desk.venue(price("BTC/USD", nil))
        desk.run(10_000)
        desk.venue(price("BTC/USD", "8000"))
        desk.run(6_000)
        #expect(desk.decisions.halts.map(\.rule) == ["DAILY_DRAWDOWN"])
    }

    @Test func whatNeverHadAPriceHidesNoLossEither() {
        var desk = LiveDesk()
        desk.venue(balance("10000"))
        desk.venue(.positions([held("1"), held("1", "JUNK/USD")]))
        desk.venue(price("BTC/USD", "10000"))
        desk.run(1_000)
        desk.venue(price("BTC/USD", "9000"))
        desk.run(6_000)
        #expect(desk.decisions.halts.count == 1)
    }

    @Test func aFirstPriceOfWhatWasFoundIsNoGainThatHidesALoss() {
        var desk = LiveDesk()
        desk.venue(balance("10000"))
        desk.venue(.positions([held("1"), held("1", "JUNK/USD")]))
        desk.venue(price("BTC/USD", "10000"))
        desk.run(1_000)
        desk.venue(price("JUNK/USD", "5000"))
        desk.venue(price("BTC/USD", "9000"))
        desk.run(6_000)
        #expect(desk.decisions.halts.count == 1)
    }

    @Test func theOpeningOfADayWithoutAPriceIsWhatWasKnown() {
        var desk = fund()
        desk.venue(price("JUNK/USD", nil))
        desk.run(1_000)
        #expect(desk.engine.book.equity.isStale)
        #expect(desk.engine.book.equity.judged == Decimal(20_001))
        #expect(desk.view.money.equity == nil)
    }

    // MARK: Exposure

    private func exposed(_ second: String) -> LiveDesk {
        var desk = LiveDesk("PLATFORM_EXPOSURE")
        desk.venue(balance("1000"), venue: "k")
        desk.venue(balance(second), venue: "z")
        desk.run(2_000)
        return desk
    }

    @Test func anEmptyAccountIsNoSecondVenue() {
        let desk = exposed("0")
        #expect(desk.decisions.halts.isEmpty && desk.alerts.isEmpty)
        let check = desk.engine.checkPlatformExposure(
            balances: ["k": Decimal(1_000), "z": Decimal(0)],
            total: Decimal(1_000),
            autoTrigger: true
        )
        #expect(check.value == nil && !check.wouldHalt)
        #expect(exposed("10").decisions.halts.map(\.alert) == ["PLATFORM_EXPOSURE/k"])
    }

    @Test func aPositionWithoutAPriceSwitchesNoExposureOff() {
        var desk = LiveDesk("PLATFORM_EXPOSURE")
        desk.venue(.positions([held("1", "JUNK/USD")]), venue: "z")
        desk.venue(balance("1000"), venue: "k")
        desk.venue(balance("1000"), venue: "z")
        desk.run(2_000)
        #expect(desk.decisions.halts.isEmpty && desk.alerts.isEmpty, "its price may come")
        // 50 % each is past the limit once it is clear that nobody will say a price.
        desk.run(60_000)
        #expect(Set(desk.decisions.halts.map(\.alert)) == ["PLATFORM_EXPOSURE/k", "PLATFORM_EXPOSURE/z"])
    }
}
