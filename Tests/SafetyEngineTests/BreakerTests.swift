import Testing

@testable import SafetyEngine

/// Breakers, the watch after a resume, and the stages of one.
struct BreakerTests {
    private let steps = [Rule.Step(Decimal(10), .warning), Rule.Step(Decimal(20), .emergency, kills: true)]

    @Test func aBreakerTripsWithItsHaltAndSaysWhy() throws {
        var bench = RuleBench([RuleBench.probe(steps)])
        bench.read(Decimal(15))
        bench.step()
        var breaker = try #require(bench.engine.view(at: bench.atMs).breakers.first)
        #expect(breaker.name == "PROBE" && !breaker.isTripped && breaker.isEnabled)
        #expect(breaker.value == Decimal(15) && breaker.limit == Decimal(20) && breaker.subject == "probe")
        bench.read(Decimal(21))
        bench.run(1_250)
        breaker = try #require(bench.engine.view(at: bench.atMs).breakers.first)
        #expect(breaker.isTripped)
        #expect(breaker.trippedAgeMs == 1_000)
        #expect(breaker.note == bench.decisions.halts[0].reason)
        bench.read(Decimal(1))
        bench.step()
        #expect(bench.engine.view(at: bench.atMs).breakers[0].isTripped)
    }

    @Test func aResetChangesOneBreakerAndArmsItsRuleAgain() {
        var other = RuleBench.probe(steps, name: "OTHER")
        other.measure = "metric:other"
        var bench = RuleBench([RuleBench.probe(steps), other])
        bench.read(Decimal(21))
        bench.read(Decimal(21), "other")
        bench.step()
        #expect(bench.decisions.halts.map(\.rule) == ["PROBE", "OTHER"])
        let latches = bench.engine.mode
        #expect(bench.act(.resetBreaker(name: "PROBE"), reason: "price was wrong").isEmpty)
        #expect(bench.engine.mode == latches)
        #expect(bench.engine.view(at: bench.atMs).breakers.map(\.isTripped) == [false, true])
        #expect(bench.engine.view(at: bench.atMs).breakers[0].note == "reset by alice: price was wrong")
        // The value is still past its limit: it trips again, the other one does not.
        #expect(bench.step().halts.map(\.rule) == ["PROBE"])
        #expect(bench.run(5_000).halts.isEmpty)
    }

    @Test func aResetWithoutAReasonIsRefused() {
        var bench = RuleBench([RuleBench.probe(steps)])
        bench.read(Decimal(21))
        bench.step()
        _ = bench.act(.resetBreaker(name: "PROBE"), reason: "")
        #expect(bench.engine.view(at: bench.atMs).breakers[0].isTripped)
        #expect(bench.engine.view(at: bench.atMs).breakers[0].note.contains("refused"))
        #expect(bench.step().halts.isEmpty)
    }

    @Test func aResetOfWhatDidNotTripChangesNothing() {
        var bench = RuleBench([RuleBench.probe(steps)])
        let before = bench.engine
        _ = bench.act(.resetBreaker(name: "PROBE"))
        _ = bench.act(.resetBreaker(name: "NONE"))
        #expect(bench.engine == before)
    }

