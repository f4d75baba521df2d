extension Book {
    /// One order, as its bot or its venue says it stands.
    mutating func take(_ report: OrderReport, _ origin: Event.Origin, _ telling: Telling) {
        _ = place(report, origin, telling)
    }

    /// All open orders of a venue's account: one that is missing is not open there (see `BookOrder.miss`). A bot's list
    /// says nothing of other bots' orders: it is taken one by one.
    mutating func takeAll(_ reports: [OrderReport], _ origin: Event.Origin, _ telling: Telling) {
        guard telling.isProof else {
            for report in reports { take(report, origin, telling) }
            return
        }
        let account = AccountKey(venue: origin.venue, account: origin.account)
        let isOlder = isBefore(telling.happenedMs, venues[account]?.ordersHappenedMs)
        if isOlder { counts.outOfOrder &+= 1 }
        let listing = (venues[account]?.orderListings ?? 0) &+ 1
        let crowdedOut = counts.crowdedOut
        for report in reports {
            if let place = place(report, origin, telling) { orders[at: place].listing = listing }
        }
        guard !isOlder, hasVenue(account, telling) else { return }
        let leftOut = telling.refusedRows + Int(clamping: counts.crowdedOut &- crowdedOut)
        venues[account, default: BookVenue()].orderListings = listing
        venues[account, default: BookVenue()].refusedOrderRows = leftOut
        // What an incomplete list does not name may be open all the same.
        guard leftOut == 0 else { return }
        venues[account, default: BookVenue()].ordersListedMs = telling.atMs
        if let happened = telling.happenedMs { venues[account, default: BookVenue()].ordersHappenedMs = happened }
        for place in orders.indices where orders.values[place].listing != listing && orders.values[place].isOpen {
            guard orders.keys[place].account == account.account, orders.keys[place].venue == account.venue,
                // What was said of it after the list was made counts more.
                !isBefore(telling.happenedMs, orders.values[place].happenedMs)
            else { continue }
            if orders[at: place].miss(at: telling.atMs) { noteFinish(place) }
        }
    }

    /// Takes a word about one order; its place, nil where it names none.
    private mutating func place(_ report: OrderReport, _ origin: Event.Origin, _ telling: Telling) -> Int? {
        guard let place = placeOfOrder(report.clientID, report.venueID, origin, telling) else { return nil }
        let change =
            telling.isProof
            ? orders[at: place].hear(report, telling)
            : orders[at: place].claim(report, telling, strategy: origin.strategy)
        if telling.isProof, !origin.strategy.isEmpty, orders.values[place].strategy.isEmpty {
            orders[at: place].strategy = origin.strategy
        }
        note(change, place, origin, telling)
        return place
    }

    /// What became of an order's word: counters, what follows from a silent venue, and the end of it.
    mutating func note(_ change: OrderChange, _ place: Int, _ origin: Event.Origin, _ telling: Telling) {
        if change.isDuplicate { counts.duplicate &+= 1 }
        if change.isOutOfOrder { counts.outOfOrder &+= 1 }
        if change.contradictions > 0 { counts.contradictory &+= UInt64(change.contradictions) }
        if change.isFilledMore { noteTrade(origin, telling.atMs) }
        if !telling.isProof, change.isMoved, orders.values[place].isOpen, orders.values[place].state != .unknown,
            venues[AccountKey(venue: origin.venue, account: origin.account)]?.isSilent == true
        {
            orders[at: place].lose()
        }
        if change.isMoved { noteFinish(place) }
    }

    /// Where an order is, made where it is not known: by its client id, or by its venue's name for it. Nil, and counted,
    /// where neither is told, or there is no room for a bot's claim.
    ///
    /// The same client id with another venue's name is another order (a retry that went through twice): both are kept.
    mutating func placeOfOrder(
        _ clientID: String,
        _ venueID: String,
        _ origin: Event.Origin,
        _ telling: Telling
    ) -> Int? {
        // `@` and a venue's name is how an order without a name of its own is called here.
        guard let first = clientID.utf8.first, first != UInt8(ascii: "@") else {
            return placeByVenueID(venueID.isEmpty ? String(clientID.dropFirst()) : venueID, origin, telling)
        }
        let key = OrderKey(venue: origin.venue, account: origin.account, clientID: clientID)
        if let place = orders.place(of: key) {
            let known = orders.values[place].venueID
            if venueID.isEmpty || known == venueID { return place }
            if known.isEmpty || (telling.isProof && !orders.values[place].isProven) {
                return link(key, venueID, telling)
            }
            counts.contradictory &+= 1
            orders[at: place].contradictions += 1
            orders[at: place].contradiction = "it is \(known) at the venue, and \(venueID) too"
            return telling.isProof ? placeByVenueID(venueID, origin, telling) : place
        }
        guard hasRoom(orders.count, telling), hasRoom(for: .orders, at: telling.atMs) else { return nil }
        if nameless > 0, !venueID.isEmpty, orders.place(of: key.withClientID("@" + venueID)) != nil {
            return link(key, venueID, telling)
        }
        let place = make(key, origin, telling)
        return venueID.isEmpty ? place : link(key, venueID, telling)
    }

    private mutating func placeByVenueID(_ venueID: String, _ origin: Event.Origin, _ telling: Telling) -> Int? {
        guard !venueID.isEmpty else {
            counts.contradictory &+= 1
            return nil
        }
        var key = OrderKey(venue: origin.venue, account: origin.account, clientID: venueID)
        if let clientID = clientIDs[key] {
            key.clientID = clientID
            if let place = orders.place(of: key) { return place }
        }
        key.clientID = "@" + venueID
        if let place = orders.place(of: key) { return place }
        guard hasRoom(orders.count, telling), hasRoom(for: .orders, at: telling.atMs) else { return nil }
        let place = make(key, origin, telling)
        orders[at: place].venueID = venueID
        nameless += 1
        return place
    }

    /// A new order, the last one.
    private mutating func make(_ key: OrderKey, _ origin: Event.Origin, _ telling: Telling) -> Int {
        var order = BookOrder()
        order.strategy = origin.strategy
        order.sinceMs = telling.atMs
        order.changedMs = telling.atMs
        orders[key] = order
        return orders.count - 1
    }

    /// An order's name at the venue becomes known: what was known by that name alone becomes a part of it.
    private mutating func link(_ key: OrderKey, _ venueID: String, _ telling: Telling) -> Int? {
        let name = key.withClientID(venueID)
        if let other = clientIDs[name], other != key.clientID {
            counts.contradictory &+= 1
            // A bot's word does not take another order's name away.
            guard telling.isProof else { return orders.place(of: key) }
        }
        if let place = orders.place(of: key), !orders.values[place].venueID.isEmpty {
            clientIDs.remove(key.withClientID(orders.values[place].venueID))
        }
        clientIDs[name] = key.clientID
        if nameless > 0, var found = orders.remove(key.withClientID("@" + venueID)) {
            nameless -= 1
            if let mine = orders[key] { found.absorb(mine) }
            orders[key] = found
        }
        guard let place = orders.place(of: key) else { return nil }
        orders[at: place].venueID = venueID
        noteFinish(place)
        return place
    }

    /// Whether another claim has room; a venue's word always has. Claims fill at most half of the bound, so that there is always
    /// room for what venues report.
    mutating func hasRoom(_ count: Int, _ telling: Telling) -> Bool {
        if telling.isProof || count < min(Book.mostClaims, bounds.orders / 2) { return true }
        counts.crowdedOut &+= 1
        return false
    }

    /// Remembers when an order finished, so that it is forgotten some time later.
    mutating func noteFinish(_ place: Int) {
        guard orders.values[place].state.isFinal else { return }
        finished.append(FinishedOrder(key: orders.keys[place], atMs: orders.values[place].changedMs))
    }

    /// Forgets orders that finished long ago.
    mutating func forgetFinished(at atMs: UInt64) {
        while finishedFrom < finished.count {
            let entry = finished[finishedFrom]
            guard
                elapsed(from: entry.atMs, to: atMs) >= Book.finishedMs
                    || finished.count - finishedFrom > Book.mostFinished
            else { break }
            finishedFrom += 1
            guard let order = orders[entry.key], order.state.isFinal, order.changedMs == entry.atMs else { continue }
            orders.remove(entry.key)
            if !order.venueID.isEmpty, entry.key.clientID == "@" + order.venueID { nameless -= 1 }
            if !order.venueID.isEmpty {
                let name = entry.key.withClientID(order.venueID)
                if clientIDs[name] == entry.key.clientID { clientIDs.remove(name) }
            }
        }
        if finishedFrom > 1_024, finishedFrom > finished.count / 2 {
            finished.removeFirst(finishedFrom)
            finishedFrom = 0
        }
    }

    /// A fill was seen. An order alone is no trade: a bot whose orders never fill does not trade.
    mutating func noteTrade(_ origin: Event.Origin, _ atMs: UInt64) {
        let key = AccountKey(venue: origin.venue, account: origin.account)
        guard let place = results.place(of: key) else {
            guard results.count < Book.mostClaims else { return }
            results[key, default: AccountResults()].lastTradeMs = atMs
            return
        }
        results[at: place].lastTradeMs = atMs
    }
}

