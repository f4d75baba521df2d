import SafetyEngine

/// How long one killing limit has been passed by one subject, counted by the oracle's own simple rules, and whether a halt
/// was decided for it.
struct Crossing {
    enum Reading: Equatable {
        /// Certainly within every limit.
        case calm
        /// Past a tightened limit, or nothing certain can be said: nothing is demanded, and what was decided counts.
        case unsure
        /// Nobody can know the value now: time stands still.
        case unknown
        /// Certainly past the limit. The same sample is one sample; nil: each look is one. A state that goes on counts once
        /// more in each part of the rule's time, where it is certain that those who say it were heard.
        case past(sample: UInt64?, isState: Bool = false)
    }

    private var isPassing = false
    private var heldMs: UInt64 = 0
    private var confirmed = 0
    private var countedMs: UInt64 = 0
    private var sample: UInt64?
    private var seenMs: UInt64 = 0
    private var isKnown = false
    /// A halt decided from this time on belongs to this crossing.
    private(set) var sinceMs: UInt64
    /// When limit, time and samples were all met; nil: they are not.
    private(set) var metMs: UInt64?
    private var decidedMs: UInt64?

    init(atMs: UInt64) { sinceMs = atMs }

    /// Since when a halt is missing; nil: it is not.
    var missingSinceMs: UInt64? {
        guard let metMs else { return nil }
        if let decidedMs, decidedMs >= sinceMs { return nil }
        return metMs
    }

    mutating func decided(at atMs: UInt64) { decidedMs = atMs }

    /// A new crossing is counted from the next look on.
    mutating func rearm(at atMs: UInt64) {
        restart()
        sinceMs = atMs + 1
    }

    /// Counted anew; what was decided before still counts.
    mutating func restart() {
        (isPassing, heldMs, confirmed, countedMs, sample, metMs) = (false, 0, 0, 0, nil, nil)
    }

    mutating func look(_ reading: Reading, _ rule: Rule, at atMs: UInt64) {
        switch reading {
        case .calm:
            restart()
            (sinceMs, seenMs, isKnown) = (atMs, atMs, true)
        case .unsure:
            restart()
            (seenMs, isKnown) = (atMs, true)
        case .unknown: (seenMs, isKnown) = (atMs, false)
        case .past(let sample, let isState):
            let watchedMs = isKnown ? min(atMs - seenMs, 250) : 0
            heldMs = isPassing ? heldMs + watchedMs : 0
            let isStanding =
                isState && heldMs >= countedMs + max(1_000, rule.forMs / UInt64(max(1, rule.confirmations)))
            if !isPassing || sample == nil || sample != self.sample || isStanding {
                confirmed += 1
                countedMs = heldMs
            }
            (isPassing, self.sample, seenMs, isKnown) = (true, sample, atMs, true)
            if heldMs >= rule.forMs, confirmed >= max(1, rule.confirmations), metMs == nil { metMs = atMs }
        }
    }
}
