import Testing

@testable import SafetyEngine

/// What became of a slice, and what is done when that is not known.
struct LiquidationSettlementTests {
    private func halted() -> ExitStage {
        var stage = ExitStage()
        stage.mode.mode = "halted"
        stage.hold("BTC-USD", quantity: "1.0", price: "100", value: "100")
        return stage
    }

    private let key = PositionKey(venue: "paper", account: "main", symbol: "BTC-USD", side: .long)

    private enum Phase { case underWay, done, refused, unanswered }

    /// A slice of 2 out of 10, sent at 1,000, with what its venue says of order and position.
    private func settlement(
        _ phase: Phase,
        _ state: Order.State?,
        filled: Int = 0,
        changedMs: UInt64 = 2_000,
        held: Int,
        seenMs: UInt64?,
        at atMs: UInt64 = 3_000
    ) -> LiquidationSettlement {
        let slice = LiquidationHolding.Slice(number: 7, quantity: Decimal(2), before: Decimal(10))
        var progress = ExitProgress()
        progress.start(number: 7, at: 1_000)
        switch phase {
        case .underWay: break
        case .done: _ = progress.take(HostEvent.Outcome(number: 7, isDone: true), at: 1_500)
        case .refused: _ = progress.take(HostEvent.Outcome(number: 7, isDone: false, text: "no"), at: 1_500)
        case .unanswered: _ = progress.giveUpWaiting("gone", at: 1_500)
        }
        var order: BookOrder?
        if let state {
            order = BookOrder()
            order?.state = state
            order?.filled = Decimal(filled)
            order?.changedMs = changedMs
            order?.note = "note"
        }
        var position = BookPosition()
        position.quantity = Decimal(held)
        position.seenMs = seenMs
        return LiquidationSettlement(slice, progress, order, position, at: atMs, retries: 3)
    }

    @Test func theOrdersOwnWordCounts() {
        // Finished, and the position shows it, whatever the answer was or was not.
        for phase in [Phase.underWay, .done, .refused, .unanswered] {
            #expect(settlement(phase, .filled, filled: 2, held: 8, seenMs: 2_000) == .sold(Decimal(2)))
            #expect(settlement(phase, .canceled, filled: 1, held: 9, seenMs: 2_000) == .sold(Decimal(1)))
            #expect(settlement(phase, .canceled, held: 10, seenMs: 900) == .sold(Decimal(0)))
            #expect(settlement(phase, .expired, held: 10, seenMs: nil) == .sold(Decimal(0)))
            #expect(settlement(phase, .rejected, held: 10, seenMs: nil) == .rejected("note"))
            for open in [Order.State.new, .submitted, .acknowledged, .partiallyFilled, .unknown] {
                #expect(settlement(phase, open, filled: 1, held: 8, seenMs: 90_000, at: 90_000) == .open)
            }
        }
    }

    @Test func itIsOpenUntilThePositionShowsWhatWasSold() {
        #expect(settlement(.done, .filled, filled: 2, held: 10, seenMs: 2_500) == .open)
        #expect(settlement(.done, .filled, filled: 2, held: 9, seenMs: 2_500) == .open)
        // Its venue spoke of it so much later that it must be counted in: something was bought besides.
        #expect(settlement(.done, .filled, filled: 2, held: 10, seenMs: 32_001) == .sold(Decimal(2)))
    }

    @Test func whereNoOrderIsToldThePositionTells() {
        #expect(settlement(.underWay, nil, held: 8, seenMs: 90_000) == .open)
        #expect(settlement(.done, nil, held: 8, seenMs: 2_000) == .sold(Decimal(2)))
        #expect(settlement(.done, nil, held: 9, seenMs: 2_000) == .open)
        #expect(settlement(.done, nil, held: 9, seenMs: 31_501) == .sold(Decimal(1)))
        #expect(settlement(.done, nil, held: 12, seenMs: 31_501) == .sold(Decimal(0)))
    }

    @Test func whatWasRefusedIsTriedAgainLaterAndWhatIsUnansweredOnceItsVenueSpoke() {
        #expect(settlement(.refused, nil, held: 10, seenMs: nil, at: 6_499) == .open)
        #expect(settlement(.refused, nil, held: 10, seenMs: nil, at: 6_500) == .dropped)
        #expect(settlement(.unanswered, nil, held: 10, seenMs: 1_500, at: 90_000) == .open)
        #expect(settlement(.unanswered, nil, held: 10, seenMs: 1_501, at: 90_000) == .dropped)
    }

