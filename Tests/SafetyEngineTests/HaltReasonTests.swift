import Foundation
import Testing

@testable import SafetyEngine

/// A halt names the alert, and the samples that passed the limit at which it halts, so exactly that it can be seen.
struct HaltReasonTests {
    @Test func onlySamplesThatPassedTheStepThatHaltsAreNamed() throws {
        let steps = [Rule.Step(Decimal(4), .warning), Rule.Step(Decimal(5), .emergency, kills: true)]
        var bench = RuleBench([RuleBench.probe(steps, .atLeast, confirmations: 2)])
        for value in [5, 4, 5, 6] {
            bench.read(Decimal(value))
            bench.step()
        }
        let reason = try #require(bench.decisions.halts.first?.reason)
        #expect(reason.contains("6 is at least 5; confirmed by 5 at "))
        #expect(reason.hasSuffix(", 6") && reason.components(separatedBy: " at ").count == 3, "two samples: \(reason)")
    }

    @Test(arguments: [
        ("day_loss_percent", "2.500001", "2.5", "2.500001 % is over 2.5 %"),
        ("day_loss_percent", "2.504", "2.5", "2.504 % is over 2.5 %"),
        ("day_loss_percent", "2.61", "2.5", "2.61 % is over 2.5 %"),
        ("venue_exposure_percent", "45.000001", "45", "45.000001 % is over 45 %"),
        ("order_age_seconds", "900.25", "900", "15m and 250ms is over 15m"),
        ("order_age_seconds", "901", "900", "15m 1s is over 15m"),
        ("latency_p95_seconds", "2.001", "2", "2.001s is over 2s"),
        ("metric:probe", "1.00001", "1", "1.00001 is over 1"),
    ])
    func aValueIsToldFromItsLimit(_ measure: String, _ value: String, _ limit: String, _ expected: String) throws {
        var rule = RuleBench.probe([Rule.Step(number(limit), .emergency, kills: true)])
        rule.measure = measure
        let bench = RuleBench([rule])
        let reader = DeskReader(bench.engine, bench.valuation, at: 0, dropped: 0)
        let text =
            "\(reader.shown(number(value), rule, beside: number(limit))) is over \(reader.shown(number(limit), rule))"
        #expect(text == expected)
    }
}
