/// What a venues pane says of an account's books.
extension DeskReader {
    /// How old the newest price of a venue is.
    func prices(of venue: String) -> StreamAge {
        StreamAge(
            ageMs: feeds.first { $0.venue == venue && $0.isPriced }.map { atMs.since($0.newestMs) },
            limitMs: settings.priceStaleMs
        )
    }

    /// Positions, money and reconciliation of one account.
    func books(of venue: Venue) -> Venue.Books {
        let key = AccountKey(venue: venue.name, account: venue.account)
        let known = book.venues[key]
        let worth = valuation.accounts[key]
        var books = Venue.Books()
        books.currency = settings.baseCurrency
        books.feedLimitMs = settings.priceStaleMs
        books.feedAgeMs = feeds.first { $0.venue == key.venue && $0.isPriced }.map { atMs.since($0.newestMs) }
        books.ordersAgeMs = known?.ordersListedMs.map { atMs.since($0) }
        books.positionsAgeMs = known?.positionsListedMs.map { atMs.since($0) }
        books.positionsSeen = worth?.held ?? 0
        books.positions = venue.streams.positions.isKnown ? books.positionsSeen : nil
        books.unpriced = worth?.unpriced ?? 0
        books.balance = worth?.money
        books.equity = worth?.equity
        books.differences = findings.filter { $0.account == key }.map(\.text)
        books.notCompared = notCompared(key)
        return books
    }

    /// Why nobody can tell whether the account's own total is right; empty: it was compared.
    func notCompared(_ key: AccountKey) -> String {
        let balances = book.stream(.balances, of: key, valuation, at: atMs, settings)
        let positions = book.stream(.positions, of: key, valuation, at: atMs, settings)
        switch (balances.state, positions.state) {
        case (.never, _): return "no balance is known"
        case (.stale, _): return "its balance is too old to be compared"
        case (_, .never): return "it has never listed its positions"
        case (_, .stale): return "its positions are not known now"
        case (.known, .known): break
        }
        guard let worth = valuation.accounts[key], worth.money != nil else { return "no balance is known" }
        if worth.unpriced > 0 { return "\(worth.unpriced) without a price: its total cannot be compared" }
        return worth.stated == nil ? "the venue gives no total of its own" : ""
    }
}
