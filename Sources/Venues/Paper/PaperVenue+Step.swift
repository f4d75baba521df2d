import SafetyEngine

/// One step of the paper venue.
extension PaperVenue {
    /// Lets `stepMs` pass.
    mutating func step() -> [Event] {
        let isFirst = nowMs == 0
        nowMs += PaperVenue.stepMs
        endFaults()
        movePrices(all: isFirst)
        for place in orders.indices { look(at: place) }
        settle()
        if nowMs >= listsMs {
            listsMs = nowMs + settings.listsEveryMs
            list()
        }
        defer { pending = [] }
        return spoiled(pending).map { $0.event(desk: settings.desk) }
    }

    private mutating func endFaults() {
        let before = faults
        faults.removeAll { $0.untilMs <= nowMs }
        guard faults != before else { return }
        listsMs = nowMs
        if saidOutage, fault(.outage) == nil {
            pending += undelivered
            undelivered = []
        }
    }

    /// Each symbol moves once a second, all at once only at the beginning: every step has something to show.
    private mutating func movePrices(all: Bool) {
        let phase = Int(nowMs / PaperVenue.stepMs % 4)
        for index in PaperSymbol.all.indices where all || index % 4 == phase {
            market.move(index)
            sayPrice(index)
        }
    }

    private mutating func look(at place: Int) {
        let before = orders[place]
        if let cancels = before.cancelsMs, cancels <= nowMs {
            finish(place, .canceled, before.note.isEmpty ? "cancelled on request" : before.note)
        } else if before.expiresMs <= nowMs {
            finish(place, .expired, before.isStuck ? "simulated fault ended: given up unanswered" : "ran out")
        } else if !before.isStuck {
            if orders[place].state == .submitted, before.acceptsMs <= nowMs { accept(place) }
            if orders[place].state == .acknowledged || orders[place].state == .partiallyFilled { fill(place) }
            if before.isImmediate ?? false { endImmediate(place) }
        }
        if orders[place].state != before.state || orders[place].filled != before.filled { say(orders[place]) }
    }

    private mutating func finish(_ place: Int, _ state: Order.State, _ note: String) {
        orders[place].state = state
        orders[place].note = note
    }

    /// What did not trade at once does not trade at all.
    private mutating func endImmediate(_ place: Int) {
        guard orders[place].state == .acknowledged || orders[place].state == .partiallyFilled else { return }
        let what = orders[place].filled == 0 ? "nothing" : "no more"
        finish(place, .canceled, "immediate or cancel: \(what) was to be had at its price or better")
    }

    private mutating func accept(_ place: Int) {
        let order = orders[place]
        let symbol = PaperSymbol.all[order.symbol]
        if order.isUnlucky {
            return finish(place, .rejected, "EGeneral:Internal error (simulated reject)")
        }
        if order.reduceOnly {
            if closable(order) <= 0 { return finish(place, .rejected, "nothing is held that it could close") }
        } else {
            let ticks = order.limit ?? market.ask(order.symbol)
            let (closing, opening) = parts(order, lots: order.lots, sparesReserved: true)
            let needs = symbol.worth(lots: opening, ticks: max(ticks, market.bid(order.symbol)))
            if order.side == .sell, opening > 0, !settings.allowsShorting {
                return finish(place, .rejected, "EOrder:Insufficient funds: \(symbol.quantity(closing)) can be sold")
            }
            if needs + fee(needs, settings.takerFee) > free(order.account, without: place) {
                return finish(place, .rejected, "EOrder:Insufficient funds")
            }
        }
        orders[place].state = .acknowledged
        if let limit = order.limit, !order.rested, !(order.isImmediate ?? false) {
            orders[place].rested = !crosses(order, limit)
        }
    }

    /// Fills what the market gives in this step.
    private mutating func fill(_ place: Int) {
        let order = orders[place]
        let symbol = PaperSymbol.all[order.symbol]
        let taken = order.side == .buy ? market.ask(order.symbol) : market.bid(order.symbol)
        if let limit = order.limit, !crosses(order, limit) { return }
        let ticks = order.rested ? order.limit ?? taken : taken
        let most = possible(place, ticks: ticks)
        guard most > 0 else {
            return finish(
                place,
                .canceled,
                order.side == .buy && !order.reduceOnly
                    ? "no money is left for it" : "nothing is left that it could sell"
            )
        }
        // About 400 of money trades at once; the rest waits for the next step.
        let depth = max(1, symbol.lots(for: Int64(200 + orderRandom.below(400)) * 1_000_000, ticks: ticks))
        let lots = min(order.remaining, most, depth)
        let fee = fee(symbol.worth(lots: lots, ticks: ticks), order.rested ? settings.makerFee : settings.takerFee)
        accounts[order.account].book(order.symbol, lots: order.sign * lots, ticks: ticks, fee: fee, atWallMs: wallMs)
        orders[place].filled += lots
        orders[place].state = orders[place].remaining == 0 ? .filled : .partiallyFilled
        touched[order.account] = true
        let report = FillReport(
            fillID: "F\(run)-\(number())",
            clientID: order.clientID,
            venueID: order.venueID,
            symbol: symbol.name,
            side: order.side,
            quantity: symbol.quantity(lots),
            price: symbol.price(ticks),
            fee: .money(fee)
        )
        say(.fill(report), account: order.account, strategy: order.strategy, keeps: true)
        sayPosition(order)
    }

    /// A position that was flipped is two: the old one is closed in as many words.
    private mutating func sayPosition(_ order: PaperOrder) {
        let held = accounts[order.account].holdings[order.symbol].lots
        let closed: Position.Side = order.side == .buy ? .short : .long
        let isGone = order.side == .buy ? held >= 0 : held <= 0
        let symbol = PaperSymbol.all[order.symbol]
        if isGone, settings.allowsShorting || order.side == .sell {
            let none = PositionReport(symbol: symbol.name, side: closed, quantity: symbol.quantity(0))
            say(.position(none), account: order.account, strategy: order.strategy)
        }
        if held != 0 {
            let report = positionReport(order.account, order.symbol)
            say(.position(report), account: order.account, strategy: order.strategy)
        }
    }

    private mutating func settle() {
        for order in orders where order.state.isFinal { finished.append(order) }
        orders.removeAll { $0.state.isFinal }
        if finished.count > PaperVenue.mostFinished { finished.removeFirst(finished.count - PaperVenue.mostFinished) }
        for account in touched.indices where touched[account] {
            touched[account] = false
            sayBalance(account)
        }
    }

    /// What faults make of a step's words.
    private mutating func spoiled(_ words: [PaperWord]) -> [PaperWord] {
        var words = words
        if let fault = fault(.duplicates) {
            words = words.flatMap { faultRandom.below(100) < fault.amount ? [$0, $0] : [$0] }
        }
        if fault(.disorder) != nil, words.count > 1 {
            for index in stride(from: words.count - 1, to: 0, by: -1) {
                words.swapAt(index, faultRandom.below(index + 1))
            }
        }
        return words
    }
}
