import Testing

@testable import SafetyEngine

/// Everything is sold, in slices, with a cap and a deadline.
struct LiquidationTests {
    /// A halted desk that holds one of `BTC-USD` at 100.
    private func halted(_ quantity: String = "1.0", side: Position.Side = .long) -> ExitStage {
        var stage = ExitStage()
        stage.mode.mode = "halted"
        stage.hold("BTC-USD", side: side, quantity: quantity, price: "100", value: "100")
        return stage
    }

    /// Steps until a time after the start, trading every slice whole; what was sent, by seconds.
    private func run(_ stage: inout ExitStage, seconds: Int, sold: String? = nil) throws -> [String] {
        var sent: [String] = []
        let startMs = stage.exits.liquidation?.startedMs ?? stage.atMs
        while stage.atMs < startMs + UInt64(seconds) * 1_000 {
            let made = stage.step()
            sent += made.slices.map { "\((stage.atMs - startMs) / 1_000): \($0)" }
            for effect in made.effects { try stage.trade(effect, sold: sold) }
        }
        return sent
    }

    @Test func whileHaltedAPositionIsSoldInFiveSlicesWithinTheFirstHalf() throws {
        var stage = halted()
        let first = stage.liquidate()
        #expect(first.slices == ["BTC-USD 0.2 @ 95.00"])
        #expect(first.effects.allSatisfy { $0.by == "operator:alice" && $0.reason == "liquidation-1: as agreed" })
        try stage.trade(first.effects[0], at: "99")
        let sent = try run(&stage, seconds: 150)
        #expect(
            sent == [
                "30: BTC-USD 0.2 @ 95.00", "60: BTC-USD 0.2 @ 95.00", "90: BTC-USD 0.2 @ 95.00",
                "120: BTC-USD 0.2 @ 95.00",
            ]
        )
        let state = try #require(stage.liquidation)
        #expect(state.state == .done && state.done == 1 && state.left == 0 && state.timeLeftMs == 0)
        #expect(state.positions.first?.closed == Decimal(1) && state.positions.first?.left == Decimal(0))
        #expect(state.positions.first?.averagePrice?.description == "99.8")
        #expect(state.slippage?.description == "0.002")
        #expect(stage.decisions.lines(with: "1 of 1 positions closed, 0 left; slippage 0.002").count == 1)
    }

    @Test func aShortOneIsBoughtBackNoHigherThanTheCap() throws {
        var stage = halted(side: .short)
        let first = stage.liquidate()
        #expect(first.slices == ["BTC-USD 0.2 @ 105.00"])
        guard case .close(_, _, _, let side, _, _) = first.effects[0].action else { return }
        #expect(side == .short)
        try stage.trade(first.effects[0], at: "103")
        #expect(stage.holding("BTC-USD")?.slippage?.description == "0.03")
    }

    @Test func whatWasNotSoldGoesIntoLaterSlices() throws {
        var stage = halted()
        let first = stage.liquidate()
        try stage.trade(first.effects[0], sold: "0.05")
        // The rest of the slice follows soon, not with the next one.
        #expect(stage.step(after: 500).effects.isEmpty)
        #expect(stage.step(after: 500).effects.isEmpty, "the wait counts from when it is known what was sold")
        #expect(stage.step(after: 500).slices == ["BTC-USD 0.15 @ 95.00"])
    }

    @Test func whereNothingIsSoldItIsTriedMoreAndMoreSeldomAndAllOfItInTheEnd() throws {
        var stage = halted()
        try stage.trade(stage.liquidate().effects[0], sold: "0")
        let sent = try run(&stage, seconds: 299, sold: "0")
        #expect(sent.first == "1: BTC-USD 0.2 @ 95.00")
        #expect(sent.count > 8 && sent.count < 20, "\(sent)")
        #expect(sent.last?.hasSuffix("BTC-USD 1.0 @ 95.00") == true)
        stage.step(after: 2_000)
        let state = try #require(stage.liquidation)
        #expect(state.state == .timeUp && state.left == 1 && state.slippage == nil)
        #expect(state.positions.first?.state == "left" && state.positions.first?.reason == "the time is up")
        #expect(stage.decisions.lines(with: "1.0 of 1.0 left: the time is up").map(\.level) == [.error])
        #expect(stage.step(after: 60_000).effects.isEmpty)
    }

    @Test func oneCloseAtATime() throws {
        var stage = halted()
        let first = stage.liquidate().effects
        for _ in 0..<400 { #expect(stage.step().effects.isEmpty, "the first is not answered") }
        try stage.trade(first[0])
        stage.step()
        #expect(stage.step(after: 1_000).slices == ["BTC-USD 0.6 @ 95.00"])
    }

    @Test func nothingIsSoldBlind() throws {
        var stage = halted()
        stage.hold("AUT-USD", price: nil)
        #expect(stage.liquidate().closed == ["BTC-USD"])
        #expect(stage.holding("AUT-USD")?.state == "waiting")
        #expect(stage.holding("AUT-USD")?.reason.hasPrefix("it has no fresh price") == true)
        #expect(stage.decisions.lines(with: "AUT-USD long in paper/main: waits: it has no fresh price").count == 1)
        stage.step(after: 200_000)
        // It has a price again, late: all of it is due by then.
        stage.hold("AUT-USD", price: "10", value: "10")
        #expect(stage.step().slices == ["AUT-USD 1 @ 9.50"])
    }

    @Test func whatStaysUnpricedIsNamedAtTheDeadline() {
        var stage = ExitStage()
        stage.hold("AUT-USD", price: nil)
        stage.liquidate(within: 1_000)
        stage.step(after: 999)
        #expect(stage.liquidation?.isActive == true)
        stage.step(after: 1)
        #expect(stage.holding("AUT-USD")?.reason == "the time is up; it has no fresh price: it is not sold blind")
        #expect(stage.liquidation?.state == .timeUp)
    }

    @Test func dustAndWhatIsNotSoldByItsVenueAreNamedAndNotTried() {
        var stage = halted()
        stage.hold("DUST-USD", price: "0.5", value: "0.5")
        stage.hold("STAKED-USD", price: "100", isSellable: false)
        stage.step()
        #expect(stage.liquidate().closed == ["BTC-USD"])
        #expect(
            stage.holding("DUST-USD")?.state == "left" && stage.holding("DUST-USD")?.reason.hasPrefix("dust: ") == true
        )
        #expect(stage.holding("STAKED-USD")?.reason == "its venue does not sell it")
    }

    @Test func aMarketPastTheLimitIsWaitedFor() throws {
        var stage = halted()
        try stage.trade(stage.liquidate().effects[0])
        stage.hold("BTC-USD", quantity: "0.8", price: "94.99", value: "75")
        #expect(try run(&stage, seconds: 200).isEmpty)
        #expect(stage.holding("BTC-USD")?.reason == "the market is past its limit of 95.00")
        stage.hold("BTC-USD", quantity: "0.8", price: "95", value: "76")
        #expect(stage.step().slices == ["BTC-USD 0.8 @ 95.00"])
    }

    @Test func atTheDeadlineWhatIsUnderWayIsCancelledAndWaitedForBriefly() throws {
        var stage = halted()
        let first = stage.liquidate(within: 1_000).effects[0]
        stage.answer(first.number, isDone: true, "accepted")
        var order = BookOrder()
        order.state = .acknowledged
        order.quantity = Decimal("0.2") ?? Decimal(0)
        order.changedMs = stage.atMs
        let key = OrderKey(venue: "paper", account: "main", clientID: first.clientID)
        stage.book.orders[key] = order
        #expect(stage.step(after: 1_000).cancels == ["estop-\(first.number)"])
        #expect(stage.step(after: 1_000).effects.isEmpty, "asked once")
        #expect(stage.liquidation?.isActive == true && stage.liquidation?.timeLeftMs == 0)
        stage.step(after: 30_000)
        #expect(stage.holding("BTC-USD")?.reason == "the time is up; what became of estop-\(first.number) is not known")
        #expect(stage.liquidation?.state == .timeUp)
    }

    @Test func anOperatorStopsIt() throws {
        var stage = halted()
        try stage.trade(stage.liquidate().effects[0])
        stage.step()
        let made = stage.order(.stopLiquidation, by: "bob")
        #expect(made.lines(with: "stopped by bob: as agreed").count == 1)
        let state = try #require(stage.liquidation)
        #expect(state.state == .stopped && state.stoppedBy == "bob" && state.timeLeftMs == 0)
        #expect(state.positions.first?.reason == "stopped by bob" && state.positions.first?.left.description == "0.8")
        #expect(try run(&stage, seconds: 300).isEmpty)
        #expect(stage.order(.stopLiquidation).lines(with: "no liquidation runs").count == 1)
        // Another one may begin.
        #expect(stage.liquidate().slices == ["BTC-USD 0.2 @ 95.00"])
        #expect(stage.liquidation?.id == "liquidation-2")
    }

    @Test func aSecondOneIsRefusedWhileOneRuns() {
        var stage = halted()
        stage.liquidate()
        let made = stage.liquidate(cap: "1", by: "bob")
        #expect(made.effects.isEmpty)
        #expect(
            made.lines(with: "refused to bob: liquidation-1 of alice runs (0 of 1 positions done, 5 min left)").count
                == 1
        )
        #expect(stage.liquidation?.maxSlippage.description == "0.05")
    }

    @Test func oneAccountMayBeSoldAlone() {
        var stage = halted()
        stage.hold("ETH-USD", price: "100", account: "reserve")
        #expect(stage.liquidate("reserve").closed == ["ETH-USD"])
        #expect(stage.liquidation?.positions.map(\.symbol) == ["ETH-USD"])
        var other = halted()
        #expect(other.liquidate("nobody").lines(with: "no account nobody").count == 1)
        #expect(other.liquidation == nil)
    }

    @Test func nothingHeldIsDoneAtOnce() {
        var stage = ExitStage()
        stage.book.venues[AccountKey(venue: "paper", account: "main")] = BookVenue()
        stage.book.venues[AccountKey(venue: "paper", account: "main")]?.state = .disconnected
        stage.liquidate()
        #expect(stage.liquidation?.state == .done && stage.liquidation?.positions.isEmpty == true)
        #expect(stage.liquidation?.unheard == ["paper/main"], "what it holds is not known (LESSONS 17)")
    }

    @Test func halfOfAMinutesOrdersAreLeftToOthers() throws {
        var stage = ExitStage()
        for index in 0..<100 { stage.hold("S\(100 + index)-USD", price: "100", value: "100") }
        stage.exits.capCheckedMs = stage.atMs
        stage.settings.cap.most = 1_000
        #expect(stage.liquidate().slices.count == 60)
        let first = stage.decisions.closed
        #expect(stage.step(after: 59_750).effects.isEmpty)
        let next = stage.step()
        #expect(Set(next.closed).isDisjoint(with: first), "those that waited come first")
        #expect(next.closed.count == 40)
    }

    @Test func slippageIsWeightedByWorthAndKnowsNoGuesses() throws {
        var stage = halted()
        stage.hold("ETH-USD", quantity: "1.0", price: "300", value: "300")
        let made = stage.liquidate().effects
        try stage.trade(made[0], at: "98")
        try stage.trade(made[1], at: "303")
        // 20 at 2 % lost, 60 at 1 % gained.
        #expect(stage.liquidation?.slippage?.description == "-0.0025")
        // Told again, it counts once; a bot's word counts never.
        stage.fill(made[0], Decimal(1), "1", id: "F\(made[0].number)")
        #expect(stage.holding("BTC-USD")?.averagePrice == Decimal(98))
        let bot = Event.Origin(venue: "paper", account: "main", source: Event.Source(.bot, "liar"))
        let lie = FillReport(
            fillID: "X",
            clientID: made[0].clientID,
            symbol: "BTC-USD",
            side: .sell,
            quantity: Decimal(1),
            price: Decimal(1)
        )
        stage.exits.liquidation?.take(Event(bot, .fill(lie)), stage.book, stage.settings)
        #expect(stage.holding("BTC-USD")?.averagePrice == Decimal(98))
    }
}
