import Testing

@testable import SafetyEngine

/// What tests of liquidations do with a stage.
extension ExitStage {
    /// Orders everything to be sold.
    @discardableResult
    mutating func liquidate(
        _ account: String? = nil,
        cap: String = "0.05",
        within ms: UInt64 = 300_000,
        by name: String = "alice"
    ) -> [Decision] {
        order(
            .liquidate(account: account, maxSlippage: Decimal(cap) ?? Decimal(0), withinMs: ms),
            by: name
        )
    }

    /// The venue takes a slice and sells so much of it at a price; the rest is cancelled.
    mutating func trade(_ effect: Decision.Effect, sold: String? = nil, at price: String = "100") throws {
        guard case .close(let venue, let account, let symbol, let side, let quantity, _) = effect.action else { return }
        answer(effect.number, isDone: true, "accepted")
        let key = PositionKey(venue: venue, account: account, symbol: symbol, side: side)
        let sold = try #require(sold.map { Decimal($0) } ?? quantity)
        let held = try #require(book.positions[key]?.quantity)
        book.positions[key]?.quantity = held.subtracting(sold)
        book.positions[key]?.seenMs = atMs
        var order = BookOrder()
        order.quantity = quantity
        order.filled = sold
        order.state = sold == quantity ? .filled : .canceled
        order.changedMs = atMs
        book.orders[OrderKey(venue: venue, account: account, clientID: effect.clientID)] = order
        if sold > Decimal(0) { fill(effect, sold, price, id: "F\(effect.number)") }
    }

    /// The venue tells a fill of a slice.
    mutating func fill(_ effect: Decision.Effect, _ quantity: Decimal, _ price: String, id: String) {
        guard case .close(let venue, let account, let symbol, let side, _, _) = effect.action else { return }
        let report = FillReport(
            fillID: id,
            clientID: effect.clientID,
            symbol: symbol,
            side: side == .long ? .sell : .buy,
            quantity: quantity,
            price: Decimal(price) ?? Decimal(0)
        )
        let origin = Event.Origin(venue: venue, account: account, source: Event.Source(.venue, venue))
        exits.liquidation?.take(Event(origin, .fill(report)), book, settings)
    }

    /// The liquidation as screens show it.
    var liquidation: EngineView.LiquidationState? { exits.liquidation?.shown(at: atMs) }

    /// One of its positions.
    func holding(_ symbol: String) -> EngineView.LiquidationState.Holding? {
        liquidation?.positions.first { $0.symbol == symbol }
    }
}

extension [Decision] {
    /// What is closed: symbol, how much, and at what limit.
    var slices: [String] {
        effects.compactMap {
            guard case .close(_, _, let symbol, _, let quantity, let limit) = $0.action else { return nil }
            return "\(symbol) \(quantity) @ \(limit.map { "\($0)" } ?? "market")"
        }
    }

    var cancels: [String] {
        effects.compactMap { if case .cancel(_, _, let clientID, _) = $0.action { clientID } else { nil } }
    }
}
