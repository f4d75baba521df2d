/// Alerts that are open, those that were, and how far each rule has come.
///
/// Invariants (AlarmTests): one alert per rule and subject; every alert that is raised is resolved once, and is then in the
/// history; a silence, a cooldown, an acknowledgement or an inhibition keeps nobody from halting and no alert from the
/// screen; what nobody was told for such a cause is told once the cause ends.
public struct Alarms: Sendable, Equatable, Codable {
    /// How many resolved alerts are kept.
    public static let mostResolved = 500
    /// What was kept quiet is told this long after the last cause for that ended: an effect often ends just behind its
    /// cause. Milliseconds.
    public static let reminderMs: UInt64 = 10_000

    /// What is on its way to an alert, or has one.
    var watches = Ledger<AlarmKey, Watch>()
    /// Resolved alerts, the oldest first.
    var history: [Alert] = []
    /// Silences, until they end.
    var silences = Ledger<SilenceKey, Silence>()
    /// Resolved alerts in their cooldown.
    var cooldowns = Ledger<AlarmKey, Cooldown>()
    /// Alerts for which there was no room at the last evaluation that left any out.
    var leftOut: UInt64 = 0
    /// When that was, in desk time.
    var leftOutMs: UInt64 = 0
    /// Events dropped lately.
    var drops = DroppedWatch()

    /// Creates alarms that are silent.
    public init() {}

    /// Which alerts a silence keeps quiet.
    struct SilenceKey: Sendable, Hashable, Codable {
        var rule: String
        /// Empty: all of the rule.
        var subject: String
    }

    /// A silence.
    struct Silence: Sendable, Equatable, Codable {
        var untilMs: UInt64
        var by: String
        var reason: String
    }

    /// After an alert was resolved.
    struct Cooldown: Sendable, Equatable, Codable {
        var untilMs: UInt64
        /// What is graver is told all the same.
        var level: Alert.Level
    }

    /// Events dropped lately: those since the last time that none was dropped for the whole window.
    struct DroppedWatch: Sendable, Equatable, Codable {
        private var seen: UInt64 = 0
        private var base: UInt64 = 0
        private var changedMs: UInt64 = 0

        /// How many.
        mutating func take(_ dropped: UInt64, windowMs: UInt64, at atMs: UInt64) -> UInt64 {
            if dropped != seen { (seen, changedMs) = (dropped, atMs) }
            if atMs.since(changedMs) > windowMs { base = seen }
            return count
        }

        /// How many at the last look.
        var count: UInt64 { seen &- base }
    }

    /// Acknowledges, silences.
    mutating func take(_ action: OperatorAction, at atMs: UInt64, _ decisions: inout [Decision]) {
        switch action.change {
        case .acknowledge(let alert, let forMs):
            guard let place = watches.keys.firstIndex(where: { $0.id == alert }), watches[at: place].alert != nil else {
                return
            }
            acknowledge(place, by: action.name, forMs, at: atMs, &decisions)
        case .acknowledgeAll(let rule, let forMs):
            for place in watches.indices where isUnseen(place, of: rule) {
                acknowledge(place, by: action.name, forMs, at: atMs, &decisions)
            }
        case .silence(let rule, let subject, let forMs):
            // What loosens something bears its reason, or is not done.
            guard !action.reason.isBlank else {
                let text = "silence of \(rule) by \(action.name) refused: it bears no reason"
                decisions.append(.log(Decision.LogLine(.warning, "rules", text)))
                return
            }
            silences[SilenceKey(rule: rule, subject: subject)] =
                Silence(untilMs: atMs.later(forMs), by: action.name, reason: action.reason)
        case .endSilence(let rule, let subject):
            let ended = SilenceKey(rule: rule, subject: subject)
            guard silences.remove(ended) != nil else { return }
            remind([ended], at: atMs)
        default: break
        }
    }

    /// Whether a place has an open alert of a rule (empty: of any) that nobody acknowledged.
    func isUnseen(_ place: Int, of rule: String) -> Bool {
        guard let alert = watches.values[place].alert, alert.acknowledgedBy == nil else { return false }
        return rule.isEmpty || watches.keys[place].rule == rule
    }

