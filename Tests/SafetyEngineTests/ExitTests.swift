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

    @Test func aSampleThatIsJudgedAnewDoesNotConfirmItself() {
        var stage = ExitStage()
        stage.settings.exits.confirmations = 2
        let key = stage.hold("BTC-USD", price: "95")
        stage.step()
        stage.settings.exits.takeProfit.at = Decimal(9)
        #expect(stage.step().effects.isEmpty)
        stage.book.positions[key]?.entryPrice = Decimal(101)
        #expect(stage.step().effects.isEmpty)
        stage.worth(key, price: "95", value: "95")
        #expect(stage.step().effects.count == 1)
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

    @Test func afterAGapAProposalIsConfirmedAnewBeforeItIsStarted() {
        var stage = ExitStage()
        stage.settings.exits.confirmations = 2
        stage.mode.mode = "halted"
        let key = stage.hold("BTC-USD", price: "95")
        stage.step()
        stage.worth(key, price: "95", value: "95")
        stage.step()
        stage.worth(key, price: nil, value: nil)
        stage.step()
        stage.mode.mode = "live"
        stage.worth(key, price: "95", value: "95")
        #expect(stage.step().effects.isEmpty)
        #expect(stage.state(.stopLoss, key) == "proposed")
        stage.worth(key, price: "95", value: "95")
        #expect(stage.step().effects.count == 1)
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
}
