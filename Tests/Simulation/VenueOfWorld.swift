import SafetyEngine
import Seeds

/// A venue as it truly is: money, holdings, orders, prices. Whole cents and whole pieces.
struct VenueOfWorld {
    struct Asset {
        var symbol: String
        var cents: Int
        var held = 0
        /// What was paid for what is held.
        var paid = 0
    }

    struct Sent {
        var clientID: String
        var asset: Int
        var isBuy: Bool
        var quantity: Int
        var filled = 0
        var state = Order.State.submitted
        var nextMs: Int
        /// It never comes to an end by itself.
        var isStuck: Bool
        var sinceMs: Int
    }

    let number: Int
    let statesEquity: Bool
    var cash = 1_000_000
    var assets: [Asset]
    var orders: [Sent] = []
    /// Orders that are listed as open although their end was told, and until when.
    var returned: [(order: Sent, untilMs: Int)] = []
    /// Losing trades still to come.
    var losses = 0
    var isOut = false
    var outUntilMs = 0
    var lastOrder = 0
    var lastTrade = 0
    /// Streams that are not reported, and until when.
    var silentUntilMs: [StreamKind: Int] = [:]

    func isSilent(_ stream: StreamKind, at nowMs: Int) -> Bool { silentUntilMs[stream].map { nowMs < $0 } ?? false }

    init(number: Int, statesEquity: Bool) {
        self.number = number
        self.statesEquity = statesEquity
        assets = [
            Asset(symbol: "BTC", cents: 60_000), Asset(symbol: "ETH", cents: 3_000), Asset(symbol: "XRP", cents: 50),
        ]
    }

    var worth: Int { assets.reduce(cash) { $0 + $1.held * $1.cents } }

    static func money(_ cents: Int) -> Decimal { Decimal(digits: Int128(cents), scale: 2) ?? Decimal(0) }

    func report(_ order: Sent) -> OrderReport {
        OrderReport(
            clientID: order.clientID,
            symbol: assets[order.asset].symbol,
            side: order.isBuy ? .buy : .sell,
            quantity: Decimal(order.quantity),
            filled: Decimal(order.filled),
            price: VenueOfWorld.money(assets[order.asset].cents),
            state: order.state
        )
    }
}

extension World {
    mutating func tickVenue(_ number: Int, at nowMs: Int) {
        move(prices: number)
        send(orders: number, at: nowMs)
        var place = 0
        while place < venues[number].orders.count {
            if nowMs >= venues[number].orders[place].nextMs { advance(number, place, at: nowMs) }
            if venues[number].orders[place].state.isOver {
                let order = venues[number].orders.remove(at: place)
                if order.state == .canceled, random.chance(plan.faults.returned) { bringBack(order, number, at: nowMs) }
            } else {
                place += 1
            }
        }
        if nowMs % 1_000 == 0, !venues[number].isSilent(.prices, at: nowMs) { quote(number, at: nowMs) }
        // In this order or in another: a listing may show what its fill is not told of yet.
        if nowMs % 1_500 == 0 { list(number, at: nowMs) }
        if random.chance(30) {
            let result = APIResult(endpoint: "GET /orders", isSuccess: random.chance(800), latencyMs: 40)
            say(.apiResult(result), .venue(number), at: nowMs)
        }
    }

    /// The venue told of its end too early: the order rests on its book after all.
    private mutating func bringBack(_ order: VenueOfWorld.Sent, _ number: Int, at nowMs: Int) {
        var order = order
        order.state = order.filled > 0 ? .partiallyFilled : .acknowledged
        venues[number].returned.append((order, nowMs + random.of(2_000...6_000)))
        returned += 1
    }

    private mutating func move(prices number: Int) {
        for asset in venues[number].assets.indices {
            let cents = venues[number].assets[asset].cents
            let move =
                random.chance(4) ? -random.of(10...60) : random.chance(4) ? random.of(10...60) : random.of(-1...1)
            venues[number].assets[asset].cents = max(10, cents + cents * move / 1_000)
        }
        // A crash of everything.
        guard random.chance(6) else { return }
        for asset in venues[number].assets.indices {
            venues[number].assets[asset].cents = max(10, venues[number].assets[asset].cents * 85 / 100)
        }
    }

