extension Book {
    /// The book's part of a view.
    struct Shown {
        /// Held positions, in the order of first sight.
        var positions: [Position] = []
        /// Open orders, the oldest first, at most `EngineView.mostOrders`.
        var orders: [Order] = []
        /// Open orders in all.
        var openOrders = 0
        /// Venues' accounts, in the order of first sight.
        var venues: [Venue] = []
        /// Money.
        var money = EngineView.Money()
        /// How stale the oldest word of a venue is; nil: no venue has spoken.
        var venueAgeMs: UInt64?
        /// How many accounts trade.
        var accounts: EngineView.Accounts?
    }

    /// The book's part of a view, with what everything is worth at the same time.
    func shown(_ valuation: Valuation, at atMs: UInt64, _ settings: EngineSettings) -> Shown {
        var shown = Shown()
        for place in positions.indices where positions.values[place].isHeld {
            let worth = valuation.positions.indices.contains(place) ? valuation.positions[place] : Valuation.Worth()
            shown.positions.append(position(place, worth, at: atMs))
        }
        let open = orders.indices.filter { orders.values[$0].isOpen }
        shown.openOrders = open.count
        let oldest = oldestFirst(open)
        let stuckAfterMs = settings.stuckAfterMs
        shown.orders = oldest.prefix(EngineView.mostOrders).map { order($0, at: atMs, stuckAfterMs) }
        var openByAccount: [AccountKey: Int] = [:]
        for place in open {
            openByAccount[
                AccountKey(venue: orders.keys[place].venue, account: orders.keys[place].account),
                default: 0
            ] += 1
        }
        shown.venues = venues.indices.map { venue($0, openByAccount, valuation, at: atMs, settings) }
        for place in reached.indices { shown.venues.append(venue(reached: place, at: atMs, settings)) }
        shown.accounts = accounts.map {
            EngineView.Accounts(
                active: $0.active,
                total: $0.total,
                stream: accountCountsStream(at: atMs, settings)
            )
        }
        shown.venueAgeMs = venues.values.map { elapsed(from: $0.seenMs, to: atMs) }.max()
        shown.money = money(valuation, at: atMs, settings)
        return shown
    }

    /// Places of orders, the oldest first. Mostly they are so already: in the order in which they came.
    private func oldestFirst(_ places: [Int]) -> [Int] {
        let isInOrder = zip(places, places.dropFirst()).allSatisfy {
            orders.values[$0].sinceMs <= orders.values[$1].sinceMs
        }
        guard !isInOrder else { return places }
        return places.sorted { (orders.values[$0].sinceMs, $0) < (orders.values[$1].sinceMs, $1) }
    }

    private func position(_ place: Int, _ worth: Valuation.Worth, at atMs: UInt64) -> Position {
        let (key, position) = (positions.keys[place], positions.values[place])
        var shown = Position(
            venue: key.venue,
            account: key.account,
            symbol: key.symbol,
            side: key.side,
            quantity: position.quantity ?? Decimal(0),
            entryPrice: position.entryPrice,
            price: worth.price,
            priceAgeMs: worth.priceAgeMs ?? 0,
            value: worth.value,
            profit: worth.profit,
            heldMs: position.openedMs.map { elapsed(from: $0, to: atMs) },
            note: position.words(isPriced: worth.value != nil, isStale: worth.isStale)
        )
        shown.lastPrice = worth.lastPrice
        shown.seenAgeMs = position.seenMs.map { elapsed(from: $0, to: atMs) }
        shown.isStale = worth.isStale
        return shown
    }

    private func order(_ place: Int, at atMs: UInt64, _ stuckAfterMs: UInt64) -> Order {
        let (key, order) = (orders.keys[place], orders.values[place])
        var shown = Order(
            clientID: key.clientID,
            venueID: order.venueID,
            venue: key.venue,
            account: key.account,
            strategy: order.strategy,
            symbol: order.symbol,
            side: order.side,
            quantity: order.quantity,
            filled: order.filled,
            price: order.price,
            state: order.state,
            ageMs: elapsed(from: order.sinceMs, to: atMs),
            stuckAfterMs: stuckAfterMs,
            note: order.words
        )
        shown.details = order.details(at: atMs)
        return shown
    }

