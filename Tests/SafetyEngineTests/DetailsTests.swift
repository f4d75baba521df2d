import Testing

@testable import SafetyEngine

/// What a position's details say of its exits.
struct DetailsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var side: Position.Side
        var price: String
        /// Of stop loss, take profit and trailing stop, the price past which each is met, and how far it is.
        var triggers: [String]
        var left: [String]
        var testDescription: String { "\(side.rawValue) at \(price)" }
    }

    static let cases = [
        Case(side: .long, price: "100", triggers: ["97", "108", "104.5"], left: ["3", "8", "-4.5"]),
        Case(side: .long, price: "96", triggers: ["97", "108", "104.5"], left: ["-1.04", "12.5", "-8.85"]),
        Case(side: .short, price: "100", triggers: ["103", "92", "115.5"], left: ["3", "8", "15.5"]),
        Case(side: .short, price: "80", triggers: ["103", "92", "115.5"], left: ["28.75", "-15", "44.38"]),
    ]

    @Test(arguments: cases) func exitsSayAtWhichPriceAndHowFar(_ one: Case) throws {
        var stage = ExitStage()
        let key = stage.hold("BTC", side: one.side, price: one.price, peak: "110")
        let details = try #require(stage.details(of: key))
        let priced = details.exits.prefix(3)
        #expect(priced.map(\.rule) == ["STOP_LOSS", "TAKE_PROFIT", "TRAILING"])
        #expect(priced.map { $0.trigger.map(\.description) ?? "-" } == one.triggers)
        #expect(priced.map { $0.percentLeft.map { "\($0)" } ?? "-" }.map { number($0) } == one.left.map { number($0) })
        let left: UInt64 = 86_390_000
        #expect(details.exits.last?.leftMs == left)
    }

    /// Whether a rule is past its price is what its own judgement says.
    @Test(arguments: cases) func whatIsPastIsWhatIsMet(_ one: Case) throws {
        var stage = ExitStage()
        let key = stage.hold("BTC", side: one.side, price: one.price, peak: "110")
        let details = try #require(stage.details(of: key))
        let place = try #require(stage.book.positions.place(of: key))
        let met = ExitRules.met(
            by: stage.book.positions.values[place],
            side: one.side,
            stage.valuation.positions[place],
            at: stage.atMs,
            stage.settings.exits
        )
        let past = details.exits.filter { $0.percentLeft?.isNegative ?? false }.map(\.rule)
        #expect(past == met.map(\.rawValue))
    }

    @Test func withoutACostOrAPriceNothingIsJudged() throws {
        var stage = ExitStage()
        let free = stage.hold("LTC", entry: nil, price: "70", peak: "90", openedMs: nil)
        let details = try #require(stage.details(of: free))
        #expect(details.exits.prefix(3).allSatisfy { $0.problem.contains("cost basis") && $0.trigger == nil })
        #expect(details.exits.last?.problem == "nobody knows since when it is held")
        let dark = stage.hold("WIF", price: nil, peak: "110")
        let unpriced = try #require(stage.details(of: dark))
        #expect(unpriced.exits.prefix(3).allSatisfy { $0.problem.contains("price") && $0.percentLeft == nil })
    }

    @Test func whatIsNotCarriedOutByItselfSaysWhy() throws {
        var stage = ExitStage()
        let key = stage.hold("BTC", price: "96", peak: "100")
        #expect(stage.details(of: key)?.exits.first?.blocker == "")
        stage.mode = HostEvent.ModeState(mode: "halted", generation: 3, latches: 1)
        #expect(stage.details(of: key)?.exits.first?.blocker == "the desk is halted")
        let outside = stage.hold("ETH", price: "96", peak: "100", venue: "kraken")
        #expect(stage.details(of: outside)?.exits.map(\.policy) == ["observe", "observe", "observe", "observe"])
        stage.settings.exits.stopLoss.isEnabled = false
        #expect(stage.details(of: key)?.exits.first?.policy == "off")
    }

    @Test func anOrderSaysWhenItReachedWhichState() {
        var desk = BookDesk()
        desk.venue(.order(report(.submitted)))
        _ = desk.pass(1_000)
        desk.venue(.order(report(.acknowledged)))
        _ = desk.pass(2_000)
        desk.venue(.order(report(.partiallyFilled, filled: 3)))
        _ = desk.pass(4_000)
        let shown = desk.book.shown(desk.worth, at: desk.atMs, desk.settings).orders.first?.details
        #expect(shown?.reached.map(\.state) == [.submitted, .acknowledged, .partiallyFilled])
        #expect(shown?.reached.map(\.ageMs) == [7_000, 6_000, 4_000])
        #expect(shown?.heardAgeMs == 4_000)
    }
}

extension ExitStage {
    fileprivate func details(of key: PositionKey) -> Position.Details? {
        let scene = ExitScene(book, valuation, dust, mode, at: atMs, settings)
        let position = Position(
            venue: key.venue,
            account: key.account,
            symbol: key.symbol,
            side: key.side,
            quantity: Decimal(1),
            entryPrice: nil,
            price: nil,
            priceAgeMs: 0,
            value: nil,
            profit: nil,
            heldMs: nil
        )
        return exits.details(of: position, scene)
    }
}
