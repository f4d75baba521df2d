extension Book {
    /// What everything is worth. One walk over balances and one over positions.
    func valuation(at atMs: UInt64, _ settings: EngineSettings) -> Valuation {
        var valuation = Valuation()
        var rates = Rates(base: settings.baseCurrency)
        valuation.version = versionBase
        valuation.accounts = Ledger(like: venues, Valuation.Account())
        for place in venues.indices where arePositionsStale(place, at: atMs, settings) {
            valuation.accounts[at: place].arePositionsStale = true
        }
        var next = 0
        for place in balances.indices {
            next = count(balance: place, near: next, at: atMs, settings, &rates, &valuation) + 1
        }
        valuation.positions.reserveCapacity(positions.count)
        var account = -1
        for place in positions.indices {
            guard positions.values[place].isHeld, let quantity = positions.values[place].quantity else {
                valuation.positions.append(Valuation.Worth())
                continue
            }
            account = self.account(ofPosition: place, account, &valuation.accounts)
            count(position: place, quantity, account, at: atMs, settings, &rates, &valuation)
        }
        valuation.version &+= rates.version
        conclude(&valuation)
        if let rateMs = rates.oldestMs { valuation.oldestMs = min(valuation.oldestMs ?? rateMs, rateMs) }
        return valuation
    }

    /// Where a position's account is in the valuation: mostly the one of the position before.
    private func account(
        ofPosition place: Int,
        _ last: Int,
        _ accounts: inout Ledger<AccountKey, Valuation.Account>
    ) -> Int {
        if last >= 0, accounts.keys[last].account == positions.keys[place].account,
            accounts.keys[last].venue == positions.keys[place].venue
        {
            return last
        }
        let name = AccountKey(venue: positions.keys[place].venue, account: positions.keys[place].account)
        return accounts.place(of: name, near: last + 1, default: Valuation.Account())
    }

    /// Counts a balance; the place of its account in the valuation, which is likely to be `near`.
    private func count(
        balance place: Int,
        near: Int,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ rates: inout Rates,
        _ valuation: inout Valuation
    ) -> Int {
        let balance = balances.values[place]
        let name = AccountKey(venue: balances.keys[place].venue, account: balances.keys[place].account)
        let account = valuation.accounts.place(of: name, near: near, default: Valuation.Account())
        let conversion = rates.conversion(of: balances.keys[place].currency, self, at: atMs, settings)
        let last = rates.lastConversion(of: balances.keys[place].currency, conversion, self)
        let isStale = elapsed(from: balance.seenMs, to: atMs) > settings.streams.balancesMs
        valuation.accounts[at: account].count(balance, isStale: isStale, conversion, last)
        valuation.version &+= balance.version
        return account
    }

    private func count(
        position place: Int,
        _ quantity: Decimal,
        _ account: Int,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ rates: inout Rates,
        _ valuation: inout Valuation
    ) {
        var worth = Valuation.Worth()
        let isLong = positions.keys[place].side == .long
        worth.isStale = isStale(position: place, account, at: atMs, settings)
        if let price = positions.values[place].pricePlace ?? pricePlace(positions.keys[place]) {
            let age = elapsed(from: prices.values[price].seenMs, to: atMs)
            worth.priceAgeMs = age
            worth.priceVersion = prices.values[price].version
            worth.lastPrice = prices.values[price].price ?? prices.values[price].lastPrice
            valuation.version &+= worth.priceVersion
            if age <= settings.priceStaleMs, !worth.isStale, let now = prices.values[price].price {
                worth.price = now
                valuation.accounts[at: account].countReading(prices.values[price].seenMs)
                // What only fills tell of has no stream of its own.
                if account < venues.count, venues.values[account].reportsPositions,
                    let seenMs = positions.values[place].seenMs
                {
                    valuation.accounts[at: account].countReading(seenMs)
                }
                let conversion = rates.conversion(of: prices.values[price].currency, self, at: atMs, settings)
                worth.value = quantity.multiplied(by: now).flatMap { conversion.value(of: $0) }
                if let entry = positions.values[place].entryPrice,
                    rates.isSame(positions.values[place].currency, prices.values[price].currency)
                {
                    let change = isLong ? now.subtracting(entry) : entry.subtracting(now)
                    worth.profit = change.flatMap { $0.multiplied(by: quantity) }.flatMap { conversion.value(of: $0) }
                }
            }
        }
        if let value = worth.value, let gross = valuation.gross.adding(value),
            let net = isLong ? valuation.net.adding(value) : valuation.net.subtracting(value)
        {
            valuation.gross = gross
            valuation.net = net
        } else {
            worth.value = nil
            if worth.isStale { valuation.stalePositions += 1 } else { valuation.unpriced += 1 }
        }
        let joins = positions.values[place].joins
        valuation.accounts[at: account].count(worth, isLong: isLong, joins: joins)
        let known = worth.value ?? lastWorth(of: place, quantity, &rates)
        valuation.accounts[at: account].countKnown(
            known,
            isFresh: worth.value != nil,
            isLong: isLong,
            joins: joins
        )
        let age = elapsed(from: positions.values[place].firstSeenMs, to: atMs)
        if known == nil, age <= settings.priceStaleMs, !valuation.accounts.values[account].states {
            valuation.unseen += 1
        }
        valuation.positions.append(worth)
    }

    /// What a position without a fresh price was worth by its last one, or what was paid for it; nil: nobody ever said. What
    /// was found and never had a price is worth nothing yet: what was paid for it was not paid here.
    private func lastWorth(of place: Int, _ quantity: Decimal, _ rates: inout Rates) -> Decimal? {
        let position = positions.values[place]
        if let known = position.pricePlace ?? pricePlace(positions.keys[place]),
            let price = prices.values[known].price ?? prices.values[known].lastPrice
        {
            let conversion = rates.lastConversion(of: prices.values[known].currency, .unknown, self)
            return quantity.multiplied(by: price).flatMap { conversion.value(of: $0) }
        }
        guard !position.joins, let paid = position.entryPrice else { return nil }
        let conversion = rates.lastConversion(of: position.currency, .unknown, self)
        return quantity.multiplied(by: paid).flatMap { conversion.value(of: $0) }
    }

    /// What accounts are worth, what venues hold, and the desk's equity.
    private func conclude(_ valuation: inout Valuation) {
        var sum: Decimal? = Decimal(0)
        var counted = 0
        var last = 0
        for place in valuation.accounts.indices {
            guard valuation.accounts.values[place].hasBalance || valuation.accounts.values[place].held > 0 else {
                continue
            }
            valuation.accounts[at: place].conclude()
            let account = valuation.accounts.values[place]
            counted += 1
            if let partMs = account.oldestPartMs {
                valuation.oldestMs = min(valuation.oldestMs ?? partMs, partMs)
            }
            sum = sum.flatMap { sum in account.equity.flatMap { sum.adding($0) } }
            guard let all = account.all else { continue }
            let venue = valuation.accounts.keys[place].venue
            if last < valuation.byVenue.count, valuation.byVenue.keys[last] != venue {
                // Few venues: a walk is cheaper than a hash.
                last = valuation.byVenue.keys.firstIndex(of: venue) ?? valuation.byVenue.count
            }
            if last == valuation.byVenue.count {
                valuation.byVenue[venue] = all
            } else if let total = valuation.byVenue[at: last].adding(all) {
                valuation.byVenue[at: last] = total
            }
        }
        valuation.equity = counted > 0 ? sum : nil
    }

    /// Where the price of a position is; nil: none was ever said.
    func pricePlace(_ key: PositionKey) -> Int? { prices.place(of: PriceKey(venue: key.venue, symbol: key.symbol)) }

    /// From a currency to the base currency, by a rate that is not stale: `FROM/BASE`, or the inverse of `BASE/FROM`.
    func conversion(of currency: String, at atMs: UInt64, _ settings: EngineSettings) -> Conversion {
        if currency.isEmpty || currency == settings.baseCurrency { return .same }
        if let rate = rate("\(currency)/\(settings.baseCurrency)", at: atMs, settings) { return .times(rate) }
        if let rate = rate("\(settings.baseCurrency)/\(currency)", at: atMs, settings) { return .over(rate) }
        return .unknown
    }

    /// The same by the last rate that was known, however old.
    fileprivate func lastConversion(of currency: String, _ base: String) -> Conversion {
        if currency.isEmpty || currency == base { return .same }
        func rate(_ symbol: String) -> Decimal? {
            let price = prices[PriceKey(venue: "", symbol: symbol)]
            guard let rate = price?.price ?? price?.lastPrice, rate > Decimal(0) else { return nil }
            return rate
        }
        if let rate = rate("\(currency)/\(base)") { return .times(rate) }
        if let rate = rate("\(base)/\(currency)") { return .over(rate) }
        return .unknown
    }

    private func rate(_ symbol: String, at atMs: UInt64, _ settings: EngineSettings) -> Decimal? {
        guard let place = prices.place(of: PriceKey(venue: "", symbol: symbol)), let rate = prices.values[place].price,
            rate > Decimal(0), elapsed(from: prices.values[place].seenMs, to: atMs) <= settings.priceStaleMs
        else { return nil }
        guard !settings.conversionSource.isEmpty else { return rate }
        let said = prices.values[place].source
        let isMeant = said == settings.conversionSource || said.hasSuffix(":" + settings.conversionSource)
        return isMeant ? rate : nil
    }

    /// Rates of one valuation, each looked up once.
    private struct Rates {
        let base: String
        private var currencies: [String] = []
        private var conversions: [Conversion] = []
        /// Samples of the rates that were used.
        private(set) var version: UInt64 = 0
        /// When the oldest of the rates that were used was said; nil: none was.
        private(set) var oldestMs: UInt64?

        init(base: String) { self.base = base }

        mutating func conversion(
            of currency: String,
            _ book: Book,
            at atMs: UInt64,
            _ settings: EngineSettings
        ) -> Conversion {
            if currency.isEmpty || currency == base { return .same }
            if let place = currencies.firstIndex(of: currency) { return conversions[place] }
            let conversion = book.conversion(of: currency, at: atMs, settings)
            let used: String? =
                switch conversion {
                case .times: "\(currency)/\(base)"
                case .over: "\(base)/\(currency)"
                case .same, .unknown: nil
                }
            if let used, let saidMs = book.prices[PriceKey(venue: "", symbol: used)]?.seenMs {
                oldestMs = min(oldestMs ?? saidMs, saidMs)
            }
            version &+= book.prices[PriceKey(venue: "", symbol: "\(currency)/\(base)")]?.version ?? 0
            version &+= book.prices[PriceKey(venue: "", symbol: "\(base)/\(currency)")]?.version ?? 0
            currencies.append(currency)
            conversions.append(conversion)
            return conversion
        }

        /// The rate that holds now, or else the last one that was known.
        func lastConversion(of currency: String, _ now: Conversion, _ book: Book) -> Conversion {
            if case .unknown = now { return book.lastConversion(of: currency, base) }
            return now
        }

        /// Whether two currencies are the same; none is the base currency.
        func isSame(_ left: String, _ right: String) -> Bool {
            left == right || ((left.isEmpty || left == base) && (right.isEmpty || right == base))
        }
    }
}

