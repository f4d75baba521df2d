import Testing

@testable import SafetyEngine

/// The exit rules over time: proposals, effects, outcomes.
struct ExitTests {
    @Test(
        "each rule closes the whole position once, on the paper venue",
        arguments: [
            ("95", "100", "STOP_LOSS", "STOP LOSS"), ("110", "110", "TAKE_PROFIT", "TAKE PROFIT"),
            ("98", "104", "TRAILING", "TRAILING"),
        ]
    )
    func closesOnce(price: String, peak: String, rule: String, words: String) throws {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", quantity: "0.5", price: price, peak: peak)
        let made = stage.step()
        let effect = try #require(made.effects.first)
        #expect(made.effects.count == 1)
        #expect(effect.by == rule)
        #expect(
            effect.action
                == .close(
                    venue: "paper",
                    account: "main",
                    symbol: "BTC-USD",
                    side: .long,
                    quantity: Decimal("0.5") ?? Decimal(0)
                )
        )
        #expect(!made.lines(with: words).isEmpty)
        for _ in 0..<20 { #expect(stage.step().effects.isEmpty) }
        #expect(stage.state(ExitRule(rawValue: rule) ?? .positionCap, key) == "under way")
        stage.answer(effect.number, isDone: true, "sold at 95")
        #expect(stage.step().effects.isEmpty)
        stage.close(key)
        #expect(stage.step().effects.isEmpty)
        #expect(stage.exits.proposals.isEmpty)
        #expect(stage.exits.outcomes.map(\.isDone) == [true])
    }

    @Test func theTimeExitClosesAfterADay() {
        var stage = ExitStage()
        stage.hold("ETH-USD", price: "100", openedMs: 1_000_000)
        #expect(stage.step().effects.isEmpty)
        #expect(stage.step(after: 86_400_000 - 250).effects.isEmpty)
        let made = stage.step()
        #expect(made.effects.map(\.by) == ["TIME_EXIT"])
        // The runbook greps for `TIME.*EXIT`.
        #expect(!made.lines(with: "TIME EXIT").isEmpty)
    }

    @Test func nothingHappensWithinTheRange() {
        var stage = ExitStage()
        stage.hold("BTC-USD", price: "101", peak: "102")
        stage.hold("ETH-USD", side: .short, price: "99", peak: "98")
        #expect(stage.step().effects.isEmpty)
        #expect(stage.exits.proposals.isEmpty)
    }