extension OrderKey {
    fileprivate func withClientID(_ clientID: String) -> OrderKey {
        OrderKey(venue: venue, account: account, clientID: clientID)
    }
}

extension BookOrder {
    /// Takes over what was known of the same order by its client id.
    fileprivate mutating func absorb(_ other: BookOrder) {
        if strategy.isEmpty { strategy = other.strategy }
        if symbol.isEmpty {
            symbol = other.symbol
            side = other.side
        }
        if quantity == Decimal(0) { quantity = other.quantity }
        if currency.isEmpty { currency = other.currency }
        price = price ?? other.price
        isReduceOnly = isReduceOnly || other.isReduceOnly
        sinceMs = min(sinceMs, other.sinceMs)
        submittedMs = submittedMs ?? other.submittedMs
        acknowledgedMs = acknowledgedMs ?? other.acknowledgedMs
        firstFillMs = firstFillMs ?? other.firstFillMs
        said = said ?? other.said
        saidMs = saidMs ?? other.saidMs
        contradictions += other.contradictions
        if contradiction.isEmpty { contradiction = other.contradiction }
        if other.isProven || !isProven {
            filled = max(filled, other.filled)
            fillsTotal = max(fillsTotal, other.fillsTotal)
            // Of two words of its venue the later counts; without times the one that is further along.
            let isLater =
                isBefore(happenedMs, other.happenedMs)
                || (!isBefore(other.happenedMs, happenedMs)
                    && effectiveState.progress < other.effectiveState.progress)
            if isLater {
                state = other.state
                stateBefore = other.stateBefore
                isInferred = other.isInferred
                changedMs = other.changedMs
                happenedMs = other.happenedMs
                isProven = isProven || other.isProven
                seenMs = other.seenMs ?? seenMs
            }
        }
        claimed = isProven && said != effectiveState ? said : nil
    }
}
