// What rules make of streams that are older than their limit.
extension DeskReader {
    static func unlisted(_ valuation: Valuation) -> Set<AccountKey> {
        var accounts: Set<AccountKey> = []
        for place in valuation.accounts.indices where valuation.accounts.values[place].arePositionsStale {
            accounts.insert(valuation.accounts.keys[place])
        }
        return accounts
    }

    /// Streams past their limits, account by account in the order of first sight, account counts last.
    static func staleStreams(
        _ book: Book,
        _ valuation: Valuation,
        _ settings: EngineSettings,
        at atMs: UInt64
    ) -> [StaleStream] {
        var stale: [StaleStream] = []
        func look(_ kind: StreamKind, _ account: AccountKey?, _ lastMs: UInt64?) {
            guard let lastMs, atMs.since(lastMs) > settings.limitMs(of: kind) else { return }
            let age = StreamAge(ageMs: atMs.since(lastMs), limitMs: settings.limitMs(of: kind))
            stale.append(StaleStream(kind: kind, account: account, age: age))
        }
        for place in valuation.accounts.indices {
            let key = valuation.accounts.keys[place]
            if place < book.venues.count {
                look(.orders, key, book.venues.values[place].ordersListedMs)
                look(.positions, key, book.venues.values[place].positionsListedMs)
            }
            let account = valuation.accounts.values[place]
            if account.hasBalance { look(.balances, key, account.oldestMs ?? account.heardMs) }
        }
        if book.accounts != nil { look(.accountCounts, nil, book.accountsMs) }
        return stale
    }

    /// What FEED_STALE reads of one stream.
    func streamAge(_ kind: StreamKind, _ account: AccountKey?) -> Sample {
        let age: StreamAge? =
            kind == .accountCounts
            ? book.accountCountsStream(at: atMs, settings)
            : account.map { book.stream(kind, of: $0, valuation, at: atMs, settings) }
        guard let ageMs = age?.ageMs else { return .gone }
        return .value(ageMs.seconds, version: nil)
    }

    /// A rule's thresholds for a subject: a stream, and the prices of a venue, pass the first one at their own limit, and the
    /// others as far beyond that as the rule has them.
    func thresholds(_ thresholds: [Decimal], of subject: Subject, _ rule: Rule) -> [Decimal] {
        guard let first = thresholds.min() else { return thresholds }
        let limit: Decimal
        switch subject {
        case .stream(let kind, _): limit = settings.limitMs(of: kind).seconds
        case .venue(let name):
            guard let feed = feeds.first(where: { $0.venue == name }), hasLimitOfPrices(feed, rule) else {
                return thresholds
            }
            limit = settings.priceStaleMs.seconds
        default: return thresholds
        }
        return thresholds.map { $0.subtracting(first).flatMap { $0.adding(limit) } ?? limit }
    }

    /// Whether a rule judges a feed by the limit of prices: a step that somebody set holds as it was set, and a venue that never
    /// gave a price has none that could be too old.
    func hasLimitOfPrices(_ feed: Feed, _ rule: Rule) -> Bool {
        rule.measure == Measure.feedAge.rawValue && feed.isPriced
            && rule.steps.map(\.threshold).min() == Rule.feedSeconds
    }

    /// Whether a measure's value leaves out a part that nobody knows now: then it may be worse than it looks, and no alert
    /// of it is resolved by it.
    func isAtBest(_ measure: Measure?) -> Bool {
        switch measure {
        case .dayLoss, .weekLoss, .drawdown: valuation.equity == nil || book.equity.isStale
        case .venueExposure: valuation.unpriced > 0 || valuation.stalePositions > 0 || valuation.equity == nil
        default: false
        }
    }

    /// Whether what reconciliation compares for a finding's name is known now.
    func isComparable(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard let venue = parts.first else { return true }
        var key = AccountKey(venue: String(venue), account: parts.count > 1 ? String(parts[1]) : "")
        if valuation.accounts[key] == nil { key.account = "" }
        guard let account = valuation.accounts[key] else { return true }
        if book.venues[key]?.isSilent == true || account.arePositionsStale || account.stalePositions > 0 {
            return false
        }
        guard name == key.description else { return true }
        return account.unpriced == 0 && !account.hasStaleBalance && !account.lacksRate
            && !(account.states && account.stated == nil)
    }

    /// The first stale stream of one kind, in words; empty: none is.
    func staleWords(_ kind: StreamKind) -> String {
        guard let stale = staleStreams.first(where: { $0.kind == kind }) else { return "" }
        return stale.words
    }
}

extension DeskReader {
    /// What was left out lately, by kind.
    static func leftOut(_ book: Book, _ alarms: Alarms) -> Ledger<String, UInt64> {
        var left = Ledger<String, UInt64>()
        for place in book.overloads.indices { left[book.overloads.keys[place]] = book.overloads.values[place].count }
        if alarms.leftOut > 0 { left["alerts"] = alarms.leftOut }
        return left
    }
}

extension DeskReader.StaleStream {
    /// `kraken/main has not listed its positions for 85s`.
    var words: String { words(for: ElapsedText.of(age.ageMs ?? 0)) }

    func words(for time: String) -> String {
        let name = account?.description ?? ""
        switch kind {
        case .orders: return "\(name) has not listed its open orders for \(time)"
        case .positions: return "\(name) has not listed its positions for \(time)"
        case .balances: return "\(name) has not reported a balance for \(time)"
        case .prices: return "\(name) has not reported a price for \(time)"
        case .accountCounts: return "no platform has reported how many accounts trade for \(time)"
        }
    }
}
