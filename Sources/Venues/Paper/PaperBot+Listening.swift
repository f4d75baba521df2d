import SafetyEngine

/// What a bot makes of what the venue says.
extension PaperBot {
    /// Takes the venue's events of a step.
    ///
    /// - Returns: what it believes now.
    mutating func hear(_ events: [Event], _ venue: inout PaperVenue) -> [Event] {
        var beliefs: [Event] = []
        for event in events where event.origin.account == account {
            switch event.body {
            case .order(let report): hear(report, venue, &beliefs)
            case .fill(let fill) where event.origin.strategy == strategy: hear(fill, venue, &beliefs)
            case .positions(let reports): reconcile(reports)
            case .openOrders(let reports): reconcile(reports, &venue, &beliefs)
            default: break
            }
        }
        return beliefs
    }

    private mutating func hear(_ report: OrderReport, _ venue: PaperVenue, _ beliefs: inout [Event]) {
        guard let place = open.firstIndex(where: { $0.clientID == report.clientID }) else { return }
        // Events that come out of order do not take back what was filled.
        guard report.filled >= open[place].report.filled, report != open[place].report else { return }
        open[place].report = report
        beliefs.append(event(.order(report), venue))
        if report.state.isFinal { open.remove(at: place) }
    }

    private mutating func hear(_ fill: FillReport, _ venue: PaperVenue, _ beliefs: inout [Event]) {
        guard !fills.contains(fill.fillID), let index = PaperSymbol.index(of: fill.symbol),
            let place = symbols.firstIndex(of: index)
        else { return }
        fills.append(fill.fillID)
        if fills.count > 64 { fills.removeFirst() }
        let symbol = PaperSymbol.all[index]
        guard let lots = symbol.lots(fill.quantity), let ticks = symbol.ticks(fill.price) else { return }
        let worth = symbol.worth(lots: lots, ticks: ticks)
        let fee = fill.fee?.units(places: PaperSymbol.moneyPlaces) ?? 0
        if fill.side == .buy {
            if books[place].lots == 0 { books[place].sinceMs = venue.nowMs }
            books[place].lots += lots
            books[place].flow -= worth + fee
            return
        }
        books[place].lots = max(0, books[place].lots - lots)
        books[place].flow += worth - fee
        guard books[place].lots == 0 else { return }
        let trade = TradeReport(
            tradeID: "\(strategy)-\(fill.fillID)",
            symbol: symbol.name,
            profit: .money(books[place].flow)
        )
        books[place].flow = 0
        beliefs.append(event(.trade(trade), venue))
    }

    /// Somebody else closed what it believed to hold: then that is gone, and no trade of its own.
    private mutating func reconcile(_ reports: [PositionReport]) {
        for (place, index) in symbols.enumerated() where books[place].lots > 0 {
            let symbol = PaperSymbol.all[index]
            let held = reports.first { $0.symbol == symbol.name && $0.side == .long }.flatMap {
                symbol.lots($0.quantity)
            }
            guard held ?? 0 < books[place].lots else { continue }
            let kept = Int128(held ?? 0)
            books[place].flow = Int64(clamping: Int128(books[place].flow) * kept / Int128(books[place].lots))
            books[place].lots = held ?? 0
        }
    }

    /// An order that the venue does not list is asked about, once it had the time to arrive.
    private mutating func reconcile(_ reports: [OrderReport], _ venue: inout PaperVenue, _ beliefs: inout [Event]) {
        for claim in open where venue.nowMs >= claim.sentMs + 2_000 {
            guard !reports.contains(where: { $0.clientID == claim.clientID }) else { continue }
            do {
                guard let answer = try venue.inquire(OrderName(clientID: claim.clientID), account: account) else {
                    forget(claim, venue, &beliefs)
                    continue
                }
                hear(answer, venue, &beliefs)
                if answer.state.isFinal { open.removeAll { $0.clientID == claim.clientID } }
            } catch {
                // No answer: the belief stays as it is, until the next listing.
                continue
            }
        }
    }

    /// It never arrived.
    private mutating func forget(_ claim: PaperClaim, _ venue: PaperVenue, _ beliefs: inout [Event]) {
        open.removeAll { $0.clientID == claim.clientID }
        var report = claim.report
        report.state = .rejected
        report.note = "the venue does not know it"
        beliefs.append(event(.order(report), venue))
    }
}
