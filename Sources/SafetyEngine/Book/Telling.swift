/// When something was said, and whether it is proof.
struct Telling {
    /// Whether a venue says it.
    var isProof: Bool
    /// When it was received, in desk time.
    var atMs: UInt64
    /// When it was received by the wall clock.
    var wallMs: Int64
    /// When it was true by its source's clock; nil: not said, or not believed.
    var happenedMs: Int64?
    /// The same as it was told, believed or not: names, and bounds of their own, are made of it.
    var toldMs: Int64?
    /// Rows of its list that could not be read: the list is not complete.
    var refusedRows = 0
    /// By how much that is ahead of the desk's clock, where it is not believed, in milliseconds; 0: it is.
    var aheadMs: UInt64 = 0

    init(isProof: Bool, atMs: UInt64, wallMs: Int64, happenedMs: Int64?) {
        self.isProof = isProof
        self.atMs = atMs
        self.wallMs = wallMs
        self.happenedMs = happenedMs
        toldMs = happenedMs
        guard let happenedMs else { return }
        let (ahead, overflow) = happenedMs.subtractingReportingOverflow(wallMs)
        let isAhead = overflow ? happenedMs > wallMs : ahead > Int64(Telling.lateAfterMs)
        guard isAhead else { return }
        // Everything true that comes after it would seem older than it.
        self.happenedMs = nil
        aheadMs = overflow ? .max : UInt64(ahead)
    }
}

extension Telling {
    /// What came later than so many milliseconds after it happened is late; what is to happen later than that is not believed.
    static let lateAfterMs: UInt64 = 60_000

    /// How long after it happened it came, by the wall clocks of source and host; 0 where that is not known.
    var lateMs: UInt64 {
        guard let happenedMs else { return 0 }
        let (late, overflow) = wallMs.subtractingReportingOverflow(happenedMs)
        return overflow || late < 0 ? 0 : UInt64(late)
    }
}
