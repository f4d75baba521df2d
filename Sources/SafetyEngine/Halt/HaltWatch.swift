import KillSwitch

/// What venues list of their open orders since a halt: the proof that its orders are gone (DESIGN, *Verified*).
///
/// A value: it takes what the engine takes, and is asked what is proved.
///
/// Invariants (SafetyEngineTests/HaltWatchTests, SimulationTests/HaltWorldTests):
/// - an account is proved by two complete listings in a row that show nothing that can add exposure, the first of them begun
///   after the last acknowledgement plus the settling time (twice that, where a listing does not say when it was asked for);
/// - a listing of which a row could not be read proves nothing, and takes the proof back: the row may be an open order;
/// - an order that appears or is seen open again takes the proof back, and is counted where a listing since had not shown it;
///   so does one that was filled at once, and never seen open;
/// - what a host before this one saw proves nothing.
public struct HaltWatch: Sendable, Equatable, Codable {
    /// The halt.
    public internal(set) var halt: HostEvent.Halt
    /// When it was told to the engine, in desk time.
    public let sinceMs: UInt64
    /// Orders that were open then.
    public let found: Int
    /// Since when its orders are gone, in desk time; nil: they are not.
    public internal(set) var goneMs: UInt64?
    /// What each account listed since.
    var accounts = Ledger<AccountKey, Account>()

    /// A complete listing that showed nothing that can add exposure.
    struct Listing: Sendable, Equatable, Codable {
        /// When it was begun, in desk time.
        var begunMs: UInt64
        /// Whether its source said so; else that is when it was received.
        var isStated: Bool
    }

    /// One account.
    struct Account: Sendable, Equatable, Codable {
        /// When it listed its orders last since the halt, in desk time; nil: it did not.
        var listedMs: UInt64?
        /// When that listing was asked for, by its source's clock; nil: not said.
        var askedWallMs: Int64?
        /// When it was begun, in desk time.
        var begunMs: UInt64 = 0
        /// The last complete listing, where it showed nothing.
        var clear: Listing?
        /// The first one of the last two in a row that did.
        var pair: Listing?
        /// Whether a complete listing was begun after everything had stopped: what it did not show, and appears, is new.
        var hasBaseline = false
        /// Orders that can add exposure and were open when the venue spoke of them last: their names, sorted.
        var open: [String] = []
        /// Those that appeared after the halt had stopped everything, in the order in which they did; at most `mostNamed`.
        var new: [String] = []
        /// How many those are in all.
        var newCount = 0
        /// Who says that it sent them.
        var bots: [String] = []

        /// Names that are kept.
        static let mostNamed = 10_000
    }

    init(_ halt: HostEvent.Halt, at atMs: UInt64, _ book: Book) {
        self.halt = halt
        sinceMs = atMs
        let scope = HaltWatch.scope(of: halt)
        found = book.orders.indices.count { place in
            book.orders.values[place].isOpen && scope.concerns(book.orders.keys[place], book.orders.values[place])
        }
    }

    /// Whether it is about the same stop as another halt: on top of it, or the same one.
    func isSame(as other: HostEvent.Halt) -> Bool { halt.scope == other.scope && halt.period == other.period }

    /// What it covers.
    var scope: Scope { HaltWatch.scope(of: halt) }

    static func scope(of halt: HostEvent.Halt) -> Scope { (try? Scope(halt.scope)) ?? .global }

    /// A host started: what was listed before may have changed unseen.
    mutating func hostStarted() {
        goneMs = nil
        for place in accounts.indices {
            accounts[at: place].listedMs = nil
            accounts[at: place].clear = nil
            accounts[at: place].pair = nil
        }
    }

    /// Takes a venue's word about orders, after the book has taken it.
    mutating func take(_ event: Event, _ receipt: Receipt, _ book: Book, _ settings: EngineSettings) {
        let origin = event.origin
        guard origin.source.kind == .venue, !origin.venue.isEmpty else { return }
        let key = AccountKey(venue: origin.venue, account: origin.account)
        let scope = scope
        guard scope.concerns(key) else { return }
        switch event.body {
        case .openOrders(let reports): list(reports, key, event, receipt, scope, book, settings)
        case .order(let report):
            if report.state.isFinal, report.filled > Decimal(0), !report.reduceOnly {
                takeFilled(HaltWatch.name(of: report), key, event, scope, book, settings)
            }
            close(HaltWatch.name(of: report), key, book)
            guard isExposing(report, key, scope, book), isStillOpen(report, key, book),
                !isOldNews(event.happenedMs, accounts[key]?.askedWallMs)
            else { return }
            appear([HaltWatch.name(of: report)], key, book)
        case .fill(let report):
            let name = report.venueID.isEmpty ? report.clientID : report.venueID
            takeFilled(name, key, event, scope, book, settings)
            close(name, key, book)
        default: break
        }
    }

