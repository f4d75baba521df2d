import KillSwitch
import Testing

@testable import SafetyEngine

/// What a venue says of an order that counted as finished is told, and the safer reading counts (LESSONS 8).
struct ReopenedOrderTests {
    /// Words of a venue one after the other, `STATE` or `STATE filled`, of an order of 10.
    private func hear(_ words: [(Order.State, Int)], isTimed: Bool) -> LiveDesk {
        var desk = LiveDesk()
        desk.say(EngineTurns.host(.mode(HostEvent.ModeState(mode: "halted", generation: 3, latches: 1))))
        // A venue that never listed its orders proves nothing.
        desk.venue(.openOrders([]), ahead: isTimed ? 0 : nil)
        for word in words {
            desk.venue(.order(report(word.0, filled: word.1)), ahead: isTimed ? 0 : nil)
            desk.run(1_000)
        }
        return desk
    }

    private func areOrdersGone(_ desk: LiveDesk) -> Bool? {
        desk.engine.resumeChecks(for: .live, scope: .global, at: desk.atMs).first { $0.name == .ordersGone }?.passed
    }

    @Test(
        arguments: [
            ([(.acknowledged, 0), (.canceled, 0), (.partiallyFilled, 4)], Order.State.unknown),
            ([(.acknowledged, 0), (.canceled, 0), (.acknowledged, 0)], .unknown),
            ([(.acknowledged, 0), (.canceled, 0), (.acknowledged, 0), (.acknowledged, 0)], .acknowledged),
            ([(.acknowledged, 0), (.canceled, 0), (.acknowledged, 0), (.canceled, 0)], .canceled),
            ([(.acknowledged, 0), (.filled, 10), (.acknowledged, 0)], .unknown),
            ([(.acknowledged, 0), (.filled, 10), (.acknowledged, 0), (.canceled, 0)], .filled),
            ([(.acknowledged, 0), (.rejected, 0), (.filled, 0)], .filled),
            ([(.acknowledged, 0), (.expired, 0), (.submitted, 0)], .unknown),
            ([(.acknowledged, 0), (.filled, 5)], .filled),
            ([(.acknowledged, 20)], .filled),
        ] as [([(Order.State, Int)], Order.State)],
        [true, false]
    )
    func aContradictionRaisesAnAlertAndTheSaferReadingCounts(
        _ row: ([(Order.State, Int)], Order.State),
        isTimed: Bool
    ) throws {
        let desk = hear(row.0, isTimed: isTimed)
        let order = try #require(desk.engine.book.orders.values.first)
        #expect(order.state == row.1, "\(order.contradiction)")
        #expect(desk.alerts.contains("ORDER_CONTRADICTION/kraken/main/a"))
        #expect(areOrdersGone(desk) == row.1.isFinal)
    }

    @Test(arguments: [Order.State.new, .submitted, .acknowledged])
    func whatTheVenueListsAsOpenIsOpenAndWhatItListsNoMoreIsGone(listed: Order.State) {
        var desk = hear([(.acknowledged, 0), (.canceled, 0)], isTimed: true)
        #expect(areOrdersGone(desk) == true)
        desk.venue(.openOrders([report(listed)]), ahead: 0)
        desk.run(1_000)
        #expect(areOrdersGone(desk) == false)
        desk.venue(.openOrders([report(listed)]), ahead: 0)
        desk.run(2_000)
        #expect(areOrdersGone(desk) == false)
        desk.venue(.openOrders([]), ahead: 0)
        desk.run(1_000)
        #expect(areOrdersGone(desk) == true)
    }

    @Test func aFillAfterTheEndOpensItAgainAndOneThatOnlyCameLateDoesNot() {
        var desk = hear([(.acknowledged, 0), (.canceled, 0)], isTimed: true)
        desk.venue(.fill(fill(.buy, "1", "100", id: "f1", order: "a")), ahead: -1_500)
        desk.run(1_000)
        #expect(areOrdersGone(desk) == true && !desk.alerts.contains("ORDER_CONTRADICTION/kraken/main/a"))
        desk.venue(.fill(fill(.buy, "4", "100", id: "f2", order: "a")), ahead: 0)
        desk.run(1_000)
        #expect(areOrdersGone(desk) == false)
        #expect(desk.alerts.contains("ORDER_CONTRADICTION/kraken/main/a"))
    }

    @Test func anOlderWordOpensNothing() {
        var desk = hear([(.acknowledged, 0), (.canceled, 0)], isTimed: true)
        desk.venue(.order(report(.partiallyFilled, filled: 4)), ahead: -1_500)
        desk.run(1_000)
        #expect(areOrdersGone(desk) == true && desk.alerts.isEmpty)
    }

    @Test func aBotsWordOpensNothing() {
        var desk = hear([(.acknowledged, 0), (.canceled, 0)], isTimed: true)
        let origin = Event.Origin(venue: "kraken", account: "main", source: Event.Source(.bot, "grid"))
        desk.say(Event(origin, .order(report(.acknowledged))))
        #expect(areOrdersGone(desk) == true)
    }

    @Test func theAlertGoesOnceTheOrderIsForgotten() {
        var desk = hear([(.filled, 5)], isTimed: true)
        #expect(desk.alerts.contains("ORDER_CONTRADICTION/kraken/main/a"))
        desk.run(Book.finishedMs)
        #expect(!desk.alerts.contains("ORDER_CONTRADICTION/kraken/main/a"))
    }
}
