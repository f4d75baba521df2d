/// How far one proposal to close a position has come.
///
/// Invariants (SafetyEngineTests/ExitProgressTests): at most one close is under way; a number that is not under way
/// changes nothing; without an operator's order a close is tried at most once and `retries` times again.
public struct ExitProgress: Sendable, Equatable, Codable {
    /// Where it stands.
    public enum Phase: Sendable, Equatable, Codable {
        /// It would be done.
        case proposed
        /// The effect of this number was decided, and its outcome is not known.
        case underWay(number: UInt64, sinceMs: UInt64)
        /// Its venue accepted it, and has not shown yet that the position is gone: that is no close.
        case accepted(atMs: UInt64)
        /// It was not done, or (`isUnanswered`) nobody knows.
        case refused(atMs: UInt64, why: String, isUnanswered: Bool)

        private enum CodingKeys: String, CodingKey {
            case proposed, underWay, refused
            // As kept snapshots call it.
            case accepted = "done"
        }
    }

    /// The wait before the first retry, in milliseconds; doubled for each further one.
    public static let retryMs: UInt64 = 5_000
    /// After a close was accepted, how long its venue has to show it before the position counts as still held.
    public static let settleMs: UInt64 = 30_000

    /// Where it stands.
    public private(set) var phase = Phase.proposed
    /// How often it was tried.
    public private(set) var attempts = 0
    /// The operator who ordered it; empty: nobody.
    public private(set) var orderedBy = ""

    /// Creates the progress of what was just proposed.
    public init() {}

    /// Whether a close of the position may still be on its way.
    public var isBusy: Bool {
        switch phase {
        case .underWay, .accepted: true
        case .proposed, .refused: false
        }
    }

    /// Whether time alone, or a policy, may move it on.
    var isIdle: Bool { phase == .proposed && orderedBy.isEmpty }

    /// Whether it may be tried at this time.
    ///
    /// After an unanswered close only once the venue has spoken of the position since: nothing is sold twice blindly.
    func isDue(at atMs: UInt64, retries: Int, seenMs: UInt64?) -> Bool {
        switch phase {
        case .proposed: return true
        case .underWay, .accepted: return false
        case .refused(let refusedMs, _, let isUnanswered):
            guard !isExhausted(retries: retries) else { return false }
            if isUnanswered, (seenMs ?? 0) <= refusedMs { return false }
            let wait = ExitProgress.retryMs << UInt64(min(max(0, attempts - 1), 16))
            return atMs >= refusedMs && atMs - refusedMs >= wait
        }
    }

    /// Whether it was refused so often that only an operator tries it again.
    func isExhausted(retries: Int) -> Bool {
        guard case .refused = phase else { return false }
        return attempts > max(0, retries)
    }

    /// An operator orders it: counted anew.
    ///
    /// - Returns: whether there is anything to order; false while it is under way or accepted.
    mutating func order(by name: String) -> Bool {
        guard !isBusy else { return false }
        phase = .proposed
        attempts = 0
        orderedBy = name
        return true
    }

    /// The effect of a number was decided.
    mutating func start(number: UInt64, at atMs: UInt64) {
        guard !isBusy else { return }
        attempts += 1
        phase = .underWay(number: number, sinceMs: atMs)
    }

    /// Its outcome came.
    ///
    /// - Returns: whether it was this one's.
    mutating func take(_ outcome: HostEvent.Outcome, at atMs: UInt64) -> Bool {
        guard case .underWay(outcome.number, _) = phase else { return false }
        phase =
            outcome.isDone ? .accepted(atMs: atMs) : .refused(atMs: atMs, why: outcome.text, isUnanswered: false)
        return true
    }

    /// Its venue took it, and refused it then: that is no success.
    mutating func reject(_ why: String, at atMs: UInt64) {
        guard phase != .proposed else { return }
        phase = .refused(atMs: atMs, why: why, isUnanswered: false)
    }

    /// Nobody answers any more.
    ///
    /// - Returns: whether it was under way.
    mutating func giveUpWaiting(_ why: String, at atMs: UInt64) -> Bool {
        guard case .underWay = phase else { return false }
        phase = .refused(atMs: atMs, why: why, isUnanswered: true)
        return true
    }

    /// It was accepted, and its venue says long after that the position is still held: the rest is proposed anew.
    ///
    /// - Returns: whether that is so.
    mutating func reopen(at atMs: UInt64, seenMs: UInt64?) -> Bool {
        guard case .accepted(let doneMs) = phase, let seenMs, seenMs > doneMs, seenMs - doneMs > ExitProgress.settleMs
        else { return false }
        self = ExitProgress()
        return true
    }

    /// For people: `proposed`, `under way`, `accepted by its venue, not closed yet`, or why it was refused.
    func words(retries: Int) -> String {
        switch phase {
        case .proposed: return orderedBy.isEmpty ? "proposed" : "proposed, ordered by \(orderedBy)"
        case .underWay: return "under way"
        case .accepted: return "accepted by its venue, not closed yet"
        case .refused(_, let why, _):
            let next = isExhausted(retries: retries) ? "given up after \(attempts) tries" : "tried \(attempts) times"
            return "refused: \(why.isEmpty ? "no reason given" : why) (\(next))"
        }
    }
}
