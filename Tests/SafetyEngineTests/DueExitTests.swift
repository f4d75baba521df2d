import Testing

@testable import SafetyEngine

/// A position past its limit that nobody closes, a sale that stands still and a restart that was given up: each pages somebody.
struct DueExitTests {
    private func desk(policy: EngineSettings.Policy = .observe) -> LiveDesk {
        var desk = LiveDesk { $0.exits.stopLoss.externalPolicy = policy }
        desk.venue(.venue(VenueReport(state: .connected)))
        desk.venue(
            .positions([
                PositionReport(symbol: "BTC-USD", side: .long, quantity: Decimal(1), entryPrice: Decimal(100))
            ])
        )
        desk.venue(price("BTC-USD", "100"))
        desk.run(500)
        return desk
    }

    private static let due = "EXIT_DUE/kraken/main/BTC-USD/long"
    private static let failed = "EXIT_FAILED/kraken/main/BTC-USD/long"

    private func alert(_ id: String, _ desk: LiveDesk) -> Alert? { desk.view.alerts.first { $0.id == id } }

    /// What became of an alert, in order, as far as it was raised or resolved.
    private func changes(of id: String, _ desk: LiveDesk) -> [Decision.AlertChange.Kind] {
        desk.decisions.compactMap { decision in
            guard case .alert(let change) = decision, change.alert.id == id else { return nil }
            return change.kind == .raised || change.kind == .resolved ? change.kind : nil
        }
    }

    private func fall(_ desk: inout LiveDesk, for milliseconds: UInt64 = 3_000) {
        for _ in 0..<milliseconds / 1_000 {
            desk.venue(price("BTC-USD", "90"))
            desk.run(1_000)
        }
    }

    @Test func aStopThatIsOnlyObservedIsACriticalAlertWithTheLossSoFar() throws {
        var desk = desk()
        #expect(alert(DueExitTests.due, desk) == nil)
        fall(&desk)
        let found = try #require(alert(DueExitTests.due, desk))
        #expect(found.level == .critical)
        #expect(
            found.text.contains("(the policy is to observe)") && found.text.contains("loss so far -10"),
            "\(found.text)"
        )
        #expect(desk.view.exitsDue == 1 && !desk.view.areExitsOff)
        desk.venue(.positions([]))
        desk.run(1_000)
        #expect(alert(DueExitTests.due, desk) == nil)
    }

    @Test func aHaltTurnsExitsOffAndSaysHowManyAreDue() throws {
        var desk = desk(policy: .enforce)
        desk.say(EngineTurns.host(.mode(HostEvent.ModeState(mode: "halted", generation: 3, latches: 1))))
        fall(&desk)
        let found = try #require(alert(DueExitTests.due, desk))
        #expect(found.text.contains("(the desk is halted)"), "\(found.text)")
        #expect(desk.view.exitsDue == 1 && desk.view.areExitsOff)
    }

    @Test func anExitThatIsRefusedIsDueAndOneThatIsGivenUpHasFailed() throws {
        var desk = desk(policy: .enforce)
        fall(&desk, for: 1_000)
        var answered: UInt64 = 0
        func refuse() {
            for case .effect(let effect) in desk.decisions where effect.number > answered {
                answered = effect.number
                let outcome = HostEvent.Outcome(number: effect.number, isDone: false, text: "insufficient funds")
                desk.say(EngineTurns.host(.outcome(outcome)))
            }
        }
        refuse()
        fall(&desk, for: 2_000)
        let due = try #require(alert(DueExitTests.due, desk))
        #expect(due.text.contains("refused: insufficient funds"), "\(due.text)")
        for _ in 0..<60 {
            fall(&desk, for: 1_000)
            refuse()
        }
        let found = try #require(alert(DueExitTests.failed, desk))
        #expect(found.level == .critical && found.text.contains("given up after 4 tries"), "\(found.text)")
        #expect(alert(DueExitTests.due, desk) == nil, "one alert a position: the graver one")
        #expect(changes(of: DueExitTests.due, desk) == [.raised, .resolved], "a further try is no success")
    }

    @Test func anExitStaysDueAndALiquidationStandsStillUntilSomethingIsSold() throws {
        var desk = desk()
        func hold(_ quantity: String) throws {
            let held = PositionReport(
                symbol: "BTC-USD",
                side: .long,
                quantity: try #require(Decimal(quantity)),
                entryPrice: Decimal(100)
            )
            desk.venue(.positions([held]))
            desk.venue(price("BTC-USD", "90"))
        }
        fall(&desk)
        try hold("1.0")
        desk.say(
            Event(
                Event.Origin(source: Event.Source(.operator, "ann")),
                .operatorAction(
                    OperatorAction(
                        name: "ann",
                        reason: "why",
                        change: .liquidate(account: nil, maxSlippage: Decimal(unchecked: 5, 2), withinMs: 300_000)
                    )
                ),
                id: "action-1"
            )
        )
        func sales(_ desk: LiveDesk) -> [Decision.Effect] {
            desk.decisions.effects.filter { $0.by == "operator:ann" }
        }
        // Three tries are refused, each a second after it was sent.
        var answered: Set<UInt64> = []
        for _ in 0..<25 {
            try hold("1.0")
            desk.run(1_000)
            for effect in sales(desk) where answered.insert(effect.number).inserted {
                let outcome = HostEvent.Outcome(number: effect.number, isDone: false, text: "no adapter")
                desk.say(EngineTurns.host(.outcome(outcome)))
            }
        }
        #expect(answered.count == 3)
        #expect(changes(of: DueExitTests.due, desk) == [.raised])
        #expect(changes(of: "LIQUIDATION_STALLED/desk", desk) == [.raised])
        // The next try is accepted, and its venue shows a part of it sold.
        for _ in 0..<25 where answered.count == 3 {
            try hold("1.0")
            desk.run(1_000)
            for effect in sales(desk) where answered.insert(effect.number).inserted {
                desk.say(EngineTurns.host(.outcome(HostEvent.Outcome(number: effect.number, isDone: true, text: ""))))
            }
        }
        #expect(answered.count == 4)
        for _ in 0..<8 {
            try hold("0.2")
            desk.run(1_000)
        }
        #expect(changes(of: DueExitTests.due, desk) == [.raised, .resolved])
        #expect(changes(of: "LIQUIDATION_STALLED/desk", desk) == [.raised, .resolved])
    }

    @Test func anExitThatIsUnderWayIsNotDue() {
        var desk = desk(policy: .enforce)
        fall(&desk)
        #expect(desk.decisions.closed == ["BTC-USD"])
        #expect(alert(DueExitTests.due, desk) == nil && desk.view.exitsDue == 0)
    }

    @Test func aLiquidationThatStandsStillIsAnAlertAndOneThatWasStoppedIsNot() throws {
        var desk = desk()
        let order = OperatorAction.Change.liquidate(
            account: nil,
            maxSlippage: Decimal(unchecked: 5, 2),
            withinMs: 60_000
        )
        func act(_ change: OperatorAction.Change) {
            desk.say(
                Event(
                    Event.Origin(source: Event.Source(.operator, "ann")),
                    .operatorAction(OperatorAction(name: "ann", reason: "why", change: change)),
                    id: "action-1"
                )
            )
        }
        act(order)
        // Every try is refused, until none is left.
        var answered: Set<UInt64> = []
        for _ in 0..<240 {
            for effect in desk.decisions.effects where answered.insert(effect.number).inserted {
                let outcome = HostEvent.Outcome(number: effect.number, isDone: false, text: "no adapter")
                desk.say(EngineTurns.host(.outcome(outcome)))
            }
            desk.run(250)
            if alert("LIQUIDATION_STALLED/desk", desk) != nil { break }
        }
        let found = try #require(alert("LIQUIDATION_STALLED/desk", desk))
        #expect(found.level == .critical && found.text.contains("refused: no adapter"), "\(found.text)")
        act(.stopLiquidation)
        // The rule holds its alert for five seconds.
        desk.run(6_000)
        #expect(alert("LIQUIDATION_STALLED/desk", desk) == nil)
    }
}

