extension EventLineWriter {
    /// The keys of a body; what is as it would be read when left out, is left out.
    mutating func body(_ body: Event.Body) {
        switch body {
        case .order(let report): order(report)
        case .openOrders(let reports): list(.orders, reports) { $0.order($1) }
        case .fill(let report): fill(report)
        case .position(let report): position(report)
        case .positions(let reports): list(.positions, reports) { $0.position($1) }
        case .balance(let report):
            said(.currency, report.currency)
            decimal(.total, report.total)
            decimal(.free, report.free)
            decimal(.equity, report.equity)
        case .transfer(let report):
            said(.transferID, report.transferID)
            decimal(.amount, report.amount)
            said(.currency, report.currency)
        case .price(let report):
            text(.symbol, report.symbol)
            if report.price == nil { null(.price) } else { decimal(.price, report.price) }
            said(.currency, report.currency)
        case .heartbeat(let beat):
            text(.name, beat.name)
            if beat.intervalMs > 0 { whole(.intervalMs, beat.intervalMs) }
            if beat.pid > 0 { whole(.pid, beat.pid) }
        case .metric(let report):
            text(.name, report.name)
            said(.subject, report.subject)
            decimal(.value, report.value)
        case .apiResult(let result):
            text(.endpoint, result.endpoint)
            flag(.ok, result.isSuccess)
            whole(.latencyMs, result.latencyMs)
            said(.error, result.error)
        case .accounts(let counts):
            whole(.active, counts.active)
            whole(.total, counts.total)
        case .trade(let report):
            said(.tradeID, report.tradeID)
            text(.symbol, report.symbol)
            decimal(.profit, report.profit)
            said(.currency, report.currency)
        case .signals(let count): whole(.count, count)
        case .venue(let report):
            text(.state, report.state.rawValue)
            whole(.latencyMs, report.latencyMs)
            said(.note, report.note)
        case .operatorAction, .host: break
        }
    }

    private mutating func order(_ report: OrderReport) {
        said(.clientID, report.clientID)
        said(.venueID, report.venueID)
        text(.symbol, report.symbol)
        text(.side, report.side.rawValue)
        decimal(.quantity, report.quantity)
        if report.filled.digits != 0 { decimal(.filled, report.filled) }
        decimal(.price, report.price)
        said(.currency, report.currency)
        if report.reduceOnly { flag(.reduceOnly, true) }
        text(.state, report.state.rawValue)
        said(.note, report.note)
    }

    private mutating func fill(_ report: FillReport) {
        said(.fillID, report.fillID)
        said(.clientID, report.clientID)
        said(.venueID, report.venueID)
        text(.symbol, report.symbol)
        text(.side, report.side.rawValue)
        decimal(.quantity, report.quantity)
        decimal(.price, report.price)
        said(.currency, report.currency)
        decimal(.fee, report.fee)
    }

    private mutating func position(_ report: PositionReport) {
        text(.symbol, report.symbol)
        text(.side, report.side.rawValue)
        decimal(.quantity, report.quantity)
        decimal(.entryPrice, report.entryPrice)
        said(.currency, report.currency)
        time(.openedAt, report.openedMs)
        if !report.isSellable { flag(.sellable, false) }
        said(.note, report.note)
    }

    private mutating func null(_ key: EventLineKey) {
        self.key(key)
        raw("null")
    }
}