    @Test func everyRuleThatMayHaltHasABreaker() {
        let names = RuleBench().engine.view(at: 0).breakers
        #expect(
            names.map(\.name) == [
                "ORDER_STUCK", "ADOPTION_GUARDRAIL", "PLATFORM_EXPOSURE", "CONSECUTIVE_LOSSES", "DAILY_DRAWDOWN",
                "WEEKLY_LOSS",
            ]
        )
        #expect(names.filter(\.isEnabled).map(\.name) == ["DAILY_DRAWDOWN"])
        #expect(names.map(\.limit.description) == ["900", "80", "45", "5", "2.5", "5"])
        #expect(names.allSatisfy { $0.value == nil && !$0.isTripped })
    }

    @Test func withOneVenueOnlyTheExposureIsNoAlertAndTheBreakerSaysSo() throws {
        var bench = RuleBench()
        bench.valuation.byVenue["kraken"] = Decimal(1_000)
        bench.run(60_000)
        #expect(bench.decisions.isEmpty)
        let reader = DeskReader(bench.engine, bench.valuation, at: bench.atMs, dropped: 0)
        let breaker = try #require(bench.engine.breakersInView(reader).first { $0.name == "PLATFORM_EXPOSURE" })
        #expect(breaker.value == nil)
        #expect(breaker.note.hasPrefix("one venue only"))
    }

    @Test func whileEquityIsUnknownTheLossBreakerSaysThatItIsBlindAndWhy() throws {
        func note(_ account: Valuation.Account?) throws -> String {
            var bench = RuleBench()
            if let account { bench.valuation.accounts[AccountKey(venue: "kraken", account: "main")] = account }
            let reader = DeskReader(bench.engine, bench.valuation, at: bench.atMs, dropped: 0)
            return try #require(bench.engine.breakersInView(reader).first { $0.name == "DAILY_DRAWDOWN" }).note
        }
        #expect(try note(nil).isEmpty, "nothing is held: nothing can be lost")
        var account = Valuation.Account()
        account.held = 2
        #expect(try note(account).hasPrefix("BLIND: kraken/main holds 2 positions and has never stated a balance"))
        account.hasBalance = true
        account.unpriced = 1
        #expect(try note(account).hasPrefix("BLIND: kraken/main holds 2 positions, 1 without a price"))
        account.lacksRate = true
        #expect(try note(account).hasPrefix("BLIND: kraken/main has money without a rate"))
        account.equity = Decimal(5)
        #expect(try note(account).isEmpty)
    }

    // MARK: Probation

    @Test func limitsAreTighterWhileTheWatchLasts() throws {
        var bench = RuleBench()
        bench.mode("halted", latches: 1)
        bench.mode("live")
        bench.order("a")
        bench.run(150_000)
        #expect(bench.decisions.isEmpty)
        bench.step()
        #expect(bench.decisions.kinds == [.raised])
        let view = bench.engine.view(at: bench.atMs)
        #expect(view.probation == EngineView.ProbationState(endsInMs: 1_800_000 - 150_250, percent: 50))
        #expect(view.breakers.first { $0.name == "DAILY_DRAWDOWN" }?.limit == Decimal("1.25"))
        #expect(view.breakers.first { $0.name == "PLATFORM_EXPOSURE" }?.limit == Decimal(45))
        #expect(view.breakers.first { $0.name == "CONSECUTIVE_LOSSES" }?.limit == Decimal(3))
        bench.order("a", state: .filled)
        bench.run(1_800_000 - 150_250)
        #expect(bench.engine.view(at: bench.atMs).probation == nil)
        #expect(
            bench.engine.view(at: bench.atMs).breakers.first { $0.name == "DAILY_DRAWDOWN" }?.limit == Decimal("2.5")
        )
    }

    @Test func theFirstWordThatADeskHearsIsNoResume() {
        var bench = RuleBench()
        bench.engine.mode = Engine().mode
        bench.mode("live")
        #expect(bench.engine.breakers.probationUntilMs == nil)
        bench.mode("unknown")
        bench.mode("live")
        #expect(bench.engine.breakers.probationUntilMs != nil)
        bench.mode("paper")
        #expect(bench.engine.breakers.probationUntilMs != nil)
        bench.mode("halted")
        #expect(bench.engine.breakers.probationUntilMs == nil)
    }

    @Test(
        arguments: [
            ("300", Rule.Comparison.over, 50, "150"), ("2.5", .over, 50, "1.25"), ("10", .under, 50, "15"),
            ("5", .atLeast, 50, "3"), ("4", .atLeast, 50, "2"), ("1", .atLeast, 10, "1"), ("4", .atLeast, 100, "4"),
            ("0", .over, 50, "0"), ("-5", .over, 50, "-5"), ("10", .over, 0, "0"),
        ]
    )
    func aThresholdIsTightened(
        _ threshold: String,
        _ comparison: Rule.Comparison,
        _ percent: Int,
        _ expected: String
    ) throws {
        let tight = Breakers.tightened(try #require(Decimal(threshold)), comparison, percent)
        #expect(tight == Decimal(expected))
    }

    @Test(arguments: [-5, 0, 1, 33, 50, 99, 100, 101, 1_000])
    func noThresholdIsEverLoosened(percent: Int) {
        var bench = RuleBench()
        bench.mode("halted")
        bench.mode("live")
        bench.engine.settings.probation.percent = percent
        for rule in Rule.defaults {
            let now = bench.engine.breakers.thresholds(of: rule, bench.engine.settings)
            for (step, threshold) in zip(rule.steps, now) {
                #expect(rule.comparison == .under ? threshold >= step.threshold : threshold <= step.threshold)
            }
        }
    }

    // MARK: Stages

    @Test func aResumeGoesThroughItsStages() {
        var bench = RuleBench()
        bench.engine.settings.probation.paperMs = 3_600_000
        bench.engine.settings.probation.reduceOnlyMs = 60_000
        bench.mode("halted")
        func problem(_ mode: String) -> String? { bench.engine.stageProblem(for: mode, at: bench.atMs) }
        #expect(problem("paper") == nil)
        #expect(problem("reduce-only") == "reduce-only comes after 1h in paper; the desk is halted")
        #expect(problem("live") == "live comes after 1m in reduce-only; the desk is halted")
        bench.mode("paper")
        bench.engine.evaluatedMs += 3_599_999
        #expect(problem("reduce-only") == "reduce-only comes after 1h in paper: 59m 59s so far, 1ms to go")
        bench.engine.evaluatedMs += 1
        #expect(problem("reduce-only") == nil)
        #expect(problem("live") != nil)
        bench.mode("reduce-only")
        #expect(problem("live") != nil)
        bench.engine.evaluatedMs += 60_000
        #expect(problem("live") == nil)
        bench.mode("halted")
        #expect(problem("live") != nil)
    }

    @Test func aHaltToPaperWhileInPaperBeginsItsTimeAnew() {
        var bench = RuleBench()
        bench.engine.settings.probation.paperMs = 1_000
        bench.mode("halted")
        bench.mode("paper")
        bench.engine.evaluatedMs += 999
        bench.mode("paper")
        bench.engine.evaluatedMs += 999
        #expect(bench.engine.stageProblem(for: "live", at: bench.atMs) != nil)
        bench.engine.evaluatedMs += 1
        #expect(bench.engine.stageProblem(for: "live", at: bench.atMs) == nil)
    }

    @Test func whatIsNotConfiguredIsNotAskedFor() {
        var bench = RuleBench()
        bench.mode("halted")
        #expect(bench.engine.stageProblem(for: "live", at: bench.atMs) == nil)
        bench.engine.settings.probation.paperMs = 1_000
        #expect(bench.engine.stageProblem(for: "live", at: bench.atMs) != nil)
        bench.mode("paper")
        bench.engine.evaluatedMs += 1_000
        #expect(bench.engine.stageProblem(for: "live", at: bench.atMs) == nil)
        bench.mode("live")
        #expect(bench.engine.stageProblem(for: "reduce-only", at: bench.atMs) == nil)
    }
}
