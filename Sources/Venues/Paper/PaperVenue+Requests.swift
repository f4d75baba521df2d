public import SafetyEngine

/// What can be asked of the paper venue. Every answer is one that a real venue could give.
extension PaperVenue {
    /// Sends an order. What becomes of it comes with later steps.
    ///
    /// - Returns: the order's names; those of the order that is there already when its client id is known.
    public mutating func place(_ request: PaperRequest) throws(VenueError) -> OrderName {
        let endpoint = "POST /orders"
        try enter(endpoint)
        guard let account = accounts.firstIndex(where: { $0.name == request.account }) else {
            throw refused(endpoint, "unknown account '\(request.account)'")
        }
        guard !request.clientID.isEmpty, request.clientID.utf8.count <= 128 else {
            throw refused(endpoint, "an order needs a client id of at most 128 bytes")
        }
        if let known = find(OrderName(clientID: request.clientID), account: account) {
            answered(endpoint)
            return known.name
        }
        guard let index = PaperSymbol.index(of: request.symbol) else {
            throw refused(endpoint, "EQuery:Unknown asset pair '\(request.symbol)'")
        }
        let symbol = PaperSymbol.all[index]
        guard let lots = symbol.lots(request.quantity) else {
            throw refused(endpoint, "the quantity \(request.quantity) is no whole number of \(symbol.quantity(1))")
        }
        var limit: Int64?
        if let price = request.price {
            guard let ticks = symbol.ticks(price) else {
                throw refused(endpoint, "the price \(price) is no whole number of \(symbol.price(1))")
            }
            limit = ticks
        }
        guard symbol.worth(lots: lots, ticks: max(limit ?? 1, market.ask(index))) <= PaperSymbol.most / 1_000 else {
            throw refused(endpoint, "an order of \(request.quantity) \(symbol.name) is larger than the venue takes")
        }
        guard orders.count < PaperVenue.mostOpen else { throw refused(endpoint, "too many open orders") }
        let latency = drawLatency()
        let luck = orderRandom.below(1_000)
        var order = PaperOrder(
            clientID: request.clientID,
            venueID: "P\(run)-\(number())",
            account: account,
            strategy: request.strategy,
            symbol: index,
            side: request.side,
            lots: lots,
            limit: limit,
            reduceOnly: request.reduceOnly,
            acceptsMs: nowMs + latency,
            expiresMs: nowMs + min(request.restsForMs ?? settings.restsForMs, 30 * 86_400_000)
        )
        if request.isImmediate { order.isImmediate = true }
        if !request.reduceOnly {
            // What shrinks a position is spared by chance: a drill that wants it refused asks for it.
            order.isUnlucky = luck < settings.rejectsPerMille
            order.isStuck = !order.isUnlucky && luck < settings.rejectsPerMille + settings.stuckPerMille
        }
        if let fault = fault(.rejects), faultRandom.below(100) < fault.amount { order.isUnlucky = true }
        if let fault = fault(.stuck), faultRandom.below(100) < fault.amount { order.isStuck = true }
        if order.isStuck {
            order.expiresMs = nowMs + settings.stuckForMs
            order.note = "simulated fault: the paper venue never answers this order; cancel it, or watch the alert"
        }
        orders.append(order)
        say(order)
        try answer(endpoint, latency)
        return order.name
    }

    /// Asks for one order to be cancelled.
    public mutating func cancel(_ name: OrderName, account: String) throws(VenueError) -> CancelAnswer {
        let endpoint = "DELETE /orders/{id}"
        try enter(endpoint)
        guard let place = orders.firstIndex(where: { isMeant($0, name) && accounts[$0.account].name == account }) else {
            throw refused(endpoint, "EOrder:Unknown order '\(name.clientID.isEmpty ? name.venueID : name.clientID)'")
        }
        let latency = cancel(at: place)
        let order = orders[place]
        try answer(endpoint, latency)
        return CancelAnswer(accepted: [order.name], count: 1)
    }

    /// Asks for all open orders of a scope to be cancelled.
    public mutating func cancelAll(_ scope: CancelScope) throws(VenueError) -> CancelAnswer {
        let endpoint = "DELETE /orders"
        try enter(endpoint)
        var accepted: [OrderName] = []
        var longest = drawLatency()
        for place in orders.indices where isCovered(orders[place], by: scope) {
            longest = max(longest, cancel(at: place))
            accepted.append(orders[place].name)
        }
        // Whoever asked looks what is left.
        listsMs = min(listsMs, nowMs + longest + PaperVenue.stepMs)
        try answer(endpoint, longest)
        return CancelAnswer(accepted: accepted, count: accepted.count)
    }

    /// Sends an order that shrinks a position and never flips it: at the market's price, or no worse than a limit, and what
    /// that does not give at once is cancelled. More than is held closes what is held; part of a lot is left out.
    public mutating func close(_ request: CloseRequest) throws(VenueError) -> OrderName {
        guard let index = PaperSymbol.index(of: request.symbol) else {
            throw VenueError(.refused, "EQuery:Unknown asset pair '\(request.symbol)'")
        }
        let symbol = PaperSymbol.all[index]
        guard let held = accounts.first(where: { $0.name == request.account })?.holdings[index].lots else {
            throw VenueError(.refused, "unknown account '\(request.account)'")
        }
        let closable = request.side == .long ? held : -held
        let known = accounts.firstIndex { $0.name == request.account }.flatMap {
            find(OrderName(clientID: request.clientID), account: $0)
        }
        if let known { return known.name }
        guard closable > 0 else {
            throw VenueError(.refused, "no \(request.side.rawValue) position in \(request.symbol) to close")
        }
        guard request.quantity >= symbol.quantity(1),
            let lots = symbol.wholeLots(min(request.quantity, symbol.quantity(closable)))
        else { throw VenueError(.refused, "\(request.quantity) \(request.symbol) is less than can be traded") }
        var limit: Decimal?
        if let worst = request.noWorseThan {
            limit = symbol.tick(noWorseThan: worst, request.side == .long ? .sell : .buy)
            if limit == nil { throw VenueError(.refused, "there is no price as good as \(worst) in \(request.symbol)") }
        }
        return try place(
            PaperRequest(
                clientID: request.clientID,
                account: request.account,
                strategy: "desk",
                symbol: request.symbol,
                side: request.side == .long ? .sell : .buy,
                quantity: symbol.quantity(lots),
                price: limit,
                reduceOnly: true,
                isImmediate: limit != nil
            )
        )
    }

