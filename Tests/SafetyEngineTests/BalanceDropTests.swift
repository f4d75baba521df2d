import Testing

@testable import SafetyEngine

/// A fall is told with the balances that it fell from and to, however many readings come after it.
struct BalanceDropTests {
    @Test(arguments: [["10000", "10300"], ["0", "0"], ["1", "1"]]) func theFigureAndTheBalancesAreOfOneReading(
        _ after: [String]
    ) {
        var desk = LiveDesk("BALANCE_DROP")
        desk.venue(balance("10000"))
        desk.run(250)
        desk.venue(balance("1"))
        desk.run(250)
        let text = "kraken/main fell 99.99 % from 10000 to 1 USD"
        #expect(desk.view.alerts.first?.text.hasPrefix(text) == true)
        desk.venue(balance(after[0]))
        desk.run(250)
        desk.venue(balance(after[1]))
        desk.run(250)
        let now = after[0] == "0" ? "kraken/main fell 100 % from 1 to 0 USD" : text
        #expect(desk.view.alerts.first?.text.hasPrefix(now) == true, "\(desk.view.alerts.map(\.text))")
        // The reading goes on being told: what nobody reads any more is not over.
        for _ in 0..<32 {
            desk.venue(balance(after[1]))
            desk.run(30_000)
        }
        #expect(desk.view.resolved.first?.text.hasPrefix(now) == true)
    }

    @Test func aLatencyIsOneThatThereWas() {
        var desk = LiveDesk("API_LATENCY")
        for _ in 0..<20 { desk.venue(.apiResult(APIResult(endpoint: "GET /", isSuccess: true, latencyMs: 2_001))) }
        desk.run(250)
        #expect(desk.view.alerts.first?.text.contains("take longer than 2.001s (limit: over 2s)") == true)
    }
}
