import SafetyEngine

/// What is held where and what the day lost, recomputed from the venues' words in plain floating point.
///
/// Where it cannot be sure what the desk has to make of reordered words it says so (`isMurky`), and nothing is demanded.
struct MoneyOracle {
    struct Worth {
        /// Each venue's share in percent; nil: not certain. Empty: one venue only, or none.
        var shares: [(String, Double?)] = []
        /// The day's loss; nil: not certain.
        var lossPercent: Double?
        var sample: UInt64 = 0
        /// Whether every venue's balance was read lately, and since the host's start.
        var isHeard = false
    }

    private struct Price {
        var value: Double?
        var seenMs: UInt64
        var happenedMs: Int64?
    }

    private struct Holding {
        var quantity: Double
        var happenedMs: Int64?
    }

    private struct Account {
        var total = 0.0
        var equity: Double?
        var hasBalance = false
        /// When its balance was read last by this host; nil: not yet.
        var readMs: UInt64?
        var happenedMs: Int64?
        /// When a balance and a listing of positions were taken last.
        var balanceMs: UInt64 = 0
        var positionsMs: UInt64 = 0
        var holdings: [String: Holding] = [:]
        var listedMs: Int64?
        var isListed = false
        /// Symbols that were bought here, by a fill.
        var bought: Set<String> = []
        var prices: [String: Price] = [:]
        /// Transfers that are in no reading yet: when, and how much.
        var waiting: [(happenedMs: Int64, amount: Double)] = []
        /// What it holds and what it lost cannot be told for certain from now on.
        var isMurky = false
        /// Orders of it were filled. Until its balance is read nobody knows what it, and so the desk, is worth.
        var isTraded = false
        /// A transfer came before anything was known of it.
        var isTransferLost = false
        /// It is part of the openings.
        var isJoined = false

        func worth(at atMs: UInt64, _ settings: EngineSettings) -> Double? {
            guard hasBalance else { return nil }
            if let equity { return equity }
            var sum = total
            for (symbol, holding) in holdings {
                guard let price = fresh(symbol, at: atMs, settings) else { return nil }
                sum += holding.quantity * price
            }
            return sum
        }

        func fresh(_ symbol: String, at atMs: UInt64, _ settings: EngineSettings) -> Double? {
            guard let price = prices[symbol], let value = price.value,
                atMs - min(atMs, price.seenMs) <= settings.priceStaleMs
            else { return nil }
            return value
        }

        var counts: Bool { hasBalance || !holdings.isEmpty }
    }

    private var accounts: [String: Account] = [:]
    private var transfers: Set<String> = []
    private var sample: UInt64 = 0
    private var opening: Double?
    /// The day opened while something was held whose worth nobody had said: the issue counts losses from the day's opening
    /// equity, and whether there was one by then is not certain.
    private var isOpeningInDoubt = false
    private var lastEquity: Double?
    private var lastMs: UInt64 = 0
    private var day: Int64?

    mutating func take(_ event: Event, lateMs: Int64, at atMs: UInt64, _ settings: EngineSettings) {
        guard event.origin.source.kind == .venue else { return }
        let venue = event.origin.venue
        var account = accounts[venue] ?? Account()
        let told = event.happenedMs ?? 0
        // A time that lies more than a minute ahead is not believed: the order in which things come counts.
        let happened: Int64? = lateMs < -60_000 ? nil : told
        switch event.body {
        case .balance(let balance):
            if take(balance, happened, &account) { (account.readMs, account.balanceMs) = (atMs, atMs) }
        case .transfer(let transfer):
            // Nothing happened more than a minute after it was told.
            take(transfer, told + min(0, lateMs + 60_000), venue, &account)
        case .positions(let reports):
            take(reports, happened, isComplete: event.refusedRows == 0, &account)
            if event.refusedRows == 0 { account.positionsMs = atMs }
        case .position(let report): take(report, happened, &account)
        case .price(let price):
            guard lateMs <= 60_000 else { return }
            let known = account.prices[price.symbol]
            if let known = known?.happenedMs, let happened, happened < known { return }
            let value = price.price?.double
            if let happened, known?.happenedMs == happened, known?.value == value { return }
            account.prices[price.symbol] = Price(value: value, seenMs: atMs, happenedMs: happened ?? known?.happenedMs)
            if account.holdings[price.symbol] != nil { sample += 1 }
        case .fill(let fill):
            account.isTraded = true
            if fill.side == .buy { account.bought.insert(fill.symbol) }
            // Before its first listing a venue's fills are all that says what it holds.
            if !account.isListed { account.isMurky = true }
        case .order(let report):
            if report.filled > Decimal(0) {
                account.isTraded = true
                if report.side == .buy { account.bought.insert(report.symbol) }
            }
        case .openOrders, .trade: break
        case .venue(let report): if report.state == .disconnected { account.readMs = nil }
        default: return
        }
        accounts[venue] = account
    }

    /// A host started: who has not spoken to it was not heard.
    mutating func hostStarted() {
        for venue in accounts.keys { accounts[venue]?.readMs = nil }
    }

    /// Takes a reading; false: it is none of now.
    private mutating func take(_ balance: BalanceReport, _ happened: Int64?, _ account: inout Account) -> Bool {
        if let known = account.happenedMs, let happened, happened < known { return false }
        let (total, equity) = (balance.total.double, balance.equity?.double)
        if let happened, account.happenedMs == happened, account.total == total, account.equity == equity {
            return false
        }
        (account.total, account.equity, account.hasBalance) = (total, equity, true)
        account.happenedMs = happened ?? account.happenedMs
        sample += 1
        // What was transferred before the reading is in it.
        let until = happened ?? .max
        for waiting in account.waiting where waiting.happenedMs <= until { shift(by: waiting.amount) }
        account.waiting.removeAll { $0.happenedMs <= until }
        return true
    }

