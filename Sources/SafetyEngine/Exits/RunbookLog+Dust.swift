extension RunbookLog {
    /// A symbol came on the list. The only line with the word `BLACKLISTED`: the runbook counts them.
    static func blacklisted(_ key: DustList.Key, _ entry: DustList.Entry, _ currency: String) -> Decision.LogLine {
        let value = entry.value.map { money($0, currency) } ?? "value unknown"
        return line(
            .info,
            "dust",
            "dust_listed",
            "BLACKLISTED: \(key.symbol) (\(value)) in \(key.accountKey) - \(entry.reason)",
            place(key.venue, key.account, key.symbol) + [
                .init("value", entry.value?.description), .init("reason", entry.reason),
            ]
        )
    }

    /// A listed symbol is worth something again.
    static func dustRecovered(
        _ key: DustList.Key,
        value: Decimal,
        comesOff: Bool,
        _ currency: String
    ) -> Decision.LogLine {
        let what = "\(key.symbol) in \(key.accountKey) is worth \(money(value, currency)) again"
        return line(
            comesOff ? .info : .warning,
            "dust",
            comesOff ? "dust_recovered" : "dust_recovered_stays",
            comesOff
                ? "dust list: \(what): it counts again"
                : "dust list: \(what), and stays on the list: it does not count",
            place(key.venue, key.account, key.symbol) + [.init("value", value.description)]
        )
    }

    /// An operator took a symbol off.
    static func dustRemoved(_ key: DustList.Key, by action: OperatorAction) -> Decision.LogLine {
        line(
            .info,
            "dust",
            "dust_removed",
            "dust list: \(key.symbol) in \(key.accountKey) was taken off by \(action.name)",
            place(key.venue, key.account, key.symbol) + [
                .init("operator", action.name), .init("reason", action.reason),
            ]
        )
    }
}
