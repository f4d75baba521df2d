/// The desk's equity over time, in the base currency.
///
/// Invariants (SafetyEngineTests/BookEquityTests): what is transferred, and what only becomes known (an account, a found
/// position), is neither gain nor loss: openings and peak change by as much; what has no price is neither lost nor won until
/// it has one; days and weeks only begin forward.
public struct EquityRecord: Sendable, Equatable, Codable {
    /// The desk's day (see `Calendar.day`) that `dayOpening` opened; nil: none yet.
    public internal(set) var day: Int64?
    /// Equity when the day opened, changed by what was transferred since.
    public internal(set) var dayOpening: Decimal?
    /// The same for the week, which begins on Monday.
    public internal(set) var weekOpening: Decimal?
    /// The highest equity so far, changed by what was transferred since.
    public internal(set) var peak: Decimal?
    /// The week (since 1970, beginning on Mondays) that `weekOpening` opened; nil: none yet.
    public internal(set) var week: Int64?
    /// The last equity that was known; nil: none ever was.
    public internal(set) var last: Decimal?
    /// When the oldest reading was said that it was made of, in desk time; nil: none ever was.
    public internal(set) var lastMs: UInt64?
    /// Whether equity is unknown now, and `last` stands for it: a part has no price, or something transferred has no rate.
    public internal(set) var isStale = false
    /// The equity that losses are judged by: where a part has no price, that part as it was known last. Nil: none ever was.
    public internal(set) var judged: Decimal?
    /// When that was, in desk time.
    var judgedMs: UInt64?
    /// What closed trades brought since the day opened; what has no rate yet is left out.
    public internal(set) var dayRealised = Decimal(0)
    /// What fills cost besides since the day opened; what has no rate yet is left out.
    public internal(set) var dayFees = Decimal(0)
    /// Accounts that are counted, with what they were worth last.
    var joined = Ledger<AccountKey, Joined>()
    /// What was transferred and has no rate yet, by currency.
    var untransferred = Ledger<String, Decimal>()
    /// What trades brought and has no rate yet, by currency.
    var unrealised = Ledger<String, Decimal>()
    /// What fills cost and has no rate yet, by currency.
    var unpaid = Ledger<String, Decimal>()

    /// Creates a record of nothing.
    public init() {}

    /// An account that is counted.
    struct Joined: Sendable, Equatable, Codable {
        var equity: Decimal
        var basis: Valuation.Account.Basis
    }

    /// Equity changed by something that is neither gain nor loss.
    mutating func shift(by amount: Decimal) {
        dayOpening = dayOpening.map { $0.adding(amount) ?? $0 }
        weekOpening = weekOpening.map { $0.adding(amount) ?? $0 }
        peak = peak.map { $0.adding(amount) ?? $0 }
        last = last.map { $0.adding(amount) ?? $0 }
        judged = judged.map { $0.adding(amount) ?? $0 }
    }

    /// Something was transferred: it counts as soon as it has a rate.
    mutating func transfer(_ amount: Decimal, _ currency: String) {
        guard judged != nil else { return }
        untransferred[currency] = (untransferred[currency] ?? Decimal(0)).adding(amount)
    }

    /// A trade was closed.
    mutating func realise(_ profit: Decimal, _ currency: String) {
        unrealised[currency] = (unrealised[currency] ?? Decimal(0)).adding(profit)
    }

    /// A fill cost something.
    mutating func pay(_ fee: Decimal, _ currency: String) {
        unpaid[currency] = (unpaid[currency] ?? Decimal(0)).adding(fee)
    }

    /// Begins the day and the week that it is. `now`: equity, nil: unknown.
    ///
    /// They open with what the desk is worth. Where nobody watched while they began, they open with the greater of that
    /// and what it was worth before: a loss of that time is not forgotten, and a gain of it hides no later loss.
    mutating func begin(day: Int64?, now: Decimal?, at atMs: UInt64) {
        guard let day else { return }
        let isWatched = judgedMs.map { elapsed(from: $0, to: atMs) <= 60_000 } ?? true
        let opening = isWatched ? now ?? judged : [now, judged].compactMap(\.self).max()
        if dayOpening == nil || day > (self.day ?? .min) { dayOpening = opening ?? dayOpening }
        if let before = self.day, day > before {
            dayRealised = Decimal(0)
            dayFees = Decimal(0)
        }
        self.day = day
        let week = EquityRecord.week(ofDay: day)
        if weekOpening == nil || week > (self.week ?? .min) { weekOpening = opening ?? weekOpening }
        self.week = week
    }

    /// Weeks since Monday, 29 December 1969. Day 0 was a Thursday.
    static func week(ofDay day: Int64) -> Int64 {
        let sinceMonday = day &+ 3
        return sinceMonday >= 0 ? sinceMonday / 7 : (sinceMonday &- 6) / 7
    }
}

