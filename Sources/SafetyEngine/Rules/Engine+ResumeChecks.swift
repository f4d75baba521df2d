public import KillSwitch

/// The checks before a resume that only the engine can make (DESIGN, preflight checks): venues, orders, reconciliation,
/// feeds and rules. Commands and the dashboard's dialog ask for the same ones.
///
/// Invariants (SafetyEngineTests/ResumeChecksTests): one result for each of `PreflightCheck.Name.engine`, in its order; what
/// nobody can tell is *not checked*, never passed; a check that does not pass says what it found and what to do.
extension Engine {
    /// Makes the checks.
    ///
    /// - Parameters:
    ///   - mode: the mode that is asked for.
    ///   - scope: what is resumed; venues and accounts outside of it do not count.
    ///   - atMs: now, in desk time.
    public func resumeChecks(for mode: Mode, scope: Scope, at atMs: UInt64) -> [PreflightCheck] {
        let reader = reader(at: atMs)
        let places = book.venues.indices.filter { scope.concerns(book.venues.keys[$0]) }
        // On a paper desk nothing is at stake; without a venue there is nothing to trade at.
        let hasVenues = !settings.isPaper && !(places.isEmpty && expectedVenues(scope).isEmpty)
        return PreflightCheck.Name.engine.map { name in
            let finding =
                switch name {
                case .venues: venuesCheck(scope, places, at: atMs)
                case .ordersGone: ordersCheck(scope, places, at: atMs)
                case .reconciled: reconciledCheck(scope, places, reader)
                case .feeds: feedsCheck(scope, reader)
                default: rulesCheck(mode, reader)
                }
            if !finding.problems.isEmpty {
                return PreflightCheck(
                    name: name,
                    passed: false,
                    detail: Engine.list(finding.problems + finding.unchecked)
                )
            }
            guard finding.unchecked.isEmpty else {
                return PreflightCheck(
                    name: name,
                    notChecked: Engine.list(finding.unchecked),
                    refuses: hasVenues || finding.refusesAnywhere
                )
            }
            return PreflightCheck(name: name, passed: true, detail: finding.pass)
        }
    }

    /// What one check found.
    private struct Finding {
        /// What is wrong.
        var problems: [String] = []
        /// What nobody can tell.
        var unchecked: [String] = []
        /// What was found where nothing is wrong.
        var pass = ""
        /// Whether what nobody can tell refuses a resume of any desk: of a paper desk, too.
        var refusesAnywhere = false
    }

    private static func list(_ problems: [String]) -> String {
        let most = 3
        let shown = problems.prefix(most).joined(separator: "; ")
        return problems.count > most ? "\(shown); and \(problems.count - most) more" : shown
    }

    private func venuesCheck(_ scope: Scope, _ places: [Int], at atMs: UInt64) -> Finding {
        guard !places.isEmpty else {
            let expected = expectedVenues(scope)
            guard !expected.isEmpty else {
                return Finding(unchecked: ["no venue has reported to this desk, and none is expected"])
            }
            return Finding(
                problems: ["no venue has reported to this desk; expected: \(expected.joined(separator: ", "))"]
            )
        }
        var problems = places.compactMap { place -> String? in
            let (key, venue) = (book.venues.keys[place], book.venues.values[place])
            let age = ElapsedText.of(atMs.since(venue.seenMs))
            if venue.state == .stopped { return nil }
            if venue.isSilent { return "\(key) has been silent for \(age)" }
            guard venue.state == .connected else {
                return "\(key) is \(venue.state.rawValue)\(venue.note.isEmpty ? "" : ": \(venue.note)")"
            }
            return nil
        }
        problems += silent(scope).map { "\($0) has reported no account" }
        let pass = places.count == 1 ? "1 account is reached" : "all \(places.count) accounts are reached"
        return Finding(problems: problems, pass: pass)
    }

