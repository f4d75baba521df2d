import SafetyEngine

/// What the paper venue says.
extension PaperVenue {
    /// Says something. During an outage what cannot be looked up afterwards is kept until its end, the rest is lost.
    mutating func say(_ body: PaperWord.Body, account: Int? = nil, strategy: String = "", keeps: Bool = false) {
        if fault(.outage) == nil {
            pending.append(word(body, account: account, strategy: strategy))
        } else if keeps, undelivered.count < PaperVenue.mostUndelivered {
            undelivered.append(word(body, account: account, strategy: strategy))
        }
    }

    private mutating func word(_ body: PaperWord.Body, account: Int? = nil, strategy: String = "") -> PaperWord {
        PaperWord(
            body: body,
            account: account.map { accounts[$0].name } ?? "",
            strategy: strategy,
            id: "\(run)-\(number())",
            happenedMs: wallMs
        )
    }

    mutating func say(_ order: PaperOrder) {
        say(.order(order.report), account: order.account, strategy: order.strategy, keeps: true)
    }

    /// The adapter's own word about a request: an outage does not hold it back.
    mutating func say(_ result: APIResult) {
        pending.append(word(.apiResult(result)))
    }

    mutating func sayPrice(_ index: Int) {
        let symbol = PaperSymbol.all[index]
        say(.price(PriceReport(symbol: symbol.name, price: symbol.price(market.ticks(index)))))
    }

    mutating func sayBalance(_ account: Int) {
        let total = accounts[account].cash
        let report = BalanceReport(
            total: .money(total),
            free: .money(max(0, total - accounts[account].pledged(market) - reserved(account))),
            equity: .money(total + accounts[account].worth(market))
        )
        say(.balance(report), account: account)
    }

    /// How the venue is reached.
    mutating func sayState() {
        let isOut = fault(.outage) != nil
        let report = VenueReport(
            state: isOut ? .disconnected : faults.isEmpty ? .connected : .degraded,
            latencyMs: isOut ? nil : latencyMs,
            note: faults.map(\.words).joined(separator: "; ")
        )
        for account in accounts.indices {
            pending.append(word(.venue(report), account: account))
        }
        saidOutage = isOut
    }

    /// Lists everything.
    mutating func list() {
        sayState()
        if saidOutage {
            say(APIResult(endpoint: "GET /orders", isSuccess: false, error: "connection failed: simulated outage"))
            return
        }
        for account in accounts.indices {
            say(.positions(positionReports(account)), account: account)
            say(.openOrders(openReports(account)), account: account)
            sayBalance(account)
        }
        say(APIResult(endpoint: "GET /orders", isSuccess: true, latencyMs: latencyMs))
    }

    func openReports(_ account: Int) -> [OrderReport] { orders.filter { $0.account == account }.map(\.report) }

    func positionReports(_ account: Int) -> [PositionReport] {
        PaperSymbol.all.indices.filter { accounts[account].holdings[$0].lots != 0 }.map { positionReport(account, $0) }
    }

    func positionReport(_ account: Int, _ index: Int) -> PositionReport {
        let holding = accounts[account].holdings[index]
        let symbol = PaperSymbol.all[index]
        return PositionReport(
            symbol: symbol.name,
            side: holding.lots < 0 ? .short : .long,
            quantity: symbol.quantity(Int64(clamping: holding.lots.magnitude)),
            entryPrice: entryPrice(holding, symbol),
            openedMs: holding.openedMs,
            note: holding.cost == nil ? "was here before the desk: nobody knows what was paid" : ""
        )
    }

    /// What was paid on average, with two places more than the price has, rounded down.
    private func entryPrice(_ holding: PaperAccount.Holding, _ symbol: PaperSymbol) -> Decimal? {
        guard let cost = holding.cost, holding.lots != 0 else { return nil }
        let price = Int128(cost) * 100 / Int128(holding.lots.magnitude) / Int128(symbol.unit)
        return Decimal(digits: price, scale: symbol.pricePlaces + 2)
    }
}
