import SafetyEngine

/// What an order may spend, and what it may sell.
extension PaperVenue {
    /// Whether a limit is one at which the market trades now.
    func crosses(_ order: PaperOrder, _ limit: Int64) -> Bool {
        order.side == .buy ? market.ask(order.symbol) <= limit : market.bid(order.symbol) >= limit
    }

    /// A fee in millionths of money, rounded up.
    func fee(_ worth: Int64, _ millionths: Int64) -> Int64 {
        Int64(clamping: (Int128(worth) * Int128(millionths) + 999_999) / 1_000_000)
    }

    /// Lots that an order could take off the position that it points against.
    func closable(_ order: PaperOrder) -> Int64 {
        max(0, -order.sign * accounts[order.account].holdings[order.symbol].lots)
    }

    /// An order's lots: those that take off a position, and those that add to one or open it.
    ///
    /// - Parameter sparesReserved: lots that other orders mean to take off count as gone.
    func parts(_ order: PaperOrder, lots: Int64, sparesReserved: Bool) -> (closing: Int64, opening: Int64) {
        var free = closable(order)
        if sparesReserved {
            for other in orders
            where other.clientID != order.clientID && other.account == order.account && other.symbol == order.symbol
                && other.side == order.side && !other.reduceOnly
                && (other.state == .acknowledged || other.state == .partiallyFilled)
            {
                free -= other.remaining
            }
        }
        let closing = min(lots, max(0, free))
        return (closing, lots - closing)
    }

    /// Money that open orders may still need, all but the one at a place.
    func reserved(_ account: Int, without place: Int? = nil) -> Int64 {
        var sum: Int64 = 0
        for (other, order) in orders.enumerated() where other != place && order.account == account {
            guard !order.reduceOnly, order.state == .acknowledged || order.state == .partiallyFilled else { continue }
            guard order.side == .buy || settings.allowsShorting else { continue }
            let opening = parts(order, lots: order.remaining, sparesReserved: false).opening
            let ticks = order.limit ?? market.ask(order.symbol)
            let needs = PaperSymbol.all[order.symbol].worth(lots: opening, ticks: ticks)
            sum += needs + fee(needs, settings.takerFee)
        }
        return sum
    }

    /// Money that an order may spend.
    func free(_ account: Int, without place: Int) -> Int64 {
        max(0, accounts[account].cash - accounts[account].pledged(market) - reserved(account, without: place))
    }

    /// How many lots an order may trade now at a price: what is held bounds a sell, what is free bounds what opens, and all
    /// the money there is bounds what buys a short position back.
    func possible(_ place: Int, ticks: Int64) -> Int64 {
        let order = orders[place]
        let symbol = PaperSymbol.all[order.symbol]
        let (closing, opening) = parts(order, lots: order.remaining, sparesReserved: false)
        let payable = order.side == .buy ? affordable(symbol, accounts[order.account].cash, ticks) : closing
        let closes = min(closing, payable)
        if order.reduceOnly || opening == 0 { return closes }
        if order.side == .sell, !settings.allowsShorting { return closes }
        if closes < closing || closing > 0 { return closes }
        return min(opening, affordable(symbol, free(order.account, without: place), ticks))
    }

    /// Lots that so much money pays for, fee included.
    private func affordable(_ symbol: PaperSymbol, _ money: Int64, _ ticks: Int64) -> Int64 {
        let withoutFee = Int64(clamping: Int128(money) * 1_000_000 / Int128(1_000_000 + settings.takerFee)) - 1
        return symbol.lots(for: withoutFee, ticks: ticks)
    }
}
