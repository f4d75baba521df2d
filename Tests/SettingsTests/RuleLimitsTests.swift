import SafetyEngine
import Testing

@testable import Settings

/// Limits taken from steps and turned back into steps are the same steps.
struct RuleLimitsTests {
    @Test(arguments: Hand.rules + Rule.defaults)
    func stepsSurvive(rule: Rule) {
        #expect(RuleLimits(rule.steps).steps == rule.steps)
        #expect(RuleLimits(rule.steps).problem(rule.comparison) { $0.description } == nil)
    }

    /// Every set of levels, with and without a second threshold of the gravest, halting nowhere or from any step on.
    @Test func everyLadderSurvives() {
        for set in 1..<16 {
            let levels = Alert.Level.allCases.filter { set & 1 << $0.rawValue != 0 }
            for isDouble in [false, true] {
                var steps = levels.enumerated().map { Rule.Step(Decimal($0.offset * 10), $0.element) }
                if isDouble, let last = steps.last { steps.append(.init(Decimal(100), last.level)) }
                #expect(RuleLimits(steps).steps == steps)
                // A second threshold of one level is where it halts.
                for first in isDouble ? [steps.count - 1] : Array(steps.indices) {
                    var halting = steps
                    for place in first..<steps.count { halting[place].kills = true }
                    #expect(RuleLimits(halting).steps == halting)
                }
            }
        }
    }

    @Test func whereItHaltsMayBeALevelOrPastAll() throws {
        var limits = RuleLimits(try Hand.rule("ORDER_STUCK", in: Hand.defaults).steps)
        limits.kills = true
        #expect(limits.steps.map(\.kills) == [false, true])
        limits.killAt = Decimal(300)
        #expect(limits.steps.map(\.kills) == [true, true])
        limits.killAt = Decimal(1_200)
        #expect(limits.steps.map(\.kills) == [false, false, true])
        #expect(limits.steps.last?.level == .emergency)
        limits.kills = false
        #expect(limits.steps.allSatisfy { !$0.kills } && limits.steps.count == 3)
    }

    @Test func everyBuiltInRuleHasAUnit() {
        for rule in Rule.defaults { #expect(RuleUnit.table.contains { $0.rule == rule.name }, "\(rule.name)") }
        #expect(Set(RuleUnit.table.map(\.rule)).count == RuleUnit.table.count)
        #expect(RuleUnit.of("ORDER_STUCK") == .time && RuleUnit.of("MINE") == .number)
    }
}
