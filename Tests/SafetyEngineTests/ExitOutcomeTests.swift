import Seeds
import Testing

@testable import SafetyEngine

/// What becomes of closes: refused, unanswered, done in part, over restarts; and that all of it is decided the same again.
struct ExitOutcomeTests {
    @Test func whatAnOperatorOrderedIsTriedAgainWhileHalted() throws {
        var stage = ExitStage()
        stage.mode.mode = "halted"
        let key = stage.hold("BTC-USD", price: "95", venue: "kraken")
        stage.step()
        let effect = try #require(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).effects.first)
        stage.answer(effect.number, isDone: false, "busy")
        // The price is better for a moment: an order is an order.
        stage.worth(key, price: "99", value: "99")
        #expect(stage.step(after: 4_999).effects.isEmpty)
        #expect(stage.step(after: 1).effects.map(\.by) == ["operator:alice"])
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
        guard case .close(_, _, _, _, let quantity, _) = made.effects.first?.action else { return }
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
