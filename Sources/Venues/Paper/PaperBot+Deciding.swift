import SafetyEngine

/// What a bot decides.
extension PaperBot {
    /// Looks at the market, and trades if it wants to and may.
    ///
    /// - Parameters:
    ///   - venue: where it trades, in the step that was just made.
    ///   - permits: its gate: whether it may send an order now, one that shrinks a position (true) or any.
    /// - Returns: what it believes and did.
    mutating func decide(_ venue: inout PaperVenue, permits: (_ reducing: Bool) -> Bool) -> [Event] {
        var events: [Event] = []
        if venue.nowMs >= beatsMs {
            beatsMs = venue.nowMs + intervalMs
            events.append(event(.heartbeat(Heartbeat(name: name, intervalMs: intervalMs, pid: pid)), venue))
        }
        // Once a second, with the prices of that second.
        if venue.nowMs % 1_000 == 0 {
            for place in symbols.indices { look(place, venue) }
            for place in symbols.indices {
                if let wish = wish(place, venue) {
                    signals += 1
                    send(wish, place, &venue, permits, &events)
                }
            }
        }
        if venue.nowMs >= signalsMs {
            if signals > 0 { events.append(event(.signals(count: signals), venue)) }
            signals = 0
            signalsMs = venue.nowMs + 15_000
        }
        return events
    }

    /// An order that it would like to send.
    private struct Wish {
        var side: Order.Side
        var lots: Int64
        /// Nil: at the market's price.
        var limit: Int64?
        var restsForMs: UInt64?
    }

    private mutating func look(_ place: Int, _ venue: PaperVenue) {
        let price = venue.market.ticks(symbols[place]) << 16
        if books[place].looks == 0 {
            books[place].quick = price
            books[place].slow = price
        }
        books[place].looks += 1
        books[place].quick += (price - books[place].quick) / 15
        books[place].slow += (price - books[place].slow) / 60
    }

    private mutating func wish(_ place: Int, _ venue: PaperVenue) -> Wish? {
        let index = symbols[place]
        let book = books[place]
        guard !open.contains(where: { $0.symbol == index }), venue.nowMs >= book.restsMs else { return nil }
        let ticks = venue.market.ticks(index)
        let stakeLots = PaperSymbol.all[index].lots(for: stake, ticks: ticks)
        // How far the price is above its average, in millionths.
        let above = ((ticks << 16) - book.slow) / max(1, book.slow / 1_000_000)
        let heldMs = venue.nowMs - min(venue.nowMs, book.sinceMs)
        let sell = Wish(side: .sell, lots: book.lots)
        switch style {
        case .momentum:
            let rises = (book.quick - book.slow) / max(1, book.slow / 1_000_000)
            if book.lots > 0 { return rises < -100 || heldMs > 240_000 ? sell : nil }
            return book.looks > 20 && rises > 700 ? Wish(side: .buy, lots: stakeLots) : nil
        case .reversion:
            if book.lots > 0 { return above > 100 || heldMs > 300_000 ? sell : nil }
            guard book.looks > 10, above < -900 else { return nil }
            return Wish(side: .buy, lots: stakeLots, limit: venue.market.bid(index), restsForMs: 30_000)
        case .maker:
            if book.lots > 0 {
                if heldMs > 200_000 { return sell }
                return Wish(side: .sell, lots: book.lots, limit: ticks + max(1, ticks / 2_000), restsForMs: 60_000)
            }
            return Wish(side: .buy, lots: stakeLots, limit: max(1, ticks - max(1, ticks / 1_250)), restsForMs: 45_000)
        }
    }

    private mutating func send(
        _ wish: Wish,
        _ place: Int,
        _ venue: inout PaperVenue,
        _ permits: (_ reducing: Bool) -> Bool,
        _ events: inout [Event]
    ) {
        // Refused or not, the next look comes after a pause: a wish is not asked for ten times a second.
        books[place].restsMs = venue.nowMs + UInt64(3_000 + random.below(wish.side == .buy ? 12_000 : 3_000))
        guard wish.lots > 0 else { return }
        let symbol = PaperSymbol.all[symbols[place]]
        orderCount += 1
        let request = PaperRequest(
            clientID: "\(strategy)-\(run)-\(orderCount)",
            account: account,
            strategy: strategy,
            symbol: symbol.name,
            side: wish.side,
            quantity: symbol.quantity(wish.lots),
            price: wish.limit.map { symbol.price($0) },
            reduceOnly: wish.side == .sell,
            restsForMs: wish.restsForMs
        )
        guard permits(wish.side == .sell) else { return }
        var report = OrderReport(
            clientID: request.clientID,
            symbol: request.symbol,
            side: request.side,
            quantity: request.quantity,
            filled: symbol.quantity(0),
            price: request.price,
            reduceOnly: request.reduceOnly,
            state: .submitted
        )
        do {
            report.venueID = try venue.place(request).venueID
        } catch {
            report.note = error.message
            // Whether it arrived is asked with the next listing; one that was refused did not.
            if error.code != .unreachable { report.state = .rejected }
        }
        events.append(event(.order(report), venue))
        guard !report.state.isFinal else { return }
        open.append(
            PaperClaim(
                clientID: request.clientID,
                symbol: symbols[place],
                side: wish.side,
                sentMs: venue.nowMs,
                report: report
            )
        )
    }
}
