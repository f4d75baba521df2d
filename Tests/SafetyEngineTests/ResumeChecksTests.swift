import KillSwitch
import Testing

@testable import SafetyEngine

/// The engine's checks before a resume: each passes on a desk where all is well, and fails for what it is named after.
struct ResumeChecksTests {
    /// A halted desk with one reached account that holds nothing.
    private static func desk() -> (BookDesk, Engine) {
        var desk = BookDesk()
        desk.venue(.venue(VenueReport(state: .connected)))
        desk.venue(.openOrders([]))
        desk.venue(.positions([]))
        desk.price("BTC/USD", "100")
        desk.venue(.balance(BalanceReport(currency: "USD", total: Decimal(100), equity: Decimal(100))))
        var engine = Engine()
        engine.mode = HostEvent.ModeState(mode: "halted", generation: 3, latches: 1)
        return (desk, engine)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var failing: [PreflightCheck.Name]
        /// What nobody can tell.
        var notChecked: [PreflightCheck.Name] = []
        var says = ""
        var scope = Scope.global
        var mode = Mode.live
        var change: @Sendable (inout BookDesk, inout Engine) -> Void
    }

    static let cases: [Case] = [
        Case(testDescription: "all is well", failing: []) { _, _ in },
        Case(
            testDescription: "a venue fell silent",
            failing: [.venues, .feeds],
            // What it listed is too old to say anything.
            notChecked: [.ordersGone, .reconciled],
            says: "silent"
        ) { desk, _ in
            _ = desk.pass(61_000)
        },
        Case(testDescription: "an order is left", failing: [.ordersGone], says: "1 order is still open") { desk, _ in
            desk.venue(.order(anOrder("o1", .acknowledged)))
        },
        Case(testDescription: "orders rest while trading is permitted", failing: [], mode: .reduceOnly) {
            desk,
            engine in
            desk.venue(.order(anOrder("o1", .acknowledged)))
            engine.mode = HostEvent.ModeState(mode: "paper", generation: 4, latches: 0)
        },
        Case(
            testDescription: "an order is left at a venue that is not meant",
            failing: [],
            notChecked: [.venues, .ordersGone, .reconciled, .feeds],
            scope: (try? Scope("venue=okx")) ?? .global
        ) { desk, _ in desk.venue(.order(anOrder("o1", .acknowledged))) },
        Case(testDescription: "a bot says otherwise", failing: [.reconciled], says: "a bot says 3") { desk, _ in
            desk.venue(.position(PositionReport(symbol: "BTC/USD", side: .long, quantity: Decimal(1))))
            desk.bot(.position(PositionReport(symbol: "BTC/USD", side: .long, quantity: Decimal(3))))
        },
        Case(
            testDescription: "something held has no price",
            failing: [.feeds],
            notChecked: [.reconciled],
            says: "without a fresh price"
        ) { desk, _ in
            desk.venue(.position(PositionReport(symbol: "WIF/USD", side: .long, quantity: Decimal(1))))
        },
        Case(
            testDescription: "a venue never listed its orders",
            failing: [],
            notChecked: [.ordersGone, .reconciled, .feeds],
            says: "never listed its orders"
        ) {
            desk,
            _ in
            desk = BookDesk()
            desk.venue(.venue(VenueReport(state: .connected)))
        },
        Case(
            testDescription: "no venue has reported, and none is expected",
            failing: [],
            notChecked: [.venues, .ordersGone, .reconciled, .feeds]
        ) { desk, _ in desk = BookDesk() },
        Case(
            testDescription: "no venue has reported, though one is expected",
            failing: [.venues],
            notChecked: [.ordersGone, .reconciled, .feeds],
            says: "expected: kraken"
        ) { desk, engine in
            desk = BookDesk()
            engine.settings.supervisors = [RosterDesk.expected("feed", feeds: "kraken")]
        },
        Case(testDescription: "a breaker is tripped", failing: [.rules], says: "breakers reset DAILY_DRAWDOWN") {
            _,
            engine in
            engine.breakers.trip("DAILY_DRAWDOWN", "a test", at: 0)
        },
        Case(
            testDescription: "the stage before was too short",
            failing: [.rules],
            says: "live comes after 10m in reduce-only"
        ) { _, engine in
            engine.settings.probation.reduceOnlyMs = 600_000
            engine.mode = HostEvent.ModeState(mode: "reduce-only", generation: 4, latches: 0)
        },
        Case(testDescription: "a stage that asks for no time", failing: [], mode: .paper) { _, engine in
            engine.settings.probation.reduceOnlyMs = 600_000
        },
    ]

    @Test(arguments: cases) func eachCheckFailsForWhatItIsNamedAfter(_ one: Case) {
        var (desk, engine) = ResumeChecksTests.desk()
        one.change(&desk, &engine)
        _ = desk.pass()
        engine.book = desk.book
        let checks = engine.resumeChecks(for: one.mode, scope: one.scope, at: desk.atMs)
        #expect(checks.map(\.name) == PreflightCheck.Name.engine)
        #expect(checks.filter { $0.outcome == .failed }.map(\.name) == one.failing)
        #expect(checks.filter { $0.outcome == .notChecked }.map(\.name) == one.notChecked)
        let words = checks.filter { !$0.passed }.map(\.detail).joined(separator: "\n")
        #expect(words.contains(one.says), "\(words)")
        #expect(checks.allSatisfy { !$0.detail.isEmpty })
    }

    @Test(arguments: [true, false]) func whatNobodyCanTellRefusesWhereARealDeskHasVenues(_ isPaper: Bool) {
        var desk = BookDesk()
        desk.venue(.venue(VenueReport(state: .connected)))
        desk.venue(.openOrders([]))
        var engine = Engine()
        engine.settings.isPaper = isPaper
        engine.book = desk.book
        let checks = engine.resumeChecks(for: .live, scope: .global, at: desk.atMs)
        let unchecked = checks.filter { $0.outcome == .notChecked }
        #expect(unchecked.map(\.name) == [.reconciled, .feeds])
        #expect(unchecked.allSatisfy { $0.refuses == !isPaper })
        var empty = Engine()
        empty.settings.isPaper = isPaper
        // Without a venue there is nothing to trade at.
        #expect(empty.resumeChecks(for: .live, scope: .global, at: 1_000).allSatisfy { !$0.refuses })
    }

    @Test func whatWasNeverHeardOfIsNotCalledGone() {
        let checks = Engine().resumeChecks(for: .live, scope: .global, at: 1_000)
        let details = checks.filter { [.venues, .ordersGone, .reconciled].contains($0.name) }.map(\.detail)
        #expect(details.allSatisfy { $0.contains("no venue has reported to this desk") }, "\(details)")
        #expect(checks.first { $0.name == .ordersGone }?.detail.contains("nothing is known of orders") == true)
    }
}

private func anOrder(_ id: String, _ state: Order.State) -> OrderReport {
    OrderReport(clientID: id, symbol: "BTC/USD", side: .buy, quantity: Decimal(1), price: Decimal(90), state: state)
}
