import Testing

@testable import SafetyEngine

/// What an operator is told before an action that would change nothing.
struct ObjectionTests {
    private func engine() -> Engine {
        var engine = Engine()
        let receipt = Receipt(atMs: 1_000, wallMs: 1_770_675_794_000)
        let kraken = Event.Origin(venue: "kraken", account: "main", source: Event.Source(.venue, "kraken"))
        _ = engine.apply(
            Event(Event.Origin(source: Event.Source(.host, "desk")), .host(.started(EngineSettings()))),
            at: receipt
        )
        _ = engine.apply(Event(kraken, .venue(VenueReport(state: .connected))), at: receipt)
        _ = engine.apply(
            Event(kraken, .position(PositionReport(symbol: "X-USD", quantity: Decimal(1), entryPrice: Decimal(10)))),
            at: receipt
        )
        _ = engine.apply(
            Event(kraken, .heartbeat(Heartbeat(name: "grid", intervalMs: 1_000))),
            at: receipt
        )
        return engine
    }

    private func objection(_ change: OperatorAction.Change, reason: String = "why") -> String? {
        engine().objection(to: OperatorAction(name: "alice", reason: reason, change: change), at: 1_000)
    }

    @Test func whatChangesNothingIsRefusedInWords() {
        let table: [(OperatorAction.Change, String)] = [
            (.acknowledge(alert: "A/b", forMs: nil), "no open alert is called A/b: see 'estop alerts'"),
            (.silence(rule: "NO", subject: "", forMs: 1), "there is no rule NO: see 'estop config show'"),
            (.silence(rule: "DUST", subject: "", forMs: 0), "a silence needs an end: say for how long"),
            (.endSilence(rule: "DUST", subject: ""), "DUST is not silenced"),
            (.endSilence(rule: "DUST", subject: "x"), "DUST about x is not silenced"),
            (.resetBreaker(name: "DAILY_DRAWDOWN"), "DAILY_DRAWDOWN is not tripped"),
            (.resetBreaker(name: "DUST"), "there is no breaker DUST: see 'estop breakers'"),
            (.addDust(venue: "v", account: "a", symbol: "", value: nil), "a symbol is needed"),
            (.addDust(venue: "v", account: "a", symbol: "X", value: Decimal(-1)), "a value cannot be below zero"),
            (.removeDust(venue: "v", account: "a", symbol: "X"), "X of v/a is not on the list of dust"),
            (.clearDust(account: nil), "there is no dust to take off the list"),
            (.enforceCap(account: "other", most: nil), "there is no account other: there is kraken/main"),
            (
                .liquidate(account: "other", maxSlippage: Decimal(1), withinMs: 1_000),
                "there is no account other: there is kraken/main"
            ),
            (
                .liquidate(account: nil, maxSlippage: Decimal(1), withinMs: 999), "time_limit is 1 to 86,400 seconds"
            ),
            (.stopLiquidation, "no liquidation runs"),
            (.carryOut(proposal: "P"), "nothing proposes P: see 'estop exits'"),
            (
                .setEntryPrice(venue: "kraken", account: "main", symbol: "X-USD", price: Decimal(0)),
                "a price has to be above zero"
            ),
            (
                .setEntryPrice(venue: "kraken", account: "main", symbol: "Y", price: Decimal(1)),
                "Y is not held at kraken/main"
            ),
            (.forgetSupervisor(name: "nobody"), "there is no supervisor nobody"),
        ]
        for (change, words) in table { #expect(objection(change) == words, "\(change)") }
        #expect(objection(.silence(rule: "DUST", subject: "", forMs: 1), reason: " ") == "a reason is needed: say why")
    }

    @Test func whatChangesSomethingIsNot() {
        let table: [OperatorAction.Change] = [
            .silence(rule: "DUST", subject: "", forMs: 1),
            .addDust(venue: "v", account: "a", symbol: "X", value: nil),
            .enforceCap(account: nil, most: nil), .enforceCap(account: "main", most: 3),
            .enforceCap(account: "kraken/main", most: nil),
            .liquidate(account: nil, maxSlippage: Decimal(1), withinMs: 1_000),
            .setEntryPrice(venue: "kraken", account: "main", symbol: "X-USD", price: Decimal(1)),
            .forgetSupervisor(name: "grid"), .acceptClock,
            .cancelOrder(venue: "kraken", account: "main", clientID: "unknown here"),
        ]
        for change in table { #expect(objection(change) == nil, "\(change)") }
    }

    @Test func aLiquidationNeedsAReasonAndIsRefusedWhileOneRuns() {
        var engine = engine()
        let change = OperatorAction.Change.liquidate(account: nil, maxSlippage: Decimal(1), withinMs: 60_000)
        #expect(objection(change, reason: " ") == "a reason is needed: say why")
        let action = OperatorAction(name: "alice", reason: "why", change: change)
        let receipt = Receipt(atMs: 1_000, wallMs: 1_770_675_794_000)
        _ = engine.apply(
            Event(Event.Origin(source: Event.Source(.operator, "alice")), .operatorAction(action)),
            at: receipt
        )
        #expect(
            engine.objection(to: action, at: 31_000)
                == "liquidation-1 of alice runs (0 of 1 positions done, 30 s left): look at its status, or stop it first"
        )
        let stop = OperatorAction(name: "bob", reason: "why", change: .stopLiquidation)
        #expect(engine.objection(to: stop, at: 31_000) == nil)
    }

    @Test func anEmptyDeskHasNoAccountToEnforce() {
        let action = OperatorAction(name: "alice", reason: "why", change: .enforceCap(account: nil, most: nil))
        #expect(Engine().objection(to: action, at: 0) == "there is no account: there is none")
    }
}
