import Foundation
import Testing

@testable import SafetyEngine

/// A liquidation survives restarts, and replays.
struct LiquidationReplayTests {
    private static let startMs: UInt64 = 1_800_000_000_000
    private static let venue = Event.Origin(venue: "paper", account: "main", source: Event.Source(.venue, "paper"))

    private func host(_ event: HostEvent) -> Event {
        Event(Event.Origin(source: Event.Source(.host, "desk")), .host(event))
    }

    private func decimal(_ text: String) -> SafetyEngine.Decimal { SafetyEngine.Decimal(text) ?? Decimal(-1) }

    private func order(_ number: UInt64, _ quantity: String, filled: String, _ state: Order.State) -> Event {
        Event(
            LiquidationReplayTests.venue,
            .order(
                OrderReport(
                    clientID: "estop-\(number)",
                    venueID: "P\(number)",
                    symbol: "BTC/USD",
                    side: .sell,
                    quantity: decimal(quantity),
                    filled: decimal(filled),
                    reduceOnly: true,
                    state: state
                )
            )
        )
    }

    private func position(_ quantity: String) -> Event {
        Event(
            LiquidationReplayTests.venue,
            .position(PositionReport(symbol: "BTC/USD", quantity: decimal(quantity), entryPrice: Decimal(100)))
        )
    }

    /// A halted desk, an order to liquidate, and how a venue carries two slices out; by milliseconds.
    private var script: [(Int, Event)] {
        let action = OperatorAction(
            name: "alice",
            reason: "emergency",
            change: .liquidate(account: nil, maxSlippage: decimal("0.05"), withinMs: 60_000)
        )
        let fill = FillReport(
            fillID: "F1",
            clientID: "estop-1",
            symbol: "BTC/USD",
            side: .sell,
            quantity: decimal("0.2"),
            price: decimal("99")
        )
        var script: [(Int, Event)] = [
            (0, host(.started(EngineSettings()))),
            (10, host(.mode(HostEvent.ModeState(mode: "halted", generation: 1, latches: 1)))),
            (20, Event(LiquidationReplayTests.venue, .venue(VenueReport(state: .connected)))),
            (30, position("1.0")),
            (40, Event(LiquidationReplayTests.venue, .price(PriceReport(symbol: "BTC/USD", price: Decimal(100))))),
            (1_000, Event(Event.Origin(source: Event.Source(.operator, "alice")), .operatorAction(action))),
            (1_010, host(.outcome(HostEvent.Outcome(number: 1, isDone: true, text: "accepted")))),
            (1_200, Event(LiquidationReplayTests.venue, .fill(fill))), (1_210, position("0.8")),
            (1_220, order(1, "0.2", filled: "0.2", .filled)),
        ]
        for second in stride(from: 5, through: 70, by: 5) {
            script.append((second * 1_000, position("0.8")))
            let price = Event(
                LiquidationReplayTests.venue,
                .price(PriceReport(symbol: "BTC/USD", price: Decimal(second % 2 + 100)))
            )
            script.append((second * 1_000 + 1, price))
        }
        return script
    }

    private func at(_ milliseconds: Int) -> Receipt {
        let atMs = LiquidationReplayTests.startMs + UInt64(milliseconds)
        return Receipt(atMs: atMs, wallMs: Int64(atMs))
    }

    @Test func theSameEventsDecideTheSameAlsoWhereTheEngineWasStoredInBetween() throws {
        var straight = Engine()
        var all: [Decision] = []
        for (ms, event) in script { all += straight.apply(event, at: at(ms)) }
        #expect(all.slices.prefix(2) == ["BTC/USD 0.2 @ 95.00", "BTC/USD 0.2 @ 95.00"])
        let state = try #require(straight.view(at: at(71_000).atMs).liquidation)
        #expect(state.positions.first?.averagePrice == Decimal(99) && state.slippage?.description == "0.01")
        #expect(!state.isActive || state.timeLeftMs == 0)
        for cut in 1..<script.count {
            var engine = Engine()
            var made: [Decision] = []
            for (place, step) in script.enumerated() {
                if place == cut { engine = try recoded(engine) }
                made += engine.apply(step.1, at: at(step.0))
            }
            #expect(made == all, "stored before event \(cut)")
            #expect(try encoded(engine) == encoded(straight))
        }
    }

    @Test func withoutOneTheEnginesStateIsWrittenAsBefore() throws {
        #expect(try !encoded(Exits()).contains("liquidation"))
        #expect(try recoded(Exits()) == Exits())
    }

    @Test func aCloseWithoutALimitIsWrittenAsBeforeAndReadAgain() throws {
        let old =
            #"{"close":{"account":"main","quantity":"1.5","side":"long","symbol":"BTC-USD","venue":"paper"}}"#
        let action = Decision.Effect.Action.close(
            venue: "paper",
            account: "main",
            symbol: "BTC-USD",
            side: .long,
            quantity: decimal("1.5")
        )
        #expect(try encoded(action) == old)
        #expect(try decoded(Decision.Effect.Action.self, old) == action)
        let limited = Decision.Effect.Action.close(
            venue: "paper",
            account: "main",
            symbol: "BTC-USD",
            side: .long,
            quantity: decimal("1.5"),
            noWorseThan: decimal("95.00")
        )
        #expect(try recoded(limited) == limited && limited != action)
    }

    @Test func ordersOfOperatorsAreReadAsTheyWereWritten() throws {
        let changes: [OperatorAction.Change] = [
            .liquidate(account: nil, maxSlippage: decimal("0.05"), withinMs: 300_000),
            .liquidate(account: "paper/main", maxSlippage: Decimal(1), withinMs: 1_000), .stopLiquidation,
        ]
        for change in changes { #expect(try recoded(change) == change) }
    }
}