    private mutating func send(orders number: Int, at nowMs: Int) {
        guard venues[number].orders.count < 5, random.chance(160) else { return }
        let asset = random.of(0...2)
        let held = venues[number].assets[asset].held
        let isBuy = held == 0 || random.chance(450)
        let cents = venues[number].assets[asset].cents
        let quantity = isBuy ? max(1, venues[number].cash * random.of(5...30) / 100 / cents) : random.of(1...held)
        guard !isBuy || quantity * cents < venues[number].cash else { return }
        venues[number].lastOrder += 1
        let order = VenueOfWorld.Sent(
            clientID: "o\(number)-\(venues[number].lastOrder)",
            asset: asset,
            isBuy: isBuy,
            quantity: quantity,
            nextMs: nowMs + random.of(100...800),
            isStuck: random.chance(100),
            sinceMs: nowMs
        )
        venues[number].orders.append(order)
        var report = venues[number].report(order)
        report.state = random.chance(500) ? .new : .submitted
        say(.order(report), .venue(number), at: nowMs, source: Event.Source(.bot, "grid"))
    }

    private mutating func advance(_ number: Int, _ place: Int, at nowMs: Int) {
        var order = venues[number].orders[place]
        order.nextMs = nowMs + random.of(200...1_200)
        switch order.state {
        case .submitted: order.state = random.chance(50) ? .rejected : .acknowledged
        default:
            guard !order.isStuck else {
                if nowMs > order.sinceMs + 12_000 { order.state = .canceled }
                break
            }
            let rest = order.quantity - order.filled
            if random.chance(50) {
                order.state = .canceled
            } else {
                let part = random.chance(300) ? max(1, rest / 2) : rest
                fill(number, &order, part, at: nowMs)
            }
        }
        venues[number].orders[place] = order
        let report = venues[number].report(order)
        say(.order(report), .venue(number), at: nowMs)
        if random.chance(100) { say(.order(report), .venue(number), at: nowMs, source: Event.Source(.bot, "grid")) }
    }

    private mutating func fill(_ number: Int, _ order: inout VenueOfWorld.Sent, _ part: Int, at nowMs: Int) {
        let cents = venues[number].assets[order.asset].cents
        var asset = venues[number].assets[order.asset]
        let isTooMuch = order.isBuy ? part * cents > venues[number].cash : part > asset.held
        guard !isTooMuch else {
            order.state = .canceled
            return
        }
        order.filled += part
        order.state = order.filled == order.quantity ? .filled : .partiallyFilled
        venues[number].cash += (order.isBuy ? -part : part) * cents
        if order.isBuy {
            asset.paid += part * cents
        } else {
            asset.paid -= asset.held == 0 ? 0 : asset.paid * part / asset.held
        }
        asset.held += order.isBuy ? part : -part
        venues[number].assets[order.asset] = asset
        let fill = FillReport(
            fillID: "f\(order.clientID)-\(order.filled)",
            clientID: order.clientID,
            symbol: asset.symbol,
            side: order.isBuy ? .buy : .sell,
            quantity: Decimal(part),
            price: VenueOfWorld.money(cents)
        )
        say(.fill(fill), .venue(number), at: nowMs)
        if !order.isBuy { trade(number, asset.symbol, at: nowMs) }
    }

    private mutating func trade(_ number: Int, _ symbol: String, at nowMs: Int) {
        if venues[number].losses == 0, random.chance(350) { venues[number].losses = random.of(4...8) }
        let isLoss = venues[number].losses > 0
        if isLoss { venues[number].losses -= 1 }
        venues[number].lastTrade += 1
        let cents = isLoss ? -random.of(1...500) : random.of(0...500)
        let trade = TradeReport(
            tradeID: "t\(venues[number].lastTrade)",
            symbol: symbol,
            profit: VenueOfWorld.money(cents)
        )
        say(.trade(trade), .venue(number), at: nowMs)
    }

    private mutating func quote(_ number: Int, at nowMs: Int) {
        for asset in venues[number].assets {
            let price = PriceReport(
                symbol: asset.symbol,
                price: random.chance(3) ? nil : VenueOfWorld.money(asset.cents)
            )
            say(.price(price), .venue(number), at: nowMs)
        }
    }

    /// One of a venue's streams falls silent while the others go on.
    private mutating func fallSilent(_ number: Int, at nowMs: Int) {
        for stream in [StreamKind.orders, .positions, .balances, .prices] where random.chance(plan.faults.silence) {
            venues[number].silentUntilMs[stream] = nowMs + random.of(2_000...12_000)
            silences += 1
        }
    }

