/// How one account stands, as the runbook's log has it (FEATURES rows C39, C40, C42). Amounts in the base currency.
public struct AccountMetrics: Sendable, Equatable {
    /// One position and what it is worth.
    public struct Extreme: Sendable, Equatable {
        /// Its symbol.
        public var symbol: String
        /// What it is worth.
        public var value: Decimal
        /// Creates one.
        public init(symbol: String, value: Decimal) {
            self.symbol = symbol
            self.value = value
        }
    }

    /// Whose it is.
    public var account: AccountKey
    /// Whether it is a user's: `USER`, else `PLATFORM`.
    public var isUser = false
    /// Positions held, dust left out.
    public var activePositions = 0
    /// Symbols that were listed as dust since the desk began.
    public var dustCleaned = 0
    /// How often the cap sold something, since the desk began.
    public var capEnforcements = 0
    /// What the account is worth in all; nil: a rate is missing.
    public var totalBalance: Decimal?
    /// What its positions are worth, those without a price left out; nil: does not fit.
    public var positionValue: Decimal?
    /// Money that no order reserves; nil: a rate is missing.
    public var freeCapital: Decimal?
    /// The largest position; nil: none with a price.
    public var largest: Extreme?
    /// The smallest position; nil: none with a price.
    public var smallest: Extreme?
    /// Positions without a price.
    public var unpriced = 0
    /// Balance and positions added up, where the venue states a total of its own (`totalBalance`); nil: it does not.
    public var calculated: Decimal?
    /// The currency of all amounts.
    public var currency = "USD"

    /// Creates metrics of an account of which nothing is known.
    public init(account: AccountKey) { self.account = account }

    /// `PLATFORM` or `USER`.
    public var type: String { isUser ? "USER" : "PLATFORM" }
}

extension AccountMetrics {
    /// Reads an account from the book.
    ///
    /// - Parameters:
    ///   - places: where its held positions are in `Book.positions`.
    ///   - balances: where its balances are in `Book.balances`.
    init(
        _ account: AccountKey,
        _ book: Book,
        _ valuation: Valuation,
        _ dust: DustList,
        positions places: [Int],
        balances: [Int],
        at atMs: UInt64,
        _ settings: EngineSettings
    ) {
        self.init(account: account)
        currency = settings.baseCurrency
        isUser = settings.cap.isUser(account)
        dustCleaned = dust.listed[account] ?? 0
        var net: Decimal? = Decimal(0)
        positionValue = Decimal(0)
        for place in places {
            let key = book.positions.keys[place]
            let isDust = dust.contains(key)
            if !isDust { activePositions += 1 }
            guard place < valuation.positions.count, let value = valuation.positions[place].value else {
                unpriced += 1
                continue
            }
            positionValue = positionValue?.adding(value)
            net = key.side == .long ? net?.adding(value) : net?.subtracting(value)
            guard !isDust else { continue }
            if largest.map({ value > $0.value }) ?? true { largest = Extreme(symbol: key.symbol, value: value) }
            if smallest.map({ value < $0.value }) ?? true { smallest = Extreme(symbol: key.symbol, value: value) }
        }
        var total: Decimal? = balances.isEmpty ? nil : Decimal(0)
        var free = total
        var stated: Decimal?
        for place in balances {
            let balance = book.balances.values[place]
            let rate = book.rate(of: book.balances.keys[place].currency, at: atMs, settings)
            func inBase(_ amount: Decimal) -> Decimal? { rate.flatMap { amount.multiplied(by: $0) } }
            total = inBase(balance.total).flatMap { total?.adding($0) }
            free = inBase(balance.free ?? balance.total).flatMap { free?.adding($0) }
            if stated == nil, let equity = balance.equity { stated = inBase(equity) }
        }
        freeCapital = free
        let sum = unpriced == 0 ? net.flatMap { total?.adding($0) } : nil
        calculated = stated == nil ? nil : sum
        totalBalance = stated ?? sum
    }
}

extension Book {
    /// What one unit of a currency is worth in the base currency; nil: no rate, or a stale one.
    func rate(of currency: String, at atMs: UInt64, _ settings: EngineSettings) -> Decimal? {
        if currency.isEmpty || currency == settings.baseCurrency { return Decimal(1) }
        guard let rate = prices[PriceKey(venue: "", symbol: "\(currency)/\(settings.baseCurrency)")],
            atMs - min(atMs, rate.seenMs) <= settings.priceStaleMs
        else { return nil }
        return rate.price
    }
}
