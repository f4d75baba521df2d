import Testing

@testable import SafetyEngine

/// What a normalization says of itself once it was carried out.
struct NormalizationOutcomeTests {
    private let receipt = Receipt(atMs: 1_000_000, wallMs: 1_770_675_794_000)

    /// An account of five positions, worth 100 to 500, that may hold two.
    private func engine() -> Engine {
        var settings = EngineSettings()
        settings.cap.most = 2
        settings.cap.everyMs = 3_600_000
        var engine = Engine()
        apply(.host(.started(settings)), to: &engine, from: Event.Origin(source: Event.Source(.host, "desk")))
        apply(.venue(VenueReport(state: .connected)), to: &engine)
        for number in 1...5 {
            apply(.price(PriceReport(symbol: "S\(number)-USD", price: Decimal(100))), to: &engine)
        }
        let held = (1...5).map { number in
            PositionReport(symbol: "S\(number)-USD", quantity: Decimal(number), entryPrice: Decimal(100))
        }
        apply(.positions(held), to: &engine)
        return engine
    }

    @discardableResult
    private func apply(
        _ body: Event.Body,
        to engine: inout Engine,
        from origin: Event.Origin? = nil
    ) -> [Decision] {
        let kraken = Event.Origin(venue: "kraken", account: "main", source: Event.Source(.venue, "kraken"))
        return engine.apply(Event(origin ?? kraken, body), at: receipt)
    }

    private func order(_ run: Normalization, _ engine: inout Engine) -> [Decision.Effect] {
        run.orders.flatMap { change in
            apply(
                .operatorAction(OperatorAction(name: "alice", reason: "why", change: change)),
                to: &engine,
                from: Event.Origin(source: Event.Source(.operator, "alice"))
            )
        }
        .compactMap { decision in if case .effect(let effect) = decision { effect } else { nil } }
    }

    @Test func whatIsSoldIsWaitedForAndWhatIsRefusedIsHeldStill() throws {
        var engine = engine()
        var run = Normalization.plan(engine, at: receipt.atMs)
        #expect(run.orders == [.enforceCap(account: "kraken/main", most: nil)])
        #expect(run.waiting(in: engine) == 3)
        let effects = order(run, &engine)
        try #require(effects.count == 3)
        let host = Event.Origin(source: Event.Source(.host, "desk"))
        // The smallest is sold and gone, the next refused, the third accepted and held still.
        apply(.host(.outcome(.init(number: effects[0].number, isDone: true))), to: &engine, from: host)
        apply(.position(PositionReport(symbol: "S1-USD", quantity: Decimal(0))), to: &engine)
        apply(
            .host(.outcome(.init(number: effects[1].number, isDone: false, text: "no funds"))),
            to: &engine,
            from: host
        )
        apply(.host(.outcome(.init(number: effects[2].number, isDone: true))), to: &engine, from: host)
        #expect(run.waiting(in: engine) == 1)
        run.settle(in: engine)
        #expect(run.counters.totalPositionsBefore == 5 && run.counters.totalPositionsAfter == 4)
        #expect(run.accounts.first?.removed.map(\.position.symbol) == ["S1-USD"])
        #expect(
            run.errors == [
                "kraken/main: S2-USD was not sold: refused: no funds (tried 1 times)",
                "kraken/main: S3-USD was not sold: its venue took the order and holds it still",
            ]
        )
    }

    @Test func whatWasNeverOrderedIsNotSold() {
        let engine = engine()
        var run = Normalization.plan(engine, at: receipt.atMs)
        run.settle(in: engine)
        #expect(run.counters.totalPositionsAfter == 5 && run.counters.capEnforcements == 0)
        #expect(run.errors.count == 3)
    }

    @Test func aPlanIsOfOneAccountOrOfAnotherCap() {
        let engine = engine()
        #expect(Normalization.plan(engine, at: receipt.atMs, account: "main").accounts.count == 1)
        #expect(Normalization.plan(engine, at: receipt.atMs, account: "other").accounts.isEmpty)
        let plan = Normalization.plan(engine, at: receipt.atMs, most: 4)
        #expect(plan.accounts.first?.removed.map(\.position.symbol) == ["S1-USD"])
    }

    @Test func aStartSaysWhatTheRunbooksSearchForAndNothingThatWouldCountAsFired() {
        let lines = RunbookLog.started(engine()).map { RunbookLog.text($0, wallMs: receipt.wallMs) }
        #expect(
            lines == [
                "2026-02-09 22:23:14 | nija.enforcer | INFO | PositionCapEnforcer initialized: max 2 positions, every 1 h",
                "2026-02-09 22:23:14 | nija.enforcer | INFO | Dust blacklist loaded: 0 symbols, threshold $1.00",
                "2026-02-09 22:23:14 | nija.enforcer | INFO | Continuous exit enforcer started: stop-loss 3 %, "
                    + "take-profit 8 %, trailing stop 5 %, maximum hold 24 h",
            ]
        )
        for word in ["STOP LOSS", "TAKE PROFIT", "TRAILING", "OVER CAP", "BLACKLISTED", "TIME"] {
            #expect(lines.allSatisfy { !$0.contains(word) }, "\(word)")
        }
    }
}
