import Testing

@testable import SafetyEngine

/// What the simulation found: time that nobody watched, halts that nobody saw, clocks that jump.
struct EngineTimeTests {
    private static let startMs: UInt64 = 1_800_000_000_000

    private func at(_ milliseconds: Int, wallOffMs: Int64 = 0) -> Receipt {
        let atMs = EngineTimeTests.startMs + UInt64(milliseconds)
        return Receipt(atMs: atMs, wallMs: Int64(atMs) + wallOffMs)
    }

    private func host(_ event: HostEvent) -> Event {
        Event(Event.Origin(source: Event.Source(.host, "desk")), .host(event))
    }

    private func mode(_ name: String, _ generation: UInt32) -> Event {
        host(.mode(HostEvent.ModeState(mode: name, generation: generation, latches: 0)))
    }

    private var started: Engine {
        var engine = Engine()
        _ = engine.apply(host(.started(EngineSettings())), at: at(0))
        return engine
    }

    @Test func whatWasEvaluatedBeforeAStallIsEvaluatedByAReplayToo() {
        var live = started
        // The loop ran on for two seconds in which nothing came in.
        _ = live.advance(to: at(2_000))
        _ = live.apply(host(.stalled(ms: 7_000)), at: at(9_000))
        var replayed = started
        _ = replayed.apply(host(.stalled(ms: 7_000)), at: at(9_000))
        #expect(replayed == live)
    }

    /// Whether a word about the switch is a resume, by what was known before.
    @Test(arguments: [
        ("live", UInt32(2), "live", UInt32(2), false), ("live", 2, "live", 4, true), ("live", 2, "live", 3, false),
        ("live", 2, "reduce-only", 3, false), ("live", 2, "reduce-only", 5, false), ("live", 2, "live", 5, false),
        ("live", 5, "live", 8, true), ("paper", 4, "paper", 6, true),
        ("halted", 3, "live", 4, true), ("live", 2, "halted", 3, false), ("live", 2, "halted", 5, false),
        ("paper", 4, "paper", 4, false), ("paper", 4, "paper", 5, false), ("reduce-only", 4, "reduce-only", 5, false),
    ])
    func aHaltAndResumeBetweenTwoLooksIsAResume(
        _ before: String,
        _ old: UInt32,
        _ after: String,
        _ new: UInt32,
        _ isResumed: Bool
    ) {
        var engine = started
        _ = engine.apply(mode(before, old), at: at(1_000))
        _ = engine.apply(mode(after, new), at: at(5_000))
        #expect((engine.view(at: at(5_000).atMs).probation != nil) == isResumed)
        // The stages of a resume count their time from the last change, also from a halt to the mode that held already.
        let sinceMs = isResumed || before != after || old != new ? 5_000 : 1_000
        #expect(engine.breakers.modeSinceMs == at(sinceMs).atMs)
    }

    @Test(arguments: [Int64(0), 120_000, -120_000]) func aJumpOfTheWallClockMakesNoPriceLate(_ jumpMs: Int64) {
        var engine = started
        let origin = Event.Origin(venue: "kraken", account: "main", source: Event.Source(.venue, "kraken"))
        let price = Event.Body.price(PriceReport(symbol: "BTC", price: Decimal(100)))
        _ = engine.apply(Event(origin, price, happenedMs: at(5_000).wallMs), at: at(5_010, wallOffMs: jumpMs))
        #expect(engine.book.prices[PriceKey(venue: "kraken", symbol: "BTC")]?.price == Decimal(100))
        #expect(engine.book.counts.late == 0)
    }

    @Test func anEnginesTimeBeginsWithItsFirstEventWhateverThatIs() {
        var engine = Engine()
        let origin = Event.Origin(source: Event.Source(.bot, "grid"))
        _ = engine.apply(Event(origin, .metric(MetricReport(name: "heat", value: Decimal(1)))), at: at(10))
        #expect(engine.evaluatedMs == EngineTimeTests.startMs)
    }
}
