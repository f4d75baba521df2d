extension Valuation {
    /// Why equity is not known, in words: the first account that has something and cannot be counted; empty: it is
    /// known, or nothing is held anywhere.
    ///
    /// What is lost is compared with equity: while it is unknown, rules over losses see none.
    func whyUnknown(at atMs: UInt64) -> String {
        guard equity == nil else { return "" }
        for place in accounts.indices {
            let (key, account) = (accounts.keys[place], accounts.values[place])
            guard account.isPartlyUnknown else { continue }
            let held = "\(account.held) position\(account.held == 1 ? "" : "s")"
            if account.hasStaleBalance, let oldestMs = account.oldestMs {
                return "\(key) has not reported a balance for \(ElapsedText.of(elapsed(from: oldestMs, to: atMs)))"
            }
            if account.states || account.lacksRate { return "\(key) has money without a rate" }
            if !account.hasBalance { return "\(key) holds \(held) and has never stated a balance" }
            if account.stalePositions > 0 || account.arePositionsStale {
                return "\(key) has not reported its positions lately, it held \(account.held)"
            }
            return "\(key) holds \(held), \(account.unpriced) without a price"
        }
        return ""
    }
}
