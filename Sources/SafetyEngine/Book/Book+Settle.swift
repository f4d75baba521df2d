extension Book {
    /// What time alone changes: orders of a silent venue become unknown, finished ones are forgotten, closed positions
    /// dropped, peaks and openings follow. Returns what everything is worth then.
    @discardableResult
    mutating func settle(at atMs: UInt64, _ calendar: Calendar, _ settings: EngineSettings) -> Valuation {
        bounds = settings.bounds
        let silent = venues.indices.filter { place in
            let heard = max(venues.values[place].seenMs, startedMs)
            return !venues.values[place].isSilent && elapsed(from: heard, to: atMs) >= settings.venueSilentMs
        }
        if !silent.isEmpty { fallSilent(silent, at: atMs) }
        if !overloads.isEmpty { overloads.keep { elapsed(from: $1.lastMs, to: atMs) < Book.overloadedMs } }
        loseUnlistedOrders(at: atMs, settings)
        forgetFinished(at: atMs)
        if !refusals.isEmpty { refusals.keep { elapsed(from: $1.lastMs, to: atMs) < RefusedCount.keptMs } }
        if !ahead.isEmpty { ahead.keep { $1.wellMs == nil || elapsed(from: $1.atMs, to: atMs) < SourceAhead.keptMs } }
        followPositions(at: atMs, settings)
        let valuation = valuation(at: atMs, settings)
        recordExposure(valuation, at: atMs, settings)
        let day = calendar.day(at: atMs, startMinute: settings.dayStartMinute)
        recordEquity(valuation, at: atMs, day: day, settings)
        return valuation
    }

    /// Orders of an account whose listing is older than its limit are unknown, apart from those of which the venue itself
    /// spoke since.
    private mutating func loseUnlistedOrders(at atMs: UInt64, _ settings: EngineSettings) {
        let limitMs = settings.streams.ordersMs
        var stale: Set<AccountKey> = []
        for place in venues.indices {
            guard !venues.values[place].isSilent, let listedMs = venues.values[place].ordersListedMs,
                elapsed(from: listedMs, to: atMs) > limitMs
            else { continue }
            stale.insert(venues.keys[place])
        }
        guard !stale.isEmpty else { return }
        for place in orders.indices where orders.values[place].isOpen && orders.values[place].state != .unknown {
            let order = orders.values[place]
            guard elapsed(from: order.seenMs ?? order.sinceMs, to: atMs) > limitMs,
                stale.contains(AccountKey(venue: orders.keys[place].venue, account: orders.keys[place].account))
            else { continue }
            orders[at: place].lose()
            orders[at: place].changedMs = atMs
        }
    }

    /// Peaks of what is held; what nobody holds or claims is dropped.
    private mutating func followPositions(at atMs: UInt64, _ settings: EngineSettings) {
        let samples = min(max(1, settings.exits.confirmations), Book.mostPeakSamples)
        var gone: [PositionKey] = []
        for place in positions.indices {
            guard positions.values[place].isHeld else {
                if positions.values[place].claimed.map({ $0 == Decimal(0) }) ?? true {
                    gone.append(positions.keys[place])
                }
                continue
            }
            if positions.values[place].pricePlace == nil {
                guard let found = pricePlace(positions.keys[place]) else { continue }
                positions[at: place].pricePlace = found
            }
            guard let price = positions.values[place].pricePlace,
                prices.values[price].version != positions.values[place].peakVersion,
                elapsed(from: prices.values[price].seenMs, to: atMs) <= settings.priceStaleMs
            else { continue }
            let isLong = positions.keys[place].side == .long
            // First those that were replaced since it was looked at last: a peak may have come and gone between two steps.
            let seen = positions.values[place].peakVersion
            if positions.values[place].peak != nil {
                for sample in prices.values[price].replaced where sample.version > seen {
                    positions[at: place].follow(sample.price, sample.version, samples: samples, isLong: isLong)
                }
            }
            let last = prices.values[price]
            positions[at: place].follow(last.price, last.version, samples: samples, isLong: isLong)
        }
        for place in prices.indices where !prices.values[place].replaced.isEmpty { prices[at: place].replaced = [] }
        for key in gone {
            positions.remove(key)
            if let track = tracks[key], track.quantity == Decimal(0) { tracks.remove(key) }
        }
    }

    /// Most samples that are asked to confirm a peak.
    static let mostPeakSamples = 20
}

extension BookPosition {
    /// Takes one sample of its price. A better price is its peak once so many samples in a row are better than the old
    /// one: the worst of them is. One bad price makes no peak where two are asked for.
    fileprivate mutating func follow(_ price: Decimal?, _ version: UInt64, samples: Int, isLong: Bool) {
        peakVersion = version
        guard let now = price else {
            if !peakSamples.isEmpty { peakSamples = [] }
            return
        }
        guard let peak else {
            // The first price that it is seen at is where it starts from.
            self.peak = now
            return
        }
        guard isLong ? now > peak : now < peak else {
            if !peakSamples.isEmpty { peakSamples = [] }
            return
        }
        if samples == 1 {
            self.peak = now
            return
        }
        peakSamples.append(now)
        guard peakSamples.count >= samples else { return }
        if let best = isLong ? peakSamples.min() : peakSamples.max() { self.peak = best }
        // The next sample may confirm the better ones of these.
        peakSamples.removeFirst(peakSamples.count - samples + 1)
        peakSamples.removeAll { sample in self.peak.map { isLong ? sample <= $0 : sample >= $0 } ?? true }
    }
}
