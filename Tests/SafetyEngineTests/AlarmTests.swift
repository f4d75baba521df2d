import Testing

@testable import SafetyEngine

/// Alerts: who has seen them, who is told, what keeps them quiet.
struct AlarmTests {
    private let steps = [Rule.Step(Decimal(10), .warning), Rule.Step(Decimal(20), .emergency, kills: true)]

    private func bench(_ value: Int = 11, cooldownMs: UInt64 = 0) -> RuleBench {
        var bench = RuleBench([RuleBench.probe(steps, cooldownMs: cooldownMs)])
        bench.read(Decimal(value))
        return bench
    }

    @Test func anAcknowledgementHoldsUntilItsTime() throws {
        var bench = bench()
        bench.step()
        let made = bench.act(.acknowledge(alert: "PROBE/probe", forMs: 1_000), by: "bob")
        #expect(made.kinds == [.acknowledged])
        #expect(made.changes[0].alert.acknowledgedBy == "bob")
        bench.run(750)
        #expect(bench.engine.view(at: bench.atMs).alerts[0].acknowledgedBy == "bob")
        let ended = bench.step()
        #expect(ended.kinds == [.unacknowledged])
        #expect(ended.changes[0].isToBeNotified)
        #expect(bench.engine.view(at: bench.atMs).alerts[0].acknowledgedBy == nil)
    }

    @Test func anAcknowledgementWithoutATimeHoldsUntilTheAlertIsResolved() {
        var bench = bench()
        bench.step()
        _ = bench.act(.acknowledge(alert: "PROBE/probe", forMs: nil))
        bench.run(100_000)
        bench.read(Decimal(1))
        #expect(bench.step().changes.map(\.alert.acknowledgedBy) == ["alice"])
        bench.read(Decimal(11))
        #expect(bench.step().changes.map(\.alert.acknowledgedBy) == [nil])
    }

    @Test func aHostThatStartsHandsInAgainWhatIsOpenWasToldAndNobodyHasSeen() {
        var bench = bench()
        #expect(bench.engine.toldAlerts(at: bench.atMs).isEmpty)
        bench.step()
        #expect(bench.engine.toldAlerts(at: bench.atMs).map(\.id) == ["PROBE/probe"])
        #expect(bench.engine.toldAlerts(at: bench.atMs).map(\.level) == [.warning])
        var seen = bench
        _ = seen.act(.acknowledge(alert: "PROBE/probe", forMs: nil))
        #expect(seen.engine.toldAlerts(at: seen.atMs).isEmpty)
        var quiet = bench
        _ = quiet.act(.silence(rule: "PROBE", subject: "probe", forMs: 60_000))
        #expect(quiet.engine.toldAlerts(at: quiet.atMs).isEmpty)
        bench.read(Decimal(1))
        bench.step()
        #expect(bench.engine.toldAlerts(at: bench.atMs).isEmpty)
        // Silenced from the start: nobody was to be told.
        var unheard = self.bench()
        _ = unheard.act(.silence(rule: "PROBE", subject: "", forMs: 60_000))
        unheard.step()
        #expect(unheard.engine.toldAlerts(at: unheard.atMs).isEmpty)
    }

    @Test func anAcknowledgementEndsWhenTheLevelRises() {
        var bench = bench()
        bench.step()
        _ = bench.act(.acknowledge(alert: "PROBE/probe", forMs: nil))
        bench.read(Decimal(21))
        let made = bench.step()
        #expect(made.kinds == [.escalated])
        #expect(made.changes[0].alert.acknowledgedBy == nil)
        #expect(made.changes[0].isToBeNotified)
    }

    @Test func nobodyCanAcknowledgeWhatIsNotOpen() {
        var bench = bench(1)
        bench.step()
        #expect(bench.act(.acknowledge(alert: "PROBE/probe", forMs: nil)).isEmpty)
    }

    @Test func aSilencedAlertIsShownAndHaltsAllTheSame() {
        var bench = bench(21)
        _ = bench.act(.silence(rule: "PROBE", subject: "probe", forMs: 60_000))
        let made = bench.step()
        #expect(made.kinds == [.raised])
        #expect(!made.changes[0].isToBeNotified)
        #expect(made.halts.count == 1)
        let view = bench.engine.view(at: bench.atMs)
        #expect(view.alerts.map(\.level) == [.emergency])
        #expect(view.alerts[0].quiet.contains("silenced by alice"))
        #expect(view.silences.map(\.reason) == ["drill"])
    }