extension Valuation.Account {
    fileprivate mutating func count(
        _ balance: BookBalance,
        isStale: Bool,
        _ conversion: Conversion,
        _ last: Conversion
    ) {
        if let value = last.value(of: balance.total), let sum = known.money.adding(value) {
            known.money = sum
        } else if balance.total != Decimal(0) {
            known.isMissing = true
        }
        heardMs = max(heardMs, balance.seenMs)
        if balance.total != Decimal(0) || balance.equity != nil {
            oldestMs = min(oldestMs ?? balance.seenMs, balance.seenMs)
            if isStale { hasStaleBalance = true }
        }
        if let value = conversion.value(of: balance.total), let sum = (money ?? Decimal(0)).adding(value) {
            money = sum
        } else if balance.total != Decimal(0) {
            lacksRate = true
        }
        hasBalance = true
        // The last sum that it stated counts.
        if let said = balance.equity, !states || balance.seenMs >= statedMs {
            states = true
            statedMs = balance.seenMs
            stated = isStale ? nil : conversion.value(of: said)
            known.stated = last.value(of: said)
        }
        if !balance.isProven { basis = .claimed }
    }

    /// A price, or a report of a position, that it was counted by. The venue's own sum needs none.
    fileprivate mutating func countReading(_ saidMs: UInt64) {
        guard !states else { return }
        oldestReadingMs = min(oldestReadingMs ?? saidMs, saidMs)
    }

