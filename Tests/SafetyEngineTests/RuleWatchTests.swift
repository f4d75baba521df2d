import Foundation
import Seeds
import Testing

@testable import SafetyEngine

/// The one mechanism: samples, time, levels, halts.
struct RuleWatchTests {
    private let kill = [Rule.Step(Decimal(10), .warning), Rule.Step(Decimal(20), .emergency, kills: true)]

    @Test func aStuckOrderIsOneAlertOverFiftyEvaluations() {
        var bench = RuleBench()
        bench.order("a")
        bench.run(300_000)
        #expect(bench.decisions.isEmpty)
        bench.run(50 * Engine.stepMs)
        #expect(bench.decisions.kinds == [.raised])
        #expect(bench.engine.view(at: bench.atMs).alerts.map(\.id) == ["ORDER_STUCK/kraken/main/a"])
        #expect(bench.engine.view(at: bench.atMs).alerts.first?.count == 1)
        bench.run(120_000)
        #expect(bench.engine.view(at: bench.atMs).alerts.first?.count == 3)
    }

    @Test func aStuckOrderEscalatesAtThreeTimesItsAgeAndIsResolvedWhenItIsFinished() {
        var bench = RuleBench()
        bench.order("a")
        bench.run(900_250)
        #expect(bench.decisions.kinds == [.raised, .escalated])
        #expect(bench.decisions.changes.map(\.alert.level) == [.critical, .emergency])
        #expect(bench.decisions.halts.isEmpty)
        bench.order("a", state: .canceled)
        #expect(bench.step().kinds == [.resolved])
        #expect(bench.engine.view(at: bench.atMs).alerts.isEmpty)
        #expect(bench.engine.view(at: bench.atMs).resolved.map(\.subject) == ["kraken/main/a"])
        #expect(bench.engine.alarms.watches.isEmpty)
    }

    @Test func aStuckOrderHaltsItsAccountWhereTheRuleSaysSo() throws {
        var rules = Rule.defaults
        let place = try #require(rules.firstIndex { $0.name == "ORDER_STUCK" })
        rules[place].steps[1].kills = true
        var bench = RuleBench(rules)
        bench.order("a")
        bench.run(900_000)
        #expect(bench.decisions.halts.isEmpty)
        let halt = try #require(bench.step().halts.first)
        #expect(halt.scope == "venue=kraken,account=main")
        #expect(halt.rule == "ORDER_STUCK")
        #expect(halt.alert == "ORDER_STUCK/kraken/main/a")
        #expect(halt.reason.contains("15m"))
        #expect(halt.number == 1)
        #expect(bench.run(60_000).halts.isEmpty)
    }

    @Test func aLevelNeverFallsWhileTheAlertIsOpen() {
        var bench = RuleBench([RuleBench.probe(kill)])
        for value in [11, 21, 11, 12, 21, 11] {
            bench.read(Decimal(value))
            bench.step()
            let expected: Alert.Level = bench.decisions.kinds.contains(.escalated) ? .emergency : .warning
            #expect(bench.engine.view(at: bench.atMs).alerts.map(\.level) == [expected])
        }
        bench.read(Decimal(10))
        bench.step()
        #expect(bench.decisions.kinds == [.raised, .escalated, .resolved])
        bench.read(Decimal(11))
        #expect(bench.step().changes.map(\.alert.level) == [.warning])
    }

