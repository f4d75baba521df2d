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
    /// The accounts that have not listed their open orders since the halt.
    private var silent: [String] = []

    /// What one account of a venue said last of its orders, all of them.
    struct Listing: Sendable, Equatable {
        /// The venue and the account, for people.
        var account: String
        /// The desk's time at which it listed what is open; nil: never.
        var atMs: UInt64?
    }

    /// Takes what is seen now.
    ///
    /// - Parameters:
    ///   - permits: whether the page permits anything.
    ///   - openOrders: orders that are open by the venues' words.
    ///   - listings: of each account that is known. Only a list proves that nothing is left: prices and balances say
    ///     nothing of orders.
    ///   - atMs: the desk's time.
    /// - Returns: whether to ask every venue to cancel everything now.
    mutating func look(permits: Bool, openOrders: Int, listings: [Listing], atMs: UInt64) -> Bool {
        guard !permits else {
            self = HaltCancels()
            return false
        }
        guard let haltedAtMs else {
            haltedAtMs = atMs
            askedAtMs = atMs
            found = openOrders
            left = openOrders
            silent = listings.map(\.account)
            return true
        }
        found = max(found, openOrders)
        left = openOrders
        silent = listings.filter { $0.atMs.map { $0 <= haltedAtMs } ?? true }.map(\.account)
        if doneAtMs != nil, openOrders == 0 { return false }
        // Gone is what a list says that was made after the halt.
        if openOrders == 0, !listings.isEmpty, silent.isEmpty {
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

    /// Whether what the halt found is gone, by lists made after it.
    var isDone: Bool { doneAtMs != nil }

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
                left > 0
                ? "\(left) of \(found) orders are still open"
                : silent.isEmpty ? "no venue speaks to this desk" : "\(shortList(silent)) did not list its orders since"
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

    /// The first three, and how many more.
    private func shortList(_ names: [String]) -> String {
        names.count > 3
            ? "\(names.prefix(3).joined(separator: ", ")) and \(names.count - 3) more" : names.joined(separator: ", ")
    }
}
