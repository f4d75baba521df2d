/// What the desk keeps is bounded: what comes beyond a bound is left out, is counted, and makes the list that it was in
/// incomplete. What is kept goes on being evaluated.
extension Book {
    /// A kind of thing that is kept.
    enum Kept: String {
        case orders, positions, accounts, balances, prices, metrics
    }

    /// Whether another thing of a kind has room; counts it where it has none.
    mutating func hasRoom(for kind: Kept, at atMs: UInt64) -> Bool {
        let (count, most) =
            switch kind {
            case .orders: (orders.count, bounds.orders)
            case .positions: (positions.count, bounds.positions)
            case .accounts: (venues.count, bounds.accounts)
            case .balances: (balances.count, bounds.balances)
            case .prices: (prices.count, bounds.prices)
            case .metrics: (metrics.count, bounds.metrics)
            }
        if count < most { return true }
        counts.crowdedOut &+= 1
        overloads[kind.rawValue, default: RefusedCount()].add(1, at: atMs)
        return false
    }

    /// Whether an account is known, or has room to be.
    mutating func hasVenue(_ account: AccountKey, _ telling: Telling) -> Bool {
        venues.place(of: account) != nil || hasRoom(for: .accounts, at: telling.atMs)
    }

    /// For so long after something was left out the desk is overloaded, in milliseconds.
    static let overloadedMs: UInt64 = 60_000
}
