extension Book {
    /// One position, as its bot or its venue says it stands.
    mutating func take(_ report: PositionReport, _ origin: Event.Origin, _ telling: Telling) {
        let account = AccountKey(venue: origin.venue, account: origin.account)
        if telling.isProof {
            guard hasVenue(account, telling) else { return }
            venues[account, default: BookVenue()].reportsPositions = true
            _ = hold(report, account, telling, listing: nil)
        } else {
            claim(report, account, origin.source, telling)
        }
    }

    /// All positions of a venue's account (or of one bot): one that is missing is not held there (not claimed by it) any
    /// more. Named twice in one list it is contradictory, and the greater quantity counts.
    mutating func takeAll(_ reports: [PositionReport], _ origin: Event.Origin, _ telling: Telling) {
        let account = AccountKey(venue: origin.venue, account: origin.account)
        guard telling.isProof else {
            let named = Set(reports.map { PositionKey(account, $0.symbol, $0.side) })
            let gone = claims.keys.filter { claim in
                claim.source == origin.source && claim.position.account == account.account
                    && claim.position.venue == account.venue && !named.contains(claim.position)
            }
            for claim in gone { change(claim, to: Decimal(0)) }
            for report in reports { claim(report, account, origin.source, telling) }
            return
        }
        var venue = venues[account] ?? BookVenue()
        guard !isBefore(telling.happenedMs, venue.positionsHappenedMs) else {
            counts.outOfOrder &+= 1
            return
        }
        guard hasVenue(account, telling) else { return }
        venue.reportsPositions = true
        venue.listings &+= 1
        venue.positionsHappenedMs = telling.happenedMs ?? venue.positionsHappenedMs
        venues[account] = venue
        var known: Set<PositionKey>?
        let crowdedOut = counts.crowdedOut
        for report in reports {
            _ = hold(report, account, telling, listing: venue.listings, &known)
        }
        let leftOut = telling.refusedRows + Int(clamping: counts.crowdedOut &- crowdedOut)
        venues[account]?.refusedPositionRows = leftOut
        if leftOut == 0 { venues[account]?.positionsListedMs = telling.atMs }
        // What an incomplete list does not name may be held all the same.
        guard leftOut == 0 else { return }
        for place in positions.indices where positions.values[place].isHeld {
            let key = positions.keys[place]
            guard positions.values[place].listing != venue.listings, key.account == account.account,
                key.venue == account.venue, !isBefore(telling.happenedMs, positions.values[place].happenedMs)
            else { continue }
            close(place, telling)
        }
        // Fills of what turned out not to be held explain nothing any more.
        let gone = tracks.indices.filter { place in
            let key = tracks.keys[place]
            return key.account == account.account && key.venue == account.venue
                && elapsed(from: tracks.values[place].lastMs, to: telling.atMs) > 60_000
                && !(positions[key]?.isHeld ?? false)
        }
        for key in gone.map({ tracks.keys[$0] }) { tracks.remove(key) }
    }

    private mutating func hold(
        _ report: PositionReport,
        _ account: AccountKey,
        _ telling: Telling,
        listing: UInt64?
    ) -> Int? {
        var known: Set<PositionKey>?
        return hold(report, account, telling, listing: listing, &known)
    }

    /// Takes a venue's word of one position.
    private mutating func hold(
        _ report: PositionReport,
        _ account: AccountKey,
        _ telling: Telling,
        listing: UInt64?,
        _ known: inout Set<PositionKey>?
    ) -> Int? {
        guard !report.quantity.isNegative else {
            counts.contradictory &+= 1
            return nil
        }
        let key = PositionKey(account, report.symbol, report.side)
        guard let place = positions.place(of: key), positions.values[place].isHeld else {
            return report.quantity > Decimal(0) ? open(report, key, telling, listing, &known) : nil
        }
        if isBefore(telling.happenedMs, positions.values[place].happenedMs) {
            counts.outOfOrder &+= 1
            // It was there when the list was made, and something later was said of it.
            if let listing { positions[at: place].listing = listing }
            return place
        }
        let old = positions.values[place].quantity ?? Decimal(0)
        if let listing, positions.values[place].listing == listing {
            counts.contradictory &+= 1
            if report.quantity <= old { return place }
        } else if telling.happenedMs != nil, telling.happenedMs == positions.values[place].happenedMs,
            report.quantity == old, listing == nil
        {
            counts.duplicate &+= 1
            return place
        }
        guard report.quantity > Decimal(0) else {
            close(place, telling)
            return place
        }
        positions[at: place].quantity = report.quantity
        positions[at: place].take(report, telling)
        if let listing { positions[at: place].listing = listing }
        if report.entryPrice == nil, report.quantity != old {
            // Less of it was paid for at the same average; more of it has a price only when fills explain it.
            let track = tracks[key]
            if report.quantity > old, track?.quantity != report.quantity {
                positions[at: place].entryPrice = nil
                positions[at: place].entryPriceBy = ""
            } else if let track {
                positions[at: place].price(by: track)
            }
        }
        return place
    }

