// What is bought closes what is held short before it opens anything long, and the other way round. A fill changes a
// position's quantity only at a venue that never says itself what it holds; elsewhere it explains a position, and what was
// paid for it: the average price of fills counts while fills and venue agree on the quantity.
extension Book {
    /// One fill of an order. The same name (or, without one, the same time, order, quantity and price) counts once.
    mutating func take(_ report: FillReport, _ origin: Event.Origin, _ telling: Telling) {
        guard report.quantity > Decimal(0), report.price > Decimal(0) else {
            counts.contradictory &+= 1
            return
        }
        let account = AccountKey(venue: origin.venue, account: origin.account)
        if let name = report.name(telling) {
            guard let place = placeOfMemory(account, telling) else { return }
            let isNew =
                telling.isProof
                ? memories[at: place].fills.insert(name) : memories[at: place].claimedFills.insert(name)
            guard isNew else {
                counts.duplicate &+= 1
                return
            }
        }
        if !report.clientID.isEmpty || !report.venueID.isEmpty,
            let place = placeOfOrder(report.clientID, report.venueID, origin, telling)
        {
            let change = orders[at: place].fill(report, telling)
            note(change, place, origin, telling)
        }
        noteTrade(origin, telling.atMs)
        if let fee = report.fee, telling.isProof { equity.pay(fee, report.currency) }
        if telling.isProof { track(report, account, origin, telling) }
    }

    /// Where what counts once is remembered of an account; nil: there is no room for what a bot says.
    mutating func placeOfMemory(_ account: AccountKey, _ telling: Telling) -> Int? {
        if let place = memories.place(of: account) { return place }
        guard hasRoom(memories.count * 100, telling) else { return nil }
        memories[account] = AccountMemory()
        return memories.count - 1
    }

    private mutating func track(
        _ report: FillReport,
        _ account: AccountKey,
        _ origin: Event.Origin,
        _ telling: Telling
    ) {
        let reports = venues[account]?.reportsPositions ?? false
        let own = PositionKey(account, report.symbol, report.side == .buy ? .long : .short)
        var opposite = own
        opposite.side = report.side == .buy ? .short : .long
        var rest = report.quantity
        let tracked = tracks[opposite]?.quantity ?? Decimal(0)
        let held = reports ? max(tracked, positions[opposite]?.quantity ?? Decimal(0)) : tracked
        if held > Decimal(0) {
            let closed = min(rest, held)
            rest = rest.subtracting(closed) ?? Decimal(0)
            if tracked > Decimal(0) {
                tracks[opposite, default: FillTrack()].close(min(closed, tracked), at: telling.atMs)
                refresh(opposite, reports, telling)
            }
        }
        if rest > Decimal(0) {
            guard tracks.place(of: own) != nil || hasRoom(tracks.count, telling) else { return }
            tracks[own, default: FillTrack()].open(rest, report.price, at: telling.atMs)
            refresh(own, reports, telling, currency: report.currency)
        }
    }

    /// A position after a fill.
    private mutating func refresh(
        _ key: PositionKey,
        _ reports: Bool,
        _ telling: Telling,
        currency: String? = nil
    ) {
        guard let track = tracks[key] else { return }
        if reports {
            guard let place = positions.place(of: key), positions.values[place].isHeld else { return }
            // It was found before the fill that explains it came.
            if positions.values[place].isAdopted, positions.values[place].joins,
                track.quantity == positions.values[place].quantity
            {
                positions[at: place].isAdopted = false
                positions[at: place].joins = false
                positions[at: place].source = .strategy
            }
            positions[at: place].price(by: track)
            return
        }
        let known = positions.place(of: key)
        let wasHeld = known.map { positions.values[$0].isHeld } ?? false
        if !wasHeld, track.quantity > Decimal(0) {
            guard known != nil || hasRoom(for: .positions, at: telling.atMs) else { return }
            var position = known.map { positions.values[$0] } ?? BookPosition()
            position.open(at: telling.atMs)
            position.openedMs = telling.atMs
            position.openedWallMs = telling.happenedMs ?? telling.wallMs
            position.source = .strategy
            position.currency = currency ?? position.currency
            positions[key] = position
        }
        guard let place = known ?? positions.place(of: key) else { return }
        if wasHeld, track.quantity == Decimal(0) { noteClosed(place) }
        positions[at: place].quantity = track.quantity
        positions[at: place].seenMs = telling.atMs
        positions[at: place].price(by: track)
    }
}

extension FillReport {
    /// What makes it the same fill; nil: nothing that was told does.
    fileprivate func name(_ telling: Telling) -> String? {
        if !fillID.isEmpty { return fillID }
        guard let happened = telling.toldMs else { return nil }
        let order = clientID.isEmpty ? "@" + venueID : clientID
        return "\(happened)\u{0}\(order)\u{0}\(symbol)\u{0}\(side.rawValue)\u{0}\(quantity)\u{0}\(price)"
    }
}

extension FillTrack {
    /// Digits behind the point of what is left of a cost.
    static let places = 18

    mutating func open(_ more: Decimal, _ price: Decimal, at atMs: UInt64) {
        lastMs = atMs
        if quantity == Decimal(0) { cost = Decimal(0) }
        cost = cost.flatMap { cost in more.multiplied(by: price).flatMap { cost.adding($0) } }
        quantity = quantity.adding(more) ?? quantity
    }

    /// Less of it: what is left was paid for at the same average price.
    mutating func close(_ less: Decimal, at atMs: UInt64) {
        lastMs = atMs
        let left = quantity.subtracting(less) ?? Decimal(0)
        if left > Decimal(0) {
            let all = quantity
            cost = cost.flatMap { cost in
                if let exact = cost.multiplied(by: left) { return exact.divided(by: all, places: FillTrack.places) }
                return cost.divided(by: all, places: FillTrack.places)?.multiplied(by: left)
            }
            quantity = left
        } else {
            quantity = Decimal(0)
            cost = Decimal(0)
        }
    }

    /// The average price paid, to 12 places, half away from zero; nil: unknown.
    var average: Decimal? {
        guard quantity > Decimal(0) else { return nil }
        return cost?.divided(by: quantity, places: 12)
    }
}

extension BookPosition {
    /// It is held from now on, and nothing of what was held before counts.
    mutating func open(at atMs: UInt64) {
        let claimed = claimed
        let pricePlace = pricePlace
        self = BookPosition()
        self.claimed = claimed
        self.pricePlace = pricePlace
        firstSeenMs = atMs
    }

    /// The average price of the fills that explain all of it.
    mutating func price(by track: FillTrack) {
        guard !isPricedByVenue, track.quantity == quantity else { return }
        if let average = track.average { entryPrice = average }
    }
}