    private mutating func list(_ number: Int, at nowMs: Int) {
        fallSilent(number, at: nowMs)
        let venue = venues[number]
        venues[number].returned.removeAll { $0.untilMs <= nowMs }
        let open = venue.orders + venues[number].returned.map(\.order)
        if !venue.isSilent(.orders, at: nowMs) {
            let reports = open.map(venue.report)
            let isBad = !reports.isEmpty && random.chance(plan.faults.badRow)
            say(
                .openOrders(isBad ? Array(reports.dropLast()) : reports),
                .venue(number),
                at: nowMs,
                refusedRows: isBad ? 1 : 0
            )
        }
        let held = venue.assets.filter { $0.held > 0 }.map { asset in
            PositionReport(symbol: asset.symbol, quantity: Decimal(asset.held))
        }
        if !venue.isSilent(.positions, at: nowMs) {
            let isBad = !held.isEmpty && random.chance(plan.faults.badRow)
            say(
                .positions(isBad ? Array(held.dropLast()) : held),
                .venue(number),
                at: nowMs,
                refusedRows: isBad ? 1 : 0
            )
        }
        let balance = BalanceReport(
            total: VenueOfWorld.money(venue.cash),
            equity: venue.statesEquity ? VenueOfWorld.money(venue.worth) : nil
        )
        if !venue.isSilent(.balances, at: nowMs) { say(.balance(balance), .venue(number), at: nowMs) }
        if random.chance(300), let asset = venue.assets.first {
            say(
                .position(PositionReport(symbol: asset.symbol, quantity: Decimal(asset.held))),
                .venue(number),
                at: nowMs
            )
        }
    }

    /// What the desk asked for is done at the venue.
    mutating func close(_ number: Int, _ symbol: String, at nowMs: Int) -> Bool {
        guard let place = venues[number].assets.firstIndex(where: { $0.symbol == symbol }) else { return false }
        let asset = venues[number].assets[place]
        guard asset.held > 0, random.chance(800) else { return false }
        venues[number].cash += asset.held * asset.cents
        venues[number].assets[place].held = 0
        venues[number].assets[place].paid = 0
        return true
    }

    /// A slice of a liquidation: what can be sold at its limit or better is sold at once, now and then only a part.
    mutating func sell(
        _ number: Int,
        _ symbol: String,
        _ quantity: Decimal,
        noWorseThan limit: Decimal,
        _ clientID: String,
        at nowMs: Int
    ) -> Bool {
        guard let place = venues[number].assets.firstIndex(where: { $0.symbol == symbol }), random.chance(900),
            let wanted = Int(exactly: quantity.rounded(to: 0).digits), wanted > 0
        else { return false }
        var asset = venues[number].assets[place]
        let isWorse = VenueOfWorld.money(asset.cents) < limit
        let part = isWorse || asset.held == 0 ? 0 : min(asset.held, random.chance(300) ? max(1, wanted / 2) : wanted)
        if part > 0 {
            venues[number].cash += part * asset.cents
            asset.paid -= asset.paid * part / asset.held
            asset.held -= part
            venues[number].assets[place] = asset
            let fill = FillReport(
                fillID: "f\(clientID)",
                clientID: clientID,
                symbol: symbol,
                side: .sell,
                quantity: Decimal(part),
                price: VenueOfWorld.money(asset.cents)
            )
            say(.fill(fill), .venue(number), at: nowMs)
        }
        let report = OrderReport(
            clientID: clientID,
            symbol: symbol,
            side: .sell,
            quantity: quantity,
            filled: Decimal(part),
            price: limit,
            reduceOnly: true,
            state: part == wanted ? .filled : .canceled
        )
        say(.order(report), .venue(number), at: nowMs)
        return true
    }

    /// An order is cancelled at the venue.
    mutating func cancel(_ number: Int, _ clientID: String, at nowMs: Int) -> Bool {
        guard let place = venues[number].orders.firstIndex(where: { $0.clientID == clientID }) else { return false }
        venues[number].orders[place].state = .canceled
        let report = venues[number].report(venues[number].orders[place])
        venues[number].orders.remove(at: place)
        say(.order(report), .venue(number), at: nowMs)
        return true
    }
}

extension Order.State {
    /// Whether nothing comes after it.
    var isOver: Bool { self == .filled || self == .canceled || self == .rejected || self == .expired }
}
