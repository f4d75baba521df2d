import Testing

@testable import SafetyEngine

/// Every rule of the table at, just under and just over each of its thresholds, in value and in time.
struct RuleTableTests {
    /// What the table promises: rule, threshold, the value next below it, the one next above it, level, `for`.
    struct Row: Sendable, CustomStringConvertible {
        let rule: String
        let step: Int
        let below: String
        let at: String
        let above: String
        let level: Alert.Level
        let forMs: UInt64
        var description: String { "\(rule) at \(at)" }
        init(
            _ rule: String,
            _ step: Int,
            _ below: String,
            _ at: String,
            _ above: String,
            _ level: Alert.Level,
            _ forMs: UInt64 = 0
        ) {
            (self.rule, self.step, self.below, self.at, self.above) = (rule, step, below, at, above)
            (self.level, self.forMs) = (level, forMs)
        }
    }

    static let rows: [Row] = [
        Row("ORDER_STUCK", 0, "299.999", "300", "300.001", .critical),
        Row("ORDER_STUCK", 1, "899.999", "900", "900.001", .emergency),
        Row("ORDER_CONTRADICTION", 0, "0", "1", "2", .warning),
        Row("DISAGREEMENT", 0, "0", "1", "1", .warning, 10_000),
        Row("ORDER_UNKNOWN", 0, "0", "1", "2", .critical),
        Row("ORDER_AFTER_HALT", 0, "0", "1", "2", .emergency),
        Row("ADOPTION_GUARDRAIL", 0, "79.99", "80", "80.01", .emergency),
        Row("PLATFORM_EXPOSURE", 0, "29.99", "30", "30.01", .emergency),
        Row("PLATFORM_EXPOSURE", 1, "44.99", "45", "45.01", .emergency),
        Row("BALANCE_LOW", 0, "50.01", "50", "49.99", .critical),
        Row("BALANCE_DROP", 0, "19.99", "20", "20.01", .warning),
        Row("CONSECUTIVE_LOSSES", 0, "3", "4", "4", .warning),
        Row("CONSECUTIVE_LOSSES", 1, "4", "5", "6", .emergency),
        Row("LOW_WIN_RATE", 0, "30.01", "30", "29.99", .warning),
        Row("NO_TRADES", 0, "86399.999", "86400", "86400.001", .warning),
        Row("RECONCILIATION", 0, "0.99", "1", "1.01", .warning, 60_000),
        Row("RECONCILIATION", 1, "4.99", "5", "5.01", .critical, 60_000),
        Row("POSITION_CAP", 0, "-1", "0", "1", .warning),
        Row("DUST", 0, "0", "1", "2", .info, 60_000),
        Row("DAILY_DRAWDOWN", 0, "1.499", "1.5", "1.501", .warning, 5_000),
        Row("DAILY_DRAWDOWN", 1, "1.999", "2", "2.001", .critical, 5_000),
        Row("DAILY_DRAWDOWN", 2, "2.499", "2.5", "2.501", .emergency, 5_000),
        Row("WEEKLY_LOSS", 0, "2.999", "3", "3.001", .warning, 5_000),
        Row("WEEKLY_LOSS", 1, "3.999", "4", "4.001", .critical, 5_000),
        Row("WEEKLY_LOSS", 2, "4.999", "5", "5.001", .emergency, 5_000),
        Row("DRAWDOWN", 0, "4.999", "5", "5.001", .critical, 3_600_000),
        Row("UNPRICED", 0, "0", "1", "2", .warning, 30_000),
        Row("EXIT_DUE", 0, "0", "1", "1", .warning, 1_000), Row("EXIT_DUE", 1, "1", "2", "2", .critical, 1_000),
        Row("EXIT_FAILED", 0, "0", "1", "1", .critical),
        Row("LIQUIDATION_STALLED", 0, "0", "1", "2", .critical, 5_000),
        Row("COST_BASIS_UNKNOWN", 0, "0", "1", "2", .warning, 10_000),
        Row("HIGH_ERROR_RATE", 0, "29.99", "30", "30.01", .critical),
        Row("API_ERROR", 0, "0", "1", "1", .warning, 10_000),
        Row("API_ERROR", 1, "1", "2", "2", .critical, 10_000),
        Row("API_LATENCY", 0, "1.999", "2", "2.001", .warning),
        Row("FEED_STALE", 0, "59.999", "60", "60.001", .critical),
        Row("SIGNALS", 0, "10.01", "10", "9.99", .warning, 1_800_000),
        Row("EVENTS_DROPPED", 0, "0", "1", "2", .critical),
        Row("OVERLOADED", 0, "0", "1", "2", .critical),
        Row("INGEST_REFUSED", 0, "0", "1", "2", .warning),
        Row("INGEST_REFUSED", 1, "9", "10", "11", .critical),
        Row("DESK_FILES", 0, "0", "1", "1", .critical),
        Row("JOURNAL", 0, "0", "1", "1", .critical),
        Row("CLOCK_AHEAD", 0, "59.999", "60", "60.001", .warning),
        Row("BLIND", 0, "0", "1", "1", .critical, 1_000),
        Row("HEARTBEAT_LATE", 0, "149", "150", "151", .warning),
        Row("HEARTBEAT_STALLED", 0, "299", "300", "301", .critical),
        Row("HEARTBEAT_DEAD", 0, "0", "1", "1", .critical),
        Row("RESTART_GIVEN_UP", 0, "0", "1", "1", .critical),
        Row("CLOCK_JUMP", 0, "0.999", "1", "1.001", .warning),
        Row("CLOCK_JUMP", 1, "299.999", "300", "300.001", .critical),
        Row("CPU", 0, "79.99", "80", "80.01", .warning, 300_000),
        Row("MEMORY", 0, "84.99", "85", "85.01", .warning, 180_000),
    ]