    /// An order was filled. One of which nobody had heard when everything had stopped, and which no listing since shows, was
    /// sent past the halt, though nobody saw it open.
    private mutating func takeFilled(
        _ name: String,
        _ key: AccountKey,
        _ event: Event,
        _ scope: Scope,
        _ book: Book,
        _ settings: EngineSettings
    ) {
        guard !name.isEmpty, let account = accounts[key], account.hasBaseline, !account.open.contains(name),
            let stoppedMs = halt.stoppedMs, !isOldNews(event.happenedMs, account.askedWallMs)
        else { return }
        if let known = order(name, key, book) {
            // What was known before it all stopped is what the halt met.
            guard known.sinceMs > stoppedMs + settings.settleMs(of: key.venue), !known.isReduceOnly,
                scope.concerns(OrderKey(venue: key.venue, account: key.account, clientID: name), known)
            else { return }
        }
        appear([name], key, book, isOpen: false)
    }

    /// Its venue spoke of an order: where it is finished, it is not open any more.
    private mutating func close(_ name: String, _ key: AccountKey, _ book: Book) {
        guard let place = accounts.place(of: key), accounts[at: place].open.contains(name),
            !(order(name, key, book)?.isOpen ?? true)
        else { return }
        accounts[at: place].open.removeAll { $0 == name }
    }

    private mutating func list(
        _ reports: [OrderReport],
        _ key: AccountKey,
        _ event: Event,
        _ receipt: Receipt,
        _ scope: Scope,
        _ book: Book,
        _ settings: EngineSettings
    ) {
        // A time that lies ahead of the host's clock is not believed. What was true at some time was not asked for later.
        let asked = event.askedMs.flatMap { $0 <= receipt.wallMs ? $0 : nil }
        let agoMs = (asked ?? event.happenedMs).map { UInt64(clamping: receipt.wallMs - $0) } ?? 0
        let listing = Listing(begunMs: receipt.atMs - min(receipt.atMs, agoMs), isStated: asked != nil)
        let isComplete = event.refusedRows == 0 && reports.allSatisfy { !$0.clientID.isEmpty || !$0.venueID.isEmpty }
        // One that was begun before another that is known already says nothing of now.
        guard listing.begunMs >= accounts[key]?.begunMs ?? 0 else { return }
        let names = reports.filter { isExposing($0, key, scope, book) }.map { HaltWatch.name(of: $0) }
            .filter { !$0.isEmpty }.sorted()
        if !names.isEmpty { appear(names, key, book) }
        let hasStopped = isAfterStop(listing, settings.settleMs(of: key.venue))
        var account = accounts[key] ?? Account()
        guard isComplete else {
            account.clear = nil
            account.pair = nil
            accounts[key] = account
            return
        }
        account.open = names
        account.listedMs = receipt.atMs
        account.begunMs = listing.begunMs
        account.askedWallMs = asked
        if hasStopped { account.hasBaseline = true }
        if names.isEmpty {
            if let before = account.clear { account.pair = before }
            account.clear = listing
        } else {
            account.clear = nil
            account.pair = nil
        }
        accounts[key] = account
    }

    /// Orders that can add exposure are open at an account, or were filled at once.
    private mutating func appear(_ names: [String], _ key: AccountKey, _ book: Book, isOpen: Bool = true) {
        var account = accounts[key] ?? Account()
        account.clear = nil
        account.pair = nil
        let known = Set(account.open)
        let news = names.filter { !known.contains($0) }
        if !news.isEmpty, isOpen { account.open = (account.open + news).sorted() }
        if account.hasBaseline {
            let counted = Set(account.new)
            for name in news where !counted.contains(name) {
                account.newCount += 1
                if account.new.count < Account.mostNamed { account.new.append(name) }
                let bot = bot(of: name, key, book)
                if !bot.isEmpty, !account.bots.contains(bot) { account.bots.append(bot) }
            }
        }
        accounts[key] = account
    }

