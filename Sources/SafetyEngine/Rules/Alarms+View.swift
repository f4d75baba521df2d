/// Alerts, silences and breakers as screens and answers read them.
extension Engine {
    /// Open alerts, the gravest first, of one level the oldest.
    func openAlerts(_ reader: DeskReader) -> [Alert] {
        let causes = alarms.causes()
        var alerts: [Alert] = []
        for place in alarms.watches.indices {
            guard var alert = alarms.stated(place, at: reader.atMs) else { continue }
            describe(&alert, place, causes, reader)
            sample(&alert, place, reader)
            alerts.append(alert)
        }
        return alerts.sorted { left, right in
            if left.level != right.level { return left.level > right.level }
            return (left.raisedMs, left.id) < (right.raisedMs, right.id)
        }
    }

    /// The values that met the condition last.
    private func sample(_ alert: inout Alert, _ place: Int, _ reader: DeskReader) {
        guard let rule = settings.rules.first(where: { $0.name == alert.rule }) else { return }
        let watch = alarms.watches[at: place]
        alert.samples = watch.samples.map {
            Alert.Sample(value: reader.shown($0.value, rule), ageMs: reader.atMs.since($0.atMs))
        }
        alert.lastAgeMs = watch.samples.last.map { reader.atMs.since($0.atMs) } ?? watch.backMs
    }

    private func describe(_ alert: inout Alert, _ place: Int, _ causes: [Alarms.Cause], _ reader: DeskReader) {
        let (key, watch) = (alarms.watches.keys[place], alarms.watches[at: place])
        if let rule = settings.rules.first(where: { $0.name == key.rule }) {
            let thresholds = reader.thresholds(breakers.thresholds(of: rule, settings), of: key.subject, rule)
            alert.policy = reader.policy(rule, thresholds)
            // A fall is told by the reading that fell; what came after it is another matter.
            let isPast =
                rule.measure == Measure.balanceDrop.rawValue && !reader.isPassing(rule, key.subject, thresholds)
            if !isPast, reader.sample(rule, key.subject) != .gone {
                alert.text = reader.words(key, rule, thresholds, watch.value)
            }
            if !watch.isKnown {
                let ageMs = reader.atMs.since(watch.knownMs)
                alert.noDataMs = ageMs
                alert.text +=
                    " No current data since \(reader.time(watch.knownMs)) (\(ElapsedText.of(ageMs))): the alert stays open."
            }
        }
        if let silence = alarms.silence(of: key, at: reader.atMs) {
            let left = ElapsedText.of(silence.untilMs.since(reader.atMs))
            alert.quiet = "silenced by \(silence.by) for \(left): \(silence.reason)"
        } else if let cause = alarms.inhibitor(place, causes) {
            alert.quiet = "follows \(cause.key.id)"
        } else if let cooldown = alarms.cooldowns[key], alert.level <= cooldown.level {
            alert.quiet = "told before: quiet for \(ElapsedText.of(cooldown.untilMs.since(reader.atMs)))"
        }
    }

    /// Resolved alerts, the last one first.
    func resolvedAlerts(at atMs: UInt64) -> [Alert] {
        alarms.history.reversed().map { alert in
            var alert = alert
            alert.ageMs = atMs.since(alert.raisedMs)
            return alert
        }
    }

    /// Silences in force, in the order in which they were made.
    func silencesInForce(at atMs: UInt64) -> [EngineView.Silence] {
        alarms.silences.indices.compactMap { place in
            let (key, silence) = (alarms.silences.keys[place], alarms.silences[at: place])
            guard silence.untilMs > atMs else { return nil }
            return EngineView.Silence(
                rule: key.rule,
                subject: key.subject,
                endsInMs: silence.untilMs - atMs,
                by: silence.by,
                reason: silence.reason
            )
        }
    }

    /// One breaker for each rule that halts, or could.
    func breakersInView(_ reader: DeskReader) -> [EngineView.Breaker] {
        settings.rules.compactMap { rule in
            guard let place = rule.breakerStep else { return nil }
            let worst = worst(rule, reader)
            let state = breakers.states[rule.name]
            var breaker = EngineView.Breaker(
                name: rule.name,
                isTripped: state?.trippedMs != nil,
                isEnabled: rule.isEnabled && rule.steps[place].kills,
                value: worst?.value,
                limit: breakers.thresholds(of: rule, settings)[place]
            )
            if let subject = worst?.subject, subject != .desk { breaker.subject = subject.description }
            breaker.trippedAgeMs = state?.trippedMs.map { reader.atMs.since($0) }
            breaker.note = state?.note ?? note(rule, reader)
            return breaker
        }
    }

    private func note(_ rule: Rule, _ reader: DeskReader) -> String {
        let blindness = reader.blindness(of: rule)
        if !blindness.isEmpty { return "BLIND: \(blindness)" }
        guard rule.measure == Measure.venueExposure.rawValue, reader.venuesWithSomething == 1 else { return "" }
        return "one venue only: everything is there by nature, and the rule does not fire"
    }

    /// The value that is closest to the rule's limit, or furthest past it.
    func worst(_ rule: Rule, _ reader: DeskReader) -> (subject: Subject, value: Decimal)? {
        var worst: (subject: Subject, value: Decimal)?
        var limit = Limit(rule.comparison, nil)
        reader.sweep(rule, &limit) { subject, value, _, limit in
            worst = (subject, value)
            limit.raise(to: value)
        }
        return worst
    }

    /// The watch after a resume; nil: none.
    func probationInView(at atMs: UInt64) -> EngineView.ProbationState? {
        guard let untilMs = breakers.probationUntilMs, untilMs > atMs else { return nil }
        return EngineView.ProbationState(endsInMs: untilMs - atMs, percent: settings.probation.percent)
    }
}