    @Test func aShortIsBoughtBack() throws {
        var stage = ExitStage()
        stage.hold("BTC-USD", side: .short, price: "104")
        let effect = try #require(stage.step().effects.first)
        #expect(
            effect.action
                == .close(venue: "paper", account: "main", symbol: "BTC-USD", side: .short, quantity: Decimal(1))
        )
    }

    @Test func anExternalVenueIsOnlyObservedUntilAnOperatorCarriesItOut() throws {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "95", venue: "kraken")
        let made = stage.step()
        #expect(made.effects.isEmpty)
        #expect(made.lines(with: "STOP LOSS").contains { $0.text.contains("the policy is to observe") })
        #expect(stage.state(.stopLoss, key) == "proposed")
        let effect = try #require(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).effects.first)
        #expect(effect.by == "operator:alice")
        #expect(stage.state(.stopLoss, key) == "under way")
        #expect(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).effects.isEmpty)
    }

    @Test func aProposalThatIsNotThereIsRefusedInWords() {
        var stage = ExitStage()
        stage.hold("BTC-USD", price: "100")
        stage.step()
        let made = stage.order(.carryOut(proposal: "STOP_LOSS:nothing"))
        #expect(made.effects.isEmpty)
        #expect(made.lines(with: "refused to alice").count == 1)
    }

    @Test(
        "while nothing is permitted exits are proposals, and an operator's order is carried out (LESSONS 5, 22)",
        arguments: ["halted", "unknown"]
    )
    func halted(mode: String) {
        var stage = ExitStage()
        stage.mode.mode = mode
        let key = stage.hold("BTC-USD", price: "95")
        #expect(stage.step().effects.isEmpty)
        #expect(stage.state(.stopLoss, key) == "proposed")
        #expect(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).effects.count == 1)
    }

    @Test func whatWasProposedWhileHaltedIsDoneAfterTheResume() {
        var stage = ExitStage()
        stage.mode.mode = "halted"
        stage.hold("BTC-USD", price: "95")
        stage.step()
        stage.mode.mode = "reduce-only"
        #expect(stage.step().closed == ["BTC-USD"])
    }

    @Test func aPaperDeskClosesNothingElsewhere() {
        var stage = ExitStage()
        stage.settings.exits.stopLoss.externalPolicy = .enforce
        stage.mode.mode = "paper"
        stage.hold("BTC-USD", price: "95", venue: "kraken")
        stage.hold("ETH-USD", price: "95")
        #expect(stage.step().closed == ["ETH-USD"])
        stage.mode.mode = "live"
        #expect(stage.step().closed == ["BTC-USD"])
    }

    @Test func oneBadPriceIsOneSampleHoweverOftenItIsLookedAt() {
        var stage = ExitStage()
        stage.settings.exits.confirmations = 3
        let key = stage.hold("BTC-USD", price: "95")
        for _ in 0..<50 { #expect(stage.step().effects.isEmpty) }
        stage.worth(key, price: "95", value: "95")
        #expect(stage.step().effects.isEmpty)
        // A good sample in between begins the row anew (LESSONS 24).
        stage.worth(key, price: "99", value: "99")
        stage.step()
        for price in ["96", "95.5"] {
            stage.worth(key, price: price, value: price)
            #expect(stage.step().effects.isEmpty)
        }
        stage.worth(key, price: "95", value: "95")
        let made = stage.step()
        #expect(made.closed == ["BTC-USD"])
        #expect(!made.lines(with: "samples 96, 95.5, 95").isEmpty)
    }

    @Test func aGapWithoutAPriceBreaksTheRow() {
        var stage = ExitStage()
        stage.settings.exits.confirmations = 2
        let key = stage.hold("BTC-USD", price: "95")
        stage.step()
        stage.worth(key, price: nil, value: nil)
        stage.step()
        stage.worth(key, price: "95", value: "95")
        #expect(stage.step().effects.isEmpty)
        stage.worth(key, price: "95", value: "95")
        #expect(stage.step().effects.count == 1)
    }

    @Test func aStaleOrMissingPriceTriggersNothing() {
        var stage = ExitStage()
        stage.hold("BTC-USD", price: nil, peak: "200")
        stage.hold("ETH-USD", entry: nil, price: "1", peak: "200")
        for _ in 0..<10 { stage.step() }
        #expect(stage.exits.proposals.isEmpty)
    }

    @Test func aProposalWhosePriceGoesStaleStaysButIsNotStarted() {
        var stage = ExitStage()
        stage.mode.mode = "halted"
        let key = stage.hold("BTC-USD", price: "95")
        stage.step()
        stage.worth(key, price: nil, value: nil)
        stage.mode.mode = "live"
        #expect(stage.step().effects.isEmpty)
        #expect(stage.state(.stopLoss, key) == "proposed")
        #expect(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).effects.count == 1)
    }

    @Test func theTimeExitNeverSellsBlind() {
        var stage = ExitStage()
        let unpriced = stage.hold("AUT-USD", price: nil, openedMs: 0)
        let unsellable = stage.hold("LUNA-USD", price: "100", openedMs: 0, isSellable: false)
        let unpaid = stage.hold("OLD-USD", entry: nil, price: "100", openedMs: 0)
        #expect(stage.step(after: 90_000_000).effects.isEmpty)
        for key in [unpriced, unsellable, unpaid] { #expect(stage.state(.timeExit, key) == "proposed", "\(key)") }
    }

    @Test func aClaimAloneNeverExits() {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", quantity: nil, price: "1", openedMs: 0)
        stage.book.positions[key]?.claimed = Decimal(5)
        #expect(stage.step(after: 90_000_000).effects.isEmpty)
        #expect(stage.exits.proposals.isEmpty)
    }

    @Test func aProposalIsWithdrawnWhenItsCauseIsGone() {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "95", venue: "kraken")
        stage.step()
        stage.worth(key, price: "99", value: "99")
        let made = stage.step()
        #expect(made.lines(with: "STOP LOSS").first?.text.contains("withdrawn") == true)
        #expect(stage.exits.proposals.isEmpty)
    }

    @Test func aLimitThatChangesIsJudgedWithoutANewPrice() {
        var stage = ExitStage()
        stage.hold("BTC-USD", price: "98", venue: "kraken")
        stage.step()
        #expect(stage.rules.isEmpty)
        stage.settings.exits.stopLoss.at = Decimal(1)
        stage.step()
        #expect(stage.rules == ["STOP_LOSS"])
        stage.settings.exits.stopLoss.isEnabled = false
        stage.step()
        #expect(stage.rules.isEmpty)
    }

    @Test func aRefusedCloseIsTriedThreeTimesAgainWithAWaitThenLeftToAnOperator() throws {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "95")
        var number = try #require(stage.step().effects.first?.number)
        for wait: UInt64 in [5_000, 10_000, 20_000] {
            stage.answer(number, isDone: false, "insufficient funds")
            #expect(stage.step(after: wait - 1).effects.isEmpty)
            number = try #require(stage.step(after: 1).effects.first?.number, "after \(wait) ms")
        }
        let lines = stage.answer(number, isDone: false, "insufficient funds").lines
        #expect(lines.map(\.level) == [.error])
        #expect(stage.step(after: 3_600_000).effects.isEmpty)
        #expect(stage.state(.stopLoss, key) == "refused: insufficient funds (given up after 4 tries)")
        #expect(stage.exits.outcomes.map(\.isDone) == [false, false, false, false])
        #expect(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).effects.count == 1)
    }

    @Test func anUnansweredCloseIsOnlyTriedAgainOnceTheVenueHasSpoken() {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "95")
        #expect(stage.step().effects.count == 1)
        #expect(stage.step(after: 300_000).effects.isEmpty)
        #expect(stage.state(.stopLoss, key) == "under way")
        stage.step()
        #expect(stage.state(.stopLoss, key)?.contains("no answer for 5 min") == true)
        #expect(stage.step(after: 60_000).effects.isEmpty)
        stage.book.positions[key]?.seenMs = stage.atMs
        #expect(stage.step().closed == ["BTC-USD"])
    }

    @Test func aRestartOfTheHostDoesNotCloseTwiceBlindly() {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "95")
        stage.step()
        var made: [Decision] = []
        stage.exits.hostStarted(at: stage.atMs, &made)
        #expect(stage.step(after: 60_000).effects.isEmpty)
        stage.book.positions[key]?.seenMs = stage.atMs
        #expect(stage.step().closed == ["BTC-USD"])
    }

    @Test("while its venue is not reached no try is used up", arguments: [true, false])
    func venueDown(isDisconnected: Bool) {
        var stage = ExitStage()
        let key = AccountKey(venue: "paper", account: "main")
        stage.book.venues[key] = BookVenue()
        stage.book.venues[key]?.state = isDisconnected ? .disconnected : .connected
        stage.book.venues[key]?.seenMs = isDisconnected ? stage.atMs : stage.atMs - 60_001
        let position = stage.hold("BTC-USD", price: "95")
        for _ in 0..<10 { #expect(stage.step(after: 1_000).effects.isEmpty) }
        #expect(stage.state(.stopLoss, position) == "proposed")
        stage.book.venues[key]?.state = .connected
        stage.book.venues[key]?.seenMs = stage.atMs
        #expect(stage.step().closed == ["BTC-USD"])
    }

    @Test func theRulesOfAPositionAreNamed() {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "90", peak: "120")
        let other = stage.hold("ETH-USD", price: "100")
        stage.step()
        #expect(stage.exits.rules(closing: key) == [.stopLoss, .trailing])
        #expect(stage.exits.rules(closing: other).isEmpty)
    }

    @Test func anAnswerOfAnotherNumberChangesNothing() {
        var stage = ExitStage()
        stage.hold("BTC-USD", price: "95")
        stage.step()
        let before = stage.exits
        #expect(stage.answer(99, isDone: true).isEmpty)
        #expect(stage.exits == before)
    }

    @Test func twoRulesCloseOnePositionOnce() throws {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "90", peak: "120", openedMs: 0)
        let made = stage.step(after: 90_000_000)
        #expect(stage.rules == ["STOP_LOSS", "TRAILING", "TIME_EXIT"])
        #expect(made.effects.count == 1)
        stage.answer(try #require(made.effects.first).number, isDone: true)
        // Done, but the venue's list still shows it.
        for _ in 0..<100 { #expect(stage.step().effects.isEmpty) }
        stage.close(key)
        stage.step()
        #expect(stage.exits.proposals.isEmpty)
    }

    @Test func whatIsLeftLongAfterACloseIsClosedToo() throws {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", quantity: "2", price: "95")
        stage.answer(try #require(stage.step().effects.first).number, isDone: true)
        stage.atMs += 31_000
        stage.hold("BTC-USD", quantity: "0.5", price: "95")
        stage.step()
        let made = stage.step()
        #expect(made.closed == ["BTC-USD"])
        #expect(stage.state(.stopLoss, key) == "under way")
        guard case .close(_, _, _, _, let quantity) = made.effects.first?.action else { return }
        #expect(quantity == Decimal("0.5"))
    }

    @Test func aPositionThatTheBookForgetsTakesItsProposalsAlong() {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", price: "95", venue: "kraken")
        stage.hold("ETH-USD", price: "95", venue: "kraken")
        stage.step()
        #expect(stage.exits.proposals.count == 2)
        stage.book.positions.remove(key)
        stage.valuation.positions.removeFirst()
        stage.step()
        #expect(stage.exits.proposals.values.map(\.position.symbol) == ["ETH-USD"])
        #expect(stage.exits.watches.count == 1)
    }

    @Test func stateSurvivesBeingWrittenAndRead() throws {
        var stage = ExitStage()
        stage.settings.exits.confirmations = 2
        let key = stage.hold("BTC-USD", price: "95", venue: "kraken")
        stage.hold("ETH-USD", price: "80")
        stage.step()
        stage.exits = try recoded(stage.exits)
        stage.worth(key, price: "95", value: "95")
        stage.step()
        // The sample before counts: the second one confirms.
        #expect(stage.state(.stopLoss, key) == "proposed")
        #expect(try recoded(stage.exits) == stage.exits)
    }

    @Test func theSameStepsDecideTheSame() throws {
        func run(restarting: Bool) throws -> [Decision] {
            var random = SeededRandom(seed: 4)
            var stage = ExitStage()
            stage.settings.cap.everyMs = 2_000
            var keys: [PositionKey] = []
            for index in 0..<30 {
                let venue = index % 3 == 0 ? "kraken" : "paper"
                keys.append(stage.hold("S\(index)-USD", price: "100", venue: venue, account: "a\(index % 2)"))
            }
            for _ in 0..<300 {
                let key = keys[Int(random.next() % 30)]
                let price = "\(90 + random.next() % 22)"
                stage.worth(key, price: price, value: price)
                let number = stage.step().effects.last?.number
                if let number { stage.answer(number, isDone: random.next() % 2 == 0, "said") }
                if random.next() % 9 == 0 { stage.close(keys[Int(random.next() % 30)]) }
                if restarting { stage.exits = try recoded(stage.exits) }
            }
            return stage.decisions
        }
        let once = try run(restarting: false)
        #expect(once.effects.count > 10)
        #expect(try run(restarting: false) == once)
        #expect(try run(restarting: true) == once)
    }
}
