import Testing

@testable import Remote

@Suite struct PaceTests {
    @Test func itGrowsToItsLimitAndBeginsAnewAfterASuccess() {
        var pace = Pace(firstMs: 100, lastMs: 1_000)
        #expect((0..<6).map { _ in pace.failed() } == [100, 200, 400, 800, 1_000, 1_000])
        pace.succeeded()
        #expect(pace.failed() == 100)
    }

    @Test func itStaysWithinItsLimitsForEver() {
        for pace in [Pace.stream, Pace.halt] {
            var pace = pace
            for _ in 0..<10_000 {
                let wait = pace.failed()
                #expect(wait >= pace.firstMs && wait <= pace.lastMs)
            }
        }
    }
}
