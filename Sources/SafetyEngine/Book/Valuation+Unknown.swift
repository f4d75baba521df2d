extension Valuation {
    /// Why equity is not known, in words: the first account that has something and cannot be counted; empty: it is
    /// known, or nothing is held anywhere.
    ///
    /// What is lost is compared with equity: while it is unknown, rules over losses see none.
    var whyUnknown: String {
        guard equity == nil else { return "" }
        for place in accounts.indices {
            let (key, account) = (accounts.keys[place], accounts.values[place])
            guard account.hasBalance || account.held > 0, account.equity == nil else { continue }
            let held = "\(account.held) position\(account.held == 1 ? "" : "s")"
            if account.states || account.lacksRate { return "\(key) has money without a rate" }
            if !account.hasBalance { return "\(key) holds \(held) and has never stated a balance" }
            return "\(key) holds \(held), \(account.unpriced) without a price"
        }
        return ""
    }
}