/// What became of the restarts of a supervisor, in its alert.
struct GivenUpRestartTests {
    @Test func aRestartThatWasGivenUpIsNotifiedAndItsAlertSaysSo() throws {
        var desk = LiveDesk { settings in
            var feed = EngineSettings.ExpectedSupervisor(name: "feed", intervalMs: 1_000)
            feed.restart = ["run-feed"]
            feed.mostRestarts = 1
            feed.backoffMs = 1_000
            settings.supervisors = [feed]
        }
        desk.run(6_000)
        let number = try #require(desk.decisions.effects.last?.number)
        let stalled = { desk.view.alerts.first { $0.id == "HEARTBEAT_STALLED/feed" } }
        #expect(stalled()?.text.contains("Restart 1 of 1") == true, "\(stalled()?.text ?? "")")
        desk.say(EngineTurns.host(.outcome(HostEvent.Outcome(number: number, isDone: false, text: "no such program"))))
        desk.run(4_000)
        let text = try #require(stalled()).text
        #expect(text.contains("Left alone after 1 of 1 restarts: start it by hand."), "\(text)")
        #expect(!text.contains("see whether its restart is under way"))
        let given = desk.decisions.contains { decision in
            guard case .alert(let change) = decision else { return false }
            return change.kind == .raised && change.alert.id == "RESTART_GIVEN_UP/feed" && change.isToBeNotified
        }
        #expect(given)
    }

    @Test func aBotThatAHaltEndedIsStoppedUntilItBeatsAgain() {
        var desk = LiveDesk()
        func beat() {
            desk.say(
                Event(
                    Event.Origin(source: Event.Source(.host, "gates")),
                    .heartbeat(Heartbeat(name: "grid", intervalMs: 1_000, pid: 7))
                )
            )
        }
        beat()
        let forget = OperatorAction(
            name: OperatorAction.hostName,
            reason: "its gate was closed while the desk is halted",
            change: .forgetSupervisor(name: "grid")
        )
        desk.say(Event(Event.Origin(source: Event.Source(.host, "gates")), .operatorAction(forget)))
        #expect(desk.view.stopped == ["grid"] && !desk.view.supervisors.contains { $0.name == "grid" })
        beat()
        #expect(desk.view.stopped.isEmpty)
    }
}
