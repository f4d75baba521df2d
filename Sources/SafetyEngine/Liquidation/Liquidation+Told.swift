/// What a liquidation is told: what became of its closes, and what they sold.
extension Liquidation {
    /// What became of an effect, if it was one of its closes.
    mutating func take(
        _ outcome: HostEvent.Outcome,
        at atMs: UInt64,
        retries: Int,
        _ decisions: inout [Decision]
    ) {
        for place in holdings.indices where holdings.values[place].slice?.number == outcome.number {
            guard holdings[at: place].progress.take(outcome, at: atMs) else { return }
            if !outcome.isDone { noteRefusal(place, retries: retries, &decisions) }
            return
        }
    }

    /// A host started: what was under way may never have been sent, or its answer may be lost.
    mutating func hostStarted(at atMs: UInt64, retries: Int, _ decisions: inout [Decision]) {
        guard isActive else { return }
        for place in holdings.indices where holdings.values[place].slice != nil {
            guard holdings[at: place].progress.giveUpWaiting("the desk started anew before an answer came", at: atMs)
            else { continue }
            noteRefusal(place, retries: retries, &decisions)
        }
    }

    mutating func noteRefusal(_ place: Int, retries: Int, _ decisions: inout [Decision]) {
        let words = holdings.values[place].progress.words(retries: retries)
        holdings[at: place].why = words
        decisions.append(.log(RunbookLog.notSold(self, holdings.keys[place], words)))
    }

    /// A fill of one of its closes, by its venue's word. Also after the end: what is told late still counts.
    mutating func take(_ event: Event, _ book: Book, _ settings: EngineSettings) {
        guard case .fill(let fill) = event.body, event.origin.source.kind == .venue, fill.quantity > Decimal(0),
            fill.price > Decimal(0), let place = place(of: fill, event.origin, book), fills.insert(name(fill, event))
        else { return }
        let base = settings.baseCurrency
        let (said, known) = (fill.currency, holdings.values[place].currency)
        let isSame = (said.isEmpty ? base : said) == (known.isEmpty ? base : known)
        holdings[at: place].take(fill, isSameCurrency: isSame)
    }

    /// The position that a fill sold a part of; nil: none of this liquidation's.
    private func place(of fill: FillReport, _ origin: Event.Origin, _ book: Book) -> Int? {
        let side: Position.Side = fill.side == .sell ? .long : .short
        let key = PositionKey(venue: origin.venue, account: origin.account, symbol: fill.symbol, side: side)
        guard let place = holdings.place(of: key) else { return nil }
        if let number = Decision.Effect.number(ofClientID: fill.clientID) {
            return holdings.values[place].numbers.contains(number) ? place : nil
        }
        // Some venues name their own order only.
        guard fill.clientID.isEmpty, !fill.venueID.isEmpty, let number = holdings.values[place].numbers.last else {
            return nil
        }
        let order = OrderKey(venue: key.venue, account: key.account, clientID: Decision.Effect.clientID(number))
        return book.orders[order]?.venueID == fill.venueID ? place : nil
    }

    /// What makes it the same fill.
    private func name(_ fill: FillReport, _ event: Event) -> String {
        let own =
            fill.fillID.isEmpty
            ? "\(event.happenedMs ?? 0)\u{0}\(fill.clientID)\u{0}\(fill.quantity)\u{0}\(fill.price)" : fill.fillID
        return "\(event.origin.venue)\u{0}\(event.origin.account)\u{0}\(own)"
    }
}