    @Test func aSilenceCoversItsSubjectOnly() {
        var bench = bench(21)
        _ = bench.act(.silence(rule: "PROBE", subject: "other", forMs: 60_000))
        _ = bench.act(.silence(rule: "OTHER", subject: "", forMs: 60_000))
        #expect(bench.step().changes.map(\.isToBeNotified) == [true])
    }

    @Test func aSilenceWithoutAReasonIsRefused() {
        var bench = bench()
        let made = bench.act(.silence(rule: "PROBE", subject: "", forMs: 60_000), reason: " ")
        #expect(bench.step().changes.map(\.isToBeNotified) == [true])
        guard case .log(let line)? = made.first else {
            Issue.record("no word about it")
            return
        }
        #expect(line.text == "silence of PROBE by alice refused: it bears no reason")
    }

    @Test(arguments: [false, true])
    func whatASilenceKeptQuietIsToldOnceItEnds(byHand: Bool) {
        var bench = bench()
        _ = bench.act(.silence(rule: "PROBE", subject: "", forMs: 60_000))
        bench.run(20_000)
        #expect(bench.decisions.changes.map(\.isToBeNotified) == [false])
        if byHand { _ = bench.act(.endSilence(rule: "PROBE", subject: "")) } else { bench.run(40_000) }
        bench.run(Alarms.reminderMs + 1_000)
        #expect(bench.decisions.kinds == [.raised, .reminded])
        #expect(bench.decisions.changes.map(\.isToBeNotified) == [false, true])
        bench.run(60_000)
        #expect(bench.decisions.kinds == [.raised, .reminded])
        #expect(bench.engine.view(at: bench.atMs).silences.isEmpty)
    }

    @Test func whatNobodyWasToldIsNotToldAsResolved() {
        var bench = bench()
        _ = bench.act(.silence(rule: "PROBE", subject: "", forMs: 60_000))
        bench.step()
        bench.read(Decimal(1))
        #expect(bench.step().changes.map(\.isToBeNotified) == [false])
    }

    @Test func anAlertInItsCooldownIsRaisedAndNotToldUnlessItIsGraver() {
        var bench = bench(cooldownMs: 60_000)
        bench.step()
        bench.read(Decimal(1))
        #expect(bench.step().changes.map(\.isToBeNotified) == [true])
        bench.read(Decimal(11))
        let again = bench.step()
        #expect(again.kinds == [.raised])
        #expect(again.changes.map(\.isToBeNotified) == [false])
        #expect(bench.engine.view(at: bench.atMs).alerts[0].quiet.contains("told before"))
        bench.read(Decimal(21))
        #expect(bench.step().changes.map(\.isToBeNotified) == [true])
    }

    @Test func whatIsStillOpenAfterItsCooldownIsTold() {
        var bench = bench(cooldownMs: 60_000)
        bench.step()
        bench.read(Decimal(1))
        bench.step()
        bench.read(Decimal(11))
        bench.run(60_000 + Alarms.reminderMs + 1_000)
        #expect(bench.decisions.kinds == [.raised, .resolved, .raised, .reminded])
    }

    @Test func aDeadFeedSilencesWhatItStarvesAtItsVenueOnly() {
        var bench = RuleBench()
        for venue in ["kraken", "okx"] {
            bench.engine.book.prices[PriceKey(venue: venue, symbol: "BTC")] = price(atMs: 0)
            var position = BookPosition()
            position.quantity = Decimal(1)
            position.entryPrice = Decimal(1)
            let key = PositionKey(venue: venue, account: "main", symbol: "BTC", side: .long)
            bench.engine.book.positions[key] = position
        }
        bench.valuation.positions = [Valuation.Worth(), Valuation.Worth()]
        for _ in 0..<70 * 4 {
            bench.engine.book.prices[PriceKey(venue: "okx", symbol: "BTC")] = price(atMs: bench.atMs)
            bench.step()
        }
        let alerts = bench.engine.view(at: bench.atMs).alerts
        #expect(alerts.first { $0.id == "UNPRICED/kraken/main" }?.quiet == "follows FEED_STALE/kraken")
        #expect(alerts.first { $0.id == "UNPRICED/okx/main" }?.quiet == "")
        #expect(alerts.first { $0.id == "FEED_STALE/kraken" }?.quiet == "")
    }