    /// Venues that the configuration names.
    private func expectedVenues(_ scope: Scope) -> [String] {
        var names: [String] = []
        for name in settings.supervisors.map(\.feeds) + settings.settleByVenue.keys.sorted()
        where !name.isEmpty && scope.concerns(venue: name) {
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Venues that are expected, or said how they are reached, and of which no account is known.
    private func silent(_ scope: Scope) -> [String] { venuesWithoutAccount(scope, configured: expectedVenues(scope)) }

    /// An order that nobody lists, or that was listed longer ago than the limit, is not known to be gone.
    private func unlisted(_ scope: Scope, _ places: [Int], at atMs: UInt64) -> Finding {
        let unknown = "nothing is known of orders"
        if places.isEmpty {
            let isExpected = !expectedVenues(scope).isEmpty
            return Finding(
                unchecked: [
                    "no venue has reported to this desk, so \(unknown)"
                        + (isExpected ? ": look there whether any is open" : "")
                ],
                refusesAnywhere: isExpected
            )
        }
        let never = places.filter { book.venues.values[$0].ordersListedMs == nil }
        var unchecked: [String] = []
        if !never.isEmpty {
            let names = never.prefix(3).map { "\(book.venues.keys[$0])" }.joined(separator: ", ")
            let more = never.count > 3 ? " and \(never.count - 3) more" : ""
            unchecked.append(
                "\(names)\(more) never listed \(never.count == 1 ? "its" : "their") orders, so \(unknown) there: "
                    + "look there whether any is open"
            )
        }
        for place in places where !never.contains(place) && !book.areOrdersKnown(place, at: atMs, settings) {
            let (key, venue) = (book.venues.keys[place], book.venues.values[place])
            let age = ElapsedText.of(atMs.since(venue.ordersListedMs ?? 0))
            let why = venue.ordersProblem.isEmpty ? "" : " (\(venue.ordersProblem))"
            unchecked.append("\(key) listed its orders \(age) ago\(why), so \(unknown) there now: look there")
        }
        unchecked += silent(scope).map { "\($0) has reported no account, so \(unknown) there: look there" }
        return Finding(unchecked: unchecked, pass: "no order is open", refusesAnywhere: true)
    }

    private func ordersCheck(_ scope: Scope, _ places: [Int], at atMs: UInt64) -> Finding {
        // What a halt asked for is proved by what was listed since, and by nothing else.
        if !mode.permits || !scope.isGlobal, let proof = ordersProof(of: scope, at: atMs),
            !proof.accounts.isEmpty
        {
            switch proof.standing {
            case .gone: return Finding(pass: proof.text())
            case .open, .waiting: return Finding(problems: ["orders \(proof.text())"])
            case .unlisted: return Finding(unchecked: ["orders \(proof.text())"], refusesAnywhere: true)
            // A desk that is meant to work so resumes over what its configuration says nobody looks at.
            case .notWatched: return Finding(unchecked: ["orders \(proof.text())"])
            }
        }
        let open = book.orders.indices.filter {
            book.orders.values[$0].isOpen
                && scope.concerns(AccountKey(venue: book.orders.keys[$0].venue, account: book.orders.keys[$0].account))
        }
        var finding = unlisted(scope, places, at: atMs)
        guard !open.isEmpty else { return finding }
        // What rests while trading is permitted is nothing that a halt left behind.
        if mode.permits {
            finding.pass = "\(open.count) orders rest: the desk is \(mode.mode), no halt asked for them"
            return finding
        }
        let unknown = open.filter { book.orders.values[$0].state == .unknown }.count
        let oldest = open.min { book.orders.values[$0].sinceMs < book.orders.values[$1].sinceMs }
        let example = oldest.map { place in
            let (key, order) = (book.orders.keys[place], book.orders.values[place])
            return ", the oldest \(order.side.rawValue) \(order.symbol) at \(key.venue)/\(key.account) "
                + "(\(order.state.rawValue), \(ElapsedText.of(atMs.since(order.sinceMs))))"
        }
        let count = open.count == 1 ? "1 order is" : "\(open.count) orders are"
        let lost = unknown == 0 ? "" : ", \(unknown) of them UNKNOWN"
        finding.problems = [
            "\(count) still open\(lost)\(example ?? ""): cancel them (4, then c), or see that they are gone"
        ]
        return finding
    }

    private func reconciledCheck(_ scope: Scope, _ places: [Int], _ reader: DeskReader) -> Finding {
        let findings = reader.findings.filter { scope.concerns($0.account) }
        guard !places.isEmpty else {
            return Finding(
                problems: findings.map(\.text),
                unchecked: ["no venue has reported to this desk: there is nothing to compare"]
            )
        }
        let unchecked =
            places.compactMap { place -> String? in
                let why = reader.notCompared(book.venues.keys[place])
                return why.isEmpty ? nil : "\(book.venues.keys[place]): \(why)"
            } + silent(scope).map { "\($0) has reported no account" }
        return Finding(
            problems: findings.map(\.text),
            unchecked: unchecked,
            pass: "what venues and bots report adds up"
        )
    }

    private func feedsCheck(_ scope: Scope, _ reader: DeskReader) -> Finding {
        var problems: [String] = []
        let feeds = reader.feeds.filter { $0.isPriced && scope.concerns(venue: $0.venue) }
        for feed in feeds {
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
        guard !feeds.isEmpty else { return Finding(problems: problems, unchecked: ["no price has been received"]) }
        let named = feeds.prefix(3).map { "\($0.venue) \(ElapsedText.of(reader.atMs.since($0.newestMs))) ago" }
        let more = feeds.count > 3 ? " and \(feeds.count - 3) more" : ""
        return Finding(problems: problems, pass: "the last prices: \(named.joined(separator: ", "))\(more)")
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
        return Finding(
            problems: problems,
            pass: critical == 0 ? "no rule would halt now" : "no rule would halt now; \(critical) CRITICAL open"
        )
    }
}

extension Scope {
    /// Whether a venue is among what is meant: nothing that the scope names says otherwise.
    fileprivate func concerns(venue: String) -> Bool { values[.venue].map { $0 == venue } ?? true }
}
