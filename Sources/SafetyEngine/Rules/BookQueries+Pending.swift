// Everything in this file is deleted at the merge: the book, the roster, the exits and the list of dust bring these
// themselves, under the same names.

extension RequestWindow {
    func errorPercent(overMs: UInt64, at: UInt64) -> Decimal? { nil }
    func count(overMs: UInt64, at: UInt64) -> Int { 0 }
    func latencyP95Ms(overMs: UInt64, at: UInt64) -> UInt64? { nil }
    var lastError: String { "" }
}

extension SignalWindow {
    func perHour(overMs: UInt64, at: UInt64) -> Decimal? { nil }
}

extension AccountResults {
    func count(overMs: UInt64, at: UInt64) -> Int { recent.count { at.since($0.atMs) <= overMs } }

    func winPercent(overMs: UInt64, at: UInt64) -> Decimal? {
        let trades = recent.filter { at.since($0.atMs) <= overMs }
        return Share.percent(Decimal(trades.count { $0.isWin }), of: Decimal(trades.count))
    }
}

extension Book {
    func dayLossPercent(_ valuation: Valuation) -> Decimal? { lossPercent(valuation, equity.dayOpening) }
    func weekLossPercent(_ valuation: Valuation) -> Decimal? { lossPercent(valuation, equity.weekOpening) }
    func drawdownPercent(_ valuation: Valuation) -> Decimal? { lossPercent(valuation, equity.peak) }

    private func lossPercent(_ valuation: Valuation, _ opening: Decimal?) -> Decimal? {
        guard let now = valuation.equity, let opening, let loss = opening.subtracting(now) else { return nil }
        return loss.isNegative ? Decimal(0) : Share.percent(loss, of: opening)
    }

    func balanceDropPercent(_ place: Int) -> Decimal? {
        let balance = balances[at: place]
        let total = balance.equity ?? balance.total
        guard let before = balance.before, let fall = before.subtracting(total) else { return nil }
        return fall.isNegative ? Decimal(0) : Share.percent(fall, of: before)
    }

    func reconciliation(_ valuation: Valuation, _ settings: EngineSettings) -> [ReconciliationFinding] { [] }
}

struct ReconciliationFinding: Equatable {
    var subject: String
    var text: String
    var percent: Decimal?
}

extension Roster {
    func lateness(
        at atMs: UInt64,
        _ settings: EngineSettings
    ) -> [(name: String, percent: Int, isDead: Bool, feeds: String, ageMs: UInt64)] { [] }
}

extension DustList {
    func contains(_ position: PositionKey) -> Bool { false }
}

extension EngineSettings.Cap {
    func most(for account: AccountKey) -> Int {
        if let own = mostByAccount[account.description] ?? mostByAccount[account.account] { return own }
        let isUser = userAccounts.contains(account.description) || userAccounts.contains(account.account)
        return isUser ? mostForUsers : most
    }
}