    /// All orders that may still trade in an account.
    public mutating func openOrders(account: String) throws(VenueError) -> [OrderReport] {
        let endpoint = "GET /orders"
        try enter(endpoint)
        guard let account = accounts.firstIndex(where: { $0.name == account }) else {
            throw refused(endpoint, "unknown account '\(account)'")
        }
        answered(endpoint)
        return openReports(account)
    }

    /// All positions of an account.
    public mutating func positions(account: String) throws(VenueError) -> [PositionReport] {
        let endpoint = "GET /positions"
        try enter(endpoint)
        guard let account = accounts.firstIndex(where: { $0.name == account }) else {
            throw refused(endpoint, "unknown account '\(account)'")
        }
        answered(endpoint)
        return positionReports(account)
    }

    /// How one order stands; nil: it does not know it (any more: it remembers the last 100 finished ones).
    public mutating func inquire(_ name: OrderName, account: String) throws(VenueError) -> OrderReport? {
        let endpoint = "GET /orders/{id}"
        try enter(endpoint)
        answered(endpoint)
        return accounts.firstIndex { $0.name == account }.flatMap { find(name, account: $0)?.report }
    }

    /// Begins a fault; one of the same kind that is under way is replaced.
    ///
    /// - Parameters:
    ///   - kind: what goes wrong.
    ///   - amount: how much, as the kind says it.
    ///   - forMs: for how long, in milliseconds.
    public mutating func inject(_ kind: PaperFault.Kind, amount: Int = 100, forMs: UInt64) {
        faults.removeAll { $0.kind == kind }
        let until = nowMs.addingReportingOverflow(forMs)
        faults.append(
            PaperFault(kind: kind, amount: max(0, amount), untilMs: until.overflow ? .max : until.partialValue)
        )
        listsMs = nowMs
    }

    /// Most open orders in all.
    static let mostOpen = 5_000

    func fault(_ kind: PaperFault.Kind) -> PaperFault? { faults.first { $0.kind == kind } }

    private func isMeant(_ order: PaperOrder, _ name: OrderName) -> Bool {
        name.clientID.isEmpty
            ? !name.venueID.isEmpty && order.venueID == name.venueID : order.clientID == name.clientID
    }

    private func find(_ name: OrderName, account: Int) -> PaperOrder? {
        orders.first { $0.account == account && isMeant($0, name) }
            ?? finished.last { $0.account == account && isMeant($0, name) }
    }

    private func isCovered(_ order: PaperOrder, by scope: CancelScope) -> Bool {
        (scope.account.isEmpty || accounts[order.account].name == scope.account)
            && (scope.strategy.isEmpty || order.strategy == scope.strategy)
            && (scope.symbol.isEmpty || PaperSymbol.all[order.symbol].name == scope.symbol)
    }

    /// - Returns: how long it takes, in milliseconds.
    private mutating func cancel(at place: Int) -> UInt64 {
        let latency = drawLatency()
        // Asked for again, it is not done later.
        orders[place].cancelsMs = min(orders[place].cancelsMs ?? .max, nowMs + latency)
        return latency
    }

    private mutating func drawLatency() -> UInt64 {
        var latency = UInt64(20 + orderRandom.below(140))
        // One in fifty takes its time, as on any wire.
        if orderRandom.below(50) == 0 { latency += UInt64(orderRandom.below(900)) }
        return latency + UInt64(clamping: min(fault(.slow)?.amount ?? 0, 600_000))
    }

    // MARK: - The wire

    private mutating func enter(_ endpoint: String) throws(VenueError) {
        if fault(.outage) != nil {
            let message = "connection failed: simulated outage of the paper venue"
            say(APIResult(endpoint: endpoint, isSuccess: false, error: message))
            throw VenueError(.unreachable, message)
        }
        if fault(.rateLimit) != nil {
            let message = "EAPI:Rate limit exceeded (simulated)"
            say(APIResult(endpoint: endpoint, isSuccess: false, latencyMs: 5, error: message))
            throw VenueError(.rateLimited, message, retryAfterMs: 1_000)
        }
    }

    private mutating func answer(_ endpoint: String, _ latency: UInt64) throws(VenueError) {
        latencyMs = (latencyMs * 3 + latency) / 4
        if fault(.lostAnswers) != nil {
            let message = "timed out: the answer was lost (simulated); the request may have arrived"
            say(APIResult(endpoint: endpoint, isSuccess: false, error: message))
            throw VenueError(.unreachable, message)
        }
        say(APIResult(endpoint: endpoint, isSuccess: true, latencyMs: latency))
    }

    private mutating func answered(_ endpoint: String) {
        let latency = drawLatency()
        latencyMs = (latencyMs * 3 + latency) / 4
        say(APIResult(endpoint: endpoint, isSuccess: true, latencyMs: latency))
    }

    private mutating func refused(_ endpoint: String, _ message: String) -> VenueError {
        say(APIResult(endpoint: endpoint, isSuccess: false, latencyMs: latencyMs, error: message))
        return VenueError(.refused, message)
    }
}
