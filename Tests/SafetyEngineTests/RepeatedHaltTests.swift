import Testing

@testable import SafetyEngine

/// Halts of accounts, as the host carries them out and tells of them: none is a resume, and none is asked for twice.
struct RepeatedHaltTests {
    /// An engine and the switch that it is told of twice a second.
    private struct HaltedDesk {
        var engine: Engine
        var kept: [HostEvent.ModeState.Latch] = []
        var generation: UInt32 = 2
        var resumed: UInt32 = 2
        var atMs: UInt64 = 1_000
        var decisions: [Decision] = []
        /// Whether the host says which latches there are, and when it was resumed.
        var isNamed = true

        init(_ rules: [Rule]) {
            engine = Engine()
            engine.settings.rules = rules
            engine.settings.deskName = "real"
            tell(.started(engine.settings))
            told()
        }

        var state: HostEvent.ModeState {
            let mode = kept.contains { $0.scope == "global" } ? "halted" : "live"
            return HostEvent.ModeState(
                mode: mode,
                generation: generation,
                latches: kept.count,
                kept: isNamed ? kept : nil,
                resumed: isNamed ? resumed : nil
            )
        }

        mutating func told() { tell(.mode(state)) }

        mutating func tell(_ event: HostEvent) { say(EngineTurns.host(event)) }

        mutating func say(_ event: Event) {
            let made = engine.apply(event, at: Receipt(atMs: atMs, wallMs: Int64(atMs)))
            for order in made.halts { halt(order.scope) }
            decisions += made
        }

        mutating func halt(_ scope: String) {
            generation += generation % 2 == 0 ? 1 : 2
            kept.append(HostEvent.ModeState.Latch(id: "\(generation)", scope: scope))
        }

        mutating func resume(_ scope: String) {
            kept.removeAll { scope == "global" || $0.scope == scope }
            generation += generation % 2 == 0 ? 2 : 1
            resumed = generation
        }

        mutating func run(_ milliseconds: UInt64) {
            for _ in 0..<milliseconds / 500 {
                atMs += 500
                told()
            }
        }

        mutating func order(_ id: String, account: String = "main") {
            let origin = Event.Origin(venue: "kraken", account: account, source: Event.Source(.venue, "kraken"))
            let report = OrderReport(clientID: id, symbol: "BTC", side: .buy, quantity: Decimal(1), state: .submitted)
            say(Event(origin, .order(report)))
        }
    }

    private let stuck = Rule(
        "ORDER_STUCK",
        measure: "order_age_seconds",
        .over,
        steps: [Rule.Step(Decimal(1), .critical), Rule.Step(Decimal(2), .emergency, kills: true)],
        reach: .account
    )

    @Test(arguments: [true, false]) func twoStuckOrdersAtOneAccountHaltItTwiceAndNoMore(isNamed: Bool) {
        var desk = HaltedDesk([stuck])
        desk.isNamed = isNamed
        desk.order("a")
        desk.order("b")
        desk.run(120_000)
        #expect(desk.decisions.halts.map(\.alert) == ["ORDER_STUCK/kraken/main/a", "ORDER_STUCK/kraken/main/b"])
        #expect(desk.engine.breakers.probationUntilMs == nil, "nothing was resumed")
    }

    @Test(arguments: [true, false]) func twoHaltsOfAccountsBetweenTwoLooksAreNoResume(isNamed: Bool) {
        var desk = HaltedDesk([])
        desk.isNamed = isNamed
        desk.told()
        let sinceMs = desk.engine.breakers.modeSinceMs
        desk.halt("venue=v1")
        desk.halt("venue=v2")
        desk.run(1_000)
        #expect(desk.engine.view(at: desk.atMs).probation == nil)
        // Without names nobody can say whether they were halts of the whole desk.
        if isNamed { #expect(desk.engine.breakers.modeSinceMs == sinceMs) }
    }

    @Test func aHaltAResumeAndAHaltOfAnAccountBetweenTwoLooksAreAResume() {
        var desk = HaltedDesk([])
        desk.halt("global")
        desk.resume("global")
        desk.halt("venue=v1")
        desk.run(500)
        #expect(desk.engine.view(at: desk.atMs).probation != nil)
        #expect(desk.engine.breakers.modeSinceMs == desk.atMs)
    }

    @Test func whatIsResumedIsHaltedAgainAndWhatIsStillHaltedIsNot() {
        var desk = HaltedDesk([stuck])
        desk.order("a")
        desk.order("b", account: "other")
        desk.run(5_000)
        #expect(desk.decisions.halts.count == 2)
        desk.resume("venue=kraken,account=main")
        desk.run(10_000)
        #expect(desk.decisions.halts.map(\.alert).dropFirst(2) == ["ORDER_STUCK/kraken/main/a"])
        desk.resume("global")
        desk.run(10_000)
        #expect(desk.decisions.halts.count == 5)
    }

    @Test func aValueThatTremblesAtItsLimitHaltsOnceWhileItsHaltHolds() {
        let steps = [Rule.Step(Decimal(20), .emergency, kills: true)]
        var desk = HaltedDesk([RuleBench.probe(steps)])
        let origin = Event.Origin(source: Event.Source(.bot, "grid"))
        for value in 0..<40 {
            desk.say(Event(origin, .metric(MetricReport(name: "probe", value: Decimal(value % 2 == 0 ? 25 : 15)))))
            desk.run(1_000)
        }
        #expect(desk.decisions.halts.count == 1)
        desk.resume("global")
        desk.say(Event(origin, .metric(MetricReport(name: "probe", value: Decimal(25)))))
        desk.run(1_000)
        #expect(desk.decisions.halts.count == 2)
    }

    @Test func aHaltThatNeverCameIntoTheRecordIsAskedForAgain() {
        let steps = [Rule.Step(Decimal(20), .emergency, kills: true)]
        var desk = HaltedDesk([RuleBench.probe(steps)])
        let origin = Event.Origin(source: Event.Source(.bot, "grid"))
        desk.say(Event(origin, .metric(MetricReport(name: "probe", value: Decimal(25)))))
        desk.run(500)
        #expect(desk.decisions.halts.count == 1)
        // The host died in between: its page and record know nothing of it.
        (desk.kept, desk.generation) = ([], 2)
        desk.tell(.started(desk.engine.settings))
        desk.run(1_000)
        #expect(desk.decisions.halts.count == 2)
    }

    @Test func aBreakerThatWasResetHaltsAgainWhileTheOldHaltHolds() {
        let steps = [Rule.Step(Decimal(20), .emergency, kills: true)]
        var desk = HaltedDesk([RuleBench.probe(steps)])
        let origin = Event.Origin(source: Event.Source(.bot, "grid"))
        desk.say(Event(origin, .metric(MetricReport(name: "probe", value: Decimal(25)))))
        desk.run(5_000)
        let action = OperatorAction(name: "alice", reason: "drill", change: .resetBreaker(name: "PROBE"))
        desk.say(Event(Event.Origin(source: Event.Source(.operator, "alice")), .operatorAction(action)))
        desk.run(5_000)
        #expect(desk.decisions.halts.count == 2)
        #expect(desk.engine.view(at: desk.atMs).breakers.first?.isTripped == true)
    }
}
