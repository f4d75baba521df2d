import Seeds
import Testing

@testable import SafetyEngine

/// What each measure reads from a book made by hand.
struct RuleMeasureTests {
    private let main = AccountKey(venue: "kraken", account: "main")

    private func sample(_ bench: RuleBench, _ measure: Measure, _ subject: Subject) -> Sample {
        let rule = Rule.defaults.first { $0.measure == measure.rawValue } ?? RuleBench.probe([])
        return DeskReader(bench.engine, bench.valuation, at: bench.atMs, dropped: 0).sample(rule, subject)
    }

    private func decimal(_ text: String) throws -> Decimal { try #require(Decimal(text)) }

    @Test(arguments: Order.State.allCases)
    func onlyAnOpenOrderHasAnAge(state: Order.State) {
        var bench = RuleBench()
        bench.engine.evaluatedMs = 301_500
        bench.order("a", sinceMs: 1_000, state: state)
        let key = OrderKey(venue: "kraken", account: "main", clientID: "a")
        let expected: Sample = state.isFinal ? .gone : .value(Decimal("300.5") ?? Decimal(0), version: nil)
        #expect(sample(bench, .orderAge, .order(key)) == expected)
        bench.run(250)
        #expect(bench.decisions.changes.map(\.alert.rule).contains("ORDER_STUCK") == !state.isFinal)
    }

    @Test func contradictionsAndDisagreementsOfAnOrderAreTold() throws {
        var bench = RuleBench()
        var order = BookOrder()
        order.state = .acknowledged
        order.contradictions = 2
        order.contradiction = "filled after it was cancelled"
        order.isProven = true
        order.claimed = .filled
        bench.engine.book.orders[OrderKey(venue: "kraken", account: "main", clientID: "a")] = order
        bench.run(11_000)
        #expect(bench.decisions.changes.map(\.alert.rule) == ["ORDER_CONTRADICTION", "DISAGREEMENT"])
        #expect(bench.decisions.changes[0].alert.text.contains("filled after it was cancelled"))
        #expect(bench.decisions.changes[1].alert.text.contains("ACKNOWLEDGED by its venue and FILLED by its bot"))
        order.claimed = nil
        bench.engine.book.orders[OrderKey(venue: "kraken", account: "main", clientID: "a")] = order
        #expect(bench.step().kinds == [.resolved])
    }

    @Test func unknownOrdersOfAnAccountAreOneAlertThatNamesThem() {
        var bench = RuleBench()
        for number in 1...7 { bench.order("o\(number)", state: .unknown) }
        bench.order("fine")
        bench.step()
        #expect(bench.decisions.changes.map(\.alert.id) == ["ORDER_UNKNOWN/kraken/main"])
        #expect(bench.decisions.changes[0].alert.text.contains("7 orders"))
        #expect(bench.decisions.changes[0].alert.text.contains("o1, o2, o3, o4, o5 and 2 more"))
    }

    @Test(arguments: [
        ("80", 100, Sample.value(Decimal(80), version: 3)), ("5", 0, .unknown),
        ("0", 10, .value(Decimal(0), version: 3)),
    ])
    func activeAccountsAreAShareOfAll(active: String, total: Int, expected: Sample) throws {
        var bench = RuleBench()
        #expect(sample(bench, .activeAccounts, .desk) == .unknown)
        bench.engine.book.accounts = AccountCounts(active: try #require(Int(active)), total: total)
        bench.engine.book.accountsVersion = 3
        #expect(sample(bench, .activeAccounts, .desk) == expected)
    }

    @Test func exposureIsAShareOfAllVenuesAndUnknownWithoutAPrice() throws {
        var bench = RuleBench()
        bench.valuation.byVenue["coinbase"] = Decimal(1_000)
        #expect(sample(bench, .venueExposure, .venue("coinbase")) == .gone)
        bench.valuation.byVenue["kraken"] = Decimal(500)
        bench.valuation.version = 4
        #expect(sample(bench, .venueExposure, .venue("coinbase")) == .value(try decimal("66.666666"), version: 4))
        bench.valuation.unseen = 1
        #expect(sample(bench, .venueExposure, .venue("coinbase")) == .unknown)
        bench.valuation.unseen = 0
        bench.valuation.byVenue["kraken"] = Decimal(0)
        #expect(sample(bench, .venueExposure, .venue("coinbase")) == .gone, "an empty account spreads nothing")
        bench.valuation.byVenue["coinbase"] = Decimal(0)
        bench.valuation.byVenue["kraken"] = Decimal(0)
        #expect(sample(bench, .venueExposure, .venue("coinbase")) == .unknown)
    }

    @Test func aBalanceIsAllMoneyOfItsAccount() throws {
        var bench = RuleBench()
        func set(_ currency: String, _ total: String) throws {
            var balance = BookBalance()
            balance.total = try decimal(total)
            balance.version = 1
            bench.engine.book.balances[BalanceKey(venue: "kraken", account: "main", currency: currency)] = balance
        }
        try set("USD", "20")
        #expect(sample(bench, .balance, .account(main)) == .value(Decimal(20), version: 1))
        try set("EUR", "100")
        #expect(sample(bench, .balance, .account(main)) == .unknown)
        var rate = BookPrice()
        rate.price = try decimal("1.1")
        bench.engine.book.prices[PriceKey(venue: "", symbol: "EUR/USD")] = rate
        #expect(sample(bench, .balance, .account(main)) == .value(Decimal(130), version: 2))
        bench.engine.evaluatedMs = 60_250
        #expect(sample(bench, .balance, .account(main)) == .unknown)
    }

    @Test(arguments: ["1000", "900", "1100", "1000000"])
    func aProfitNeverTripsALossRule(now: String) throws {
        var bench = RuleBench()
        bench.engine.book.equity.dayOpening = Decimal(900)
        bench.engine.book.equity.weekOpening = Decimal(900)
        bench.engine.book.equity.peak = Decimal(900)
        for version in 1...20 {
            bench.valuation.equity = try decimal(now)
            bench.valuation.version = UInt64(version)
            bench.run(1_000)
        }
        #expect(bench.decisions.isEmpty)
        #expect(sample(bench, .dayLoss, .desk) == .value(Decimal(0), version: 20))
    }

    @Test func aDaysLossHaltsAfterThreeSamplesAndFiveSeconds() throws {
        var bench = RuleBench()
        bench.engine.calendar.originMs = 1_700_000_000_000
        bench.engine.book.equity.dayOpening = Decimal(10_000)
        func see(_ equity: String, _ version: UInt64) throws {
            bench.valuation.equity = try decimal(equity)
            bench.valuation.version = version
        }
        try see("9750", 1)
        bench.run(10_000)
        try see("9749", 2)
        bench.run(2_000)
        try see("9748.5", 3)
        bench.run(3_000)
        #expect(bench.decisions.halts.isEmpty)
        try see("9748", 4)
        let halt = try #require(bench.step().halts.first)
        #expect(halt.rule == "DAILY_DRAWDOWN" && halt.scope == "global" && halt.mode == "halted")
        #expect(halt.alert == "DAILY_DRAWDOWN/desk")
        #expect(halt.reason.contains("2.52 % is over 2.5 %"))
        #expect(halt.reason.contains("2.51 % at 2023-11-14T22:13:30.250Z"))
        #expect(!halt.reason.contains("2.5 % at"))
        #expect(bench.run(60_000).halts.isEmpty)
    }

    @Test func aLossThatNobodyCanSayNeitherHaltsNorResolves() throws {
        var bench = RuleBench()
        bench.engine.book.equity.dayOpening = Decimal(10_000)
        for version in 1...40 {
            bench.valuation.equity = version % 4 == 0 ? nil : Decimal(9_700)
            bench.valuation.version = UInt64(version)
            bench.step()
        }
        #expect(bench.decisions.kinds == [.raised])
        #expect(bench.decisions.halts.count == 1)
        bench.valuation.equity = nil
        bench.run(600_000)
        #expect(bench.decisions.kinds == [.raised])
    }

    @Test(arguments: Position.Side.allCases)
    func positionsOfAnAccountAreCounted(side: Position.Side) throws {
        var bench = RuleBench()
        for number in 0..<10 {
            var position = BookPosition()
            position.quantity = Decimal(number == 9 ? 0 : 1)
            position.entryPrice = number == 0 ? nil : Decimal(1)
            bench.engine.book.positions[
                PositionKey(venue: "kraken", account: "main", symbol: "S\(number)", side: side)
            ] = position
            var worth = Valuation.Worth()
            worth.value = number < 2 ? nil : try decimal(number == 2 ? "0.99" : "1.00")
            bench.valuation.positions.append(worth)
        }
        #expect(sample(bench, .unpriced, .account(main)) == .value(Decimal(2), version: nil))
        #expect(sample(bench, .withoutCost, .account(main)) == .value(Decimal(1), version: nil))
        #expect(sample(bench, .dustPositions, .account(main)) == .value(Decimal(1), version: nil))
        #expect(sample(bench, .positionsOverCap, .account(main)) == .value(Decimal(1), version: nil))
        bench.engine.settings.cap.mostByAccount["kraken/main"] = 9
        #expect(sample(bench, .positionsOverCap, .account(main)) == .value(Decimal(0), version: nil))
        bench.run(61_000)
        let told = bench.decisions.changes.map(\.alert)
        #expect(told.map(\.rule).sorted() == ["COST_BASIS_UNKNOWN", "DUST", "UNPRICED"])
        #expect(told.first { $0.rule == "UNPRICED" }?.text.contains(": S0, S1 ") == true)
    }

    @Test func resultsOfAnAccountAreRead() throws {
        var bench = RuleBench()
        var results = AccountResults()
        results.lossesInARow = 4
        results.version = 9
        bench.engine.book.results[main] = results
        #expect(sample(bench, .lossesInARow, .account(main)) == .value(Decimal(4), version: 9))
        #expect(sample(bench, .tradeAge, .account(main)) == .unknown)
        results.recent = (0..<19).map { AccountResults.Outcome(atMs: 0, isWin: $0 < 5) }
        bench.engine.book.results[main] = results
        #expect(sample(bench, .winRate, .account(main)) == .unknown)
        results.recent.append(AccountResults.Outcome(atMs: 0, isWin: false))
        results.lastTradeMs = 500
        bench.engine.book.results[main] = results
        bench.engine.evaluatedMs = 2_000
        #expect(sample(bench, .winRate, .account(main)) == .value(Decimal(25), version: 9))
        #expect(sample(bench, .tradeAge, .account(main)) == .value(try decimal("1.5"), version: nil))
        bench.mode("halted")
        #expect(sample(bench, .tradeAge, .account(main)) == .gone)
        bench.mode("live")
        bench.engine.evaluatedMs = 3_000
        #expect(sample(bench, .tradeAge, .account(main)) == .value(Decimal(1), version: nil))
    }

    @Test func aFeedIsAsOldAsItsNewestPrice() throws {
        var bench = RuleBench()
        bench.engine.evaluatedMs = 100_000
        var venue = BookVenue()
        venue.seenMs = 99_000
        bench.engine.book.venues[main] = venue
        #expect(sample(bench, .feedAge, .venue("kraken")) == .value(Decimal(1), version: nil))
        for (symbol, seenMs, text) in [("A", UInt64(30_000), "1"), ("B", 39_000, "2"), ("C", 95_000, nil)] {
            var price = BookPrice()
            price.price = text.flatMap { Decimal($0) }
            price.seenMs = seenMs
            bench.engine.book.prices[PriceKey(venue: "kraken", symbol: symbol)] = price
        }
        // Its word that it is there makes no old price new, nor does "I have none".
        #expect(sample(bench, .feedAge, .venue("kraken")) == .value(Decimal(61), version: nil))
        #expect(sample(bench, .feedAge, .venue("okx")) == .gone)
    }

    @Test func anAlertOfASilentVenueDoesNotCallItConnected() {
        var desk = LiveDesk("API_ERROR")
        desk.venue(.venue(VenueReport(state: .degraded)))
        desk.run(11_000)
        desk.venue(.venue(VenueReport(state: .connected)))
        desk.run(1_000)
        func text() -> String { desk.view.alerts.first { $0.id == "API_ERROR/kraken/main" }?.text ?? "" }
        #expect(!text().contains("DISCONNECTED"))
        desk.venue(.venue(VenueReport(state: .degraded)))
        desk.run(61_000)
        #expect(text().contains("kraken/main is DISCONNECTED: silent for"), "\(text())")
    }

    @Test func theShareOfAccountsIsThatOfTheCountsBesideIt() {
        var desk = LiveDesk("ADOPTION_GUARDRAIL")
        desk.say(Event(.init(source: Event.Source(.bot, "platform")), .accounts(AccountCounts(active: 85, total: 100))))
        desk.run(1_000)
        desk.say(Event(.init(source: Event.Source(.bot, "platform")), .accounts(AccountCounts(active: 50, total: 100))))
        desk.run(1_000)
        let text = desk.view.alerts.first?.text ?? ""
        #expect(text.contains("50 of 100 accounts trade: 50 %"), "\(text)")
    }

    @Test func aVenueIsReachedWellBadlyOrNotAtAll() {
        var bench = RuleBench()
        let expected: [(Venue.State, Int)] = [(.connected, 0), (.stopped, 0), (.degraded, 1), (.disconnected, 2)]
        for (state, value) in expected {
            var venue = BookVenue()
            venue.state = state
            venue.note = "429 too many"
            bench.engine.book.venues[main] = venue
            #expect(sample(bench, .venueTrouble, .account(main)) == .value(Decimal(value), version: nil))
        }
        bench.run(10_250)
        #expect(bench.decisions.changes.map(\.alert.level) == [.critical])
        #expect(bench.decisions.changes[0].alert.text.contains("DISCONNECTED: 429 too many"))
    }

    @Test(arguments: [Int64(5_000), -5_000, .min])
    func aClockThatJumpsIsToldEitherWay(jumpMs: Int64) {
        var bench = RuleBench()
        bench.engine.calendar.jumpMs = jumpMs
        bench.engine.calendar.jumpReadings = 1
        bench.step()
        #expect(bench.decisions.changes.map(\.alert.rule) == ["CLOCK_JUMP"])
        bench.engine.calendar.jumpMs = 0
        #expect(bench.step().kinds == [.resolved])
    }

    @Test func droppedEventsAreToldUntilNoneWasDroppedForTheWindow() {
        var bench = RuleBench()
        bench.step()
        bench.engine.journal.dropped = 7
        #expect(bench.step().changes.map(\.alert.rule) == ["EVENTS_DROPPED"])
        bench.run(200_000)
        bench.engine.journal.dropped = 9
        bench.run(299_000)
        #expect(bench.engine.view(at: bench.atMs).alerts[0].text.contains("9 events"))
        bench.run(2_000)
        #expect(bench.decisions.kinds == [.raised, .resolved])
        bench.engine.journal.dropped = 10
        #expect(bench.step().changes[0].alert.text.contains("1 events"))
    }

    @Test func aJournalThatDoesNotWriteIsTold() {
        var bench = RuleBench()
        bench.engine.journal.problem = "no space left on device"
        bench.engine.journal.waiting = 12
        #expect(bench.step().changes[0].alert.text.contains("no space left on device"))
        bench.engine.journal.problem = nil
        #expect(bench.run(6_000).kinds == [.resolved])
    }

    @Test func aMetricIsReadPerSubjectAndUnknownOnceItIsStale() {
        var bench = RuleBench()
        for (key, subject) in [("cpu_percent", ""), ("cpu_percent/web", "web"), ("cpu_percents", "")] {
            var metric = BookMetric()
            metric.name = key == "cpu_percents" ? key : "cpu_percent"
            metric.subject = subject
            metric.value = Decimal(99)
            metric.version = 1
            bench.engine.book.metrics[key] = metric
        }
        bench.run(200_000)
        #expect(bench.decisions.isEmpty)
        for _ in 0..<10 {
            for key in bench.engine.book.metrics.keys {
                var metric = bench.engine.book.metrics[key] ?? BookMetric()
                metric.seenMs = bench.atMs
                metric.version += 1
                bench.engine.book.metrics[key] = metric
            }
            bench.run(60_000)
        }
        #expect(bench.decisions.changes.map(\.alert.id) == ["CPU/cpu_percent", "CPU/cpu_percent/web"])
        #expect(bench.decisions.changes[1].alert.text.hasPrefix("cpu_percent of web is 99"))
    }

    @Test func walkingOverAllSaysTheSameAsAskingForOne() throws {
        var bench = RuleBench()
        bench.engine.evaluatedMs = 500_000
        var random = SeededRandom(seed: 3)
        for number in 0..<200 {
            let venue = ["kraken", "okx", "alpaca"][Int(random.next() % 3)]
            let state = Order.State.allCases[Int(random.next() % UInt64(Order.State.allCases.count))]
            bench.order("o\(number)", venue: venue, sinceMs: random.next() % 500_000, state: state)
            var position = BookPosition()
            position.quantity = Decimal(Int(random.next() % 2))
            position.entryPrice = random.next() % 2 == 0 ? nil : Decimal(1)
            let account = "a\(random.next() % 3)"
            bench.engine.book.positions[
                PositionKey(venue: venue, account: account, symbol: "S\(number)", side: .short)
            ] = position
            var worth = Valuation.Worth()
            worth.value = random.next() % 2 == 0 ? nil : Decimal(Int(random.next() % 3))
            bench.valuation.positions.append(worth)
            var results = AccountResults()
            results.lossesInARow = Int(random.next() % 7)
            bench.engine.book.results[AccountKey(venue: venue, account: account)] = results
            bench.read(Decimal(Int(random.next() % 100)), "cpu_percent")
            var balance = BookBalance()
            balance.total = Decimal(Int(random.next() % 100))
            balance.before = Decimal(50)
            bench.engine.book.balances[BalanceKey(venue: venue, account: account, currency: "USD")] = balance
            bench.valuation.byVenue[venue] = Decimal(Int(random.next() % 100))
            bench.engine.book.venues[AccountKey(venue: venue, account: account)] = BookVenue()
        }
        let reader = DeskReader(bench.engine, bench.valuation, at: bench.atMs, dropped: 2)
        var measures = 0
        for rule in Rule.defaults {
            var all = Limit(rule.comparison, nil)
            var visited = 0
            reader.sweep(rule, &all) { subject, value, version, _ in
                visited += 1
                #expect(reader.sample(rule, subject) == .value(value, version: version), "\(rule.name) \(subject)")
            }
            var some = Limit(rule.comparison, rule.steps[0].threshold)
            var past = 0
            reader.sweep(rule, &some) { _, value, _, _ in
                past += 1
                #expect(rule.comparison.isPassed(value, rule.steps[0].threshold))
            }
            #expect(past <= visited)
            if visited > 0 { measures += 1 }
        }
        #expect(measures >= 15)
    }
}

/// A limit that is brought to the scale of what it is compared with.
struct RuleLimitTests {
    @Test(arguments: Rule.Comparison.allCases)
    func itSaysWhatTheComparisonSays(comparison: Rule.Comparison) throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<2_000 {
            func number() -> Decimal {
                let digits = Int128(Int64(bitPattern: random.next()) >> Int64(random.next() % 60))
                return Decimal(digits: digits, scale: Int(random.next() % 31)) ?? Decimal(0)
            }
            let threshold = number()
            var limit = Limit(comparison, threshold)
            for _ in 0..<5 {
                let value = random.next() % 5 == 0 ? threshold.rounded(to: Int(random.next() % 30)) : number()
                #expect(limit.isPassed(by: value) == comparison.isPassed(value, threshold))
            }
        }
    }

    @Test func aShareIsCutToSixDigitsAndNeverTraps() throws {
        #expect(Share.percent(Decimal(1), of: Decimal(3))?.description == "33.333333")
        #expect(Share.percent(Decimal(1), of: Decimal(0)) == nil)
        #expect(Share.percent(Decimal(1), of: Decimal(-1)) == nil)
        let vast = try #require(Decimal(digits: .max, scale: 0))
        #expect(Share.percent(vast, of: vast) == Decimal(100))
        let fine = try #require(Decimal(digits: 1, scale: 30))
        #expect(Share.percent(vast, of: fine) == nil)
        #expect(Share.percent(fine, of: vast) == nil)
    }

    @Test(
        arguments: [
            (UInt64(0), "0s"), (850, "850ms"), (42_000, "42s"), (60_000, "1m"), (312_000, "5m 12s"),
            (11_100_000, "3h 5m"), (187_200_000, "2d 4h"), (.max, "213503982334d 14h"),
        ]
    )
    func aDurationIsReadByPeople(milliseconds: UInt64, text: String) {
        #expect(ElapsedText.of(milliseconds) == text)
    }
}