    /// A position that was not held before. Adopted, unless a fill or an order here explains it.
    private mutating func open(
        _ report: PositionReport,
        _ key: PositionKey,
        _ telling: Telling,
        _ listing: UInt64?,
        _ known: inout Set<PositionKey>?
    ) -> Int? {
        guard positions.place(of: key) != nil || hasRoom(for: .positions, at: telling.atMs) else { return nil }
        var position = positions[key] ?? BookPosition()
        position.open(at: telling.atMs)
        position.quantity = report.quantity
        position.take(report, telling)
        if let listing { position.listing = listing }
        let track = tracks[key]
        var isExplained = (track?.quantity ?? Decimal(0)) > Decimal(0)
        if !isExplained {
            let explained = known ?? ordersExplain(key)
            known = explained
            isExplained = explained.contains(key)
        }
        position.isAdopted = !isExplained
        position.joins = !isExplained
        position.source = isExplained ? .strategy : .existing
        if position.openedWallMs == nil, isExplained {
            position.openedMs = telling.atMs
            position.openedWallMs = telling.happenedMs ?? telling.wallMs
        }
        if let track { position.price(by: track) }
        positions[key] = position
        return positions.place(of: key)
    }

    /// The positions of one account that an order here may have opened: it is open, or was filled.
    private func ordersExplain(_ key: PositionKey) -> Set<PositionKey> {
        var explained: Set<PositionKey> = []
        for place in orders.indices {
            let order = orders.keys[place]
            guard order.account == key.account, order.venue == key.venue,
                orders.values[place].isOpen || orders.values[place].filled > Decimal(0)
            else { continue }
            explained.insert(
                PositionKey(
                    venue: key.venue,
                    account: key.account,
                    symbol: orders.values[place].symbol,
                    side: orders.values[place].side == .buy ? .long : .short
                )
            )
        }
        return explained
    }

    private mutating func close(_ place: Int, _ telling: Telling) {
        noteClosed(place)
        tracks.remove(positions.keys[place])
        positions[at: place].quantity = Decimal(0)
        positions[at: place].seenMs = telling.atMs
        if let happened = telling.happenedMs { positions[at: place].happenedMs = happened }
    }

    /// A sample of equity ends with a position that it was made of.
    mutating func noteClosed(_ place: Int) {
        versionBase &+= 1
        if let price = positions.values[place].pricePlace { versionBase &+= prices.values[price].version }
    }

    /// Takes a bot's word of one position: what all bots say of it is added up, and changes nothing that is held.
    private mutating func claim(
        _ report: PositionReport,
        _ account: AccountKey,
        _ source: Event.Source,
        _ telling: Telling
    ) {
        guard !report.quantity.isNegative else {
            counts.contradictory &+= 1
            return
        }
        let key = PositionKey(account, report.symbol, report.side)
        let claim = ClaimKey(position: key, source: source)
        guard claims.place(of: claim) != nil || hasRoom(claims.count, telling) else { return }
        if positions.place(of: key) == nil {
            guard report.quantity > Decimal(0), hasRoom(for: .positions, at: telling.atMs) else { return }
            var position = BookPosition()
            position.firstSeenMs = telling.atMs
            position.currency = report.currency
            positions[key] = position
        }
        change(claim, to: report.quantity)
    }

    private mutating func change(_ claim: ClaimKey, to quantity: Decimal) {
        let old = claims[claim] ?? Decimal(0)
        if quantity > Decimal(0) { claims[claim] = quantity } else { claims.remove(claim) }
        guard let place = positions.place(of: claim.position) else { return }
        let others = (positions.values[place].claimed ?? Decimal(0)).subtracting(old) ?? Decimal(0)
        positions[at: place].claimed = others.adding(quantity) ?? quantity
    }

    /// An operator states what was paid for what is held of a symbol, long or short: it counts until its venue says
    /// otherwise. Not for a price that is not positive.
    mutating func setEntryPrice(
        venue: String,
        account: String,
        symbol: String,
        price: Decimal,
        by action: OperatorAction
    ) {
        guard price > Decimal(0) else { return }
        for side in Position.Side.allCases {
            let key = PositionKey(venue: venue, account: account, symbol: symbol, side: side)
            guard let place = positions.place(of: key), positions.values[place].isHeld else { continue }
            let quantity = positions.values[place].quantity ?? Decimal(0)
            positions[at: place].entryPrice = price
            positions[at: place].entryPriceBy = action.name
            positions[at: place].isPricedByVenue = false
            // Fills from now on are averaged with it.
            var track = tracks[key] ?? FillTrack()
            track.quantity = quantity
            track.cost = quantity.multiplied(by: price)
            tracks[key] = track
        }
    }
}

extension BookPosition {
    /// What its venue says besides the quantity.
    fileprivate mutating func take(_ report: PositionReport, _ telling: Telling) {
        seenMs = telling.atMs
        if let happened = telling.happenedMs { happenedMs = happened }
        if !report.currency.isEmpty { currency = report.currency }
        isSellable = report.isSellable
        if !report.note.isEmpty || !note.isEmpty { note = report.note }
        if let price = report.entryPrice, price > Decimal(0) {
            entryPrice = price
            entryPriceBy = ""
            isPricedByVenue = true
        } else if isPricedByVenue {
            isPricedByVenue = false
        }
        if let opened = report.openedMs, opened != openedWallMs {
            openedWallMs = opened
            // Before the desk's first start there is no desk time: then it is at least as old as the desk.
            let (age, overflow) = telling.wallMs.subtractingReportingOverflow(opened)
            openedMs = overflow ? nil : telling.atMs - min(telling.atMs, UInt64(max(0, age)))
        }
    }
}

extension PositionKey {
    init(_ account: AccountKey, _ symbol: String, _ side: Position.Side) {
        self.init(venue: account.venue, account: account.account, symbol: symbol, side: side)
    }
}
