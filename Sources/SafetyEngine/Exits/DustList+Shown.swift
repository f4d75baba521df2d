internal import KillSwitch

extension DustList {
    /// The list for screens and commands, in the order in which it was made, with what everything is worth now.
    func shown(_ book: Book, _ valuation: Valuation) -> [EngineView.DustEntry] {
        entries.indices.map { place in
            let key = entries.keys[place]
            let entry = entries.values[place]
            return EngineView.DustEntry(
                venue: key.venue,
                account: key.account,
                symbol: key.symbol,
                value: entry.value,
                valueNow: DustList.value(of: key, book, valuation),
                reason: entry.reason,
                since: RunbookLog.time(entry.sinceWallMs).map { Clock.text(milliseconds: $0) } ?? ""
            )
        }
    }
}
