extension Liquidation {
    /// A slice that may be sent now.
    private struct Due {
        var place: Int
        var quantity: Decimal
        var limit: Decimal
        var sentMs: UInt64
    }

    /// Looks at every position: what became of its slice, and whether the next one is due. Ends when nothing is left to do.
    ///
    /// - Parameter isClosing: whether an exit rule or the cap has a close of a position on its way.
    mutating func advance(
        _ scene: ExitScene,
        isClosing: (PositionKey) -> Bool,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        guard isActive else { return }
        var due: [Due] = []
        for place in holdings.indices where holdings.values[place].state != .left {
            if let slice = look(at: place, scene, isClosing, &lastNumber, &decisions) { due.append(slice) }
        }
        // The one that waits longest comes first; half of the orders of a minute are left to everybody else.
        due.sort { ($0.sentMs, $0.place) < ($1.sentMs, $1.place) }
        starts.removeAll { scene.atMs.since($0) >= 60_000 }
        for slice in due where starts.count < max(1, scene.settings.orders.perMinute / 2) {
            send(slice, scene, &lastNumber, &decisions)
        }
        guard holdings.values.allSatisfy({ $0.state == .done || $0.state == .left }) else { return }
        endedMs = scene.atMs
        decisions.append(.log(RunbookLog.ended(self)))
    }

    /// What is due of one position; nil: nothing now.
    private mutating func look(
        at place: Int,
        _ scene: ExitScene,
        _ isClosing: (PositionKey) -> Bool,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) -> Due? {
        let key = holdings.keys[place]
        guard let held = scene.heldPlace(key), let quantity = scene.book.positions.values[held].quantity else {
            holdings[at: place].held = Decimal(0)
            guard holdings.values[place].state != .done else { return nil }
            holdings[at: place].settle(Decimal(0), by: by, at: scene.atMs)
            finish(place, .done, "", &decisions)
            return nil
        }
        let position = scene.book.positions.values[held]
        holdings[at: place].held = quantity
        settle(place, position, scene, &lastNumber, &decisions)
        guard holdings.values[place].state != .left else { return nil }
        if let over = over(at: scene.atMs) {
            end(place, over, scene, &lastNumber, &decisions)
            return nil
        }
        guard holdings.values[place].slice == nil else { return nil }
        if !position.isSellable {
            finish(place, .left, "its venue does not sell it", &decisions)
            return nil
        }
        if scene.worth(at: held).isStale {
            wait(place, "its venue has not reported it lately: it is not sold blind", &decisions)
            return nil
        }
        if holdings.values[place].reference == nil, !takeReference(place, key, position, scene) {
            wait(place, "it has no fresh price: it is not sold blind", &decisions)
            return nil
        }
        if scene.isReached(key.accountKey) == false {
            wait(place, "its venue is not reached", &decisions)
            return nil
        }
        if isClosing(key) {
            wait(place, "another close of it is under way", &decisions)
            return nil
        }
        holdings[at: place].state = .working
        return due(place, key, position, scene.worth(at: held).price, scene, &decisions)
    }

    /// The next slice of a position that can be sold.
    private mutating func due(
        _ place: Int,
        _ key: PositionKey,
        _ position: BookPosition,
        _ price: Decimal?,
        _ scene: ExitScene,
        _ decisions: inout [Decision]
    ) -> Due? {
        let holding = holdings.values[place]
        guard let reference = holding.reference,
            let limit = LiquidationSlices.limit(reference, key.side, cap: maxSlippage)
        else {
            finish(place, .left, "its limit price cannot be told exactly", &decisions)
            return nil
        }
        guard scene.atMs >= holding.nextMs,
            holding.progress.isDue(at: scene.atMs, retries: scene.settings.orders.retries, seenMs: position.seenMs)
        else { return nil }
        let begun = LiquidationSlices.begun(
            elapsedMs: scene.atMs.since(startedMs),
            withinMs: withinMs,
            slices: holding.slices
        )
        let planned = LiquidationSlices.planned(holding.started, slices: holding.slices, begun: begun)
        // What is to be left by now; where others bought or sold meanwhile, the slice is the larger or the smaller.
        let rest = begun < holding.slices ? holding.started.subtracting(planned) ?? Decimal(0) : Decimal(0)
        guard let quantity = holding.held.subtracting(rest), quantity > Decimal(0) else { return nil }
        // It would only be cancelled.
        if let price, LiquidationSlices.isPast(limit, price, key.side) {
            holdings[at: place].why = "the market is past its limit of \(limit)"
            return nil
        }
        return Due(place: place, quantity: quantity, limit: limit, sentMs: holding.sentMs)
    }

    /// Fixes the price that slippage counts from, and how many slices there are.
    ///
    /// - Returns: whether there is a price.
    private mutating func takeReference(
        _ place: Int,
        _ key: PositionKey,
        _ position: BookPosition,
        _ scene: ExitScene
    ) -> Bool {
        guard let held = scene.heldPlace(key) else { return false }
        let worth = scene.worth(at: held)
        guard let price = worth.price, price > Decimal(0) else { return false }
        holdings[at: place].reference = price
        let priced = scene.book.prices[PriceKey(venue: key.venue, symbol: key.symbol)]
        holdings[at: place].currency = priced?.currency ?? position.currency
        holdings[at: place].value = worth.value
        holdings[at: place].valued = holdings.values[place].held
        holdings[at: place].slices = LiquidationSlices.count(value: worth.value, dust: scene.settings.dust.threshold)
        _ = holdings[at: place].progress.order(by: by)
        holdings[at: place].why = ""
        return true
    }