    @Test func whoIsToldDependsOnAllThatIsFoundAtOnce() {
        // NO_TRADES stands before FEED_STALE in the table; both are found in the same evaluation.
        var bench = RuleBench()
        bench.engine.evaluatedMs = 86_400_000
        bench.engine.book.results[AccountKey(venue: "kraken", account: "main")] = results(lastTradeMs: 0)
        bench.engine.book.prices[PriceKey(venue: "kraken", symbol: "BTC")] = price(atMs: 0)
        let made = bench.step()
        #expect(made.changes.map(\.alert.rule) == ["NO_TRADES", "FEED_STALE"])
        #expect(made.changes.map(\.isToBeNotified) == [false, true])
    }

    @Test func theGravestStandFirstThenTheOldest() {
        var bench = RuleBench()
        bench.order("young", sinceMs: 650_000)
        bench.order("old")
        bench.run(899_000)
        bench.order("stuck", sinceMs: 0)
        bench.engine.journal.problem = "disk full"
        bench.run(2_000)
        #expect(
            bench.engine.view(at: bench.atMs).alerts.map(\.subject).prefix(2) == [
                "kraken/main/old", "kraken/main/stuck",
            ]
        )
        #expect(bench.engine.view(at: bench.atMs).alerts.map(\.level) == [.emergency, .emergency, .critical])
        bench.order("old", state: .filled)
        bench.order("stuck", state: .filled)
        bench.step()
        #expect(bench.engine.view(at: bench.atMs).resolved.map(\.subject) == ["kraken/main/stuck", "kraken/main/old"])
    }

    @Test func theHistoryKeepsTheLastFiveHundred() {
        var bench = bench(1)
        for _ in 0..<Alarms.mostResolved + 5 {
            bench.read(Decimal(11), "probe")
            bench.step()
            bench.read(Decimal(1), "probe")
            bench.step()
        }
        #expect(bench.engine.view(at: bench.atMs).resolved.count == Alarms.mostResolved)
        #expect(bench.engine.view(at: bench.atMs).resolved[0].resolvedMs == bench.atMs)
    }

    @Test func anAlertSaysWhatHappenedToWhatAndWhatToDo() {
        var bench = RuleBench()
        bench.order("a")
        bench.run(300_250)
        let alert = bench.engine.view(at: bench.atMs).alerts[0]
        #expect(
            alert.text
                == "buy 1 BTC-USD (a) at kraken/main is ACKNOWLEDGED for 5m, 0 filled (limit: over 5m). "
                + "What the account holds is not certain until it is filled or cancelled. "
                + "Check the status of the venue's API."
        )
        #expect(alert.policy == "would halt over 15m, but its halt is off")
    }

    private func price(atMs: UInt64) -> BookPrice {
        var price = BookPrice()
        price.price = Decimal(1)
        price.seenMs = atMs
        return price
    }

    @Test func anOpenAlertIsNotifiedAgainWhenItsSilenceEnds() {
        var bench = bench()
        #expect(bench.step().changes.map(\.isToBeNotified) == [true])
        _ = bench.act(.silence(rule: "PROBE", subject: "", forMs: 60_000))
        #expect(bench.run(60_000).kinds.isEmpty)
        let reminded = bench.run(11_000)
        #expect(reminded.kinds == [.reminded])
        #expect(reminded.changes.map(\.isToBeNotified) == [true])
        #expect(bench.run(60_000).kinds.isEmpty)
    }

    @Test func anAcknowledgedAlertStaysQuietWhenItsSilenceEnds() {
        var bench = bench()
        bench.step()
        _ = bench.act(.acknowledge(alert: "PROBE/probe", forMs: nil))
        _ = bench.act(.silence(rule: "PROBE", subject: "", forMs: 60_000))
        #expect(bench.run(120_000).kinds.isEmpty)
    }

    private func results(lastTradeMs: UInt64) -> AccountResults {
        var results = AccountResults()
        results.lastTradeMs = lastTradeMs
        return results
    }
}