    /// Orders that are open or finished not long ago, the one that changed last first.
    public func recentOrders(at atMs: UInt64, _ settings: EngineSettings) -> [Order] {
        orders.indices.sorted { (orders.values[$0].sinceMs, $0) > (orders.values[$1].sinceMs, $1) }
            .map { order($0, at: atMs, settings.stuckAfterMs) }
    }

    private func venue(
        _ place: Int,
        _ open: [AccountKey: Int],
        _ valuation: Valuation,
        at atMs: UInt64,
        _ settings: EngineSettings
    ) -> Venue {
        let (key, venue) = (venues.keys[place], venues.values[place])
        let age = elapsed(from: venue.seenMs, to: atMs)
        let seen = open[key] ?? 0
        var streams = Venue.Streams()
        streams.orders = stream(.orders, of: key, valuation, at: atMs, settings)
        streams.positions = stream(.positions, of: key, valuation, at: atMs, settings)
        streams.balances = stream(.balances, of: key, valuation, at: atMs, settings)
        var shown = Venue(
            name: key.venue,
            account: key.account,
            state: venue.isSilent && venue.state != .stopped ? .disconnected : venue.state,
            openOrders: streams.orders.isKnown ? seen : nil,
            lastReplyAgeMs: age,
            latencyMs: venue.latencyMs,
            note: venue.note.isEmpty && venue.isSilent ? "silent for \(age / 1_000) s" : venue.note
        )
        shown.openOrdersSeen = seen
        shown.streams = streams
        return shown
    }

    /// A venue of which no account is known.
    private func venue(reached place: Int, at atMs: UInt64, _ settings: EngineSettings) -> Venue {
        let reach = reached.values[place]
        let age = elapsed(from: reach.atMs, to: atMs)
        return Venue(
            name: reached.keys[place],
            account: "",
            state: age >= settings.venueSilentMs ? .disconnected : reach.state,
            openOrders: nil,
            lastReplyAgeMs: age,
            latencyMs: reach.latencyMs,
            note: reach.note.isEmpty ? "no account of it is known" : reach.note
        )
    }

    private func money(_ valuation: Valuation, at atMs: UInt64, _ settings: EngineSettings) -> EngineView.Money {
        var money = EngineView.Money()
        money.currency = settings.baseCurrency
        let unread = unreadAccount(valuation)
        let isKnown = valuation.equity != nil && !equity.isStale && unread == nil
        money.dayOpening = equity.dayOpening
        if isKnown, let known = valuation.equity {
            money.equity = known
            money.equityAgeMs = valuation.oldestMs.map { elapsed(from: $0, to: atMs) }
            money.dayProfit = equity.dayOpening.flatMap { known.subtracting($0) }
            money.weekProfit = equity.weekOpening.flatMap { known.subtracting($0) }
            money.drawdownPercent = drawdownPercent(valuation)
        } else {
            money.problem = valuation.whyUnknown(at: atMs)
            if money.problem.isEmpty, let unread { money.problem = "\(unread) has never reported a balance" }
            if money.problem.isEmpty {
                money.problem =
                    equity.untransferred.isEmpty ? "no account has reported what it is worth" : "a transfer has no rate"
            }
            if let last = equity.last, let lastMs = equity.lastMs {
                let ageMs = elapsed(from: lastMs, to: atMs)
                money.equityAgeMs = ageMs
                money.last = EngineView.Money.Last(equity: last, ageMs: ageMs)
            }
        }
        money.exposureProblem = whyExposureUnknown(valuation, at: atMs, settings)
        if money.exposureProblem.isEmpty {
            money.gross = valuation.gross
            money.net = valuation.net
        } else if let exposure {
            money.lastExposure = EngineView.Money.LastExposure(
                gross: exposure.gross,
                net: exposure.net,
                ageMs: elapsed(from: exposure.atMs, to: atMs)
            )
        }
        if valuation.gross > Decimal(0) { money.grossAtLeast = valuation.gross }
        money.unpriced = valuation.unpriced
        money.stalePositions = valuation.stalePositions
        // A desk that never heard of anything knows of no trade, which is not the same as that there was none.
        if equity.day != nil, !venues.isEmpty || equity.judged != nil || !results.isEmpty {
            money.realised = equity.dayRealised
            money.fees = equity.dayFees
        }
        if money.exposureProblem.isEmpty { money.unrealised = unrealised(valuation) }
        return money
    }

