/// What a venues pane says of an account's books.
extension DeskReader {
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
        let held = worth?.held ?? 0
        books.positions = known?.positionsListedMs == nil && held == 0 ? nil : held
        books.unpriced = worth?.unpriced ?? 0
        books.balance = worth?.money
        books.equity = worth?.equity
        books.differences = findings.filter { $0.account == key }.map(\.text)
        books.notCompared = notCompared(worth)
        return books
    }

    /// Why the account's total says nothing.
    private func notCompared(_ worth: Valuation.Account?) -> String {
        guard let worth, worth.money != nil else { return "no balance is known" }
        if worth.unpriced > 0 { return "\(worth.unpriced) without a price: its total cannot be compared" }
        return worth.stated == nil ? "the venue gives no total of its own" : ""
    }
}