extension Book {
    /// Compares equity with the day's and the week's opening and the peak. All that is counted is of one moment.
    ///
    /// One worthless position without a price must not hide what everything else loses: while a part has no price, it counts
    /// as it was known last, and what was never known is no part of any opening yet.
    mutating func recordEquity(_ valuation: Valuation, at atMs: UInt64, day: Int64?, _ settings: EngineSettings) {
        settleRates(at: atMs, settings)
        equity.isStale = valuation.equity == nil || !equity.untransferred.isEmpty
        guard let now = judgedEquity(valuation), equity.untransferred.isEmpty else {
            // Days begin all the same, with what was known last.
            equity.begin(day: day, now: nil, at: atMs)
            return
        }
        let isFirst = equity.judged == nil
        var found = Decimal(0)
        for place in valuation.accounts.indices {
            let (key, account) = (valuation.accounts.keys[place], valuation.accounts.values[place])
            guard let worth = account.worth else { continue }
            let known = equity.joined.place(of: key, near: place)
            let joined = known.map { equity.joined.values[$0] }
            // An account that becomes known, or whose worth is known in another way, brought or lost nothing by it.
            if joined?.basis != account.basis {
                found = found.adding(worth).flatMap { $0.subtracting(joined?.equity ?? Decimal(0)) } ?? found
            } else {
                found = found.adding(joinPositions(of: key, account, valuation)) ?? found
            }
            let now = EquityRecord.Joined(equity: worth, basis: account.basis)
            if let known { equity.joined[at: known] = now } else { equity.joined[key] = now }
        }
        for place in positions.indices where positions.values[place].joins && positions.values[place].isHeld {
            let account = AccountKey(venue: positions.keys[place].venue, account: positions.keys[place].account)
            let isCounted = valuation.accounts[account]?.worth != nil
            if isCounted, valuation.positions[place].value != nil { positions[at: place].joins = false }
        }
        if !isFirst { equity.shift(by: found) }
        equity.begin(day: day, now: now, at: atMs)
        (equity.judged, equity.judgedMs) = (now, atMs)
        if equity.peak == nil { equity.peak = now }
        guard !equity.isStale else { return }
        equity.last = now
        equity.lastMs = valuation.oldestMs ?? atMs
        equity.peak = max(equity.peak ?? now, now)
    }

    /// The sum of what accounts are worth, each as it is known best; nil: nothing is known of any. One of which nobody can
    /// say anything counts as it counted last.
    private func judgedEquity(_ valuation: Valuation) -> Decimal? {
        var sum: Decimal?
        for place in valuation.accounts.indices {
            let account = valuation.accounts.values[place]
            let joined = equity.joined.place(of: valuation.accounts.keys[place], near: place)
            guard let worth = account.worth ?? joined.map({ equity.joined.values[$0].equity }) else { continue }
            guard let total = (sum ?? Decimal(0)).adding(worth) else { return nil }
            sum = total
        }
        return sum
    }

    /// What positions of an account that were found are worth, where they are counted for the first time.
    private func joinPositions(of key: AccountKey, _ account: Valuation.Account, _ valuation: Valuation) -> Decimal {
        guard account.basis == .counted, account.hasNewPositions else { return Decimal(0) }
        var sum = Decimal(0)
        for place in positions.indices where positions.values[place].joins && positions.values[place].isHeld {
            guard positions.keys[place].account == key.account, positions.keys[place].venue == key.venue,
                let value = valuation.positions[place].value
            else { continue }
            let isLong = positions.keys[place].side == .long
            sum = (isLong ? sum.adding(value) : sum.subtracting(value)) ?? sum
        }
        return sum
    }

    /// What had no rate when it was told, and has one now.
    private mutating func settleRates(at atMs: UInt64, _ settings: EngineSettings) {
        for currency in equity.untransferred.keys {
            guard let amount = equity.untransferred[currency],
                let value = conversion(of: currency, at: atMs, settings).value(of: amount)
            else { continue }
            equity.untransferred.remove(currency)
            equity.shift(by: value)
        }
        for currency in equity.unrealised.keys {
            guard let amount = equity.unrealised[currency],
                let value = conversion(of: currency, at: atMs, settings).value(of: amount)
            else { continue }
            equity.unrealised.remove(currency)
            equity.dayRealised = equity.dayRealised.adding(value) ?? equity.dayRealised
        }
        for currency in equity.unpaid.keys {
            guard let amount = equity.unpaid[currency],
                let value = conversion(of: currency, at: atMs, settings).value(of: amount)
            else { continue }
            equity.unpaid.remove(currency)
            equity.dayFees = equity.dayFees.adding(value) ?? equity.dayFees
        }
    }

    /// How much of the day's opening is lost, realised or not, in percent; 0: nothing; nil: unknown. Transfers excluded.
    /// While a part of equity is unknown (`EquityRecord.isStale`) that part counts as it was known last.
    public func dayLossPercent(_ valuation: Valuation) -> Decimal? { lossPercent(equity.dayOpening, valuation) }

    /// The same for the week.
    public func weekLossPercent(_ valuation: Valuation) -> Decimal? { lossPercent(equity.weekOpening, valuation) }

    /// How far equity is below its peak, in percent of that; 0: it is at its peak; nil: unknown.
    public func drawdownPercent(_ valuation: Valuation) -> Decimal? { lossPercent(equity.peak, valuation) }

    /// Equity as it counts for losses: what has no price counts as it was known last; nil: nothing ever was known.
    public func knownEquity(_ valuation: Valuation) -> Decimal? {
        equity.isStale ? equity.judged ?? equity.last : valuation.equity ?? equity.last
    }

    private func lossPercent(_ opening: Decimal?, _ valuation: Valuation) -> Decimal? {
        guard let opening, opening > Decimal(0), let now = knownEquity(valuation) else { return nil }
        guard now < opening, let lost = opening.subtracting(now) else { return Decimal(0) }
        return Decimal.percent(lost, of: opening)
    }
}
