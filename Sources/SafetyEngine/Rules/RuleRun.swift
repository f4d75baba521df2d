/// One evaluation of all rules: what became of each alert, and what has to halt.
///
/// First every subject past a limit is looked at, then whoever was on the way to an alert and was not among them; only when
/// all is known it is settled who is told, because what keeps an alert quiet may be found after it.
struct RuleRun {
    /// What became of something, in the order in which it was found.
    enum Entry {
        case change(Decision.AlertChange.Kind, AlarmKey)
        case resolved(Alert, AlarmKey, isTold: Bool)
        case halt(Decision.HaltOrder)
    }

    var alarms: Alarms
    var breakers: Breakers
    let reader: DeskReader
    let rules: [Rule]
    /// Where each rule is; of two with one name the first counts.
    private let places: [String: Int]
    /// Each rule's thresholds as they hold now.
    private let thresholds: [[Decimal]]
    let atMs: UInt64
    var lastNumber: UInt64
    private var entries: [Entry] = []

    init(_ alarms: Alarms, _ breakers: Breakers, _ reader: DeskReader, _ lastNumber: UInt64) {
        self.alarms = alarms
        self.breakers = breakers
        self.reader = reader
        self.lastNumber = lastNumber
        let rules = reader.settings.rules
        self.rules = rules
        atMs = reader.atMs
        thresholds = reader.settings.rules.map { breakers.thresholds(of: $0, reader.settings) }
        places = Dictionary(rules.indices.map { (rules[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func evaluate(_ decisions: inout [Decision]) {
        alarms.expire(at: atMs)
        for place in rules.indices where isWatched(place) { sweep(rules[place], thresholds[place]) }
        visitTheRest()
        if !entries.isEmpty || alarms.hasUntold { settle(&decisions) }
    }

    private func isWatched(_ place: Int) -> Bool {
        rules[place].isEnabled && !rules[place].steps.isEmpty && places[rules[place].name] == place
    }

    private mutating func sweep(_ rule: Rule, _ thresholds: [Decimal]) {
        guard let mildest = rule.comparison == .under ? thresholds.max() : thresholds.min() else { return }
        if let sweepMs = Measure(rawValue: rule.measure)?.sweepMs, atMs % sweepMs != 0 { return }
        var limit = Limit(rule.comparison, mildest)
        let reader = reader
        reader.sweep(rule, &limit) { subject, value, version, _ in
            let key = AlarmKey(rule: rule.name, subject: subject)
            look(key, value, version, rule, reader.thresholds(thresholds, of: subject, rule))
        }
    }

    /// A value past a limit, or of whom one was past it.
    private mutating func look(
        _ key: AlarmKey,
        _ value: Decimal,
        _ version: UInt64?,
        _ rule: Rule,
        _ thresholds: [Decimal]
    ) {
        guard hasRoom(for: key, rule) else { return }
        let standingMs = reader.standingMs(rule)
        let found = alarms.watches[key, default: Watch()]
            .take(value, version: version, rule, thresholds, standingMs: standingMs, at: atMs)
        if rule.measure == Measure.balanceDrop.rawValue, found.finding == .nothing,
            alarms.watches[key]?.alert != nil, thresholds.contains(where: { rule.comparison.isPassed(value, $0) })
        {
            // The next reading is another one: what this one says is said now.
            state(key, rule, thresholds)
        }
        guard found.finding != .nothing || found.kill != nil else { return }
        switch found.finding {
        case .nothing: break
        case .raised:
            alarms.watches[key]?.venue = reader.venue(of: key.subject)
            state(key, rule, thresholds)
            entries.append(.change(.raised, key))
        case .escalated:
            // A graver alert is another matter than the one that was seen.
            alarms.watches[key]?.alert?.acknowledgedBy = nil
            alarms.watches[key]?.alert?.acknowledgedUntilMs = nil
            state(key, rule, thresholds)
            entries.append(.change(.escalated, key))
        case .resolved: resolve(key, "the value is back at \(reader.shown(value, rule))")
        }
        guard let kill = found.kill, let watch = alarms.watches[key], !breakers.isKept(key.id) else { return }
        halt(key, rule, thresholds[kill], watch)
    }

    /// Whether there is room for an alert, or for what is on its way to one. A rule that halts always has room, and so has
    /// what is said of the desk itself.
    private mutating func hasRoom(for key: AlarmKey, _ rule: Rule) -> Bool {
        guard alarms.watches.count >= reader.settings.bounds.alerts, alarms.watches.place(of: key) == nil,
            !rule.isArmed
        else { return true }
        switch key.subject {
        case .desk, .finding: if rule.measure != Measure.reconciliation.rawValue { return true }
        default: break
        }
        if alarms.leftOutMs != atMs { (alarms.leftOut, alarms.leftOutMs) = (0, atMs) }
        alarms.leftOut += 1
        return false
    }

    /// Whoever was not past a limit now: back, unknown or gone.
    private mutating func visitTheRest() {
        var idle: [AlarmKey] = []
        var place = 0
        while place < alarms.watches.count {
            let key = alarms.watches.keys[place]
            place += 1
            guard alarms.watches[at: place - 1].seenMs != atMs || !alarms.watches[at: place - 1].isKnown else {
                continue
            }
            guard let rulePlace = places[key.rule], isWatched(rulePlace) else {
                resolve(key, "the rule is off")
                idle.append(key)
                continue
            }
            let rule = rules[rulePlace]
            switch reader.sample(rule, key.subject) {
            case .unknown: alarms.watches[at: place - 1].miss(at: atMs)
            case .gone:
                resolve(key, reader.goneWords(rule, key.subject))
                idle.append(key)
            case .value(let value, let version):
                let thresholds = reader.thresholds(thresholds[rulePlace], of: key.subject, rule)
                let passes = thresholds.contains { rule.comparison.isPassed(value, $0) }
                if !passes, reader.isAtBest(Measure(rawValue: rule.measure)) {
                    // A part is not known: it may be worse than it looks.
                    alarms.watches[at: place - 1].miss(at: atMs)
                    continue
                }
                look(key, value, version, rule, thresholds)
                if alarms.watches[key]?.isIdle == true { idle.append(key) }
            }
        }
        for key in idle { alarms.watches.remove(key) }
    }

    private mutating func state(_ key: AlarmKey, _ rule: Rule, _ thresholds: [Decimal]) {
        guard let watch = alarms.watches[key] else { return }
        alarms.watches[key]?.alert?.text = reader.words(key, rule, thresholds, watch.value)
    }

    private mutating func resolve(_ key: AlarmKey, _ why: String) {
        guard let place = alarms.watches.place(of: key), var alert = described(place) else { return }
        let isTold = alarms.watches[at: place].alert?.toldLevel != nil
        alert.text += " Resolved: \(why)."
        alert.resolvedMs = atMs
        alarms.watches[at: place].alert = nil
        alarms.remember(alert)
        let rule = places[key.rule].map { rules[$0] }
        if let rule, rule.cooldownMs > 0, isTold || alarms.cooldowns[key] != nil {
            alarms.cooldowns[key] = Alarms.Cooldown(untilMs: atMs.later(rule.cooldownMs), level: alert.level)
        }
        entries.append(.resolved(alert, key, isTold: isTold))
    }

    private mutating func halt(_ key: AlarmKey, _ rule: Rule, _ threshold: Decimal, _ watch: Watch) {
        lastNumber += 1
        // Those that passed the step that halts, one after the other: what only passed a milder one confirms nothing of it.
        let confirming = watch.samples.reversed().prefix { rule.comparison.isPassed($0.value, threshold) }.reversed()
        // One time is enough: since when it has been so.
        let samples = confirming.enumerated().map { index, sample in
            let value = reader.shown(sample.value, rule, beside: threshold)
            return index == 0 ? "\(value) at \(reader.time(sample.atMs))" : value
        }
        let value = reader.shown(watch.value, rule, beside: threshold)
        let reason =
            "\(key.id.replacing("/", with: ": ", maxReplacements: 1)): \(value) is \(rule.comparison.word) "
            + "\(reader.shown(threshold, rule)); confirmed by \(samples.joined(separator: ", "))"
        breakers.trip(rule.name, reason, at: atMs)
        breakers.ask(key.id, of: rule.name, rule.scope(of: key.subject), at: atMs)
        entries.append(
            .halt(
                Decision.HaltOrder(
                    number: lastNumber,
                    rule: rule.name,
                    alert: key.id,
                    scope: rule.scope(of: key.subject),
                    mode: "halted",
                    reason: reason
                )
            )
        )
    }

    // MARK: Who is told

    private mutating func settle(_ decisions: inout [Decision]) {
        let causes = alarms.causes()
        for entry in entries {
            switch entry {
            case .halt(let order): decisions.append(.halt(order))
            case .resolved(let alert, let key, let isTold):
                let isToBeNotified = isTold && alarms.silence(of: key, at: atMs) == nil
                decisions.append(.alert(.init(.resolved, alert, isToBeNotified: isToBeNotified)))
            case .change(let kind, let key):
                guard let place = alarms.watches.place(of: key), let alert = described(place) else { continue }
                let isMuted = alarms.isMuted(place, causes, at: atMs)
                if isMuted {
                    alarms.watches[at: place].alert?.mutedMs = atMs
                } else {
                    alarms.watches[at: place].alert?.toldLevel = alert.level
                }
                decisions.append(.alert(.init(kind, alert, isToBeNotified: !isMuted)))
            }
        }
        for place in alarms.watches.indices { look(at: place, causes, &decisions) }
    }

    /// What time alone does to an open alert: an acknowledgement that ends, a cause for quiet that ended.
    private mutating func look(at place: Int, _ causes: [Alarms.Cause], _ decisions: inout [Decision]) {
        guard let open = alarms.watches[at: place].alert else { return }
        if let untilMs = open.acknowledgedUntilMs, untilMs <= atMs {
            alarms.watches[at: place].alert?.acknowledgedBy = nil
            alarms.watches[at: place].alert?.acknowledgedUntilMs = nil
            let isMuted = alarms.isMuted(place, causes, at: atMs)
            if let alert = described(place) {
                decisions.append(.alert(.init(.unacknowledged, alert, isToBeNotified: !isMuted)))
            }
            if !isMuted { alarms.watches[at: place].alert?.toldLevel = open.level }
        }
        guard let mutedMs = open.mutedMs, (open.toldLevel ?? .info) < open.level || open.toldLevel == nil,
            alarms.watches[at: place].alert?.acknowledgedBy == nil
        else { return }
        if alarms.isMuted(place, causes, at: atMs) {
            alarms.watches[at: place].alert?.mutedMs = atMs
        } else if atMs.since(mutedMs) >= Alarms.reminderMs, let alert = described(place) {
            alarms.watches[at: place].alert?.toldLevel = open.level
            alarms.watches[at: place].alert?.mutedMs = nil
            decisions.append(.alert(.init(.reminded, alert, isToBeNotified: true)))
        }
    }

    private func described(_ place: Int) -> Alert? {
        guard var alert = alarms.stated(place, at: atMs) else { return nil }
        if let rule = places[alert.rule] {
            let subject = alarms.watches.keys[place].subject
            let thresholds = reader.thresholds(thresholds[rule], of: subject, rules[rule])
            alert.policy = reader.policy(rules[rule], thresholds)
        }
        return alert
    }
}