    @Test func refusedCloseAfterCloseItIsGivenUpAndNamed() throws {
        var stage = halted()
        var tries = 0
        var made = stage.liquidate()
        while stage.liquidation?.isActive == true, stage.atMs < 1_400_000 {
            for effect in made.effects {
                tries += 1
                stage.answer(effect.number, isDone: false, "no adapter is connected to paper")
            }
            made = stage.step()
        }
        #expect(tries == 4)
        #expect(
            stage.holding("BTC-USD")?.reason
                == "refused: no adapter is connected to paper (given up after 4 tries)"
        )
        #expect(stage.liquidation?.state == .left)
        #expect(stage.atMs < 1_000_000 + 60_000, "long before the deadline")
    }

    @Test func anOrderThatItsVenueTakesAndRejectsIsNoSuccess() throws {
        var stage = halted()
        var tries = 0
        var made = stage.liquidate()
        while stage.liquidation?.isActive == true, stage.atMs < 1_400_000 {
            for effect in made.effects {
                tries += 1
                stage.answer(effect.number, isDone: true, "accepted")
                var order = BookOrder()
                order.state = .rejected
                order.note = "EOrder:Internal error"
                stage.book.orders[OrderKey(venue: "paper", account: "main", clientID: effect.clientID)] = order
            }
            made = stage.step()
        }
        #expect(tries == 4)
        #expect(stage.holding("BTC-USD")?.reason.contains("EOrder:Internal error") == true)
    }

    @Test func afterARestartNothingIsSoldTwice() throws {
        var stage = halted()
        let first = stage.liquidate().effects[0]
        var said: [Decision] = []
        stage.exits.hostStarted(at: stage.atMs, &said)
        #expect(said.lines(with: "the desk started anew before an answer came").count == 1)
        // Its venue has not spoken since: nobody knows.
        #expect(stage.step(after: 60_000).effects.isEmpty)
        // It was sold, as the order says: it counts, and the next slice is the second.
        try stage.trade(first, at: "99")
        stage.step()
        #expect(stage.step(after: 1_000).slices == ["BTC-USD 0.4 @ 95.00"])
        #expect(stage.holding("BTC-USD")?.averagePrice == Decimal(99))
        // Never sent, as the position says long after: it is sent again.
        var other = halted()
        other.liquidate()
        other.exits.hostStarted(at: other.atMs, &said)
        other.atMs += 10_000
        other.hold("BTC-USD", quantity: "1.0", price: "100", value: "100")
        other.step()
        #expect(other.decisions.slices == ["BTC-USD 0.2 @ 95.00", "BTC-USD 0.2 @ 95.00"])
    }

    @Test func exitRulesAndTheCapLeaveItAlone() throws {
        var stage = halted()
        stage.mode.mode = "live"
        stage.settings.cap.most = 0
        stage.liquidate()
        stage.hold("BTC-USD", quantity: "1.0", price: "96", value: "96")
        for _ in 0..<100 { #expect(stage.step(after: 1_000).effects.isEmpty) }
        #expect(stage.rules == ["STOP_LOSS"])
        #expect(stage.order(.carryOut(proposal: "STOP_LOSS:\(key)")).lines(with: "under way or done").count == 1)
        #expect(stage.order(.enforceCap(account: nil, most: 0)).effects.isEmpty)
        // Once it is over they are as before.
        stage.settings.cap.most = 8
        stage.order(.stopLiquidation)
        stage.step(after: 31_000)
        #expect(stage.liquidation?.isActive == false)
        stage.step()
        #expect(stage.decisions.effects.filter { $0.by == "STOP_LOSS" }.count == 1)
    }

    @Test func aCloseThatIsUnderWayIsWaitedFor() throws {
        var stage = halted()
        stage.mode.mode = "live"
        stage.hold("BTC-USD", quantity: "1.0", price: "96", value: "96")
        let stop = try #require(stage.step().effects.first)
        #expect(stop.by == "STOP_LOSS")
        #expect(stage.liquidate().effects.isEmpty)
        #expect(stage.holding("BTC-USD")?.reason == "another close of it is under way")
        stage.answer(stop.number, isDone: false, "refused")
        #expect(stage.step().slices == ["BTC-USD 0.2 @ 91.20"])
    }

    @Test func soldByOthersItIsDone() {
        var stage = halted()
        stage.liquidate()
        stage.close(key)
        stage.step()
        #expect(stage.liquidation?.state == .done && stage.holding("BTC-USD")?.averagePrice == nil)
    }

    @Test func aVenueThatIsNotReachedIsNotAsked() {
        var stage = halted()
        let account = AccountKey(venue: "paper", account: "main")
        stage.book.venues[account] = BookVenue()
        stage.book.venues[account]?.state = .disconnected
        #expect(stage.liquidate().effects.isEmpty)
        #expect(stage.holding("BTC-USD")?.reason == "its venue is not reached")
        stage.book.venues[account]?.state = .connected
        stage.book.venues[account]?.seenMs = stage.atMs
        #expect(stage.step().slices.count == 1)
    }
}