    private mutating func send(
        _ slice: Due,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        lastNumber += 1
        let key = holdings.keys[slice.place]
        holdings[at: slice.place].send(lastNumber, slice.quantity, at: scene.atMs)
        starts.append(scene.atMs)
        decisions.append(
            .log(RunbookLog.selling(self, key, slice.quantity, limit: slice.limit, number: lastNumber))
        )
        decisions.append(
            .effect(
                Decision.Effect(
                    number: lastNumber,
                    by: "operator:\(by)",
                    reason: "\(id): \(reason)",
                    action: .close(
                        venue: key.venue,
                        account: key.account,
                        symbol: key.symbol,
                        side: key.side,
                        quantity: slice.quantity,
                        noWorseThan: slice.limit
                    )
                )
            )
        )
    }

    /// What became of the slice that is under way.
    private mutating func settle(
        _ place: Int,
        _ position: BookPosition,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        guard let slice = holdings.values[place].slice else { return }
        let key = holdings.keys[place]
        let retries = scene.settings.orders.retries
        let progress = holdings.values[place].progress
        let order = order(of: slice, key, scene.book)
        switch LiquidationSettlement(slice, progress, order, position, at: scene.atMs, retries: retries) {
        case .sold(let quantity): holdings[at: place].settle(quantity, by: by, at: scene.atMs)
        case .rejected(let why):
            holdings[at: place].slice = nil
            holdings[at: place].progress.reject(why, at: scene.atMs)
            noteRefusal(place, retries: retries, &decisions)
        case .dropped: holdings[at: place].slice = nil
        case .open:
            if case .underWay(_, let sinceMs) = progress.phase,
                scene.atMs.since(sinceMs) > scene.settings.orders.timeoutMs
            {
                let why = "no answer for \(RunbookLog.duration(scene.atMs.since(sinceMs)))"
                if holdings[at: place].progress.giveUpWaiting(why, at: scene.atMs) {
                    noteRefusal(place, retries: retries, &decisions)
                }
            }
            // What trades at once or never should not be open for so long.
            if scene.atMs.since(holdings.values[place].sentMs) > ExitProgress.settleMs {
                cancel(place, order, scene, &lastNumber, &decisions)
            }
        }
        if holdings.values[place].slice == nil, holdings.values[place].progress.isExhausted(retries: retries) {
            finish(place, .left, holdings.values[place].progress.words(retries: retries), &decisions)
        }
    }

    private func order(of slice: LiquidationHolding.Slice, _ key: PositionKey, _ book: Book) -> BookOrder? {
        book.orders[
            OrderKey(venue: key.venue, account: key.account, clientID: Decision.Effect.clientID(slice.number))
        ]
    }

    /// Nothing more is sent: what is under way is cancelled and waited for, for a short time.
    private mutating func end(
        _ place: Int,
        _ over: (why: String, sinceMs: UInt64),
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        let holding = holdings.values[place]
        var words = [over.why]
        if let slice = holding.slice {
            let order = order(of: slice, holdings.keys[place], scene.book)
            cancel(place, order, scene, &lastNumber, &decisions)
            var isRefused = false
            if case .refused(_, _, isUnanswered: false) = holding.progress.phase, order == nil { isRefused = true }
            guard isRefused || scene.atMs.since(over.sinceMs) >= Liquidation.graceMs else { return }
            if !isRefused { words.append("what became of \(Decision.Effect.clientID(slice.number)) is not known") }
        }
        if !holding.why.isEmpty {
            words.append(holding.why)
        } else if case .refused = holding.progress.phase {
            words.append(holding.progress.words(retries: scene.settings.orders.retries))
        }
        finish(place, .left, words.joined(separator: "; "), &decisions)
    }

    /// Asks once for what is known to be open at its venue to be cancelled.
    private mutating func cancel(
        _ place: Int,
        _ order: BookOrder?,
        _ scene: ExitScene,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {
        guard let order, order.isOpen, let slice = holdings.values[place].slice, !slice.isCancelAsked else { return }
        holdings[at: place].slice?.isCancelAsked = true
        lastNumber += 1
        let key = holdings.keys[place]
        decisions.append(
            .effect(
                Decision.Effect(
                    number: lastNumber,
                    by: "operator:\(by)",
                    reason: "\(id): its slice was to trade at once",
                    action: .cancel(
                        venue: key.venue,
                        account: key.account,
                        clientID: Decision.Effect.clientID(slice.number),
                        venueID: order.venueID
                    )
                )
            )
        )
    }

    /// Says once why nothing can be sent.
    private mutating func wait(_ place: Int, _ why: String, _ decisions: inout [Decision]) {
        holdings[at: place].state = .waiting
        guard holdings.values[place].why != why else { return }
        holdings[at: place].why = why
        decisions.append(.log(RunbookLog.waiting(self, holdings.keys[place], why)))
    }

    mutating func finish(
        _ place: Int,
        _ state: LiquidationHolding.State,
        _ why: String,
        _ decisions: inout [Decision]
    ) {
        holdings[at: place].state = state
        holdings[at: place].why = why
        decisions.append(.log(RunbookLog.finished(self, place)))
    }
}
