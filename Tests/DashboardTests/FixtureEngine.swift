import KillSwitch
import SafetyEngine

@testable import Dashboard

/// Desks with an engine behind them: money, details, proposals, breakers and the watch after a resume.
extension Fixture {
    /// A paper desk as a new machine shows it, with everything that an operator may have to look into.
    static func paper() -> DeskSnapshot {
        var desk = engaged()
        desk.paper = true
        desk.deskName = "paper"
        desk.word = Word(generation: 2, mode: .paper)
        desk.mode = .paper
        desk.host = .embedded
        desk.engine?.probation = nil
        desk.engine?.breakers[0].isTripped = false
        return desk
    }

    /// The same, halted.
    static func paperHalted() -> DeskSnapshot {
        var desk = halted()
        desk.paper = true
        desk.deskName = "paper"
        desk.alerts = paper().alerts
        desk.positions = paper().positions
        desk.engine = paper().engine
        return desk
    }

    /// A real desk, on its way back after a halt: reduce-only, on probation, with a breaker still tripped.
    static func engaged() -> DeskSnapshot {
        var desk = trading()
        desk.word = Word(generation: 12, mode: .reduceOnly)
        desk.mode = .reduceOnly
        desk.alerts.rows[0].samples = [
            Alert.Sample(value: "360 s", ageMs: 12_000), Alert.Sample(value: "372 s", ageMs: 250),
        ]
        desk.alerts.rows[0].lastAgeMs = 250
        desk.alerts.rows[2].acknowledgedUntilMs = 5_000_000 + 720_000
        desk.alerts.rows[3].quiet = "silenced by bob for 2h: known, being sold off"
        desk.positions.rows[0].details = details(peak: "95010.00", stop: "88512.59", left: "-0.57")
        desk.positions.rows[3].details = unknownCost()
        desk.orders.rows[1].details = reached()
        for index in desk.venues.rows.indices { desk.venues.rows[index].books = books(index) }
        desk.engine = engine()
        // Every account listed its orders and positions a second ago.
        desk.engine?.venues = desk.venues.rows.map { row in
            var venue = row
            venue.streams = .reported(agoMs: 1_000)
            return venue
        }
        return desk
    }

    private static func details(peak: String, stop: String, left: String) -> Position.Details {
        var details = Position.Details()
        details.currency = "USD"
        details.peak = number(peak)
        details.heardAgeMs = 1_200
        details.countedInCap = 3
        details.cap = 8
        details.claimed = number("0.5")
        var exits = [
            Position.Exit(
                rule: "STOP_LOSS",
                limit: "3 %",
                policy: "observe",
                trigger: number(stop),
                percentLeft: number(left)
            ),
            Position.Exit(
                rule: "TAKE_PROFIT",
                limit: "8 %",
                policy: "enforce",
                trigger: number("98550.11"),
                percentLeft: number("11.97")
            ), Position.Exit(rule: "TRAILING", limit: "5 %", policy: "off"),
            Position.Exit(rule: "TIME_EXIT", limit: "24 h", policy: "observe", leftMs: 79_140_000),
        ]
        exits[1].blocker = "the desk is reduce-only"
        details.exits = exits
        return details
    }

    private static func unknownCost() -> Position.Details {
        var details = Position.Details()
        details.isAdopted = true
        details.dust = "worth 0.41 USD, below 1.00 USD"
        details.exits = [
            Position.Exit(
                rule: "STOP_LOSS",
                limit: "3 %",
                policy: "enforce",
                problem: "not judged: the cost basis is unknown"
            )
        ]
        return details
    }

    private static func reached() -> Order.Details {
        var details = Order.Details()
        details.reached = [
            Order.Details.Reached(state: .submitted, ageMs: 64_000),
            Order.Details.Reached(state: .acknowledged, ageMs: 63_400),
            Order.Details.Reached(state: .partiallyFilled, ageMs: 12_000),
        ]
        details.heardAgeMs = 4_000
        details.claimed = .canceled
        return details
    }

    private static func books(_ index: Int) -> Venue.Books {
        var books = Venue.Books()
        books.currency = "USD"
        books.feedLimitMs = 60_000
        switch index {
        case 0:
            books.positions = 4
            books.positionsSeen = 4
            books.unpriced = 1
            books.balance = number("48211.90")
            books.feedAgeMs = 900
            books.ordersAgeMs = 400
            books.positionsAgeMs = 400
            books.notCompared = "1 without a price: its total cannot be compared"
        case 1:
            books.positions = 0
            books.balance = number("9120.00")
            books.equity = number("9120.00")
            books.feedAgeMs = 71_000
            books.differences = ["okx/main: the venue says 9120.00 USD, balance and positions are 8800.00"]
        default: books.notCompared = "no balance is known"
        }
        return books
    }

    private static func engine() -> EngineView {
        var view = EngineView()
        view.atMs = 5_000_000
        view.money.equity = number("131537.73")
        view.money.dayProfit = number("-1810.20")
        view.money.gross = number("74206.24")
        view.money.net = number("-503.76")
        view.breakers = [
            EngineView.Breaker(
                name: "CONSECUTIVE_LOSSES",
                isTripped: true,
                isEnabled: true,
                value: number("5"),
                limit: number("5"),
                subject: "kraken/main",
                trippedAgeMs: 1_500_000,
                note: "CONSECUTIVE_LOSSES: 5 losing trades in a row"
            ),
            EngineView.Breaker(
                name: "DAILY_DRAWDOWN",
                isTripped: false,
                isEnabled: true,
                value: number("1.36"),
                limit: number("2.5")
            ),
        ]
        view.probation = EngineView.ProbationState(endsInMs: 1_680_000, percent: 50)
        view.stage = EngineView.StageState(mode: "reduce-only", sinceAgeMs: 60_000, next: "live", nextInMs: 540_000)
        view.proposals = [
            EngineView.Proposal(
                id: "STOP_LOSS:kraken/main/BTC-USD/long",
                rule: "STOP_LOSS",
                position: "kraken/main/BTC-USD/long",
                quantity: number("0.41870000"),
                reason: "loss 3.55 % past 3 % (entry 91250.10, price 88012.50)",
                ageMs: 95_000,
                state: "proposed"
            )
        ]
        return view
    }
}
