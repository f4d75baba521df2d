import SafetyEngine
import Testing

@testable import Console
@testable import Settings

/// Limits taken from steps and turned back into steps are the same steps.
struct RuleLimitsTests {
    @Test(arguments: Hand.rules + Rule.defaults)
    func stepsSurvive(rule: Rule) {
        #expect(RuleLimits(rule.steps).steps == rule.steps)
        #expect(RuleLimits(rule.steps).problem(rule.comparison, of: rule.measure) { $0.description } == nil)
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

    @Test(arguments: [
        ("order_age_seconds", RuleUnit.time), ("seconds_without_trade", .time), ("error_percent", .percent),
        ("metric:cpu_percent", .percent), ("balance", .money), ("balance_drop_percent", .percent),
        ("losses_in_a_row", .number), ("", .number),
    ])
    func thresholdsAreCountedInWhatTheMeasureIs(measure: String, unit: RuleUnit) {
        #expect(RuleUnit.of(measure) == unit)
    }

    /// Every threshold that the engine has can be written in the file, and is read back.
    @Test(arguments: Hand.rules + Rule.defaults)
    func everyThresholdCanBeWritten(rule: Rule) throws {
        let kind = RuleUnit.of(rule.measure).kind
        for step in rule.steps {
            let value = try #require(try TOML("a = \(kind.write(step.threshold))".utf8).entries.first?.value)
            #expect(kind.read(value) == step.threshold)
        }
    }
}
