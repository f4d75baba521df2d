public import KillSwitch

/// The checks before a resume that only the engine can make (DESIGN, preflight checks): venues, orders, reconciliation,
/// feeds and rules. Commands and the dashboard's dialog ask for the same ones.
///
/// Invariants (SafetyEngineTests/ResumeChecksTests): one result for each of `PreflightCheck.Name.engine`, in its order; what
/// is not known does not pass; a check that fails says what it found and what to do.
extension Engine {
    /// Makes the checks.
    ///
    /// - Parameters:
    ///   - mode: the mode that is asked for.
    ///   - scope: what is resumed; venues and accounts outside of it do not count.
    ///   - atMs: now, in desk time.
    public func resumeChecks(for mode: Mode, scope: Scope, at atMs: UInt64) -> [PreflightCheck] {
        let reader = reader(at: atMs)
        return PreflightCheck.Name.engine.map { name in
            let problems: [String]
            let pass: String
            switch name {
            case .venues: (problems, pass) = venuesCheck(scope, at: atMs)
            case .ordersGone: (problems, pass) = ordersCheck(scope, at: atMs)
            case .reconciled: (problems, pass) = reconciledCheck(scope, reader)
            case .feeds: (problems, pass) = feedsCheck(scope, reader)
            default: (problems, pass) = rulesCheck(mode, reader)
            }
            return PreflightCheck(
                name: name,
                passed: problems.isEmpty,
                detail: problems.isEmpty ? pass : Engine.list(problems)
            )
        }
    }

    private typealias Finding = (problems: [String], pass: String)

    private static func list(_ problems: [String]) -> String {
        let most = 3
        let shown = problems.prefix(most).joined(separator: "; ")
        return problems.count > most ? "\(shown); and \(problems.count - most) more" : shown
    }

    private func venuesCheck(_ scope: Scope, at atMs: UInt64) -> Finding {
        let places = book.venues.indices.filter { scope.concerns(book.venues.keys[$0]) }
        guard !places.isEmpty else {
            let expected = expectedVenues(scope)
            guard !expected.isEmpty else { return ([], "no venue has spoken to this desk, and none is expected") }
            return (["no venue has spoken to this desk; expected: \(expected.joined(separator: ", "))"], "")
        }
        let problems = places.compactMap { place -> String? in
            let (key, venue) = (book.venues.keys[place], book.venues.values[place])
            let age = ElapsedText.of(atMs.since(venue.seenMs))
            if venue.state == .stopped { return nil }
            if venue.isSilent { return "\(key) has been silent for \(age)" }
            guard venue.state == .connected else {
                return "\(key) is \(venue.state.rawValue)\(venue.note.isEmpty ? "" : ": \(venue.note)")"
            }
            return nil
        }
        return (problems, places.count == 1 ? "1 account is reached" : "all \(places.count) accounts are reached")
    }

