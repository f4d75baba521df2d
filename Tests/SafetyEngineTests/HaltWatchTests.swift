import KillSwitch
import Testing

@testable import SafetyEngine

/// What proves that the orders of a halt are gone, and what does not.
struct HaltWatchTests {
    /// An engine on a real desk whose time only moves when it is told to.
    private struct Desk {
        var engine: Engine
        var atMs: UInt64 = 1_000_000
        let originMs: Int64 = 1_800_000_000_000
        var decisions: [Decision] = []

        var wallMs: Int64 { originMs + Int64(atMs) }

        init(_ change: (inout EngineSettings) -> Void = { _ in }) {
            var settings = EngineSettings()
            settings.isPaper = false
            change(&settings)
            engine = Engine(settings: settings)
            apply(.init(Event.Origin(source: Event.Source(.host, "desk")), .host(.started(settings))))
        }

        mutating func apply(_ event: Event) {
            decisions += engine.apply(event, at: Receipt(atMs: atMs, wallMs: wallMs))
        }

        mutating func pass(_ ms: UInt64) {
            atMs += ms
            decisions += engine.advance(to: Receipt(atMs: atMs, wallMs: wallMs))
        }

        mutating func halt(
            stopped: UInt64?,
            scope: String = "global",
            period: UInt32 = 2,
            traded: [String] = [],
            hasForgotten: Bool? = nil
        ) {
            let halt = HostEvent.Halt(
                id: "h",
                scope: scope,
                generation: 3,
                period: period,
                stoppedMs: stopped,
                traded: traded,
                hasForgotten: hasForgotten
            )
            apply(Event(Event.Origin(source: Event.Source(.host, "desk")), .host(.halts([halt]))))
        }

        /// The venue lists; `askedAgo`: how long ago it was asked, nil: it does not say.
        mutating func list(
            _ ids: [String],
            askedAgo: Int64? = 0,
            account: String = "main",
            reduceOnly: Bool = false,
            refusedRows: Int = 0
        ) {
            let origin = Event.Origin(venue: "kraken", account: account, source: Event.Source(.venue, "kraken"))
            let reports = ids.map { Desk.order($0, reduceOnly: reduceOnly) }
            var event = Event(origin, .openOrders(reports), askedMs: askedAgo.map { wallMs - $0 })
            event.refusedRows = refusedRows
            apply(event)
        }

        static func order(_ id: String, _ state: Order.State = .acknowledged, reduceOnly: Bool = false) -> OrderReport {
            OrderReport(
                clientID: id,
                venueID: "",
                symbol: "BTC/USD",
                side: .buy,
                quantity: Decimal(1),
                price: Decimal(9),
                reduceOnly: reduceOnly,
                state: state
            )
        }

        static func filled(_ id: String, reduceOnly: Bool = false) -> OrderReport {
            var report = order(id, .filled, reduceOnly: reduceOnly)
            report.filled = report.quantity
            return report
        }

        mutating func venue(_ report: OrderReport) {
            let origin = Event.Origin(venue: "kraken", account: "main", source: Event.Source(.venue, "kraken"))
            apply(Event(origin, .order(report)))
        }

        var proof: OrdersProof? { engine.ordersProof(of: .global, at: atMs) }
    }

    @Test func anAccountWhereABotClaimsAPositionIsKnownAndHasToBeListed() {
        var desk = Desk()
        desk.list([])
        let bot = Event.Origin(venue: "okx", account: "m2", strategy: "grid", source: Event.Source(.bot, "grid"))
        desk.apply(Event(bot, .position(PositionReport(symbol: "BTC/USD", quantity: Decimal(2)))))
        desk.halt(stopped: desk.atMs)
        for _ in 0..<3 {
            desk.pass(2_500)
            desk.list([])
        }
        #expect(desk.proof?.standing == .unlisted && desk.proof?.text() == "NOT verified: nobody lists okx/m2")
        desk.apply(Event(bot, .position(PositionReport(symbol: "BTC/USD", quantity: Decimal(0)))))
        #expect(desk.proof?.standing == .gone)
    }

    @Test func aListingThatWasAskedForBeforeTheStopHadSettledProvesNothing() throws {
        var desk = Desk()
        desk.list([])
        desk.halt(stopped: desk.atMs)
        desk.pass(500)
        // Both came after the halt and say nothing is open: the order that was sent before it may land after them.
        desk.list([])
        desk.list([])
        #expect(desk.proof?.standing == .waiting)
        desk.pass(400)
        desk.list(["late"])
        #expect(desk.proof?.standing == .open && desk.proof?.text().contains("1 at kraken") == true)
        desk.pass(1_000)
        desk.list([])
        #expect(desk.proof?.standing == .waiting)
        desk.pass(100)
        desk.list([])
        #expect(desk.proof?.standing == .gone && desk.proof?.text() == "gone at kraken")
    }

