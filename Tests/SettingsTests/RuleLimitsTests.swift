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

    /// Thresholds at, before and past the ends of what a measure can be.
    @Test(
        arguments: [
            (Measure.journalFailing, Rule.Comparison.atLeast, "1", nil),
            (.journalFailing, .atLeast, "2", "critical (2) is never passed, because journal_failing is never above 1"),
            (
                .journalFailing, .atLeast, "0",
                "critical (0) is passed by every value, because journal_failing is never below 0"
            ),
            (.venueTrouble, .atLeast, "2", nil),
            (.venueTrouble, .atLeast, "2.5", "critical (2.5) is never passed, because venue_trouble is never above 2"),
            (.errorRate, .over, "99.9", nil), (.errorRate, .over, "0", nil),
            (.errorRate, .over, "100", "critical (100) is never passed, because error_percent is never above 100"),
            (.winRate, .under, "100", nil), (.winRate, .under, "0.1", nil),
            (.winRate, .under, "0", "critical (0) is never passed, because win_percent is never below 0"),
            (
                .winRate, .under, "101",
                "critical (101) is passed by every value, because win_percent is never above 100"
            ),
            (.signals, .under, "-5", "critical (-5) is never passed, because signals_per_hour is never below 0"),
            (.positionsOverCap, .over, "0", nil), (.balance, .under, "-100", nil), (.dayLoss, .over, "150", nil),
        ] as [(Measure, Rule.Comparison, String, String?)]
    )
    func aThresholdThatCannotDecideIsRefused(
        measure: Measure,
        comparison: Rule.Comparison,
        threshold: String,
        problem: String?
    ) {
        let limits = RuleLimits([.init(Hand.number(threshold), .critical)])
        let found = limits.problem(comparison, of: measure.rawValue) { $0.description }
        #expect(found?.split(separator: ": ").last.map(String.init) == problem)
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
