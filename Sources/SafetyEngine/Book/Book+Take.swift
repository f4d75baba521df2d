extension Book {
    /// Takes one event: anything but operators' actions, beats and the host's own.
    ///
    /// The same event id from the same source again changes nothing but a counter.
    ///
    /// - Returns: whether it is none that was taken before.
    @discardableResult
    mutating func take(_ event: Event, _ receipt: Receipt, _ settings: EngineSettings) -> Bool {
        counts.taken &+= 1
        if bounds != settings.bounds { bounds = settings.bounds }
        let origin = event.origin
        guard event.id.isEmpty || isNew(event.id, origin.source) else {
            counts.duplicate &+= 1
            return false
        }
        var telling = Telling(
            isProof: origin.source.kind == .venue,
            atMs: receipt.atMs,
            wallMs: receipt.wallMs,
            happenedMs: event.happenedMs
        )
        telling.refusedRows = event.refusedRows
        if event.refusedRows > 0 {
            refuse(UInt64(event.refusedRows), from: origin.source.description, at: receipt.atMs)
        }
        if telling.lateMs > Telling.lateAfterMs { counts.late &+= 1 }
        if telling.aheadMs > 0 {
            noteAhead(telling, origin.source)
        } else if !ahead.isEmpty, let place = ahead.place(of: origin.source) {
            ahead[at: place].wellMs = telling.atMs
        }
        let outOfOrder = counts.outOfOrder
        take(event.body, origin, telling, settings)
        // Who only says what is older than what is known says nothing of now.
        if telling.isProof, event.speaksForAccount, counts.outOfOrder == outOfOrder,
            hasVenue(AccountKey(venue: origin.venue, account: origin.account), telling)
        {
            venues[AccountKey(venue: origin.venue, account: origin.account), default: BookVenue()].hear(receipt.atMs)
        }
        if !reached.isEmpty { adoptReach(of: origin.venue) }
        return true
    }

    private mutating func take(
        _ body: Event.Body,
        _ origin: Event.Origin,
        _ telling: Telling,
        _ settings: EngineSettings
    ) {
        switch body {
        case .order(let report): take(report, origin, telling)
        case .openOrders(let reports): takeAll(reports, origin, telling)
        case .fill(let report): take(report, origin, telling)
        case .position(let report): take(report, origin, telling)
        case .positions(let reports): takeAll(reports, origin, telling)
        case .balance(let report): take(report, origin, telling, settings)
        case .transfer(let report): take(report, origin, telling, settings)
        case .price(let report): take(report, origin, telling, settings)
        case .metric(let report): take(report, origin, telling)
        case .apiResult(let result):
            guard requests.place(of: origin.venue) != nil || hasRoom(requests.count * 100, telling) else { return }
            requests[origin.venue, default: RequestWindow()].take(result, at: telling.atMs)
        case .accounts(let counts):
            accounts = counts
            accountsVersion &+= 1
            accountsMs = telling.atMs
        case .trade(let report): take(report, origin, telling, settings)
        case .signals(let count):
            if !signals.take(count, at: telling.atMs) { counts.contradictory &+= 1 }
        case .venue(let report): take(report, origin, telling)
        case .heartbeat, .operatorAction, .host: break
        }
    }

    /// Lines, or rows of lists, that could not be read.
    mutating func refuse(_ count: UInt64, from source: String, at atMs: UInt64) {
        guard refusals.place(of: source) != nil || refusals.count < Book.mostClaims / 100 else {
            refusals["others", default: RefusedCount()].add(count, at: atMs)
            return
        }
        refusals[source, default: RefusedCount()].add(count, at: atMs)
    }

    /// A source told a time that nobody can know yet.
    private mutating func noteAhead(_ telling: Telling, _ source: Event.Source) {
        counts.ahead &+= 1
        guard ahead.place(of: source) != nil || telling.isProof || ahead.count < Book.mostClaims / 100 else { return }
        ahead[source] = SourceAhead(aheadMs: telling.aheadMs, atMs: telling.atMs)
    }

    /// A host started: what was seen before may have changed unseen. Orders at venues are unknown until their venues
    /// speak of them; whatever is known stays.
    mutating func hostStarted(at atMs: UInt64) {
        startedMs = atMs
        fallSilent(Array(venues.indices), at: atMs)
    }

    /// Nothing is known any more of what is open at venues' accounts. One walk over the orders, however many fall silent.
    mutating func fallSilent(_ places: [Int], at atMs: UInt64) {
        var silent: Set<AccountKey> = []
        for place in places where !venues.values[place].isSilent {
            venues[at: place].isSilent = true
            silent.insert(venues.keys[place])
        }
        guard !silent.isEmpty else { return }
        for order in orders.indices where orders.values[order].isOpen && orders.values[order].state != .unknown {
            let key = orders.keys[order]
            guard silent.contains(AccountKey(venue: key.venue, account: key.account)) else { continue }
            orders[at: order].lose()
            orders[at: order].changedMs = atMs
        }
    }

    /// Whether a source's name for something is new. Bots beyond `mostClaims` / 100 names share one memory.
    private mutating func isNew(_ name: String, _ source: Event.Source) -> Bool {
        if let place = names.place(of: source) { return names[at: place].insert(name) }
        guard source.kind == .venue || names.count < Book.mostClaims / 100 else {
            return names[Event.Source(source.kind, ""), default: RecentNames()].insert("\(source.name)\u{0}\(name)")
        }
        return names[source, default: RecentNames()].insert(name)
    }

    private mutating func take(_ report: MetricReport, _ origin: Event.Origin, _ telling: Telling) {
        let name = report.subject.isEmpty ? report.name : "\(report.name)/\(report.subject)"
        guard let place = metrics.place(of: name) else {
            guard hasRoom(for: .metrics, at: telling.atMs) else { return }
            var metric = BookMetric()
            metric.name = report.name
            metric.subject = report.subject
            metric.value = report.value
            metric.seenMs = telling.atMs
            metric.version = 1
            metrics[name] = metric
            return
        }
        metrics[at: place].value = report.value
        metrics[at: place].seenMs = telling.atMs
        metrics[at: place].version &+= 1
    }

    /// How a venue is reached. Without an account it is about all of that venue's.
    private mutating func take(_ report: VenueReport, _ origin: Event.Origin, _ telling: Telling) {
        guard telling.isProof, !origin.venue.isEmpty else { return }
        guard origin.account.isEmpty else {
            let key = AccountKey(venue: origin.venue, account: origin.account)
            guard hasVenue(key, telling) else { return }
            if venues.place(of: key) == nil { venues[key] = BookVenue() }
            if let place = venues.place(of: key) { reach(report, place, telling.atMs) }
            return
        }
        let places = venues.indices.filter { venues.keys[$0].venue == origin.venue }
        for place in places { reach(report, place, telling.atMs) }
        guard places.isEmpty else { return }
        // A word about a venue makes no account of it.
        reached[origin.venue] = BookReach(
            state: report.state,
            latencyMs: report.latencyMs,
            note: report.note,
            atMs: telling.atMs
        )
    }

    /// The first account of a venue becomes known: what was reported of the venue holds for it.
    private mutating func adoptReach(of venue: String) {
        guard !reached.isEmpty, let reach = reached[venue] else { return }
        let places = venues.indices.filter { venues.keys[$0].venue == venue }
        guard !places.isEmpty else { return }
        for place in places {
            // It spoke, so it is reached.
            venues[at: place].state = reach.state == .disconnected ? .connected : reach.state
            venues[at: place].latencyMs = reach.latencyMs
            venues[at: place].note = reach.state == .disconnected ? "" : reach.note
        }
        reached.remove(venue)
    }

    private mutating func reach(_ report: VenueReport, _ place: Int, _ atMs: UInt64) {
        if report.state == .disconnected {
            fallSilent([place], at: atMs)
            // Its adapter spoke, not the venue.
            if venues.values[place].seenMs == 0 { venues[at: place].seenMs = atMs }
        } else {
            venues[at: place].hear(atMs)
        }
        venues[at: place].state = report.state
        venues[at: place].latencyMs = report.latencyMs
        venues[at: place].note = report.note
    }
}

extension Event {
    /// Whether a venue's account speaks by it. Prices, rates and metrics show that only where they name the account, a
    /// failed request never does.
    fileprivate var speaksForAccount: Bool {
        guard !origin.venue.isEmpty else { return false }
        return switch body {
        case .order, .openOrders, .fill, .position, .positions, .balance, .transfer, .trade: true
        case .price, .metric, .signals, .accounts, .heartbeat: !origin.account.isEmpty
        case .apiResult(let result): result.isSuccess && !origin.account.isEmpty
        case .venue, .operatorAction, .host: false
        }
    }
}

extension BookVenue {
    /// It said something: it is there.
    mutating func hear(_ atMs: UInt64) {
        seenMs = atMs
        isSilent = false
        if state == .disconnected { state = .connected }
    }
}

/// The time between two moments, 0 when they are the other way round.
func elapsed(from start: UInt64, to end: UInt64) -> UInt64 { end > start ? end - start : 0 }
