import KillSwitch
import SafetyEngine

/// What an engine says of the recording besides its rows: money, exits and their distances, proposals, books, a breaker. Made
/// from the rows that are shown, so that all of it agrees with them.
enum RecordedEngine {
    /// The percents of the recording's exit rules.
    private static let (stopLoss, takeProfit, trailing) = (3, 8, 5)
    private static let maximumHoldMs: UInt64 = 86_400_000
    /// Which positions are dust.
    private static let dustNote = "dust"

    /// Fills in details, then the view.
    static func fill(_ desk: inout DeskSnapshot, _ moment: Moment) {
        for index in desk.positions.rows.indices {
            desk.positions.rows[index].details = details(of: desk.positions.rows[index])
        }
        for index in desk.venues.rows.indices {
            desk.venues.rows[index].streams = .reported(agoMs: moment.nowMs % 1_000)
            desk.venues.rows[index].books = books(of: desk.venues.rows[index], desk.positions.rows)
        }
        for index in desk.orders.rows.indices {
            desk.orders.rows[index].details = details(of: desk.orders.rows[index])
        }
        for index in desk.alerts.rows.indices where desk.alerts.rows[index].rule == "ORDER_STUCK" {
            desk.alerts.rows[index].lastAgeMs = moment.nowMs % 1_000
        }
        var view = EngineView()
        view.atMs = moment.nowMs
        view.alerts = desk.alerts.rows
        view.positions = desk.positions.rows
        view.orders = desk.orders.rows
        view.openOrders = desk.orders.rows.count
        view.venues = desk.venues.rows
        view.money = money(desk.positions.rows)
        view.proposals = proposals(desk.positions.rows, moment)
        view.breakers = [
            EngineView.Breaker(
                name: "DAILY_DRAWDOWN",
                isTripped: false,
                isEnabled: true,
                value: Decimal("0.84"),
                limit: Decimal("2.5") ?? Decimal(3)
            )
        ]
        view.venueAgeMs = moment.nowMs % 1_000
        desk.engine = view
    }

    // MARK: - Positions

    private static func details(of position: Position) -> Position.Details {
        var details = Position.Details()
        details.currency = "USD"
        details.isAdopted = position.note.hasPrefix("adopted")
        details.isSellable = !position.note.hasPrefix("unsellable")
        if position.note == dustNote { details.dust = "worth less than 1.00 USD" }
        details.peak = peak(position)
        details.cap = 8
        let isLong = position.side == .long
        details.exits = [
            priced("STOP_LOSS", stopLoss, position.entryPrice, isBelow: isLong, position),
            priced("TAKE_PROFIT", takeProfit, position.entryPrice, isBelow: !isLong, position),
            priced("TRAILING", trailing, details.peak, isBelow: isLong, position),
        ]
        var hold = Position.Exit(rule: "TIME_EXIT", limit: "24 h", policy: "observe")
        hold.leftMs = position.heldMs.map { maximumHoldMs - min(maximumHoldMs, $0) }
        if position.heldMs == nil { hold.problem = "nobody knows since when it is held" }
        details.exits.append(hold)
        return details
    }

    /// The better of what was paid and what is asked now.
    private static func peak(_ position: Position) -> Decimal? {
        guard let entry = position.entryPrice, let price = position.price else { return position.entryPrice }
        return position.side == .long ? max(entry, price) : min(entry, price)
    }

    private static func priced(
        _ rule: String,
        _ percent: Int,
        _ from: Decimal?,
        isBelow: Bool,
        _ position: Position
    ) -> Position.Exit {
        var exit = Position.Exit(rule: rule, limit: "\(percent) %", policy: "observe")
        guard position.entryPrice != nil, let from else {
            exit.problem = "not judged: the cost basis is unknown"
            return exit
        }
        exit.trigger = Decimal(digits: Int128(isBelow ? 100 - percent : 100 + percent), scale: 2)
            .flatMap { from.multiplied(by: $0) }
        guard let price = position.price else {
            exit.problem = "not judged: there is no fresh price"
            return exit
        }
        exit.percentLeft = exit.trigger
            .flatMap { isBelow ? price.subtracting($0) : $0.subtracting(price) }
            .flatMap { $0.multiplied(by: Decimal(100)) }
            .flatMap { $0.divided(by: price, places: 2) }
        return exit
    }

    /// What exit rules would close, and only observe: whatever is past its stop or its profit.
    private static func proposals(_ positions: [Position], _ moment: Moment) -> [EngineView.Proposal] {
        positions.flatMap { position in
            (position.details?.exits ?? []).compactMap { exit in
                guard exit.rule != "TRAILING", exit.percentLeft?.isNegative == true, let trigger = exit.trigger else {
                    return nil
                }
                let price = position.price.map { "\($0)" } ?? "unknown"
                return EngineView.Proposal(
                    id: "\(exit.rule):\(position.id)",
                    rule: exit.rule,
                    position: position.id,
                    quantity: position.quantity,
                    reason: "price \(price) is past \(trigger) (\(exit.limit))",
                    ageMs: 95_000 + moment.nowMs,
                    state: "proposed"
                )
            }
        }
    }

    // MARK: - Money and books

    /// What the recording's accounts hold in cash.
    private static let cash: [String: Int] = [
        "kraken": 48_211, "alpaca": 21_940, "binance-futures": 9_120, "pionex": 1_204,
    ]

    private static func money(_ positions: [Position]) -> EngineView.Money {
        var money = EngineView.Money()
        var (gross, net) = (Decimal(0), Decimal(0))
        for position in positions {
            guard let value = position.value else {
                money.unpriced += 1
                continue
            }
            gross = gross.adding(value) ?? gross
            net = (position.side == .long ? net.adding(value) : net.subtracting(value)) ?? net
        }
        money.grossAtLeast = gross
        if money.unpriced == 0 { (money.gross, money.net) = (gross, net) }
        // With something unpriced nobody knows what all is worth.
        money.equityAgeMs = money.unpriced > 0 ? 41_000 : nil
        return money
    }

    private static func books(of venue: Venue, _ positions: [Position]) -> Venue.Books {
        let held = positions.filter { $0.venue == venue.name && $0.account == venue.account }
        var books = Venue.Books()
        books.currency = "USD"
        books.feedLimitMs = 60_000
        books.unpriced = held.filter { $0.value == nil }.count
        books.feedAgeMs = held.filter { $0.price != nil }.map(\.priceAgeMs).min()
        if venue.state == .disconnected {
            books.notCompared = "it does not answer"
            return books
        }
        books.positions = held.count
        books.balance = cash[venue.name].map { Decimal($0) }
        books.notCompared =
            books.unpriced > 0 ? "\(books.unpriced) without a price: its total cannot be compared" : ""
        return books
    }

    // MARK: - Orders

    private static func details(of order: Order) -> Order.Details {
        var details = Order.Details()
        let states: [Order.State] =
            switch order.state {
            case .new: [.new]
            case .submitted: [.submitted]
            case .unknown: [.submitted, .unknown]
            case .acknowledged, .partiallyFilled: [.submitted, .acknowledged]
            case .filled, .canceled, .rejected, .expired: [.submitted, order.state]
            }
        details.reached = states.map { Order.Details.Reached(state: $0, ageMs: order.ageMs) }
        details.heardAgeMs = order.venueID.isEmpty ? nil : order.ageMs
        return details
    }
}