    @Test func aPhantomPriceIsConfirmedBySamplesAndNotByLookingTwice() throws {
        var bench = RuleBench([RuleBench.probe(kill, confirmations: 3)])
        bench.read(Decimal(99))
        bench.run(10_000)
        bench.read(Decimal(99))
        bench.run(10_000)
        #expect(bench.decisions.isEmpty)
        bench.read(Decimal(5))
        bench.step()
        for _ in 0..<2 {
            bench.read(Decimal(99))
            bench.run(10_000)
        }
        #expect(bench.decisions.isEmpty)
        bench.read(Decimal(98))
        let made = bench.step()
        #expect(made.kinds == [.raised])
        #expect(made.halts.count == 1)
        let halt = try #require(made.halts.first)
        #expect(halt.reason.contains("98 is over 20; confirmed by 99 at "))
        // One time is enough: since when it has been so.
        #expect(
            halt.reason.components(separatedBy: " at ").count == 2 && halt.reason.hasSuffix(", 99, 98"),
            "\(halt.reason)"
        )
    }

    @Test func anUnknownValueNeitherFiresNorResolves() {
        var bench = RuleBench([RuleBench.probe(kill, forMs: 400_000)])
        bench.read(Decimal(15))
        bench.run(Measure.metricStaleMs)
        // The reading grows stale: the clock stands for as long as nobody knows.
        bench.run(1_000_000)
        #expect(bench.decisions.isEmpty)
        bench.read(Decimal(15))
        bench.run(150_000)
        bench.read(Decimal(15))
        bench.run(400_000 - Measure.metricStaleMs - 150_000 - 250)
        #expect(bench.decisions.isEmpty)
        bench.run(1_000)
        #expect(bench.decisions.kinds == [.raised])
        bench.run(1_000_000)
        #expect(bench.decisions.kinds == [.raised])
        #expect(bench.engine.view(at: bench.atMs).alerts.first?.text.contains("No current data since") == true)
        bench.read(Decimal(1))
        #expect(bench.step().kinds == [.resolved])
    }

    @Test func timeThatNobodyWatchedIsNotHeldAgainstAnybody() {
        var bench = RuleBench([RuleBench.probe(kill, forMs: 60_000)])
        bench.read(Decimal(15))
        bench.run(1_000)
        bench.engine.evaluatedMs += 3_600_000
        bench.read(Decimal(15))
        bench.run(58_000)
        #expect(bench.decisions.isEmpty)
        bench.run(2_000)
        #expect(bench.decisions.kinds == [.raised])
    }

    @Test func aHaltIsDecidedOncePerCrossing() {
        var bench = RuleBench([RuleBench.probe(kill)])
        bench.read(Decimal(21))
        #expect(bench.step().halts.count == 1)
        for _ in 0..<20 {
            bench.read(Decimal(25))
            #expect(bench.step().halts.isEmpty)
        }
        bench.read(Decimal(15))
        bench.step()
        bench.read(Decimal(21))
        #expect(bench.step().halts.map(\.number) == [2])
    }

    @Test func aResumedDeskIsHaltedAgainAfterTimeAndConfirmationsBeginAnew() {
        var bench = RuleBench([RuleBench.probe(kill, forMs: 2_000, confirmations: 2)])
        bench.engine.settings.probation.watchMs = 0
        for _ in 0..<10 {
            bench.read(Decimal(21))
            bench.step()
        }
        #expect(bench.decisions.halts.count == 1)
        bench.mode("halted", latches: 1)
        bench.run(60_000)
        #expect(bench.decisions.halts.count == 1)
        bench.mode("live")
        bench.run(1_750)
        bench.read(Decimal(21))
        #expect(bench.step().halts.isEmpty)
        #expect(bench.step().halts.count == 1)
        #expect(bench.run(60_000).halts.isEmpty)
    }

    @Test func aHostThatBeginsDecidesAgain() {
        var bench = RuleBench([RuleBench.probe(kill)])
        bench.read(Decimal(21))
        #expect(bench.step().halts.count == 1)
        var ignored: [Decision] = []
        let settings = bench.engine.settings
        bench.engine.take(.started(settings), Receipt(atMs: bench.atMs, wallMs: 0), &ignored)
        #expect(bench.step().halts.count == 1)
        #expect(bench.step().halts.isEmpty)
    }

    @Test func anAlertWaitsForItsHoldBeforeItIsResolved() {
        var bench = RuleBench([RuleBench.probe(kill, holdMs: 10_000)])
        bench.read(Decimal(11))
        bench.step()
        bench.read(Decimal(9))
        bench.run(10_000)
        #expect(bench.decisions.kinds == [.raised])
        bench.read(Decimal(11))
        bench.step()
        bench.read(Decimal(9))
        bench.run(10_000)
        #expect(bench.decisions.kinds == [.raised])
        bench.step()
        #expect(bench.decisions.kinds == [.raised, .resolved])
    }

    @Test func aRuleThatIsTurnedOffResolvesItsAlerts() {
        var bench = RuleBench([RuleBench.probe(kill)])
        bench.read(Decimal(11))
        bench.step()
        bench.engine.settings.rules[0].isEnabled = false
        #expect(bench.step().kinds == [.resolved])
        #expect(bench.engine.alarms.watches.isEmpty)
    }

    @Test func aRuleMayLoseAndGainStepsWhileItsAlertIsOpen() {
        var bench = RuleBench([RuleBench.probe(kill)])
        bench.read(Decimal(11))
        bench.step()
        bench.engine.settings.rules[0].steps.append(Rule.Step(Decimal(5), .info))
        bench.engine.settings.rules[0].steps.append(Rule.Step(Decimal(6), .critical))
        #expect(bench.step().kinds == [.escalated])
        bench.engine.settings.rules[0].steps = [Rule.Step(Decimal(50), .info)]
        #expect(bench.step().kinds == [.resolved])
        bench.engine.settings.rules[0].steps = []
        bench.step()
        #expect(bench.engine.alarms.watches.isEmpty)
    }

    @Test func ofTwoRulesWithOneNameTheFirstCounts() {
        var bench = RuleBench([RuleBench.probe(kill), RuleBench.probe([Rule.Step(Decimal(1), .info)])])
        bench.read(Decimal(5))
        bench.step()
        #expect(bench.decisions.isEmpty)
    }

    @Test(arguments: [1, 7, 23])
    func theSameDecisionsFollowAfterARoundTripMidWay(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var whole = RuleBench(
            Rule.defaults + [RuleBench.probe(kill, forMs: 1_000, confirmations: 2, cooldownMs: 5_000)]
        )
        var parted = whole
        for step in 0..<400 {
            if step == 170 || step == 300 {
                let data = try JSONEncoder().encode(parted.engine)
                parted.engine = try JSONDecoder().decode(Engine.self, from: data)
                #expect(parted.engine == whole.engine)
            }
            let (chance, value, id) = (random.next() % 8, Int(random.next() % 30), "o\(random.next() % 6)")
            for place in 0..<2 {
                var bench = place == 0 ? whole : parted
                switch chance {
                case 0: bench.order(id, sinceMs: 0)
                case 1: bench.order(id, state: .filled)
                case 2, 3, 4: bench.read(Decimal(value))
                case 5: bench.mode(value < 8 ? "halted" : "live", latches: value < 8 ? 1 : 0)
                case 6: _ = bench.act(.silence(rule: "PROBE", subject: "", forMs: UInt64(value) * 500))
                default: _ = bench.act(.acknowledge(alert: "PROBE/probe", forMs: UInt64(value) * 100))
                }
                bench.engine.evaluatedMs += 3_000
                bench.step()
                if place == 0 { whole = bench } else { parted = bench }
            }
        }
        #expect(whole.decisions == parted.decisions)
        #expect(whole.decisions.halts.count > 2)
        #expect(Set(whole.decisions.kinds).count >= 4)
        #expect(try JSONEncoder.sorted.encode(whole.engine) == JSONEncoder.sorted.encode(parted.engine))
    }
}

extension JSONEncoder {
    fileprivate static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return encoder
    }
}