    /// When the oldest reading was said that `equity` is made of; nil: there is none.
    fileprivate var oldestPartMs: UInt64? {
        let balanceMs = oldestMs ?? (hasBalance ? heardMs : nil)
        return [balanceMs, oldestReadingMs].compactMap(\.self).min()
    }

    fileprivate mutating func count(_ worth: Valuation.Worth, isLong: Bool, joins: Bool) {
        held += 1
        if joins { hasNewPositions = true }
        if let value = worth.value, let sum = isLong ? holdings.adding(value) : holdings.subtracting(value) {
            holdings = sum
        } else if worth.isStale {
            stalePositions += 1
        } else {
            unpriced += 1
        }
    }

    fileprivate mutating func countKnown(_ value: Decimal?, isFresh: Bool, isLong: Bool, joins: Bool) {
        let part: WritableKeyPath<KnownParts, Decimal> = joins ? isFresh ? \.found : \.foundOnce : \.holdings
        guard let value, let sum = isLong ? known[keyPath: part].adding(value) : known[keyPath: part].subtracting(value)
        else {
            // What was found and never had a price is part of no opening.
            if !joins || value != nil { known.isMissing = true }
            return
        }
        known[keyPath: part] = sum
    }

    /// What it holds in all, as it is known best; nil: that does not fit.
    fileprivate var all: Decimal? {
        if let said = stated ?? known.stated { return said }
        return [known.holdings, known.found, known.foundOnce].reduce(Decimal?(known.money)) { sum, part in
            sum.flatMap { $0.adding(part) }
        }
    }

    fileprivate mutating func conclude() {
        if states {
            lastKnown = known.stated
        } else if hasBalance, !known.isMissing {
            lastKnown = known.money.adding(known.holdings)
        }
        if lacksRate || hasStaleBalance { money = nil }
        if states {
            equity = stated
            if basis != .claimed { basis = .stated }
        } else if hasBalance, unpriced == 0, stalePositions == 0, !arePositionsStale {
            equity = money.flatMap { $0.adding(holdings) }
        }
    }
}
