/// Whether the next frame may be painted. Beyond a slow or stalled link (sshd, tmux, a serial line) lie buffers that
/// take many frames without a word; only the terminal's own answer says that it has got so far.
///
/// - Behind a frame after which more than `askBytes` are unconfirmed, the terminal is asked, and nothing is painted
///   until it has answered all questions or `answerMs` is over. So at most one frame, and what one frame leaves
///   unconfirmed, is under way.
/// - A screen at rest asks nothing: what trickles no faster than `restBytesPerSecond` counts as taken, up to `askBytes`
///   times `trickle` in all, so that a link which died at rest does not fill up for hours.
/// - A terminal that has never answered is given `firstAnswerMs` and the time of the frame, `patience` times, and not asked again. An answer that
///   comes later changes that.
struct FlowControl: Sendable {
    /// A fifth of a second at 4,800 bytes a second.
    static let askBytes = 1024
    /// What a desk at rest sends (its clock and its ages), and any link that a screen is usable on carries.
    static let restBytesPerSecond: UInt64 = 100
    /// Eight times `askBytes` is what a minute or two at rest sends.
    static let trickle = 8
    /// A round trip around the world, twice, over a mobile link that wakes up.
    static let answerMs: UInt64 = 2000
    /// The slowest link whose answer is waited for; the time that a frame takes on it is granted besides.
    static let slowestBytesPerSecond: UInt64 = 2400
    /// The slowest link on which the first frame of a terminal that has not answered yet is waited for.
    static let usualBytesPerSecond: UInt64 = 4800
    /// Short, because a terminal that does not answer shows nothing meanwhile.
    static let firstAnswerMs: UInt64 = 1000
    /// So often a terminal that has never answered is asked.
    static let patience = 2

    private var recent: UInt64 = 0
    private var recentMs: UInt64 = 0
    private var total: UInt64 = 0
    private var hasAnswered = false
    private var unanswered = 0
    private var answeredSinceAsked = false

    /// Questions without an answer.
    private(set) var owed = 0
    /// Until when nothing is painted; nil: the link is free.
    private(set) var heldUntilMs: UInt64?

    /// A frame of so many bytes was painted. True: ask behind it.
    mutating func painted(_ bytes: Int, nowMs: UInt64) -> Bool {
        let taken = (nowMs &- min(nowMs, recentMs)) * FlowControl.restBytesPerSecond / 1000
        recent = recent - min(recent, taken) + UInt64(max(0, bytes))
        recentMs = nowMs
        total += UInt64(max(0, bytes))
        let isMuch =
            recent > UInt64(FlowControl.askBytes) || total > UInt64(FlowControl.askBytes * FlowControl.trickle)
        guard isMuch, hasAnswered || unanswered < FlowControl.patience else { return false }
        let limit =
            hasAnswered
            ? FlowControl.answerMs + total * 1000 / FlowControl.slowestBytesPerSecond
            : FlowControl.firstAnswerMs + total * 1000 / FlowControl.usualBytesPerSecond
        heldUntilMs = nowMs + limit
        owed += 1
        answeredSinceAsked = false
        return true
    }

    /// The terminal answered so often.
    mutating func answered(_ count: Int) {
        guard count > 0 else { return }
        hasAnswered = true
        answeredSinceAsked = true
        unanswered = 0
        owed = max(0, owed - count)
        if owed == 0 { confirm() }
    }

    /// Time passed.
    mutating func expire(nowMs: UInt64) {
        guard let until = heldUntilMs, nowMs >= until else { return }
        heldUntilMs = nil
        unanswered += 1
        // Some answers, but not all: one was lost, and counting begins anew.
        if answeredSinceAsked { owed = 0 }
    }

    private mutating func confirm() {
        heldUntilMs = nil
        recent = 0
        total = 0
    }
}
