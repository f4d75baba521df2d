import KillSwitch
import Testing

@testable import SafetyEngine

/// What became of an operator's action: one value, made in one place, and never better than what its venue shows.
struct ActionOutcomeTests {
    private func order(_ state: Order.State, _ id: String = "c-1") -> OrderReport {
        OrderReport(clientID: id, symbol: "BTC-USD", side: .buy, quantity: Decimal(1), state: state)
    }

    private func desk() -> LiveDesk {
        var desk = LiveDesk()
        desk.venue(.venue(VenueReport(state: .connected)))
        desk.venue(.openOrders([order(.acknowledged)]))
        return desk
    }

    private func act(_ desk: inout LiveDesk, _ change: OperatorAction.Change, id: String = "action-1") -> [UInt64] {
        let before = desk.decisions.count
        desk.say(
            Event(
                Event.Origin(source: Event.Source(.operator, "ann")),
                .operatorAction(OperatorAction(name: "ann", reason: "why", change: change)),
                id: id
            )
        )
        return desk.decisions[before...].compactMap { if case .effect(let effect) = $0 { effect.number } else { nil } }
    }

    private func answer(_ desk: inout LiveDesk, _ number: UInt64, isDone: Bool, _ text: String = "accepted") {
        desk.say(EngineTurns.host(.outcome(HostEvent.Outcome(number: number, isDone: isDone, text: text))))
    }

    private func outcome(_ desk: LiveDesk, id: String = "action-1") throws -> ActionOutcome {
        try #require(desk.engine.outcome(of: id, at: desk.atMs))
    }

    private let cancel = OperatorAction.Change.cancelOrder(venue: "kraken", account: "main", clientID: "c-1")

    @Test func anAcceptedCancelIsNotDoneBeforeTheVenueShowsThatTheOrderIsGone() throws {
        var desk = desk()
        let number = try #require(act(&desk, cancel).first)
        #expect(try outcome(desk).requests.map(\.state) == [.waiting])
        answer(&desk, number, isDone: true)
        desk.run(500)
        let accepted = try outcome(desk)
        #expect(accepted.requests.map(\.state) == [.accepted] && !accepted.isDone && !accepted.isSettled)
        #expect(accepted.headline(done: "", waitedMs: 5_000).contains("its venue does not show it done yet"))
        #expect(desk.view.orders.first?.note == "cancel accepted by kraken; not gone yet")
        desk.venue(.order(order(.canceled)))
        desk.run(500)
        let gone = try outcome(desk)
        #expect(gone.isDone && gone.requests.map(\.text) == ["gone: CANCELED"])
    }

    @Test func aCancelThatComesTooLateIsNotDone() throws {
        var desk = desk()
        let number = try #require(act(&desk, cancel).first)
        answer(&desk, number, isDone: true)
        desk.venue(.order(order(.filled)))
        desk.run(500)
        let late = try outcome(desk)
        #expect(late.requests.map(\.text) == ["it was filled before it could be cancelled"] && late.isNothingDone)
    }

    @Test func aRefusedCancelSaysWhyAndStandsInTheRowOfItsOrder() throws {
        var desk = desk()
        let number = try #require(act(&desk, cancel).first)
        answer(&desk, number, isDone: false, "no adapter is connected to kraken, so nothing was sent")
        let refused = try outcome(desk)
        #expect(refused.isNothingDone && refused.isSettled)
        #expect(refused.headline(done: "", waitedMs: 0).hasPrefix("NOT DONE: cancel of c-1 at kraken/main: no adapter"))
        #expect(desk.view.orders.first?.note.hasPrefix("cancel NOT DONE: no adapter is connected") == true)
    }

    @Test func aCancelOfAnOrderThatNobodyKnowsSaysSo() throws {
        var desk = desk()
        let unknown = OperatorAction.Change.cancelOrder(venue: "kraken", account: "main", clientID: "nope")
        let number = try #require(act(&desk, unknown).first)
        answer(&desk, number, isDone: false, "unknown order")
        let words = try outcome(desk).headline(done: "", waitedMs: 0)
        #expect(words.contains("unknown order; no order nope is known at kraken/main"), "\(words)")
    }

    @Test func aCloseIsDoneOnlyOnceThePositionIsGone() throws {
        var desk = desk()
        desk.venue(
            .positions([
                PositionReport(symbol: "BTC-USD", side: .long, quantity: Decimal(1), entryPrice: Decimal(100))
            ])
        )
        desk.venue(price("BTC-USD", "90"))
        desk.run(1_000)
        let id = try #require(desk.view.proposals.first?.id)
        let number = try #require(act(&desk, .carryOut(proposal: id)).first)
        answer(&desk, number, isDone: true)
        desk.run(500)
        #expect(try outcome(desk).requests.map(\.state) == [.accepted])
        #expect(desk.view.proposals.first?.state == "accepted by its venue, not closed yet")
        #expect(!desk.decisions.lines.contains { $0.event == "exit_done" }, "accepted is not closed")
        desk.venue(.positions([]))
        desk.run(500)
        #expect(try outcome(desk).isDone)
        #expect(desk.decisions.lines.contains { $0.event == "exit_done" })
    }

    @Test func aCapEnforcementNamesEachPositionAndCountsWhatWasRefused() throws {
        var desk = desk()
        desk.venue(
            .positions(
                (1...3).map {
                    PositionReport(symbol: "S\($0)-USD", side: .long, quantity: Decimal(1), entryPrice: Decimal(1))
                }
            )
        )
        for index in 1...2 { desk.venue(price("S\(index)-USD", "\(index * 100)")) }
        desk.run(500)
        let numbers = act(&desk, .enforceCap(account: nil, most: 0))
        #expect(numbers.count == 2)
        for number in numbers { answer(&desk, number, isDone: false, "no adapter is connected to kraken") }
        let done = try outcome(desk)
        #expect(done.requests.map(\.state) == [.refused, .refused, .refused], "the unpriced one cannot be sold")
        let account = try #require(done.accounts.first)
        #expect(account.result.status == .overCap && account.result.sold == 0 && account.result.currentCount == 3)
        let json = done.json(done: "", waitedMs: 0)
        #expect(json["success"] == .bool(false) && json["excess"]?.integer == 3 && json["status"]?.string == "over_cap")
    }

    @Test func aRestartOfTheHostLeavesWhatWasOnItsWayUnanswered() throws {
        var desk = desk()
        _ = act(&desk, cancel)
        desk.say(EngineTurns.host(.started(desk.engine.settings)))
        #expect(try outcome(desk).requests.map(\.state) == [.unanswered])
    }

    @Test func onlyTheLastActionsAreKept() throws {
        var desk = desk()
        for index in 0..<(ActionRequests.most + 5) { _ = act(&desk, cancel, id: "action-\(index)") }
        #expect(desk.engine.requests.actions.count == ActionRequests.most)
        #expect(desk.engine.outcome(of: "action-0", at: desk.atMs) == nil)
        #expect(try recoded(desk.engine) == desk.engine)
    }
}