    /// Venues that the configuration names.
    private func expectedVenues(_ scope: Scope) -> [String] {
        var names: [String] = []
        for name in settings.supervisors.map(\.feeds) where !name.isEmpty && scope.concerns(venue: name) {
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// What was never heard of is not known to be gone.
    private func unheard(_ scope: Scope, at atMs: UInt64) -> Finding {
        let unheard = "nothing is known of orders"
        let places = book.venues.indices.filter { scope.concerns(book.venues.keys[$0]) }
        if places.isEmpty {
            let text = "no venue has spoken to this desk, so \(unheard)"
            return expectedVenues(scope).isEmpty ? ([], text) : (["\(text): look there whether any is open"], "")
        }
        let unlisted = places.filter { book.venues.values[$0].ordersListedMs == nil }
        var problems: [String] = []
        if !unlisted.isEmpty {
            let names = unlisted.prefix(3).map { "\(book.venues.keys[$0])" }.joined(separator: ", ")
            problems.append("\(names) never listed its orders, so \(unheard) there: look there whether any is open")
        }
        for place in places where !unlisted.contains(place) && !book.areOrdersKnown(place, at: atMs, settings) {
            let (key, venue) = (book.venues.keys[place], book.venues.values[place])
            let age = ElapsedText.of(atMs.since(venue.ordersListedMs ?? 0))
            let why = venue.ordersProblem.isEmpty ? "" : " (\(venue.ordersProblem))"
            problems.append("\(key) listed its orders \(age) ago\(why), so \(unheard) there now: look there")
        }
        return (problems, "no order is open")
    }

    private func ordersCheck(_ scope: Scope, at atMs: UInt64) -> Finding {
        // What a halt asked for is proved by what was listed since, and by nothing else.
        if !mode.permits || !scope.isGlobal, let proof = ordersProof(of: scope, at: atMs),
            !proof.accounts.isEmpty
        {
            let passes = proof.standing == .gone || proof.standing == .notWatched
            return passes ? ([], proof.text()) : (["orders \(proof.text())"], "")
        }
        let open = book.orders.indices.filter {
            book.orders.values[$0].isOpen
                && scope.concerns(AccountKey(venue: book.orders.keys[$0].venue, account: book.orders.keys[$0].account))
        }
        guard !open.isEmpty else { return unheard(scope, at: atMs) }
        // What rests while trading is permitted is nothing that a halt left behind.
        if mode.permits { return ([], "\(open.count) orders rest: the desk is \(mode.mode), no halt asked for them") }
        let unknown = open.filter { book.orders.values[$0].state == .unknown }.count
        let oldest = open.min { book.orders.values[$0].sinceMs < book.orders.values[$1].sinceMs }
        let example = oldest.map { place in
            let (key, order) = (book.orders.keys[place], book.orders.values[place])
            return ", the oldest \(order.side.rawValue) \(order.symbol) at \(key.venue)/\(key.account) "
                + "(\(order.state.rawValue), \(ElapsedText.of(atMs.since(order.sinceMs))))"
        }
        let count = open.count == 1 ? "1 order is" : "\(open.count) orders are"
        let lost = unknown == 0 ? "" : ", \(unknown) of them UNKNOWN"
        return (["\(count) still open\(lost)\(example ?? ""): cancel them (4, then c), or see that they are gone"], "")
    }

    private func reconciledCheck(_ scope: Scope, _ reader: DeskReader) -> Finding {
        let findings = reader.findings.filter { scope.concerns($0.account) }
        // Nothing said cannot disagree.
        let isHeard = book.venues.keys.contains { scope.concerns($0) }
        let stale = reader.staleStreams.filter { stale in
            (stale.kind == .positions || stale.kind == .balances) && (stale.account.map { scope.concerns($0) } ?? false)
        }
        return (
            findings.map(\.text) + stale.map { "\($0.words): it cannot be compared" },
            isHeard
                ? "what venues and bots say adds up" : "no venue has spoken to this desk: there is nothing to compare"
        )
    }

    private func feedsCheck(_ scope: Scope, _ reader: DeskReader) -> Finding {
        var problems: [String] = []
        for feed in reader.feeds where feed.isPriced && scope.concerns(venue: feed.venue) {
            let age = reader.atMs.since(feed.newestMs)
            if age > settings.priceStaleMs {
                problems.append("no price from \(feed.venue) for \(ElapsedText.of(age))")
            }
        }
        let unpriced = book.positions.indices.filter { place in
            book.positions.values[place].isHeld && reader.valuation.positions.indices.contains(place)
                && reader.valuation.positions[place].price == nil
                && scope.concerns(book.positions.keys[place].accountKey)
        }
        if let first = unpriced.first {
            let more = unpriced.count > 1 ? " and \(unpriced.count - 1) more" : ""
            problems.append("held without a fresh price: \(book.positions.keys[first])\(more)")
        }
        return (problems, reader.feeds.isEmpty ? "no feed speaks to this desk" : "prices are fresh")
    }

    private func rulesCheck(_ mode: Mode, _ reader: DeskReader) -> Finding {
        var problems: [String] = []
        if let early = stageProblem(for: mode.name, at: reader.atMs) { problems.append(early) }
        for breaker in breakersInView(reader) where breaker.isTripped {
            problems.append(
                "\(breaker.name) has tripped: see its cause, then estop breakers reset \(breaker.name) REASON"
            )
        }
        let open = openAlerts(reader)
        for alert in open where alert.level == .emergency {
            problems.append("\(alert.id) is open (EMERGENCY)")
        }
        let critical = open.filter { $0.level == .critical }.count
        return (
            problems, critical == 0 ? "no rule would halt now" : "no rule would halt now; \(critical) CRITICAL open"
        )
    }
}

extension Scope {
    /// Whether a venue is among what is meant: nothing that the scope names says otherwise.
    fileprivate func concerns(venue: String) -> Bool { values[.venue].map { $0 == venue } ?? true }
}
