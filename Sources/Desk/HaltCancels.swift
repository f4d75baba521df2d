import SafetyEngine

/// What became of the orders that were open when trading was halted: asked to be cancelled at once, asked again, and
/// looked for until none is left by the venues' own words.
///
/// A value: the host tells it what it sees and does what it says.
///
/// Invariants (DeskTests/HaltCancelsTests):
/// - gone is what was seen after the halt: by lists made after it where the desk reaches a venue, else by a look made after it;
/// - what a resume ended says nothing of the next halt.
struct HaltCancels: Sendable, Equatable {
    /// Between two demands while orders are left, in milliseconds.
    static let againMs: UInt64 = 2_000
    /// Orders left after so long are an alarm, in milliseconds.
    static let alarmMs: UInt64 = 10_000

    private(set) var haltedAtMs: UInt64?
    /// The page's generation at the last look: what is said here is about the halts until then.
    private(set) var generation: UInt32 = 0
    /// The resume before the halt in force.
    private var resumed: String?
    /// Whether the desk reaches any venue.
    private var reaches = true
    private var askedAtMs: UInt64?
    private var doneAtMs: UInt64?
    private var found = 0
    private var left = 0
    private(set) var problems: [String] = []
    /// The accounts that have not listed their open orders since the halt.
    private(set) var silent: [String] = []

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
    ///   - viewMs: the desk's time at which the orders were counted; nil: now.
    ///   - reaches: whether the desk reaches any venue.
    ///   - generation: the page's.
    ///   - resumed: the last applied resume: after another one, this is another halt.
    /// - Returns: whether to ask every venue to cancel everything now.
    mutating func look(
        permits: Bool,
        openOrders: Int,
        listings: [Listing],
        atMs: UInt64,
        viewMs: UInt64? = nil,
        reaches: Bool = true,
        generation: UInt32 = 0,
        resumed: String? = nil
    ) -> Bool {
        guard !permits else {
            self = HaltCancels()
            self.generation = generation
            return false
        }
        if resumed != self.resumed { self = HaltCancels() }
        self.resumed = resumed
        self.generation = generation
        self.reaches = reaches
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
        // Gone is what a list says that was made after the halt. Where no venue is reached nobody asks for lists.
        let isListed = reaches ? !listings.isEmpty && silent.isEmpty : (viewMs ?? atMs) > haltedAtMs
        if openOrders == 0, isListed {
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

    /// Whether what the halts until this generation found is gone.
    func isDone(with generation: UInt32) -> Bool { self.generation >= generation && isDone }

    /// Takes why a venue did not accept the demand.
    mutating func failed(_ venue: String, _ problem: String) {
        let text = "\(venue): \(problem)"
        if !problems.contains(text) { problems = Array((problems + [text]).suffix(5)) }
    }

    /// What a screen shows of it.
    func shown(atMs: UInt64) -> EngineView.Cancels? {
        // Without a venue and without an order there is nothing to cancel.
        guard let haltedAtMs, reaches || found > 0 else { return nil }
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
