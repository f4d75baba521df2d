extension Measure {
    /// Whether its value is a state that goes on until something else is said, and no happening: a loss that a venue stated
    /// once, and does not state again, is not smaller for it.
    var isState: Bool {
        switch self {
        case .dayLoss, .weekLoss, .drawdown, .venueExposure, .balance, .activeAccounts: true
        default: false
        }
    }
}

/// States that go on confirm themselves (FEATURES row E6): who is told a loss once must not wait for it to be told again.
///
/// One bad price is no loss (LESSONS 24): the rule's own time has to pass in any case, and its confirmations are spread over
/// it, so that a price that is put right within that time confirms nothing.
extension DeskReader {
    /// The least time after which a state that goes on counts as one more sample, in milliseconds.
    static let leastStandingMs: UInt64 = 1_000

    /// After how long a value that goes on counts as a sample once more; nil: it does not.
    func standingMs(_ rule: Rule) -> UInt64? {
        guard rule.confirmations > 1, isHeard, let measure = Measure(rawValue: rule.measure), measure.isState else {
            return nil
        }
        return max(DeskReader.leastStandingMs, rule.forMs / UInt64(rule.confirmations))
    }

    /// Whether all who say what the desk holds were heard lately: venues that are not silent, and bots' balances that are no
    /// older than a venue may be silent.
    static func isHeard(_ book: Book, _ valuation: Valuation, _ settings: EngineSettings, at atMs: UInt64) -> Bool {
        valuation.accounts.indices.allSatisfy { place in
            let account = valuation.accounts.values[place]
            guard account.hasBalance || account.held > 0 else { return true }
            if let venue = book.venues.place(of: valuation.accounts.keys[place], near: place) {
                return !book.venues.values[venue].isSilent
            }
            return atMs.since(account.heardMs) <= settings.venueSilentMs
        }
    }
}
