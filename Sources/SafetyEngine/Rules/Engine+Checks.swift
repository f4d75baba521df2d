/// What the runbooks' library calls tell (FEATURES rows A22 to A26): they look, and change nothing.
extension Engine {
    /// How the desk fares, as a program reads it.
    public struct Health: Sendable, Equatable, Codable {
        /// `healthy`; `warning`, `critical` or `emergency`: the gravest open alert; `unhealthy`: no alert is open that grave,
        /// and a part of the desk does not work (see `reasons`).
        public var status: String
        /// The kill switch's mode.
        public var mode: String
        /// Latches that keep it.
        public var latches: Int
        /// Open alerts by level.
        public var emergency: Int
        /// Open alerts by level.
        public var critical: Int
        /// Open alerts by level.
        public var warning: Int
        /// Open alerts by level.
        public var info: Int
        /// Open orders.
        public var openOrders: Int
        /// Client ids of stuck orders.
        public var stuckOrders: [String]
        /// Names of tripped breakers.
        public var trippedBreakers: [String]
        /// Held positions.
        public var positions: Int
        /// Those without a price.
        public var unpriced: Int
        /// What everything is worth, in the base currency; nil: a part of it has no price.
        public var equity: Decimal?
        /// The base currency.
        public var currency: String
        /// Milliseconds since rules were evaluated.
        public var evaluationAgeMs: UInt64
        /// Why the journal does not write; nil: it does.
        public var journalProblem: String?
        /// Events that could not be taken, since the desk began.
        public var dropped: UInt64
        /// What does not work, as far as the engine can tell (`DeskHealth`); the kill switch's part is its own.
        public var reasons: [String]
    }

    /// What a check of one figure finds.
    public struct Check: Sendable, Equatable, Codable {
        /// The rule that it asks.
        public var rule: String
        /// What it is about; empty: the desk.
        public var subject: String
        /// The figure; nil: it cannot be said (a total of 0, one venue only).
        public var value: Decimal?
        /// The level that it would raise; nil: none.
        public var level: Alert.Level?
        /// Whether a halt would follow.
        public var wouldHalt: Bool
        /// In words.
        public var text: String
    }

    /// Now, as far as the engine knows: the last event, or the last evaluation.
    private var nowMs: UInt64 { max(last?.atMs ?? 0, evaluatedMs) }

    /// How the desk fares (row A22).
    public func checkHealth() -> Health {
        let valuation = book.valuation(at: nowMs, settings)
        let levels = alarms.watches.values.compactMap { $0.alert?.level }
        func count(_ level: Alert.Level) -> Int { levels.count { $0 == level } }
        let reasons = DeskHealth(engine: view(at: nowMs)).reasons
        let status =
            switch levels.max() {
            case nil, .info: reasons.isEmpty ? "healthy" : "unhealthy"
            case .warning: "warning"
            case .critical: "critical"
            case .emergency: "emergency"
            }
        return Health(
            status: status,
            mode: mode.mode,
            latches: mode.latches,
            emergency: count(.emergency),
            critical: count(.critical),
            warning: count(.warning),
            info: count(.info),
            openOrders: book.orders.values.count { $0.isOpen },
            stuckOrders: checkStuckOrders(),
            trippedBreakers: breakers.states.indices.compactMap { place in
                breakers.states[at: place].trippedMs == nil ? nil : breakers.states.keys[place]
            },
            positions: book.positions.values.count { $0.isHeld },
            unpriced: valuation.unpriced,
            equity: valuation.equity,
            currency: settings.baseCurrency,
            evaluationAgeMs: nowMs.since(evaluatedMs),
            journalProblem: journal.problem,
            dropped: journal.dropped,
            reasons: reasons
        )
    }

    /// Client ids of open orders past the first step of ORDER_STUCK, the oldest first (row A24).
    public func checkStuckOrders() -> [String] {
        guard let rule = settings.rules.first(where: { $0.measure == Measure.orderAge.rawValue }),
            let threshold = breakers.thresholds(of: rule, settings).min()
        else { return [] }
        var limit = Limit(rule.comparison, threshold)
        var stuck: [(sinceMs: UInt64, id: String)] = []
        for place in book.orders.indices where book.orders.values[place].isOpen {
            let sinceMs = book.orders.values[place].sinceMs
            if limit.isPassed(by: nowMs.since(sinceMs).seconds) {
                stuck.append((sinceMs, book.orders.keys[place].clientID))
            }
        }
        return stuck.sorted { ($0.sinceMs, $0.id) < ($1.sinceMs, $1.id) }.map(\.id)
    }

    /// What ADOPTION_GUARDRAIL would say of such counts (row A25).
    ///
    /// - Parameter autoTrigger: whether to count the rule's halt as on, whatever the configuration says.
    public func checkAdoptionGuardrail(active: Int, total: Int, autoTrigger: Bool = false) -> Check {
        let percent = Share.percent(Decimal(active), of: Decimal(total))
        let about = percent.map { "\(active) of \(total) accounts trade: \($0.shown(places: 2)) %" }
        return check(
            "ADOPTION_GUARDRAIL",
            "",
            percent,
            autoTrigger,
            about ?? "nobody can say the share of \(total) accounts"
        )
    }