    private mutating func acknowledge(
        _ place: Int,
        by name: String,
        _ forMs: UInt64?,
        at atMs: UInt64,
        _ decisions: inout [Decision]
    ) {
        watches[at: place].alert?.acknowledgedBy = name
        watches[at: place].alert?.acknowledgedUntilMs = forMs.map { atMs.later($0) }
        let isTold = watches[at: place].alert?.toldLevel != nil
        if let alert = stated(place, at: atMs) {
            decisions.append(
                .alert(.init(.acknowledged, alert, isToBeNotified: isTold && !isSilenced(place, at: atMs)))
            )
        }
    }

    /// Whether a silence covers an alert.
    func isSilenced(_ place: Int, at atMs: UInt64) -> Bool {
        guard !silences.isEmpty else { return false }
        let key = watches.keys[place]
        return silence(of: key, at: atMs) != nil
    }

    /// The silence that covers an alert.
    func silence(of key: AlarmKey, at atMs: UInt64) -> Silence? {
        for place in silences.indices where silences.keys[place].rule == key.rule && silences[at: place].untilMs > atMs
        {
            let subject = silences.keys[place].subject
            if subject.isEmpty || subject == key.subject.description { return silences[at: place] }
        }
        return nil
    }

    /// The open alert at a place, as it was stated last; nil: there is none.
    func stated(_ place: Int, at atMs: UInt64) -> Alert? {
        guard let open = watches[at: place].alert else { return nil }
        let key = watches.keys[place]
        var alert = Alert(
            id: key.id,
            level: open.level,
            rule: key.rule,
            subject: key.subject.description,
            text: open.text,
            ageMs: atMs.since(open.raisedMs),
            count: open.count,
            acknowledgedBy: open.acknowledgedBy,
            raisedMs: open.raisedMs
        )
        alert.value = watches[at: place].value
        alert.acknowledgedUntilMs = open.acknowledgedUntilMs
        return alert
    }

    /// What time alone ends.
    mutating func expire(at atMs: UInt64) {
        if leftOut > 0, atMs.since(leftOutMs) >= Book.overloadedMs { leftOut = 0 }
        if silences.values.contains(where: { $0.untilMs <= atMs }) {
            let ended = silences.indices.filter { silences.values[$0].untilMs <= atMs }.map { silences.keys[$0] }
            silences.keep { $1.untilMs > atMs }
            remind(ended, at: atMs)
        }
        if cooldowns.values.contains(where: { $0.untilMs <= atMs }) { cooldowns.keep { $1.untilMs > atMs } }
    }

    /// Has open alerts notified again whose silence ended: whoever silenced one asked for quiet until then, not for ever. The
    /// notification follows after `reminderMs`, unless something else keeps it quiet or the alert was acknowledged.
    private mutating func remind(_ ended: [SilenceKey], at atMs: UInt64) {
        for place in watches.indices {
            let key = watches.keys[place]
            guard let open = watches[at: place].alert, open.mutedMs == nil,
                ended.contains(where: {
                    $0.rule == key.rule && ($0.subject.isEmpty || $0.subject == key.subject.description)
                })
            else { continue }
            watches[at: place].alert?.mutedMs = atMs
            // Below every level of an alert that anybody is notified of again, and still marked as notified once.
            if open.toldLevel != nil { watches[at: place].alert?.toldLevel = .info }
        }
    }

    /// Killing steps begin anew.
    mutating func rearm(_ isMeant: (Rule) -> Bool, _ rules: [Rule]) {
        let meant = rules.filter(isMeant)
        for place in watches.indices {
            guard let rule = meant.first(where: { $0.name == watches.keys[place].rule }) else { continue }
            watches[at: place].rearm(rule)
        }
    }

    mutating func remember(_ alert: Alert) {
        if history.count >= Alarms.mostResolved { history.removeFirst(history.count - Alarms.mostResolved + 1) }
        history.append(alert)
    }
}

extension UInt64 {
    /// So much later, at most the end of time.
    func later(_ milliseconds: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(milliseconds)
        return overflow ? .max : sum
    }
}

extension String {
    /// Whether it says nothing.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
