import Foundation
import Testing

@testable import SafetyEngine

/// The calls of the runbooks (FEATURES rows A22 to A26, B17).
struct RuleCheckTests {
    @Test(arguments: [
        (50, 100, nil, false, false), (80, 100, nil, true, false), (85, 100, Alert.Level.emergency, false, false),
        (85, 100, .emergency, true, true), (1, 0, nil, true, false),
    ])
    func theAdoptionGuardrailIsChecked(active: Int, total: Int, level: Alert.Level?, autoTrigger: Bool, halts: Bool) {
        let check = Engine().checkAdoptionGuardrail(active: active, total: total, autoTrigger: autoTrigger)
        #expect(check.level == level)
        #expect(check.wouldHalt == halts)
    }

    @Test func thePlatformExposureIsCheckedOfTheLargestVenue() throws {
        let engine = Engine()
        let balances: [String: SafetyEngine.Decimal] = ["Coinbase": .init(1_000), "Kraken": .init(500)]
        let check = engine.checkPlatformExposure(balances: balances, total: SafetyEngine.Decimal(1_500))
        #expect(check.subject == "Coinbase")
        #expect(check.level == .emergency)
        #expect(!check.wouldHalt)
        #expect(check.text == "66.67 % is at Coinbase, over 45 %: EMERGENCY")
        let triggered = engine.checkPlatformExposure(
            balances: ["Kraken": SafetyEngine.Decimal(4_000), "Coinbase": SafetyEngine.Decimal(1_000)],
            total: SafetyEngine.Decimal(5_000),
            autoTrigger: true
        )
        #expect(triggered.wouldHalt)
        let mild = engine.checkPlatformExposure(
            balances: ["a": SafetyEngine.Decimal(40), "b": SafetyEngine.Decimal(30), "c": SafetyEngine.Decimal(30)],
            total: SafetyEngine.Decimal(100),
            autoTrigger: true
        )
        #expect(mild.level == .emergency && !mild.wouldHalt)
        let one: [String: SafetyEngine.Decimal] = ["Kraken": .init(9)]
        let only = engine.checkPlatformExposure(balances: one, total: .init(9), autoTrigger: true)
        #expect(only.level == nil && !only.wouldHalt && only.text.contains("the only venue"))
        #expect(engine.checkPlatformExposure(balances: [:], total: SafetyEngine.Decimal(0)).level == nil)
    }

    @Test func stuckOrdersAreNamedTheOldestFirst() {
        var bench = RuleBench()
        bench.engine.evaluatedMs = 400_000
        bench.order("young", sinceMs: 100_000)
        bench.order("b", sinceMs: 99_999)
        bench.order("a", sinceMs: 0)
        bench.order("done", sinceMs: 0, state: .filled)
        #expect(bench.engine.checkStuckOrders() == ["a", "b"])
    }

    @Test func healthIsTheGravestOpenAlertAndValidJSON() throws {
        var bench = RuleBench()
        #expect(bench.engine.checkHealth().status == "healthy")
        bench.order("a")
        bench.run(300_250)
        let health = bench.engine.checkHealth()
        #expect(health.status == "critical" && health.critical == 1 && health.stuckOrders == ["a"])
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(health)) as? [String: Any]
        #expect(json?["mode"] as? String == "live")
        bench.run(600_000)
        #expect(bench.engine.checkHealth().status == "emergency")
    }

    @Test func theSummaryNamesWhatIsWrong() {
        var bench = RuleBench()
        bench.order("a")
        bench.run(300_250)
        let lines = bench.engine.summary().split(separator: "\n").map(String.init)
        #expect(lines[0] == "paper: LIVE, NOT HEALTHY (1 reason)")
        // What no account listed is not known, whatever single orders were told.
        #expect(lines.contains { $0.hasPrefix("orders     NOT KNOWN") && $0.hasSuffix("reported: 1 open, 1 stuck") })
        #expect(lines.contains("alerts     1 CRITICAL"))
        #expect(lines.contains { $0.hasPrefix("  CRITICAL ORDER_STUCK kraken/main/a, 0s: buy 1 BTC-USD (a)") })
        #expect(lines.contains("breakers   none tripped"))
    }

    @Test func looksChangeNothing() {
        var bench = RuleBench()
        bench.order("a")
        bench.run(301_000)
        let before = bench.engine
        _ = bench.engine.checkHealth()
        _ = bench.engine.summary()
        _ = bench.engine.view(at: bench.atMs)
        #expect(bench.engine == before)
    }
}