    /// Whether a listing was begun after everything had stopped and settled.
    func isAfterStop(_ listing: Listing, _ settleMs: UInt64) -> Bool {
        guard let stopped = halt.stoppedMs else { return false }
        return listing.begunMs > stopped + (listing.isStated ? settleMs : 2 * settleMs)
    }

    /// Whether an order may still add exposure.
    private func isExposing(_ report: OrderReport, _ key: AccountKey, _ scope: Scope, _ book: Book) -> Bool {
        guard !report.state.isFinal, !report.reduceOnly else { return false }
        guard let symbol = scope.values[.symbol] else { return isOfStrategy(report, key, scope, book) }
        return (report.symbol.isEmpty || report.symbol == symbol) && isOfStrategy(report, key, scope, book)
    }

    /// An order of which nobody said the strategy may be of any.
    private func isOfStrategy(_ report: OrderReport, _ key: AccountKey, _ scope: Scope, _ book: Book) -> Bool {
        guard let strategy = scope.values[.strategy] else { return true }
        let known = order(HaltWatch.name(of: report), key, book)?.strategy ?? ""
        return known.isEmpty || known == strategy
    }

    /// Whether the book has it open after this word: an older word about a finished order opens nothing.
    private func isStillOpen(_ report: OrderReport, _ key: AccountKey, _ book: Book) -> Bool {
        order(HaltWatch.name(of: report), key, book)?.isOpen ?? true
    }

    /// Whether it happened before the last listing was asked for: that one would have shown it.
    private func isOldNews(_ happenedMs: Int64?, _ askedMs: Int64?) -> Bool { isBefore(happenedMs, askedMs) }

    private func bot(of name: String, _ key: AccountKey, _ book: Book) -> String {
        order(name, key, book)?.strategy ?? ""
    }

    /// The venue's name for an order where it has one: what listings and single words share.
    static func name(of report: OrderReport) -> String { report.venueID.isEmpty ? report.clientID : report.venueID }

    private func order(_ name: String, _ key: AccountKey, _ book: Book) -> BookOrder? {
        func order(_ clientID: String) -> BookOrder? {
            book.orders[OrderKey(venue: key.venue, account: key.account, clientID: clientID)]
        }
        let byVenue = book.clientIDs[OrderKey(venue: key.venue, account: key.account, clientID: name)]
        return byVenue.flatMap(order) ?? order("@" + name) ?? order(name)
    }
}

/// Orders of an account that appeared after a halt had stopped everything.
struct NewOrders: Sendable, Equatable {
    var count = 0
    /// Some of their names.
    var names: [String] = []
    /// Strategies that are known to have sent them.
    var bots: [String] = []
}

extension HaltWatch {
    /// Of several halts that cover an account the one that knows of most.
    static func newOrders(_ halts: [HaltWatch]) -> Ledger<AccountKey, NewOrders> {
        var all = Ledger<AccountKey, NewOrders>()
        for halt in halts {
            for place in halt.accounts.indices where halt.accounts[at: place].newCount > 0 {
                let (key, account) = (halt.accounts.keys[place], halt.accounts[at: place])
                guard account.newCount > all[key]?.count ?? 0 else { continue }
                all[key] = NewOrders(count: account.newCount, names: account.new, bots: account.bots)
            }
        }
        return all
    }
}

extension EngineSettings {
    /// How long an accepted order may take to be listed by a venue, in milliseconds.
    public func settleMs(of venue: String) -> UInt64 {
        settleByVenue[venue] ?? (venue == Engine.paperVenue ? 0 : settleMs)
    }
}

extension Scope {
    /// Whether an account is among what is meant: nothing that the scope names says otherwise.
    func concerns(_ account: AccountKey) -> Bool {
        (values[.venue].map { $0 == account.venue } ?? true)
            && (values[.account].map { $0 == account.account } ?? true)
    }

    /// Whether an order is: of what is not known about it nobody can say that it is not.
    func concerns(_ key: OrderKey, _ order: BookOrder) -> Bool {
        concerns(AccountKey(venue: key.venue, account: key.account))
            && (values[.symbol].map { order.symbol.isEmpty || $0 == order.symbol } ?? true)
            && (values[.strategy].map { order.strategy.isEmpty || $0 == order.strategy } ?? true)
    }
}
