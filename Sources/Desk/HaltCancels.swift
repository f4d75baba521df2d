import SafetyEngine

/// What became of the orders that were open when trading was halted: asked to be cancelled at once, asked again, and
/// looked for until none is left by the venues' own words.
///
/// A value: the host tells it what it sees and does what it says.
struct HaltCancels: Sendable, Equatable {
    /// Between two demands while orders are left, in milliseconds.
    static let againMs: UInt64 = 2_000
    /// Orders left after so long are an alarm, in milliseconds.
    static let alarmMs: UInt64 = 10_000

    private(set) var haltedAtMs: UInt64?
    private var askedAtMs: UInt64?
    private var doneAtMs: UInt64?
    private var found = 0
    private var left = 0
    private var problems: [String] = []

    /// Takes what is seen now.
    ///
    /// - Parameters:
    ///   - permits: whether the page permits anything.
    ///   - openOrders: orders that are open by the venues' words.
    ///   - heardSinceMs: the oldest time at which a venue last listed what is open; nil: one never did.
    ///   - atMs: the desk's time.
    /// - Returns: whether to ask every venue to cancel everything now.
    mutating func look(permits: Bool, openOrders: Int, heardSinceMs: UInt64?, atMs: UInt64) -> Bool {
        guard !permits else {
            self = HaltCancels()
            return false
        }
        guard let haltedAtMs else {
            haltedAtMs = atMs
            askedAtMs = atMs
            found = openOrders
            left = openOrders
            return true
        }
        found = max(found, openOrders)
        left = openOrders
        if doneAtMs != nil, openOrders == 0 { return false }
        // Gone is what a list says that was made after the halt.
        if openOrders == 0, let heardSinceMs, heardSinceMs > haltedAtMs {
            doneAtMs = atMs
            problems = []
            return false
        }
        doneAtMs = nil
        guard let askedAtMs, atMs < askedAtMs + HaltCancels.againMs else {
            self.askedAtMs = atMs
            return true
        }
        return false
    }

    /// Takes why a venue did not accept the demand.
    mutating func failed(_ venue: String, _ problem: String) {
        let text = "\(venue): \(problem)"
        if !problems.contains(text) { problems = Array((problems + [text]).suffix(5)) }
    }

    /// What a screen shows of it.
    func shown(atMs: UInt64) -> EngineView.Cancels? {
        guard let haltedAtMs else { return nil }
        let age = atMs - min(atMs, haltedAtMs)
        var problem = problems.joined(separator: "; ")
        if doneAtMs == nil, age > HaltCancels.alarmMs {
            let what =
                left > 0 ? "\(left) of \(found) orders are still open" : "no venue has said that none is open"
            problem = "\(what): cancel by hand at the venue" + (problem.isEmpty ? "" : " (\(problem))")
        }
        return EngineView.Cancels(
            askedAgeMs: age,
            doneAfterMs: doneAtMs.map { $0 - min($0, haltedAtMs) },
            found: found,
            left: left,
            problem: problem
        )
    }
}
