import Seeds
import Testing

@testable import SafetyEngine

/// Counts over a while.
struct BookWindowTests {
    @Test func errorsOfTheLastWhile() {
        var window = RequestWindow()
        #expect(window.errorPercent(overMs: 60_000, at: 0) == nil)
        for second in 0..<100 {
            let fails = second >= 70
            window.take(
                APIResult(endpoint: "/", isSuccess: !fails, error: fails ? "error \(second)" : ""),
                at: UInt64(second) * 1_000
            )
        }
        #expect(window.errorPercent(overMs: 3_600_000, at: 99_999) == Decimal(30))
        #expect(window.count(overMs: 30_000, at: 99_999) == 35)
        #expect(window.errorPercent(overMs: 24_999, at: 99_999) == Decimal(100))
        #expect(window.lastError == "error 99")
        #expect(window.version == 100)
        #expect(window.errorPercent(overMs: 60_000, at: 400_000) == nil)
    }

    @Test func latenciesAreAtMostATenthTooHighAndNeverTooLow() {
        for latency in [
            UInt64(0), 1, 9, 10, 11, 19, 20, 21, 99, 100, 101, 499, 500, 1_999, 2_000, 2_001, 54_321, 99_999,
        ] {
            let step = RequestWindow.step(latency)
            #expect(step >= latency && step <= latency + max(1, latency / 10), "\(latency)")
        }
        #expect(RequestWindow.step(2_000) == 2_000)
        #expect(RequestWindow.step(2_001) == 2_200)
        #expect(RequestWindow.step(.max) == 10_000_000)
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            var window = RequestWindow()
            var all: [UInt64] = []
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                let latency = UInt64.random(in: 0...5_000, using: &random)
                all.append(latency)
                window.take(APIResult(endpoint: "/", isSuccess: true, latencyMs: latency), at: 1_000)
            }
            let exact = all.sorted()[(all.count * 95 + 99) / 100 - 1]
            let told = window.latencyP95Ms(overMs: 1_000, at: 1_000) ?? 0
            #expect(told >= exact && told <= RequestWindow.step(exact) && all.contains(told))
        }
    }

    @Test func signalsAnHour() {
        var window = SignalWindow()
        #expect(window.perHour(overMs: 3_600_000, at: 5_000_000) == nil)
        let refused = window.take(-1, at: 0)
        let taken = window.take(5, at: 0)
        #expect(!refused && taken)
        // Half an hour after the first: five in that time.
        #expect(window.perHour(overMs: 3_600_000, at: 1_800_000) == Decimal(10))
        #expect(window.perHour(overMs: 3_600_000, at: 7_200_000) == Decimal(0))
        _ = window.take(.max, at: 7_200_000)
        _ = window.take(.max, at: 7_200_000)
        #expect(window.perHour(overMs: 3_600_000, at: 7_200_000) != nil)
    }

    @Test func lossesInARowAndWins() {
        var desk = BookDesk()
        let account = AccountKey(venue: "kraken", account: "main")
        for (number, profit) in ["-1", "-2", "3", "-1", "-0.01", "-5", "-1"].enumerated() {
            desk.bot(
                .trade(TradeReport(tradeID: "t\(number)", symbol: "BTC/USD", profit: Decimal(profit) ?? Decimal(0)))
            )
            desk.atMs += 1_000
        }
        #expect(desk.book.results[account]?.lossesInARow == 4)
        desk.bot(.trade(TradeReport(tradeID: "t6", symbol: "BTC/USD", profit: Decimal(-1))))
        #expect(desk.book.counts.duplicate == 1)
        #expect(desk.book.results[account]?.winPercent(overMs: 5_000, at: desk.atMs) == Decimal(20))
        #expect(desk.book.results[account]?.winPercent(overMs: 0, at: desk.atMs) == nil)
        desk.bot(.trade(TradeReport(symbol: "BTC/USD", profit: Decimal(0))))
        #expect(desk.book.results[account]?.lossesInARow == 0)
        for _ in 0..<300 { desk.bot(.trade(TradeReport(symbol: "BTC/USD", profit: Decimal(1)))) }
        #expect(desk.book.results[account]?.recent.count == 200)
        desk.pass()
        #expect(desk.book.equity.dayRealised == number("292.99"))
    }

    @Test func metricsByNameAndSubject() {
        var desk = BookDesk()
        desk.bot(.metric(MetricReport(name: "cpu_percent", value: Decimal(80))))
        desk.bot(.metric(MetricReport(name: "cpu_percent", subject: "db", value: Decimal(81))))
        desk.bot(.metric(MetricReport(name: "cpu_percent", subject: "db", value: Decimal(82))))
        #expect(desk.book.metrics["cpu_percent"]?.value == Decimal(80))
        #expect(desk.book.metrics["cpu_percent/db"]?.value == Decimal(82))
        #expect(desk.book.metrics["cpu_percent/db"]?.version == 2)
    }
}