    /// What PLATFORM_EXPOSURE would say of such balances (row A26): of the venue with the largest share.
    ///
    /// - Parameters:
    ///   - total: what the shares are of, other money included.
    ///   - autoTrigger: whether to count the rule's halt as on, whatever the configuration says.
    public func checkPlatformExposure(balances: [String: Decimal], total: Decimal, autoTrigger: Bool = false) -> Check {
        let rule = "PLATFORM_EXPOSURE"
        // An empty account spreads nothing.
        let names = balances.keys.sorted().filter { balances[$0]?.digits != 0 }
        guard names.count > 1 || names.first.flatMap({ balances[$0] }).map({ $0 < total }) ?? false else {
            let only = names.first.map { "everything is at \($0), the only venue: the rule does not fire" }
            return check(rule, names.first ?? "", nil, autoTrigger, only ?? "there is no venue")
        }
        var largest = names[0]
        for name in names.dropFirst() where (balances[name] ?? Decimal(0)) > (balances[largest] ?? Decimal(0)) {
            largest = name
        }
        let percent = balances[largest].flatMap { Share.percent($0, of: total) }
        let about = percent.map { "\($0.shown(places: 2)) % is at \(largest)" }
        return check(rule, largest, percent, autoTrigger, about ?? "nobody can say the shares of \(total)")
    }

    private func check(
        _ name: String,
        _ subject: String,
        _ value: Decimal?,
        _ autoTrigger: Bool,
        _ about: String
    ) -> Check {
        let rule = settings.rules.first { $0.name == name }
        var result = Check(rule: name, subject: subject, value: value, level: nil, wouldHalt: false, text: about)
        guard let value, let rule, rule.isEnabled else { return result }
        let thresholds = breakers.thresholds(of: rule, settings)
        let passed = rule.steps.indices.filter { rule.comparison.isPassed(value, thresholds[$0]) }
        result.level = passed.map { rule.steps[$0].level }.max()
        let asConfigured = passed.contains { rule.steps[$0].kills }
        let asAsked = autoTrigger && rule.breakerStep.map { passed.contains($0) } ?? false
        result.wouldHalt = asConfigured || asAsked
        if let last = passed.last {
            result.text += ", \(rule.comparison.word) \(thresholds[last].shown()) %: \(result.level?.word ?? "")"
            if result.wouldHalt { result.text += ", and trading would halt" }
        }
        return result
    }

    /// The desk in a few lines for a terminal (row A23).
    ///
    /// - Parameter whole: the health of the desk, the kill switch's included; nil: the engine tells its own part.
    public func summary(_ whole: DeskHealth? = nil) -> String {
        let health = checkHealth()
        let reader = reader(at: nowMs)
        let desk = whole ?? DeskHealth(engine: view(at: nowMs))
        var lines = ["\(settings.deskName): \(health.mode.uppercased()), \(desk.headline)"]
        if health.latches > 0 {
            lines[0] += ", \(health.latches) reason\(health.latches == 1 ? "" : "s") to stay halted"
        }
        // Alerts have their own lines below.
        for part in desk.parts where !part.isHealthy && !part.name.hasPrefix("alert ") {
            lines.append("  \(part.name): \(part.detail)")
        }
        let view = view(at: nowMs)
        let equity =
            view.money.equity.map { "\($0.shown(places: 2)) \(health.currency)" }
            ?? "unknown (\(view.money.problem.isEmpty ? "nothing is known yet" : view.money.problem))"
        lines.append("equity     \(equity)")
        lines.append(
            "positions  "
                + Engine.counted("\(health.positions), \(health.unpriced) without a price", view.positionListing)
        )
        lines.append(
            "orders     "
                + Engine.counted("\(health.openOrders) open, \(health.stuckOrders.count) stuck", view.orderListing)
        )
        let counts = [
            ("EMERGENCY", health.emergency), ("CRITICAL", health.critical), ("WARNING", health.warning),
            ("INFO", health.info),
        ]
        let open = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
        lines.append("alerts     \(open.isEmpty ? "none" : open)")
        for alert in openAlerts(reader).prefix(10) {
            lines.append(
                "  \(alert.level.word) \(alert.rule) \(alert.subject), \(ElapsedText.of(alert.ageMs)): \(alert.text)"
            )
        }
        let tripped = health.trippedBreakers
        lines.append("breakers   \(tripped.isEmpty ? "none tripped" : "tripped: \(tripped.joined(separator: ", "))")")
        if let problem = health.journalProblem { lines.append("journal    \(problem)") }
        if health.dropped > 0 { lines.append("events     \(health.dropped) could not be taken") }
        return lines.joined(separator: "\n")
    }

    /// A count of what accounts list; where one did not, that it is not known, and what was reported.
    private static func counted(_ text: String, _ listing: ListingState) -> String {
        listing.problem.map { "NOT KNOWN (\($0)); reported: \(text)" } ?? text
    }
}
