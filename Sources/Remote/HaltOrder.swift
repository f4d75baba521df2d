import SafetyEngine

/// A halt that was asked for on this screen, until the desk has confirmed it. It is told the time.
///
/// Invariants (RemoteTests/HaltOrderTests): once asked for, it is tried until the desk answers that it is on its page and on
/// its disk, whatever comes in between; a try without an answer ends, and the next one begins soon; there is never more than
/// one on the way.
struct HaltOrder: Sendable, Equatable {
    /// What an answer means.
    enum Answer: Sendable, Equatable {
        /// On the page and on disk there, as the change of that generation.
        case confirmed(id: String, generation: UInt32)
        /// On the page; the desk goes on trying to put it on disk.
        case onPage(id: String, problem: String)
        /// Nothing is known of it: why.
        case failed(String)
    }

    /// When it was asked for, in milliseconds.
    let askedMs: UInt64
    /// Why.
    var reason: String
    private(set) var tries = 0
    /// Why the last try brought no confirmation; empty: none ended yet.
    private(set) var problem = ""
    private(set) var isOnPage = false
    private(set) var isConfirmed = false
    private(set) var confirmedMs: UInt64?
    /// The halt's name in the desk's records, for the reason that follows.
    private(set) var id: String?
    /// The page's generation after it.
    private(set) var generation: UInt32?
    private(set) var isUnderWay = false
    private(set) var nextMs: UInt64
    private var pace = Pace.halt

    /// A halt that is on the page and not on disk is asked for again so often, in milliseconds.
    static let diskMs: UInt64 = 5_000

    init(askedMs: UInt64, reason: String) {
        self.askedMs = askedMs
        self.reason = reason
        nextMs = askedMs
    }

    /// Whether it has to be sent now.
    func isDue(atMs now: UInt64) -> Bool { !isConfirmed && !isUnderWay && now >= nextMs }

    /// How long the try that begins now may take, in milliseconds: longer from time to time, for a link that is slow.
    var limitMs: UInt64 { min(10_000, 2_500 + 500 * UInt64(min(tries, 100))) }

    /// It is sent.
    mutating func began(atMs now: UInt64) {
        tries += 1
        isUnderWay = true
    }

    /// What became of the try.
    mutating func ended(_ answer: Answer, atMs now: UInt64) {
        isUnderWay = false
        switch answer {
        case .confirmed(let id, let generation):
            (self.id, self.generation) = (id, generation)
            (isOnPage, isConfirmed, confirmedMs, problem) = (true, true, now, "")
        case .onPage(let id, let why):
            self.id = id
            (isOnPage, problem) = (true, why)
            nextMs = now + HaltOrder.diskMs
        case .failed(let why):
            problem = why
            nextMs = now + pace.failed()
        }
    }

    /// It is worth trying at once: the link is back, or the key was pressed again.
    mutating func hurry(atMs now: UInt64) { nextMs = min(nextMs, now) }

    /// What the screen says of it; nil: nothing is open.
    func shown(atMs now: UInt64) -> DeskLink.UnconfirmedHalt? {
        guard !isConfirmed else { return nil }
        return DeskLink.UnconfirmedHalt(
            askedAgeMs: now - min(askedMs, now),
            tries: tries,
            problem: problem,
            isOnPage: isOnPage
        )
    }
}