    private mutating func take(
        _ transfer: TransferReport,
        _ happened: Int64,
        _ venue: String,
        _ account: inout Account
    ) {
        guard transfers.insert("\(venue)/\(transfer.transferID)").inserted else { return }
        guard account.hasBalance, let read = account.happenedMs else {
            // Whether the first reading has it in it nobody was told.
            account.isTransferLost = true
            return
        }
        if happened <= read {
            shift(by: transfer.amount.double)
        } else {
            account.waiting.append((happened, transfer.amount.double))
        }
    }

    private mutating func shift(by amount: Double) {
        guard lastEquity != nil else { return }
        opening = opening.map { $0 + amount }
        lastEquity = lastEquity.map { $0 + amount }
    }

    private func take(
        _ reports: [PositionReport],
        _ happened: Int64?,
        isComplete: Bool,
        _ account: inout Account
    ) {
        if let known = account.listedMs, let happened, happened < known { return }
        (account.listedMs, account.isListed) = (happened ?? account.listedMs, true)
        let named = Set(reports.map(\.symbol))
        for report in reports { take(report, happened, &account) }
        // What cannot be read may be held all the same.
        guard isComplete else {
            account.isMurky = true
            return
        }
        for (symbol, holding) in account.holdings where !named.contains(symbol) {
            if let known = holding.happenedMs, let happened, happened < known { continue }
            account.holdings[symbol] = nil
        }
    }

    private func take(_ report: PositionReport, _ happened: Int64?, _ account: inout Account) {
        let known = account.holdings[report.symbol]
        if let before = known?.happenedMs, let happened, happened < before { return }
        // What is older than the last listing of everything, and was not in it, is not held any more.
        if known == nil, let listed = account.listedMs, let happened, happened < listed { return }
        if !account.isListed { account.isMurky = true }
        if known == nil, report.quantity > Decimal(0), !account.bought.contains(report.symbol) {
            // Found, not bought: it is neither gain nor loss.
            account.isMurky = true
        }
        let quantity = report.quantity.double
        account.holdings[report.symbol] =
            quantity > 0 ? Holding(quantity: quantity, happenedMs: happened ?? known?.happenedMs) : nil
    }

    /// What everything is worth at a step. The day begins with it.
    mutating func settle(at atMs: UInt64, wallMs: Int64?, _ settings: EngineSettings) -> Worth {
        var worth = Worth()
        worth.sample = sample
        worth.isHeard = accounts.values.allSatisfy { account in
            account.readMs.map { atMs < $0 + settings.venueSilentMs } ?? false
        }
        let counted = accounts.filter { $0.value.counts }
        let values = counted.mapValues { $0.worth(at: atMs, settings) }
        let isPriced = counted.values.allSatisfy { account in
            account.holdings.keys.allSatisfy { account.fresh($0, at: atMs, settings) != nil }
        }
        let equity = values.values.reduce(Double?(0)) { sum, value in sum.flatMap { sum in value.map { sum + $0 } } }
        // What fills alone say of holdings is not followed here.
        let isCertain = accounts.values.allSatisfy { $0.isListed || ($0.bought.isEmpty && $0.holdings.isEmpty) }
        // An empty account spreads nothing.
        if values.values.count(where: { $0 != 0 }) > 1, let equity, equity > 0 {
            worth.shares = values.map { venue, value in
                (venue, isPriced && isCertain ? value.map { $0 / equity * 100 } : nil)
            }
        } else {
            worth.shares = accounts.keys.map { ($0, nil) }
        }
        recordDay(counted.isEmpty ? nil : equity, values, at: atMs, wallMs: wallMs, settings)
        // What is older than its limit is judged as it was known last, and nothing is demanded of that.
        let isStale = counted.values.contains { account in
            (account.hasBalance && atMs > account.balanceMs + settings.streams.balancesMs)
                || (account.isListed && atMs > account.positionsMs + settings.streams.positionsMs)
        }
        if isStale { worth.shares = accounts.keys.map { ($0, nil) } }
        let isMurky = isStale || accounts.values.contains { $0.isTransferLost || ($0.isMurky && $0.equity == nil) }
        if let equity, let opening, opening > 0, !isMurky, !isOpeningInDoubt, !counted.isEmpty {
            worth.lossPercent = max(0, (opening - equity) / opening * 100)
        }
        return worth
    }

    private mutating func recordDay(
        _ equity: Double?,
        _ values: [String: Double?],
        at atMs: UInt64,
        wallMs: Int64?,
        _ settings: EngineSettings
    ) {
        let today = wallMs.map { ($0 - Int64(settings.dayStartMinute) * 60_000) / 86_400_000 }
        if let equity {
            for (venue, value) in values where !(accounts[venue]?.isJoined ?? true) {
                accounts[venue]?.isJoined = true
                if lastEquity != nil {
                    opening = opening.map { $0 + (value ?? 0) }
                    lastEquity = lastEquity.map { $0 + (value ?? 0) }
                }
            }
            let isWatched = lastEquity == nil || atMs - lastMs <= 60_000
            begin(today, with: isWatched ? equity : max(equity, lastEquity ?? equity))
            (lastEquity, lastMs) = (equity, atMs)
        } else {
            begin(today, with: lastEquity)
        }
    }

    private mutating func begin(_ today: Int64?, with equity: Double?) {
        guard let today else { return }
        if opening == nil || today > (day ?? .min) {
            opening = equity ?? opening
            isOpeningInDoubt = accounts.values.contains { $0.isTraded && !$0.hasBalance }
        }
        day = today
    }
}
