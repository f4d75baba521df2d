import SafetyEngine

/// When each stream of each account was reported last, kept a second time: what was not reported within its limit is called
/// agreed, none, compliant or live by nobody.
///
/// It counts whatever came in as a report, also what came too late to be believed: so what it calls unknown is unknown.
struct StreamsOracle {
    private struct Account {
        var ordersMs: UInt64?
        var positionsMs: UInt64?
        var balancesMs: UInt64?
    }

    private var settings = EngineSettings()
    private var accounts: [String: Account] = [:]
    private var countsMs: UInt64?
    /// When the last event came: what was decided since was decided at that time or later.
    private var lastMs: UInt64 = 0

    /// Takes an event, and what was decided before and by it.
    mutating func take(_ event: Event, _ decisions: [Decision], at atMs: UInt64) throws(Finding) {
        for decision in decisions { try look(decision) }
        lastMs = max(lastMs, atMs)
        switch event.body {
        case .host(.started(let settings)), .host(.settings(let settings)): self.settings = settings
        case .accounts: countsMs = atMs
        default: break
        }
        guard event.origin.source.kind == .venue else { return }
        let name = "\(event.origin.venue)/\(event.origin.account)"
        switch event.body {
        case .openOrders: if event.refusedRows == 0 { accounts[name, default: Account()].ordersMs = atMs }
        case .positions: if event.refusedRows == 0 { accounts[name, default: Account()].positionsMs = atMs }
        case .balance: accounts[name, default: Account()].balancesMs = atMs
        default: break
        }
    }

    private func isKnown(_ reportedMs: UInt64?, _ limitMs: UInt64, at atMs: UInt64) -> Bool {
        reportedMs.map { atMs <= $0 + limitMs } ?? false
    }

    /// What was decided at the last event's time or later, by nothing newer than that.
    private func look(_ decision: Decision) throws(Finding) {
        switch decision {
        case .log(let line) where line.event == "cap_checked":
            guard line.fields.contains(where: { $0.name == "is_heard" && $0.value == "true" }) else { return }
            let venue = line.fields.first { $0.name == "venue" }?.value ?? ""
            let account = line.fields.first { $0.name == "account" }?.value ?? ""
            let reported = accounts["\(venue)/\(account)"]?.positionsMs
            guard !isKnown(reported, settings.streams.positionsMs, at: lastMs) else { return }
            throw Finding(.knownIsReported, "the cap counts what nobody listed: \(line.text)")
        case .alert(let change) where change.kind == .resolved && change.alert.rule == "POSITION_CAP":
            guard !change.alert.text.contains("Resolved: the rule is off") else { return }
            let reported = accounts[change.alert.subject]?.positionsMs
            guard !isKnown(reported, settings.streams.positionsMs, at: lastMs) else { return }
            throw Finding(.knownIsReported, "resolved while nobody lists: \(change.alert.text)")
        default: return
        }
    }

    /// What a screen sees.
    func compare(_ view: EngineView) throws(Finding) {
        var isAllListed = true
        var isAllRead = true
        for venue in view.venues {
            let known = accounts[venue.id] ?? Account()
            let orders = isKnown(known.ordersMs, settings.streams.ordersMs, at: view.atMs)
            let positions = isKnown(known.positionsMs, settings.streams.positionsMs, at: view.atMs)
            let balances = isKnown(known.balancesMs, settings.streams.balancesMs, at: view.atMs)
            if !positions { isAllListed = false }
            if !balances { isAllRead = false }
            guard orders || (venue.openOrders == nil && !venue.streams.orders.isKnown) else {
                throw Finding(.knownIsReported, "\(venue.id) has \(venue.openOrders ?? 0) orders, and lists none")
            }
            guard positions || (venue.books?.positions == nil && !venue.streams.positions.isKnown) else {
                throw Finding(.knownIsReported, "\(venue.id) holds \(venue.books?.positions ?? 0), and lists nothing")
            }
            guard balances || (venue.books?.equity == nil && !venue.streams.balances.isKnown) else {
                throw Finding(.knownIsReported, "\(venue.id) is worth something, and nobody has read it")
            }
            guard positions && balances || venue.books?.notCompared != "" || venue.books?.differences.isEmpty == false
            else { throw Finding(.knownIsReported, "\(venue.id) agrees, and is not known") }
        }
        guard isAllListed || view.money.gross == nil else {
            throw Finding(.knownIsReported, "gross is \(view.money.gross?.description ?? ""), and not all is listed")
        }
        guard isAllRead || view.money.equity == nil else {
            throw Finding(.knownIsReported, "equity is \(view.money.equity?.description ?? ""), and not all is read")
        }
        if let counts = view.accounts, counts.stream.isKnown,
            !isKnown(countsMs, settings.streams.accountCountsMs, at: view.atMs)
        {
            throw Finding(.knownIsReported, "account counts are known, and nobody reports them")
        }
    }
}
