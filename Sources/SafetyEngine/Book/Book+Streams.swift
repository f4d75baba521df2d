// How old each stream of an account is. One function decides it for rules, checks, the cap and every surface.
extension Book {
    /// The age of one stream of an account.
    ///
    /// - Parameter valuation: what everything is worth at that time; it knows how old balances are.
    func stream(
        _ kind: StreamKind,
        of key: AccountKey,
        _ valuation: Valuation,
        at atMs: UInt64,
        _ settings: EngineSettings
    )
        -> StreamAge
    {
        let limitMs = settings.limitMs(of: kind)
        let venue = venues[key]
        switch kind {
        case .orders:
            var age = StreamAge(ageMs: venue?.ordersListedMs.map { elapsed(from: $0, to: atMs) }, limitMs: limitMs)
            if let venue, age.ageMs != nil { age.problem = venue.ordersProblem }
            return age
        case .positions:
            var age = StreamAge(ageMs: venue?.positionsListedMs.map { elapsed(from: $0, to: atMs) }, limitMs: limitMs)
            if let venue, age.ageMs != nil { age.problem = venue.positionsProblem }
            return age
        case .balances:
            guard let account = valuation.accounts[key], account.hasBalance else { return StreamAge(limitMs: limitMs) }
            return StreamAge(ageMs: elapsed(from: account.oldestMs ?? account.heardMs, to: atMs), limitMs: limitMs)
        case .prices, .accountCounts: return StreamAge(limitMs: limitMs)
        }
    }

    /// How old account counts are.
    func accountCountsStream(at atMs: UInt64, _ settings: EngineSettings) -> StreamAge {
        StreamAge(
            ageMs: accounts == nil ? nil : elapsed(from: accountsMs, to: atMs),
            limitMs: settings.limitMs(of: .accountCounts)
        )
    }

    /// Whether the open orders of the account at a place are known: listed completely, within the limit, by a venue that is
    /// not silent.
    func areOrdersKnown(_ place: Int, at atMs: UInt64, _ settings: EngineSettings) -> Bool {
        guard let listedMs = venues.values[place].ordersListedMs, venues.values[place].ordersProblem.isEmpty else {
            return false
        }
        return elapsed(from: listedMs, to: atMs) <= settings.streams.ordersMs
    }

    /// The same for positions.
    func arePositionsKnown(_ place: Int, at atMs: UInt64, _ settings: EngineSettings) -> Bool {
        guard let listedMs = venues.values[place].positionsListedMs, venues.values[place].positionsProblem.isEmpty
        else {
            return false
        }
        return elapsed(from: listedMs, to: atMs) <= settings.streams.positionsMs
    }

    /// Whether positions were listed at the account at a place, and are not known any more.
    func arePositionsStale(_ place: Int, at atMs: UInt64, _ settings: EngineSettings) -> Bool {
        venues.values[place].positionsListedMs != nil && !arePositionsKnown(place, at: atMs, settings)
    }

    /// Whether a held position was not reported within the limit. What only fills tell of has no stream of its own.
    ///
    /// - Parameter account: where its account is in `Valuation.accounts`, whose first places are those of `venues`.
    func isStale(position place: Int, _ account: Int, at atMs: UInt64, _ settings: EngineSettings) -> Bool {
        guard account < venues.count, venues.values[account].reportsPositions else { return false }
        return elapsed(from: positions.values[place].seenMs ?? 0, to: atMs) > settings.streams.positionsMs
    }

    /// Why gross and net exposure are not known; empty: they are.
    func whyExposureUnknown(_ valuation: Valuation, at atMs: UInt64, _ settings: EngineSettings) -> String {
        guard !venues.isEmpty else { return "no venue has reported anything yet" }
        if let name = reached.keys.first { return "\(name) has reported no account" }
        for place in venues.indices where !arePositionsKnown(place, at: atMs, settings) {
            guard let listedMs = venues.values[place].positionsListedMs else {
                return "\(venues.keys[place]) has never listed its positions"
            }
            let problem = venues.values[place].positionsProblem
            if !problem.isEmpty { return "\(venues.keys[place]): \(problem)" }
            return
                "\(venues.keys[place]) has not listed its positions for \(ElapsedText.of(elapsed(from: listedMs, to: atMs)))"
        }
        let lacking = valuation.unpriced + valuation.stalePositions
        if lacking > 0 { return "\(lacking) position\(lacking == 1 ? " has" : "s have") no fresh price" }
        return ""
    }

    /// Keeps exposure as it is known now, for the time when it is not.
    mutating func recordExposure(_ valuation: Valuation, at atMs: UInt64, _ settings: EngineSettings) {
        guard whyExposureUnknown(valuation, at: atMs, settings).isEmpty else { return }
        exposure = BookExposure(gross: valuation.gross, net: valuation.net, atMs: atMs)
    }
}

extension BookVenue {
    /// Why the last complete listing of orders does not count although it may be young enough; empty: it counts.
    var ordersProblem: String {
        if isSilent { return "the venue is silent" }
        return refusedOrderRows == 0 ? "" : BookVenue.refused(refusedOrderRows)
    }

    /// The same for positions.
    var positionsProblem: String { refusedPositionRows == 0 ? "" : BookVenue.refused(refusedPositionRows) }

    private static func refused(_ rows: Int) -> String {
        "\(rows) row\(rows == 1 ? "" : "s") of the last listing could not be read"
    }
}