    /// The first account of a venue that never reported a balance; nil: all did.
    private func unreadAccount(_ valuation: Valuation) -> AccountKey? {
        venues.indices.first { !valuation.accounts.values[$0].hasBalance }.map { venues.keys[$0] }
            ?? reached.keys.first.map { AccountKey(venue: $0, account: "") }
    }

    /// What held positions would bring; nil: of one nobody knows what was paid, or what it is worth.
    private func unrealised(_ valuation: Valuation) -> Decimal? {
        var sum: Decimal? = Decimal(0)
        for place in positions.indices where positions.values[place].isHeld {
            let profit = place < valuation.positions.count ? valuation.positions[place].profit : nil
            sum = sum.flatMap { sum in profit.flatMap { sum.adding($0) } }
        }
        return sum
    }
}

extension EngineSettings {
    /// When an order is stuck: where the first step of ORDER_STUCK (seconds) is; without that rule, when it times out.
    fileprivate var stuckAfterMs: UInt64 {
        guard let rule = rules.first(where: { $0.name == "ORDER_STUCK" }), let step = rule.steps.first,
            let milliseconds = step.threshold.multiplied(by: Decimal(1_000))?.rounded(to: 0)
        else { return orders.timeoutMs }
        guard rule.isEnabled else { return 0 }
        return UInt64(clamping: milliseconds.digits)
    }
}

extension BookPosition {
    /// What is peculiar about it.
    fileprivate func words(isPriced: Bool, isStale: Bool) -> String {
        var words: [String] = []
        if isAdopted { words.append("adopted") }
        if entryPrice == nil { words.append("no entry price") }
        if isStale { words.append("not reported lately") } else if !isPriced { words.append("unpriced") }
        if !isSellable { words.append("unsellable") }
        if let claimed, claimed != quantity { words.append("bot says \(claimed)") }
        if !note.isEmpty { words.append(note) }
        return words.joined(separator: ", ")
    }
}

extension BookOrder {
    /// When it reached which state.
    fileprivate func details(at atMs: UInt64) -> Order.Details {
        var details = Order.Details()
        var reached: [(state: Order.State, atMs: UInt64)] = [(.new, sinceMs)]
        if let submittedMs { reached.append((.submitted, submittedMs)) }
        if let acknowledgedMs { reached.append((.acknowledged, acknowledgedMs)) }
        if let firstFillMs { reached.append((.partiallyFilled, firstFillMs)) }
        if !reached.contains(where: { $0.state == state }) { reached.append((state, changedMs)) }
        // What was sent before anybody looked was never seen as NEW.
        if reached.count > 1, reached[1].atMs == sinceMs { reached.removeFirst() }
        details.reached = reached.map {
            Order.Details.Reached(state: $0.state, ageMs: elapsed(from: $0.atMs, to: atMs))
        }
        details.heardAgeMs = seenMs.map { elapsed(from: $0, to: atMs) }
        details.claimed = claimed
        details.isReduceOnly = isReduceOnly
        return details
    }

    /// What disagrees, and what its venue said.
    fileprivate var words: String {
        var words: [String] = []
        if state == .unknown, let stateBefore { words.append("was \(stateBefore.rawValue)") }
        if let claimed { words.append("bot says \(claimed.rawValue)") }
        if !isProven { words.append("its venue never spoke of it") }
        if contradictions > 0 { words.append(contradiction) }
        if !note.isEmpty { words.append(note) }
        return words.joined(separator: ", ")
    }
}

extension EngineView {
    /// Takes the book's part over.
    mutating func take(_ shown: Book.Shown) {
        positions = shown.positions
        orders = shown.orders
        openOrders = shown.openOrders
        venues = shown.venues
        money = shown.money
        venueAgeMs = shown.venueAgeMs
        accounts = shown.accounts
    }
}
