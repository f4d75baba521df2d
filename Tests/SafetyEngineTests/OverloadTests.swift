import Foundation
import Testing

@testable import SafetyEngine

/// What the desk keeps is bounded: it says so past the bound, and goes on evaluating what it holds.
struct OverloadTests {
    /// 100,000 orders and positions over 5,000 accounts where `ESTOP_LONG` is set, a hundredth of that else.
    private static let scale = ProcessInfo.processInfo.environment["ESTOP_LONG"] == nil ? 1 : 100

    private func origin(_ account: Int) -> Event.Origin {
        Event.Origin(venue: "kraken", account: "a\(account)", source: Event.Source(.venue, "kraken"))
    }

    /// A burst of orders and unpriced positions over many accounts.
    private func burst(_ desk: inout LiveDesk) {
        for account in 0..<50 * Self.scale {
            let orders = (0..<20).map { report(.unknown, "o\(account)-\($0)") }
            let positions = (0..<20).map { PositionReport(symbol: "S\(account)-\($0)", quantity: Decimal(1)) }
            desk.say(Event(origin(account), .openOrders(orders)))
            desk.say(Event(origin(account), .positions(positions)))
        }
    }

    @Test func booksAreBoundedAndTheDeskSaysSo() throws {
        var desk = LiveDesk {
            $0.bounds.orders = 400 * Self.scale
            $0.bounds.positions = 300 * Self.scale
            $0.bounds.accounts = 30 * Self.scale
            $0.bounds.alerts = 100
        }
        desk.venue(balance("1000", equity: "1000"))
        desk.run(500)
        burst(&desk)
        desk.run(500)
        #expect(desk.engine.book.orders.count == 400 * Self.scale)
        #expect(desk.engine.book.positions.count == 300 * Self.scale)
        #expect(desk.engine.book.venues.count == 30 * Self.scale)
        let overloaded = desk.view.alerts.filter { $0.rule == "OVERLOADED" }
        #expect(overloaded.map(\.subject).sorted() == ["accounts", "orders", "positions"])
        #expect(overloaded.allSatisfy { $0.level == .critical })
        // What was not taken whole is not known.
        let view = desk.view
        let last = view.venues.first { $0.name == "kraken" && $0.account == "a\(25 * Self.scale)" }
        #expect(last.map { !$0.streams.orders.isKnown } ?? false)
        #expect(view.money.gross == nil && view.money.equity == nil)
        // What it holds is evaluated all the same.
        for _ in 0..<10 {
            desk.venue(balance("900", equity: "900"))
            desk.run(1_000)
        }
        #expect(desk.decisions.halts.map(\.rule) == ["DAILY_DRAWDOWN"])
    }

    @Test func alertsAreBoundedButNotThoseThatHalt() {
        var desk = LiveDesk {
            $0.bounds.alerts = 100
            guard let place = $0.rules.firstIndex(where: { $0.name == "ORDER_STUCK" }) else { return }
            $0.rules[place].steps[1].kills = true
        }
        for account in 0..<300 { desk.say(Event(origin(account), .openOrders([report(.unknown, "o")]))) }
        desk.run(1_000)
        #expect(desk.engine.alarms.watches.count <= 101)
        #expect(desk.alerts.contains("OVERLOADED/alerts"))
        for _ in 0..<20 {
            for account in 0..<300 { desk.say(Event(origin(account), .openOrders([report(.unknown, "o")]))) }
            desk.run(50_000)
        }
        #expect(Set(desk.decisions.halts.map(\.alert)).count == 300)
    }

    @Test func itIsOverOnceNothingIsLeftOut() {
        var desk = LiveDesk { $0.bounds.metrics = 2 }
        for name in ["a", "b", "c"] {
            let origin = Event.Origin(source: Event.Source(.bot, "m"))
            desk.say(Event(origin, .metric(MetricReport(name: name, value: Decimal(1)))))
        }
        desk.run(1_000)
        #expect(desk.alerts == ["OVERLOADED/metrics"])
        desk.run(61_000)
        #expect(desk.alerts.isEmpty)
    }

    /// The view for `estop alerts` is the alerts of the whole view.
    @Test func alertsCanBeHadWithoutTheRest() {
        var desk = LiveDesk()
        burst(&desk)
        desk.run(1_000)
        let (whole, alone) = (desk.view, desk.engine.alertsView(at: desk.atMs, isHistory: false))
        #expect(alone.alerts == whole.alerts && !alone.alerts.isEmpty)
        #expect(alone.positions.isEmpty && alone.orders.isEmpty)
    }
}
