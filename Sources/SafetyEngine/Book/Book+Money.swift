extension Book {
    /// What an account holds in money. A bot's word counts only while no venue ever said it.
    mutating func take(
        _ report: BalanceReport,
        _ origin: Event.Origin,
        _ telling: Telling,
        _ settings: EngineSettings
    ) {
        let key = BalanceKey(
            venue: origin.venue,
            account: origin.account,
            currency: report.currency.isEmpty ? settings.baseCurrency : report.currency
        )
        let known = balances.place(of: key)
        guard known != nil || (hasRoom(balances.count, telling) && hasRoom(for: .balances, at: telling.atMs)) else {
            return
        }
        var balance = known.map { balances.values[$0] } ?? BookBalance()
        guard telling.isProof || !balance.isProven else { return }
        if isBefore(telling.happenedMs, balance.happenedMs) {
            counts.outOfOrder &+= 1
            return
        }
        if telling.happenedMs != nil, telling.happenedMs == balance.happenedMs, report.total == balance.total,
            report.equity == balance.equity
        {
            counts.duplicate &+= 1
            return
        }
        let isFirst = known == nil || telling.isProof != balance.isProven
        balance.beforeIsEquity = balance.equity != nil && report.equity != nil
        let before = balance.beforeIsEquity ? balance.equity ?? balance.total : balance.total
        let joined = joinTransfers(of: key, readAt: telling.happenedMs)
        balance.before = isFirst ? nil : before.adding(joined) ?? before
        balance.total = report.total
        balance.free = report.free
        balance.equity = report.equity
        balance.seenMs = telling.atMs
        balance.version &+= 1
        balance.isProven = telling.isProof
        balance.happenedMs = telling.happenedMs ?? balance.happenedMs
        balances[key] = balance
    }

    /// A price, or a conversion rate (without a venue). Bots' prices are not taken: nothing is ever sold by a bot's word
    /// alone. A rate is taken from `settings.conversionSource`, or any venue where none is named.
    mutating func take(
        _ report: PriceReport,
        _ origin: Event.Origin,
        _ telling: Telling,
        _ settings: EngineSettings
    ) {
        let isRate = origin.venue.isEmpty
        if isRate, !settings.conversionSource.isEmpty {
            guard origin.source.isNamed(settings.conversionSource) else { return }
        } else if origin.source.kind == .bot {
            return
        }
        // What is late was true then, and not now. What is stale when it comes says nothing.
        let age = telling.lateMs > Telling.lateAfterMs ? telling.lateMs : 0
        guard age <= min(settings.priceStaleMs, telling.atMs) else { return }
        let key = PriceKey(venue: origin.venue, symbol: report.symbol)
        var place = prices.place(of: key)
        if place == nil {
            guard hasRoom(for: .prices, at: telling.atMs) else { return }
            prices[key] = BookPrice()
            place = prices.count - 1
        }
        guard let place else { return }
        let happened = prices.values[place].happenedMs
        if let now = telling.happenedMs, let happened, now <= happened, isSameSource(origin, place, isRate) {
            if now < happened {
                counts.outOfOrder &+= 1
                return
            }
            if report.price == prices.values[place].price {
                counts.duplicate &+= 1
                return
            }
        }
        // Nothing is worth nothing, or less: such a price is an error of its source, and no price at all.
        var price = report.price
        if let stated = price, stated <= Decimal(0) {
            price = nil
            counts.contradictory &+= 1
        }
        prices[at: place].take(
            price,
            report.currency.isEmpty && !isRate ? settings.baseCurrency : report.currency,
            seenMs: telling.atMs - age,
            happenedMs: telling.happenedMs ?? happened,
            source: isRate ? origin.source : nil
        )
    }

    private func isSameSource(_ origin: Event.Origin, _ place: Int, _ isRate: Bool) -> Bool {
        !isRate || origin.source.isNamed(prices.values[place].source)
    }

    /// A trade that was closed. Its name counts once, whoever says it.
    mutating func take(
        _ report: TradeReport,
        _ origin: Event.Origin,
        _ telling: Telling,
        _ settings: EngineSettings
    ) {
        let account = AccountKey(venue: origin.venue, account: origin.account)
        let name =
            report.tradeID.isEmpty
            ? telling.toldMs.map { "\($0)\u{0}\(report.symbol)\u{0}\(report.profit)" } : report.tradeID
        if let name {
            guard let memory = placeOfMemory(account, telling) else { return }
            guard memories[at: memory].trades.insert(name) else {
                counts.duplicate &+= 1
                return
            }
        }
        guard results.place(of: account) != nil || hasRoom(results.count, telling) else { return }
        results[account, default: AccountResults()].take(profit: report.profit, at: telling.atMs)
        equity.realise(report.profit, report.currency.isEmpty ? settings.baseCurrency : report.currency)
    }

    /// How far a balance (equity where its venue states it twice, else money) is below the reading before, in percent;
    /// transfers excluded. 0: not at all, or there was nothing in it; nil: there was none before.
    public func balanceDropPercent(_ place: Int) -> Decimal? {
        guard balances.indices.contains(place), let before = balances.values[place].before else { return nil }
        guard before > Decimal(0) else { return Decimal(0) }
        let balance = balances.values[place]
        let now = balance.beforeIsEquity ? balance.equity ?? balance.total : balance.total
        guard now < before, let lost = before.subtracting(now) else { return Decimal(0) }
        return Decimal.percent(lost, of: before)
    }
}

extension BookPrice {
    /// Most samples that are kept between two steps.
    private static let mostReplaced = 32

    /// Keeps the sample that another one replaces until the next step: of many the last ones, the highest and the lowest.
    private mutating func replace() {
        guard let price else {
            replaced = []
            return
        }
        replaced.append(Sample(version: version, price: price))
        guard replaced.count > BookPrice.mostReplaced else { return }
        let prices = replaced.map(\.price)
        let (highest, lowest) = (prices.max(), prices.min())
        let place = replaced.firstIndex { $0.price != highest && $0.price != lowest } ?? 0
        replaced.remove(at: place)
    }

    fileprivate mutating func take(
        _ price: Decimal?,
        _ currency: String,
        seenMs: UInt64,
        happenedMs: Int64?,
        source: Event.Source?
    ) {
        replace()
        if price != nil { lastPrice = nil } else if let known = self.price { lastPrice = known }
        self.price = price
        if self.currency != currency { self.currency = currency }
        self.seenMs = seenMs
        self.happenedMs = happenedMs
        version &+= 1
        if let source, !source.isNamed(self.source) { self.source = source.description }
    }
}

extension Event.Source {
    /// Whether this is who `name` means: `kraken` or `venue:kraken`.
    func isNamed(_ name: String) -> Bool {
        if name == self.name { return true }
        let (mine, theirs) = (kind.rawValue.utf8, name.utf8)
        guard theirs.count == mine.count + 1 + self.name.utf8.count, theirs.starts(with: mine),
            theirs.dropFirst(mine.count).first == UInt8(ascii: ":")
        else { return false }
        return theirs.dropFirst(mine.count + 1).elementsEqual(self.name.utf8)
    }
}