    /// The default rule, watching the probe instead of its own measure, and only one of its steps.
    private func bench(_ row: Row) throws -> (RuleBench, Rule) {
        var rule = try #require(Rule.defaults.first { $0.name == row.rule })
        rule.measure = "metric:probe"
        rule.steps = [rule.steps[row.step]]
        rule.windowMs = .max
        rule.minimumSamples = 1
        return (RuleBench([rule]), rule)
    }

    private func value(_ text: String) throws -> Decimal { try #require(Decimal(text)) }

    @Test(arguments: rows)
    func theNumbersAreThoseOfTheTable(_ row: Row) throws {
        let (_, rule) = try bench(row)
        #expect(rule.steps[0].level == row.level)
        #expect(rule.steps[0].threshold == (try value(row.at)))
        #expect(rule.forMs == row.forMs)
    }

    @Test(arguments: rows)
    func firesPastItsThresholdAndNotBefore(_ row: Row) throws {
        for (text, fires) in [(row.below, false), (row.at, try bench(row).1.comparison == .atLeast), (row.above, true)]
        {
            var (bench, rule) = try bench(row)
            for _ in 0..<max(3, rule.confirmations) {
                bench.read(try value(text))
                bench.step()
            }
            bench.run(row.forMs + 1_000)
            #expect(bench.decisions.kinds == (fires ? [.raised] : []), "\(text)")
            #expect(bench.decisions.changes.first?.alert.level == (fires ? row.level : nil))
        }
    }

    @Test(arguments: rows)
    func firesAfterItsTimeAndNotBefore(_ row: Row) throws {
        var (bench, rule) = try bench(row)
        for _ in 1...max(1, rule.confirmations) {
            bench.read(try value(row.above))
            bench.step()
        }
        let soFar = UInt64(rule.confirmations - 1) * Engine.stepMs
        if row.forMs == 0 {
            #expect(bench.decisions.kinds == [.raised])
            return
        }
        #expect(bench.decisions.isEmpty)
        bench.run(row.forMs - soFar - Engine.stepMs)
        #expect(bench.decisions.isEmpty)
        bench.step()
        #expect(bench.decisions.kinds == [.raised])
    }

    @Test(arguments: rows.filter { $0.forMs > 0 })
    func aBreakBeginsTheTimeAnew(_ row: Row) throws {
        var (bench, rule) = try bench(row)
        for _ in 1...rule.confirmations {
            bench.read(try value(row.above))
            bench.step()
        }
        bench.run(row.forMs - UInt64(rule.confirmations) * Engine.stepMs)
        bench.read(try value(row.below))
        bench.step()
        for _ in 1...rule.confirmations {
            bench.read(try value(row.above))
            bench.step()
        }
        bench.run(row.forMs - UInt64(rule.confirmations) * Engine.stepMs)
        #expect(bench.decisions.isEmpty)
        bench.run(Engine.stepMs)
        #expect(bench.decisions.kinds == [.raised])
    }

    @Test func everyStepOfEveryRuleIsInTheTable() {
        let promised = Self.rows.map { "\($0.rule) \($0.step)" }.sorted()
        let there = Rule.defaults.flatMap { rule in rule.steps.indices.map { "\(rule.name) \($0)" } }.sorted()
        #expect(promised == there)
    }

    @Test func onlyTheDailyDrawdownHaltsByDefault() {
        let killing = Rule.defaults.filter { $0.isEnabled && $0.steps.contains { $0.kills } }
        #expect(killing.map(\.name) == ["DAILY_DRAWDOWN"])
        #expect(killing[0].steps.filter(\.kills).map(\.threshold.description) == ["2.5"])
        #expect(Rule.defaults.allSatisfy { $0.isEnabled })
    }

    @Test func everyRuleHasItsMeasureAndItsPlaybook() {
        #expect(Set(Rule.defaults.map(\.name)).count == Rule.defaults.count)
        for rule in Rule.defaults {
            #expect(Measure.isKnown(rule.measure), "\(rule.name)")
            let entry = Playbook.entry(for: rule.name)
            #expect(entry.rule == rule.name)
            #expect(entry.steps.count >= 2 && !entry.meaning.isEmpty)
        }
        #expect(Playbook.all.count == Rule.defaults.count)
        #expect(Set(Rule.defaults.map(\.measure)).count == Rule.defaults.count)
        let watched = Rule.defaults.compactMap { Measure(rawValue: $0.measure) }
        #expect(watched.count == Measure.allCases.count)
        for row in Inhibition.table {
            #expect(Playbook.entry(for: row.cause).rule == row.cause)
            #expect(row.effects.allSatisfy { effect in Playbook.all.contains { $0.rule == effect } })
        }
        #expect(!Measure.isKnown("metric:"))
        #expect(!Measure.isKnown("order_age"))
    }
}