    @Test func aListingThatDoesNotSayWhenItWasAskedForNeedsTheSettlingTimeOnceMore() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(1_500)
        desk.list([], askedAgo: nil)
        desk.list([], askedAgo: nil)
        #expect(desk.proof?.standing == .waiting)
        desk.pass(501)
        desk.list([], askedAgo: nil)
        desk.list([], askedAgo: nil)
        #expect(desk.proof?.standing == .gone)
        // One that says that it was asked for before counts from then, however late it comes.
        var slow = Desk()
        slow.halt(stopped: slow.atMs)
        slow.pass(10_000)
        slow.list([], askedAgo: 9_500)
        slow.list([], askedAgo: 9_400)
        #expect(slow.proof?.standing == .waiting)
    }

    @Test func nothingIsProvedBeforeEveryGateHasStopped() {
        var desk = Desk()
        desk.halt(stopped: nil)
        desk.pass(60_000)
        desk.list([])
        desk.list([])
        #expect(desk.proof?.standing == .waiting && desk.proof?.text().contains("acknowledged") == true)
    }

    @Test func aListingOfWhichARowCouldNotBeReadProvesNothingAndTakesTheProofBack() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list([])
        desk.list([])
        #expect(desk.proof?.standing == .gone)
        for _ in 0..<3 {
            desk.list([], refusedRows: 1)
            #expect(desk.proof?.standing == .waiting)
        }
        desk.list([])
        #expect(desk.proof?.standing == .waiting)
        desk.list([])
        #expect(desk.proof?.standing == .gone)
    }

    @Test func anOrderThatIsListedUnderNoAccountIsOpenBesideAccountsThatListNone() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list(["na-1"], account: "")
        for _ in 0..<2 { desk.list([]) }
        #expect(desk.proof?.standing == .open && desk.proof?.open == 1)
        for _ in 0..<2 { desk.list([], account: "") }
        #expect(desk.proof?.standing == .gone)
    }

    @Test func aVenueOfWhichNoAccountIsKnownKeepsTheHaltUnverified() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        for _ in 0..<2 { desk.list([]) }
        #expect(desk.proof?.standing == .gone)
        let origin = Event.Origin(venue: "alpaca", account: "", source: Event.Source(.venue, "alpaca"))
        desk.apply(Event(origin, .venue(VenueReport(state: .connected))))
        #expect(desk.proof?.standing == .unlisted && desk.proof?.text() == "NOT verified: nobody lists alpaca")
        let checks = desk.engine.resumeChecks(for: .live, scope: .global, at: desk.atMs)
        #expect(checks.first { $0.name == .venues }?.outcome == .failed)
        #expect(checks.first { $0.name == .ordersGone }?.outcome == .notChecked)
        #expect(checks.first { $0.name == .reconciled }?.detail.contains("alpaca") == true)
        #expect(desk.engine.view(at: desk.atMs).money.gross == nil)
        var configured = Desk { $0.settleByVenue["coinbase"] = 1_000 }
        configured.halt(stopped: configured.atMs)
        configured.pass(2_000)
        for _ in 0..<2 { configured.list([]) }
        #expect(configured.proof?.standing == .unlisted && configured.proof?.text().contains("coinbase") == true)
    }

    @Test func aDeskThatLostItsJournalDoesNotKnowOfWhichAccountsItHasToHear() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs, hasForgotten: true)
        desk.pass(2_000)
        for _ in 0..<2 { desk.list([]) }
        #expect(desk.proof?.standing == .unlisted)
        #expect(desk.proof?.text() == "NOT verified: nobody lists accounts that only the lost journal knew")
    }

    @Test func anOrderThatWasFilledAtOnceTakesTheProofBackAndIsCounted() {
        var desk = Desk()
        desk.venue(Desk.order("before"))
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        for _ in 0..<2 { desk.list([]) }
        #expect(desk.proof?.standing == .gone)
        // What the halt met, and one that only shrinks a position, are nothing new.
        desk.venue(Desk.filled("before"))
        desk.venue(Desk.filled("stop", reduceOnly: true))
        #expect(desk.proof?.standing == .gone && desk.proof?.new == 0)
        desk.pass(100)
        desk.venue(Desk.filled("market"))
        #expect(desk.proof?.standing == .waiting && desk.proof?.new == 1 && desk.proof?.open == 0)
        desk.venue(Desk.filled("market"))
        #expect(desk.proof?.new == 1)
    }

    @Test func anAccountThatNobodyListsIsNamedAndNeverGone() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs, traded: ["venue=kraken,account=main"])
        desk.pass(60_000)
        #expect(desk.proof?.standing == .unlisted && desk.proof?.text() == "NOT verified: nobody lists kraken/main")
        var nobody = Desk()
        nobody.halt(stopped: nobody.atMs)
        #expect(nobody.proof?.standing == .unlisted)
        #expect(nobody.proof?.text() == "NOT verified: no venue is known to this desk")
        var meant = Desk { $0.ordersAreNotWatched = true }
        meant.halt(stopped: meant.atMs, traded: ["venue=kraken"])
        #expect(meant.proof?.standing == .notWatched && meant.proof?.text().hasPrefix("not watched") == true)
    }

    @Test func oneAccountOfTwoThatDoesNotListKeepsItUnproved() {
        var desk = Desk()
        desk.list([], account: "other")
        desk.halt(stopped: desk.atMs)
        for _ in 0..<3 {
            desk.pass(2_000)
            desk.list([])
        }
        #expect(desk.proof?.standing == .waiting && desk.proof?.text().contains("kraken/other") == true)
        desk.list([], account: "other")
        desk.pass(10)
        desk.list([], account: "other")
        #expect(desk.proof?.standing == .gone)
    }

    @Test func anOrderThatOnlyShrinksIsNoReasonToWait() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list(["stop-loss"], reduceOnly: true)
        desk.list(["stop-loss"], reduceOnly: true)
        #expect(desk.proof?.standing == .gone)
    }

    @Test func aListingWithARowThatNamesNoOrderIsIncompleteAndProvesNothing() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list([])
        desk.list([""])
        desk.list([])
        #expect(desk.proof?.standing != .gone)
        desk.list([])
        #expect(desk.proof?.standing == .gone)
    }

    @Test func anOrderThatAppearsAfterwardsTakesItBackAndRaisesOneAlertThatCounts() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list([])
        desk.list([])
        desk.pass(250)
        #expect(desk.proof?.standing == .gone)
        desk.list(["a"])
        #expect(desk.proof?.standing == .open && desk.proof?.new == 1)
        desk.venue(Desk.order("b"))
        desk.list(["a", "b", "c"])
        desk.pass(500)
        #expect(desk.proof?.new == 3)
        #expect(
            desk.proof?.text().contains("3 new orders at kraken since the halt: something does not ask its gate")
                == true
        )
        let alerts = desk.engine.view(at: desk.atMs).alerts.filter { $0.rule == "ORDER_AFTER_HALT" }
        #expect(alerts.count == 1 && alerts.first?.level == .emergency)
        #expect(alerts.first?.text.contains("3 new orders") == true, "\(alerts.first?.text ?? "none")")
        // A resume ends it.
        desk.apply(Event(Event.Origin(source: Event.Source(.host, "desk")), .host(.halts([]))))
        desk.pass(120_000)
        #expect(desk.engine.view(at: desk.atMs).alerts.allSatisfy { $0.rule != "ORDER_AFTER_HALT" })
    }

    @Test func anOrderThatWasOnItsWayAtTheHaltIsNoNewOne() {
        var desk = Desk()
        desk.list([])
        desk.halt(stopped: desk.atMs)
        desk.pass(500)
        desk.list([])
        desk.pass(300)
        desk.list(["in-flight"])
        desk.pass(2_000)
        desk.list(["in-flight"])
        #expect(desk.proof?.standing == .open && desk.proof?.new == 0)
    }

    @Test func whatWasProvedUnderAnotherHostIsProvedAnew() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list([])
        desk.list([])
        #expect(desk.proof?.standing == .gone)
        desk.apply(Event(Event.Origin(source: Event.Source(.host, "desk")), .host(.started(desk.engine.settings))))
        #expect(desk.proof?.standing != .gone)
        desk.list([])
        desk.pass(10)
        desk.list([])
        #expect(desk.proof?.standing == .gone)
    }

    @Test func aVenueThatFallsSilentTakesTheProofBack() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list([])
        desk.list([])
        #expect(desk.proof?.standing == .gone)
        desk.pass(61_000)
        #expect(desk.proof?.standing == .waiting && desk.proof?.text().contains("silent") == true)
    }

    @Test func theHaltOfAScopeIsProvedForItsScope() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs, scope: "venue=kraken,account=main")
        desk.pass(2_000)
        desk.list(["elsewhere"], account: "other")
        desk.list([])
        desk.list([])
        let scope = (try? Scope("venue=kraken,account=main")) ?? .global
        #expect(desk.engine.ordersProof(of: scope, at: desk.atMs)?.standing == .gone)
        desk.list(["again"])
        #expect(desk.engine.ordersProof(of: scope, at: desk.atMs)?.standing == .open)
    }

    @Test func anOrderThatOnlyABotSpeaksOfIsNamedAndHoldsNothingBackOnceItsVenueHasListed() {
        var desk = Desk()
        desk.list([])
        desk.halt(stopped: desk.atMs)
        let bot = Event.Origin(venue: "kraken", account: "main", strategy: "grid", source: Event.Source(.bot, "grid"))
        desk.apply(Event(bot, .order(Desk.order("claimed", .submitted))))
        #expect(desk.proof?.claimed == ["claimed"] && desk.proof?.standing != .gone)
        desk.pass(2_500)
        desk.list([])
        desk.list([])
        #expect(desk.proof?.standing == .gone)
        #expect(desk.proof?.text().contains("only a bot speaks of (claimed)") == true)
    }

    @Test func haltsOnTopOfOneAnotherAreProvedByTheSameListings() {
        var desk = Desk()
        desk.halt(stopped: desk.atMs)
        desk.pass(2_000)
        desk.list([])
        desk.list([])
        desk.halt(stopped: desk.atMs)
        #expect(desk.proof?.standing == .gone)
        // After a resume it is another halt.
        desk.halt(stopped: desk.atMs, period: 6)
        #expect(desk.proof?.standing != .gone)
    }
}
