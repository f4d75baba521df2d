/// How far one rule has come with one subject: what passed, for how long, in how many samples, and its open alert.
///
/// Invariants (RuleWatchTests): a step counts only once it was passed without a break for `forMs` of watched time and in
/// `confirmations` samples in a row; a sample looked at twice is one sample, but a state that goes on (`Measure.isState`)
/// confirms itself as long as what it is made of is fresh; an unknown value stops the clocks and changes nothing; an open
/// alert's level never falls; a killing step is told once per crossing.
struct Watch: Sendable, Equatable, Codable {
    /// How far one step is.
    struct Progress: Sendable, Equatable, Codable {
        var isPassing = false
        /// Watched time that it was passed without a break.
        var heldMs: UInt64 = 0
        /// New samples in a row that passed it.
        var confirmed = 0
        /// The last sample that was counted.
        var version: UInt64?
        /// How long it was passed when a sample was counted last.
        var countedMs: UInt64 = 0
        /// Whether this crossing was decided upon already.
        var isFired = false
    }

    /// A sample that passed, for the record.
    struct Seen: Sendable, Equatable, Codable {
        var atMs: UInt64
        var value: Decimal
    }

    /// What became of one look.
    enum Finding: Equatable {
        case nothing
        case raised
        case escalated
        case resolved
    }

    /// Samples that a decision names, the last ones.
    static let mostSamples = 5

    private(set) var steps: [Progress] = []
    /// When it was looked at last.
    private(set) var seenMs: UInt64 = 0
    /// When its value was known last.
    private(set) var knownMs: UInt64 = 0
    /// Whether the value was known then.
    private(set) var isKnown = false
    /// The last sample.
    private(set) var version: UInt64?
    /// The last value that passed a step.
    private(set) var value = Decimal(0)
    /// The last samples that passed.
    private(set) var samples: [Seen] = []
    /// For how long the value has been back.
    private(set) var backMs: UInt64?
    /// The venue that it belongs to, also where its subject does not say (a feed's supervisor).
    var venue: String?
    /// Its open alert.
    var alert: OpenAlert?

    /// How long what time alone changes has to go on to count once more, in milliseconds.
    static let recountMs: UInt64 = 60_000

    /// Whether nothing has to be remembered.
    var isIdle: Bool { alert == nil && !steps.contains { $0.isPassing } }

    /// Takes a value.
    ///
    /// - Parameter standingMs: after so long the same sample counts once more; nil: never.
    /// - Returns: what it means for the alert, and the gravest killing step that was met for the first time.
    mutating func take(
        _ value: Decimal,
        version: UInt64?,
        _ rule: Rule,
        _ thresholds: [Decimal],
        standingMs: UInt64? = nil,
        at atMs: UInt64
    ) -> (finding: Finding, kill: Int?) {
        fit(rule.steps.count)
        // Time that nobody watched (an unknown value, a host that did not run) is not held against anybody.
        let watchedMs = isKnown ? min(atMs.since(seenMs), Engine.stepMs) : 0
        let isNew = version == nil || version != self.version || steps.isEmpty
        (seenMs, knownMs, isKnown, self.version) = (atMs, atMs, true, version)
        var (passes, isCounted, met, kill): (Bool, Bool, Alert.Level?, Int?) = (false, false, nil, nil)
        for place in steps.indices {
            guard rule.comparison.isPassed(value, thresholds[place]) else {
                steps[place] = Progress()
                continue
            }
            passes = true
            if steps[place].pass(watchedMs, version, standingMs: standingMs) { isCounted = true }
            guard steps[place].heldMs >= rule.forMs, steps[place].confirmed >= max(1, rule.confirmations) else {
                continue
            }
            met = max(met ?? .info, rule.steps[place].level)
            if rule.steps[place].kills, !steps[place].isFired {
                steps[place].isFired = true
                kill = place
            }
        }
        if passes {
            (self.value, backMs) = (value, nil)
            if isNew || isCounted { remember(Seen(atMs: atMs, value: value)) }
        } else {
            samples = []
            backMs = backMs.map { $0 + watchedMs } ?? 0
        }
        return (settle(met, isNew: isNew, passes: passes, rule, at: atMs), kill)
    }

    /// The value is unknown: nothing fires, nothing resolves, and the clocks stand.
    mutating func miss(at atMs: UInt64) { (seenMs, isKnown) = (atMs, false) }

    /// Its killing steps begin anew: the next sample counts as the first, and the time from now on.
    mutating func rearm(_ rule: Rule) {
        for place in steps.indices where place < rule.steps.count && rule.steps[place].kills {
            steps[place] = Progress()
        }
    }

    private mutating func settle(
        _ met: Alert.Level?,
        isNew: Bool,
        passes: Bool,
        _ rule: Rule,
        at atMs: UInt64
    ) -> Finding {
        guard let open = alert else {
            guard let met else { return .nothing }
            alert = OpenAlert(level: met, raisedMs: atMs)
            return .raised
        }
        guard let met else {
            let isBack = !passes && (backMs ?? 0) >= rule.holdMs
            return isBack ? .resolved : .nothing
        }
        if version == nil {
            // What time alone changes is found again at every look: a count of looks would tell nobody anything.
            alert?.count = 1 + Int(clamping: atMs.since(open.raisedMs) / Watch.recountMs)
        } else if isNew {
            alert?.count += 1
        }
        guard met > open.level else { return .nothing }
        alert?.level = met
        return .escalated
    }

    private mutating func fit(_ count: Int) {
        while steps.count > count { steps.removeLast() }
        while steps.count < count { steps.append(Progress()) }
    }

    private mutating func remember(_ sample: Seen) {
        if samples.count == Watch.mostSamples { samples.removeFirst() }
        samples.append(sample)
    }
}

extension Watch.Progress {
    /// Whether the value counted as a sample.
    fileprivate mutating func pass(_ watchedMs: UInt64, _ version: UInt64?, standingMs: UInt64?) -> Bool {
        heldMs = isPassing ? heldMs + watchedMs : 0
        isPassing = true
        let isStanding = standingMs.map { heldMs >= countedMs + $0 } ?? false
        guard version == nil || version != self.version || isStanding else { return false }
        confirmed += 1
        countedMs = heldMs
        self.version = version
        return true
    }
}

/// An alert that is open.
struct OpenAlert: Sendable, Equatable, Codable {
    var level: Alert.Level
    /// When it was found first, in desk time.
    var raisedMs: UInt64
    /// New samples that found it.
    var count = 1
    /// What it said when it was raised, rose, or was last told.
    var text = ""
    /// Who has seen it; nil: nobody.
    var acknowledgedBy: String?
    /// Until when that holds, in desk time; nil: until it is resolved.
    var acknowledgedUntilMs: UInt64?
    /// The level at which somebody was told; nil: nobody was.
    var toldLevel: Alert.Level?
    /// When something last kept it quiet; nil: nothing did.
    var mutedMs: UInt64?

    init(level: Alert.Level, raisedMs: UInt64) {
        self.level = level
        self.raisedMs = raisedMs
    }
}
