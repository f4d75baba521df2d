import Seeds
import Testing

@testable import SafetyEngine

/// Each exit rule at, just under and just over its limit, for longs and shorts.
struct ExitRuleTests {
    private func met(
        _ side: Position.Side,
        entry: String? = "100",
        price: String?,
        peak: String? = nil,
        quantity: String? = "1",
        openedMs: UInt64? = nil,
        atMs: UInt64 = 200_000_000,
        limits: EngineSettings.Exits = EngineSettings.Exits()
    ) -> [ExitRule] {
        var position = BookPosition()
        position.quantity = quantity.flatMap { Decimal($0) }
        position.entryPrice = entry.flatMap { Decimal($0) }
        position.peak = peak.flatMap { Decimal($0) }
        position.openedMs = openedMs
        var worth = Valuation.Worth()
        worth.price = price.flatMap { Decimal($0) }
        return ExitRules.met(by: position, side: side, worth, at: atMs, limits)
    }

    @Test(
        "stop-loss and take-profit",
        arguments: [
            // The runbook's cases: -5 %, +10 %, within the range.
            (Position.Side.long, "95", [ExitRule.stopLoss]), (.long, "110", [.takeProfit]), (.long, "101", []),
            (.short, "105", [.stopLoss]), (.short, "90", [.takeProfit]), (.short, "99", []),
            // At the limit, just under, just over.
            (.long, "97", []), (.long, "97.00000001", []), (.long, "96.99999999", [.stopLoss]),
            (.long, "108", []), (.long, "107.99999999", []), (.long, "108.00000001", [.takeProfit]),
            (.short, "103", []), (.short, "102.99999999", []), (.short, "103.00000001", [.stopLoss]),
            (.short, "92", []), (.short, "92.00000001", []), (.short, "91.99999999", [.takeProfit]),
            // Nothing moved.
            (.long, "100", []), (.short, "100.00", []),
            // A price of nothing, or below, is no price.
            (.long, "0", []), (.long, "-5", []), (.short, "0", []),
        ] as [(Position.Side, String, [ExitRule])]
    )
    func lossAndGain(side: Position.Side, price: String, rules: [ExitRule]) {
        #expect(met(side, price: price) == rules)
    }

    @Test(
        "trailing",
        arguments: [
            // 6 % off the peak, at 5 %, just under, just over.
            (Position.Side.long, "106", "99.64", [ExitRule.trailing]), (.long, "106", "100.7", []),
            (.long, "106", "100.70000001", []), (.long, "106", "100.69999999", [.trailing]),
            (.short, "94", "99.64", [.trailing]), (.short, "94", "98.7", []), (.short, "94", "98.69999999", []),
            (.short, "94", "98.70000001", [.trailing]),
            // At the peak itself, and better than it.
            (.long, "106", "106", []), (.long, "106", "107", []), (.short, "94", "93", []),
        ] as [(Position.Side, String, String, [ExitRule])]
    )
    func offThePeak(side: Position.Side, peak: String, price: String, rules: [ExitRule]) {
        #expect(met(side, price: price, peak: peak) == rules)
    }

    @Test(
        "maximum hold",
        arguments: [
            (UInt64(86_400_000), false), (86_399_999, false), (86_400_001, true), (90_000_000, true), (0, false),
        ]
    )
    func heldTooLong(heldMs: UInt64, isMet: Bool) {
        #expect(met(.long, price: "100", openedMs: 1_000, atMs: 1_000 + heldMs) == (isMet ? [.timeExit] : []))
        // Needs neither a price nor what was paid.
        #expect(
            met(.short, entry: nil, price: nil, openedMs: 1_000, atMs: 1_000 + heldMs) == (isMet ? [.timeExit] : [])
        )
        #expect(met(.long, price: "100", openedMs: 1_000 + heldMs, atMs: 1_000).isEmpty)
    }

    @Test func whatIsUnknownMeetsNothing() {
        #expect(met(.long, price: nil, peak: "200").isEmpty)
        #expect(met(.long, entry: nil, price: "1", peak: "200").isEmpty)
        #expect(met(.long, entry: "0", price: "1", peak: "200").isEmpty)
        #expect(met(.short, entry: "-1", price: "1000", peak: "1").isEmpty)
        #expect(met(.long, price: "100", openedMs: nil, atMs: .max).isEmpty)
    }

    @Test func aClaimAloneMeetsNothing() {
        #expect(met(.long, price: "1", quantity: nil, openedMs: 0, atMs: .max).isEmpty)
        #expect(met(.long, price: "1", quantity: "0", openedMs: 0, atMs: .max).isEmpty)
    }

    @Test func whatIsSwitchedOffMeetsNothing() {
        var limits = EngineSettings.Exits()
        limits.stopLoss.isEnabled = false
        limits.trailing.isEnabled = false
        limits.takeProfit.isEnabled = false
        limits.maximumHold.isEnabled = false
        #expect(met(.long, price: "1", peak: "200", openedMs: 0, atMs: .max, limits: limits).isEmpty)
        #expect(met(.long, price: "1000", limits: limits).isEmpty)
    }

    @Test func aGainIsNeverALoss() {
        var random = SeededRandom(seed: 21)
        for _ in 0..<2_000 {
            let entry = Int.random(in: 1...100_000, using: &random)
            let price = Int.random(in: entry...200_000, using: &random)
            #expect(!met(.long, entry: "\(entry)", price: "\(price)").contains(.stopLoss))
            #expect(!met(.short, entry: "\(price)", price: "\(entry)").contains(.stopLoss))
            #expect(!met(.short, entry: "\(entry)", price: "\(price)").contains(.takeProfit))
        }
    }

    /// Against sums of whole numbers, which are exact.
    @Test func comparesExactly() {
        var random = SeededRandom(seed: 22)
        for _ in 0..<5_000 {
            let entry = Int.random(in: 1...1_000_000, using: &random)
            let price = max(1, entry * Int.random(in: 9_690...9_710, using: &random) / 10_000)
            let isLoss = (entry - price) * 100 > 3 * entry
            let texts = ("\(entry)e-4", "\(price)e-4")
            #expect(met(.long, entry: texts.0, price: texts.1).contains(.stopLoss) == isLoss)
        }
    }

    @Test func numbersThatDoNotFitMeetNothingAndDoNotTrap() {
        let great = "170141183460469231731687303715884105727"
        #expect(met(.long, entry: great, price: "0.000000000000000000000000000001", peak: great).isEmpty)
        #expect(met(.short, entry: "0.000000000000000000000000000001", price: great, peak: "1").isEmpty)
    }

    @Test(
        "reasons bear their figures",
        arguments: [
            (ExitRule.stopLoss, "loss 5.00 % past 3 % (entry 100, price 95)"),
            (.takeProfit, "gain 5.00 % past 8 % (entry 100, price 95)"),
            (.trailing, "13.64 % off its peak, past 5 % (peak 110, price 95)"),
            (.timeExit, "held 25 h, past 24 h"),
        ]
    )
    func reasons(rule: ExitRule, reason: String) {
        var position = BookPosition()
        position.entryPrice = Decimal(100)
        position.peak = Decimal(110)
        position.openedMs = 0
        var worth = Valuation.Worth()
        worth.price = Decimal(95)
        let said = ExitRules.reason(
            rule,
            position,
            side: .long,
            worth,
            samples: [],
            at: 90_000_000,
            EngineSettings.Exits()
        )
        #expect(said == reason)
    }
}
