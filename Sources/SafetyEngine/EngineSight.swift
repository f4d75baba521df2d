/// What a screen sees of the engine: its view, or why there is none.
public enum EngineSight: Sendable, Equatable {
    /// The view, and how old it is on the way here, in milliseconds.
    case view(EngineView, ageMs: UInt64)
    /// The last view, since when it is the last, and why.
    case lost(EngineView?, ageMs: UInt64, reason: String)
}

extension DeskSnapshot {
    /// Past this age what the engine says is stale, in milliseconds.
    static let engineStaleMs: UInt64 = 3_000

    /// Fills in what the engine knows.
    public mutating func take(_ sight: EngineSight) {
        switch sight {
        case .view(let view, let ageMs):
            let age = ageMs + view.evaluationAgeMs
            take(view, age <= DeskSnapshot.engineStaleMs ? .live(ageMs: age) : .stale(ageMs: age))
        case .lost(let view?, let ageMs, let reason):
            take(view, .lost(ageMs: ageMs, reason: reason))
            losesOrders(reason)
        case .lost(nil, _, let reason):
            alerts = .never(source: "engine", hint: reason)
            positions = .never(source: "engine", hint: reason)
            orders = .never(source: "engine", hint: reason)
            venues = .never(source: "engine", hint: reason)
            losesOrders(reason)
        }
    }

    /// Orders that nobody can tell of are an alarm after this time, in milliseconds.
    static let ordersUntoldMs: Double = 10_000

    private mutating func losesOrders(_ reason: String) {
        guard case .pending(let ms) = steps.orders, ms > DeskSnapshot.ordersUntoldMs else { return }
        steps.orders = .alarm("nobody can tell what became of the orders: \(reason). Cancel by hand at the venue")
    }

    private mutating func take(_ view: EngineView, _ freshness: Freshness) {
        engine = view
        currency = view.money.currency
        alerts = Reading(source: "engine", freshness: freshness, rows: view.alerts)
        positions = reading(view.positions, view.positionListing, view, freshness)
        orders = reading(view.orders, view.orderListing, view, freshness)
        venues = Reading(source: "adapters", freshness: view.venues.isEmpty ? .never : freshness, rows: view.venues)
        if view.venues.isEmpty { venues.hint = "no venue has reported to this desk yet" }
        takeSupervisors(view)
        if case .lost = freshness {} else { takeCancels(view) }
        var graver: [String] = []
        if let words = view.journal.words { graver.append(words) }
        graver += view.journal.files ?? []
        if view.journal.dropped > 0 {
            graver.append("\(view.journal.dropped) events were dropped; their senders were told")
        }
        // Before what was odd when the screen began.
        notices = graver + notices
    }

    /// A list is as old as the oldest of its accounts' lists, and never fresher than the engine itself. Prices and other words
    /// of a venue make no list younger.
    private func reading<Row>(
        _ rows: [Row],
        _ listing: ListingState,
        _ view: EngineView,
        _ freshness: Freshness
    ) -> Reading<Row> {
        var reading = Reading(
            source: "venues",
            freshness: freshness,
            rows: rows,
            staleAfterMs: listing.limitMs,
            lostAfterMs: 2 * listing.limitMs,
            hint: listing.problem ?? ""
        )
        guard case .live(let age) = freshness else { return reading }
        // Rows without any list are bots' claims and single reports: as old as the oldest word of a venue.
        guard let own = listing.ageMs ?? (rows.isEmpty ? nil : view.venueAgeMs) else {
            reading.freshness = .never
            return reading
        }
        let whole = own + age
        let isOld = listing.accounts.contains { $0.stream.state == .stale }
        reading.freshness =
            whole > reading.lostAfterMs
            ? .lost(ageMs: whole, reason: listing.problem ?? "no list since")
            : whole > reading.staleAfterMs || isOld ? .stale(ageMs: whole) : .live(ageMs: whole)
        return reading
    }

    /// A halt is verified once the orders that it found are proved to be gone, too.
    private mutating func takeCancels(_ view: EngineView) {
        guard steps.page != .empty, let cancels = view.cancels else { return }
        switch cancels.standing {
        case .gone:
            guard let done = cancels.doneAfterMs else { return }
            steps.orders = .done(ms: Double(done))
            // Verified is what comes last.
            if case .done(let ms) = steps.verified { steps.verified = .done(ms: max(ms, Double(done))) }
            return
        case .notWatched: steps.orders = .notApplicable(cancels.problem)
        case .unlisted: steps.orders = .alarm("\(cancels.problem): look there, and cancel by hand")
        case .open, .waiting:
            steps.orders =
                cancels.problem.isEmpty ? .pending(ms: Double(cancels.askedAgeMs)) : .alarm(cancels.problem)
        }
        let isUnwatched = cancels.standing == .unlisted || cancels.standing == .notWatched
        if isUnwatched, steps.disk.isDone, steps.gates.isDone {
            // Nobody will ever list them: there is nothing to wait for, and nothing is verified.
            steps.verified = .notApplicable("orders \(cancels.problem)")
        } else if steps.verified.isDone {
            steps.verified = .pending(ms: Double(cancels.askedAgeMs))
        }
    }

    /// The switch's own look at beats is the finer one; who beats by events only, and what is done about anybody, the engine
    /// knows.
    private mutating func takeSupervisors(_ view: EngineView) {
        let known = Dictionary(view.supervisors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var named: Set<String> = []
        for index in supervisors.indices {
            named.insert(supervisors[index].name)
            if let other = known[supervisors[index].name] { supervisors[index].take(other) }
        }
        supervisors += view.supervisors.filter { !named.contains($0.name) }
    }
}
