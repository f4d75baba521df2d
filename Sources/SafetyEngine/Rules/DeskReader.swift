/// What a measure says of a subject.
enum Sample: Equatable {
    /// There is no such subject any more, or the measure does not apply to it: its alert is resolved.
    case gone
    /// Nobody can tell now: nothing fires and nothing resolves.
    case unknown
    /// A value. The same version is the same sample, however often it is looked at; nil: time alone changes it, and every
    /// evaluation is a sample.
    case value(Decimal, version: UInt64?)
}

/// The desk as rules read it, at one moment.
///
/// Everything that is read per subject walks over arrays and compares numbers; nothing is looked up and no text is made
/// for a subject that is within its limits.
struct DeskReader {
    let book: Book
    let valuation: Valuation
    let settings: EngineSettings
    let calendar: Calendar
    let journal: JournalState
    let dust: DustList
    let mode: HostEvent.ModeState
    /// Since when the mode is what it is, in desk time.
    let modeSinceMs: UInt64
    let atMs: UInt64
    /// Events dropped within the window (`DroppedWatch`).
    let dropped: UInt64

    /// Whether all who say what the desk holds were heard lately.
    let isHeard: Bool

    /// Who is how late.
    let lateness: [(name: String, percent: Int, isDead: Bool, feeds: String, ageMs: UInt64)]
    /// Exits that are due and not on their way.
    let due: [DueExit]
    /// What a liquidation cannot sell.
    let standing: [Standstill]
    /// What is done about supervisors that are not well.
    let restarts: [String: (note: String, isLeftAlone: Bool)]
    /// What reconciliation found.
    let findings: [ReconciliationFinding]
    /// Where each finding is, by its subject.
    let findingPlaces: [String: Int]
    /// Accounts with the number of their positions that are held, unpriced, without cost, worth dust.
    let positions: Tally<PositionCounts>
    /// Accounts that hold more than their cap, with how many more; dust is left out.
    let overCap: [AccountKey: Int]
    /// Accounts with the number of their orders that are unknown.
    let unknownOrders: Tally<UnknownOrders>
    /// Accounts with the number of their orders that appeared after a halt had stopped everything; empty while none is in force.
    let ordersAfterHalt: Ledger<AccountKey, NewOrders>
    /// Accounts with their money; nil money: a rate is missing.
    let money: Tally<AccountMoney>
    /// Venues with the newest price that each gave.
    let feeds: [Feed]

    /// Streams that were reported once, and are older than their limit.
    let staleStreams: [StaleStream]
    /// Accounts whose listing of positions does not count any more.
    let unlisted: Set<AccountKey>

    /// What was left out lately because there was no room, by kind.
    let leftOut: Ledger<String, UInt64>

    struct StaleStream {
        var kind: StreamKind
        /// Nil: it belongs to no account.
        var account: AccountKey?
        var age: StreamAge
    }

    struct PositionCounts {
        /// Whether one of them was not reported lately, or the account's listing is not known: then no count is.
        var isUnknown = false
        /// Where the first ones without a price, and without a cost, are in the book: what an alert names.
        var firstUnpriced: [Int] = []
        var firstWithoutCost: [Int] = []
        var held = 0
        var unpriced = 0
        var withoutCost = 0
        var dust = 0
    }

    /// Orders of one account whose state nobody can say.
    struct UnknownOrders {
        var count = 0
        /// Where the first ones are in the book.
        var first: [Int] = []
    }

    /// How many things an alert names.
    static let mostNamed = 5

    struct Feed {
        var venue: String
        /// When it was said, in desk time.
        var newestMs: UInt64
        /// False: it never gave a price, and its newest word counts.
        var isPriced: Bool
    }

    struct AccountMoney {
        var sum: Decimal? = Decimal(0)
        var version: UInt64 = 0
    }

