extension Book {
    /// Most transfers of one balance that wait for a reading, each for itself; later ones wait as one.
    static let mostWaiting = 1_000

    /// Money that came or went. It is neither gain nor loss: openings and peaks are changed by it, as soon as a reading of
    /// the balance that it changed is no older than it. A venue should tell it before, or together with, that reading; told
    /// after it, the reading was a loss or gain in between. Of a proven account a bot's word does not count: it could hide a
    /// loss.
    mutating func take(
        _ report: TransferReport,
        _ origin: Event.Origin,
        _ telling: Telling,
        _ settings: EngineSettings
    ) {
        let account = AccountKey(venue: origin.venue, account: origin.account)
        let ofAccount = balances.indices.filter {
            balances.keys[$0].venue == account.venue && balances.keys[$0].account == account.account
        }
        guard telling.isProof || !ofAccount.contains(where: { balances.values[$0].isProven }) else { return }
        let name =
            report.transferID.isEmpty
            ? telling.toldMs.map { "\($0)\u{0}\(report.amount)\u{0}\(report.currency)" } : report.transferID
        if let name {
            guard let memory = placeOfMemory(account, telling) else { return }
            guard memories[at: memory].transfers.insert(name) else {
                counts.duplicate &+= 1
                return
            }
        }
        // What was there before the first reading is part of it.
        guard !ofAccount.isEmpty else { return }
        let key = BalanceKey(
            venue: origin.venue,
            account: origin.account,
            currency: report.currency.isEmpty ? settings.baseCurrency : report.currency
        )
        let transfer = WaitingTransfer(report.amount, telling)
        if let place = balances.place(of: key), balances.values[place].contains(transfer) {
            balances[at: place].before = balances.values[place].before?.adding(report.amount)
            equity.transfer(report.amount, key.currency)
        } else {
            wait(transfer, of: key)
        }
    }

    private mutating func wait(_ transfer: WaitingTransfer, of key: BalanceKey) {
        var waiting = transfers[key] ?? []
        if waiting.count >= Book.mostWaiting, let last = waiting.popLast() {
            waiting.append(last.joined(with: transfer) ?? last)
        } else {
            waiting.append(transfer)
        }
        transfers[key] = waiting
    }

    /// A reading came: what was transferred before it is in it. One that is older than a transfer, and only came later, has
    /// nothing of that one yet.
    ///
    /// - Returns: how much of it is of the balance that was read.
    mutating func joinTransfers(of key: BalanceKey, readAt readMs: Int64?) -> Decimal {
        var sum = Decimal(0)
        guard !transfers.isEmpty else { return sum }
        let touched = transfers.keys.filter { other in
            guard other.venue == key.venue, other.account == key.account else { return false }
            return other.currency == key.currency || balances.place(of: other) == nil
        }
        for other in touched {
            let waiting = transfers[other] ?? []
            for transfer in waiting where !isBefore(readMs, transfer.happenedMs) {
                equity.transfer(transfer.amount, other.currency)
                if other == key { sum = sum.adding(transfer.amount) ?? sum }
            }
            let left = waiting.filter { isBefore(readMs, $0.happenedMs) }
            if left.isEmpty { transfers.remove(other) } else { transfers[other] = left }
        }
        return sum
    }
}

/// Money that came or went and is in no reading yet.
struct WaitingTransfer: Sendable, Equatable, Codable {
    /// Nothing happened longer after it was told, in milliseconds: a source's clock that is further ahead would keep it
    /// waiting, and a deposit that waits hides a loss. As far as a word may be behind before it is called late.
    static let mostAheadMs = Int64(Telling.lateAfterMs)

    /// How much came; went, when negative.
    var amount: Decimal
    /// When, by its source's clock; nil: not said.
    var happenedMs: Int64?

    init(_ amount: Decimal, _ telling: Telling) {
        self.amount = amount
        let (latest, overflow) = telling.wallMs.addingReportingOverflow(WaitingTransfer.mostAheadMs)
        happenedMs = telling.toldMs.map { overflow ? $0 : min($0, latest) }
    }

    /// Both as one, of the later time; nil: the sum does not fit.
    func joined(with other: WaitingTransfer) -> WaitingTransfer? {
        guard let sum = amount.adding(other.amount) else { return nil }
        var both = self
        both.amount = sum
        both.happenedMs = happenedMs.flatMap { mine in other.happenedMs.map { max(mine, $0) } }
        return both
    }
}

extension BookBalance {
    /// Whether the reading has a transfer in it already: by the times where both are known, else by which is closer to
    /// the reading before.
    fileprivate func contains(_ transfer: WaitingTransfer) -> Bool {
        if let happenedMs, let transferredMs = transfer.happenedMs { return transferredMs <= happenedMs }
        guard let before, let moved = before.adding(transfer.amount) else { return false }
        let now = beforeIsEquity ? equity ?? total : total
        guard let with = now.subtracting(moved), let without = now.subtracting(before) else { return false }
        return with.magnitude < without.magnitude
    }
}