    init(_ engine: Engine, _ valuation: Valuation, at atMs: UInt64, dropped: UInt64) {
        book = engine.book
        self.valuation = valuation
        settings = engine.settings
        calendar = engine.calendar
        journal = engine.journal
        dust = engine.dust
        mode = engine.mode
        modeSinceMs = engine.breakers.modeSinceMs
        self.atMs = atMs
        self.dropped = dropped
        isHeard = DeskReader.isHeard(engine.book, valuation, engine.settings, at: atMs)
        lateness = engine.roster.lateness(at: atMs, engine.settings)
        let findings = engine.book.reconciliation(valuation, engine.settings)
        self.findings = findings
        findingPlaces = Dictionary(
            findings.indices.map { (findings[$0].subject, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        leftOut = DeskReader.leftOut(engine.book, engine.alarms)
        let unlisted = DeskReader.unlisted(valuation)
        self.unlisted = unlisted
        staleStreams = DeskReader.staleStreams(engine.book, valuation, engine.settings, at: atMs)
        positions = DeskReader.positions(engine.book, valuation, unlisted, engine.settings)
        due = DeskReader.dueExits(engine, valuation, at: atMs)
        standing = DeskReader.standstills(engine, at: atMs)
        restarts = engine.roster.restarts(at: atMs)
        overCap = DeskReader.overCap(positions, engine.book, engine.dust, engine.settings.cap)
        unknownOrders = DeskReader.unknownOrders(engine.book)
        ordersAfterHalt = HaltWatch.newOrders(engine.halts)
        money = DeskReader.money(engine.book, engine.settings, at: atMs)
        feeds = DeskReader.feeds(engine.book)
    }

    private static func positions(
        _ book: Book,
        _ valuation: Valuation,
        _ unlisted: Set<AccountKey>,
        _ settings: EngineSettings
    ) -> Tally<PositionCounts> {
        var tally = Tally(PositionCounts())
        var small = Limit(.under, settings.dust.threshold)
        let (keys, positions, worths) = (book.positions.keys, book.positions.values, valuation.positions)
        for place in keys.indices {
            guard let digits = positions[place].quantity?.digits, digits > 0 else { continue }
            let value = place < worths.count ? worths[place].value : nil
            let isSmall = value.map { small.isPassed(by: $0) } ?? false
            let isWithoutCost = positions[place].entryPrice == nil
            let isUnknown =
                (place < worths.count && worths[place].isStale)
                || (!unlisted.isEmpty && unlisted.contains(keys[place].accountKey))
            tally.change(keys[place].venue, keys[place].account) { counts in
                counts.held += 1
                if isUnknown { counts.isUnknown = true }
                if value == nil {
                    counts.unpriced += 1
                    if counts.firstUnpriced.count < DeskReader.mostNamed { counts.firstUnpriced.append(place) }
                }
                if isWithoutCost {
                    counts.withoutCost += 1
                    if counts.firstWithoutCost.count < DeskReader.mostNamed { counts.firstWithoutCost.append(place) }
                }
                if isSmall { counts.dust += 1 }
            }
        }
        return tally
    }

    /// The list of dust and an account's own cap are only asked for where more is held than the lowest cap of all.
    private static func overCap(
        _ positions: Tally<PositionCounts>,
        _ book: Book,
        _ dust: DustList,
        _ cap: EngineSettings.Cap
    ) -> [AccountKey: Int] {
        let lowest = min(cap.most, cap.mostForUsers, cap.mostByAccount.values.min() ?? .max)
        var left: [AccountKey: Int] = [:]
        for place in positions.byAccount.indices where positions.byAccount[at: place].held > lowest {
            let key = positions.byAccount.keys[place]
            let over = positions.byAccount[at: place].held - cap.most(for: key)
            if over > 0 { left[key] = over }
        }
        guard !left.isEmpty else { return left }
        for place in book.positions.indices where (book.positions.values[place].quantity?.digits ?? 0) > 0 {
            let position = book.positions.keys[place]
            let key = AccountKey(venue: position.venue, account: position.account)
            if let over = left[key], over > 0, dust.contains(position) { left[key] = over - 1 }
        }
        return left
    }

    private static func unknownOrders(_ book: Book) -> Tally<UnknownOrders> {
        var tally = Tally(UnknownOrders())
        let (keys, orders) = (book.orders.keys, book.orders.values)
        for place in keys.indices where orders[place].state == .unknown {
            tally.change(keys[place].venue, keys[place].account) { orders in
                orders.count += 1
                if orders.first.count < DeskReader.mostNamed { orders.first.append(place) }
            }
        }
        return tally
    }

    private static func money(_ book: Book, _ settings: EngineSettings, at atMs: UInt64) -> Tally<AccountMoney> {
        var tally = Tally(AccountMoney())
        let (keys, balances) = (book.balances.keys, book.balances.values)
        for place in keys.indices {
            let isStale = atMs.since(balances[place].seenMs) > settings.streams.balancesMs
            let amount =
                isStale && balances[place].total.digits != 0
                ? nil
                : keys[place].currency == settings.baseCurrency
                    ? balances[place].total
                    : converted(balances[place].total, keys[place].currency, book, settings, at: atMs)
            tally.change(keys[place].venue, keys[place].account) { money in
                money.sum = money.sum.flatMap { sum in amount.flatMap { sum.adding($0) } }
                money.version &+= balances[place].version
            }
        }
        return tally
    }

    private static func converted(
        _ amount: Decimal,
        _ currency: String,
        _ book: Book,
        _ settings: EngineSettings,
        at atMs: UInt64
    ) -> Decimal? {
        if amount.digits == 0 { return amount }
        let key = PriceKey(venue: "", symbol: "\(currency)/\(settings.baseCurrency)")
        guard let rate = book.prices[key], let price = rate.price,
            atMs.since(rate.seenMs) <= settings.priceStaleMs
        else { return nil }
        return amount.multiplied(by: price)
    }

    private static func feeds(_ book: Book) -> [Feed] {
        var feeds: [Feed] = []
        var last = 0
        let (keys, prices) = (book.prices.keys, book.prices.values)
        for place in keys.indices where !keys[place].venue.isEmpty && prices[place].price != nil {
            if last >= feeds.count || feeds[last].venue != keys[place].venue {
                // Few venues: a walk is cheaper than a hash.
                if let known = feeds.firstIndex(where: { $0.venue == keys[place].venue }) {
                    last = known
                } else {
                    last = feeds.count
                    feeds.append(Feed(venue: keys[place].venue, newestMs: 0, isPriced: true))
                }
            }
            if prices[place].seenMs > feeds[last].newestMs { feeds[last].newestMs = prices[place].seenMs }
        }
        for place in book.venues.indices {
            let venue = book.venues.keys[place].venue
            let seenMs = book.venues.values[place].seenMs
            guard let known = feeds.firstIndex(where: { $0.venue == venue }) else {
                feeds.append(Feed(venue: venue, newestMs: seenMs, isPriced: false))
                continue
            }
            // A venue's word that it is there makes no old price new; without any price its word is its feed.
            if !feeds[known].isPriced, seenMs > feeds[known].newestMs { feeds[known].newestMs = seenMs }
        }
        return feeds
    }
}

/// Something per account, gathered in one walk: neighbours of the same account cost a comparison, not a look-up.
struct Tally<Value: Sendable> {
    private(set) var byAccount = Ledger<AccountKey, Value>()
    private let empty: Value
    private var last = 0

    init(_ empty: Value) { self.empty = empty }

    mutating func change(_ venue: String, _ account: String, _ body: (inout Value) -> Void) {
        if last >= byAccount.count || byAccount.keys[last].account != account || byAccount.keys[last].venue != venue {
            let empty = empty
            last = byAccount.place(of: AccountKey(venue: venue, account: account), near: last + 1, default: empty)
        }
        body(&byAccount[at: last])
    }
}

extension UInt64 {
    /// Milliseconds since an earlier time; 0 for one that is not earlier.
    func since(_ earlier: UInt64) -> UInt64 { self > earlier ? self - earlier : 0 }

    /// These milliseconds as seconds.
    var seconds: Decimal { Decimal(digits: Int128(self), scale: 3) ?? Decimal(0) }
}
