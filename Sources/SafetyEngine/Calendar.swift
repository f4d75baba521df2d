/// The wall clock by the desk's own time: days begin by it, and a jump of the machine's clock does not move them.
///
/// Small corrections (up to `slewMs` at a reading) are taken over; a greater one is a jump, which is told and not
/// followed until an operator accepts it or the host starts again.
public struct Calendar: Sendable, Equatable, Codable {
    /// The greatest correction that is no jump, in milliseconds.
    public static let slewMs: Int64 = 1_000

    /// The wall clock at desk time 0: milliseconds since 1970, UTC. Nil: no reading yet.
    public internal(set) var originMs: Int64?
    /// How far the machine's clock is from this one, where it jumped, in milliseconds; 0: it did not.
    public internal(set) var jumpMs: Int64 = 0
    /// How often it was read while it was off.
    public internal(set) var jumpReadings = 0

    /// Creates a calendar without a reading.
    public init() {}

    /// The wall time at a time of the desk; nil: no reading yet.
    public func wallMs(at atMs: UInt64) -> Int64? { originMs.map { $0 &+ Int64(clamping: atMs) } }

    /// The number of the desk's day since 1970, for a day that begins so many minutes after midnight UTC.
    public func day(at atMs: UInt64, startMinute: Int) -> Int64? {
        wallMs(at: atMs).map { wall in
            let sinceStart = wall - Int64(startMinute) * 60_000
            return sinceStart >= 0 ? sinceStart / 86_400_000 : (sinceStart - 86_399_999) / 86_400_000
        }
    }

    /// Takes a reading of the machine's clock.
    mutating func read(_ receipt: Receipt) {
        let (origin, overflow) = receipt.wallMs.subtractingReportingOverflow(Int64(clamping: receipt.atMs))
        guard !overflow else { return }
        guard let known = originMs else {
            originMs = origin
            return
        }
        let off = origin - known
        if abs(off) <= Calendar.slewMs {
            originMs = origin
            jumpMs = 0
            jumpReadings = 0
        } else {
            jumpMs = off
            jumpReadings += 1
        }
    }

    /// Takes the machine's clock over as it is: at a start, or because an operator says so.
    mutating func accept(_ receipt: Receipt) {
        let (origin, overflow) = receipt.wallMs.subtractingReportingOverflow(Int64(clamping: receipt.atMs))
        guard !overflow else { return }
        originMs = origin
        jumpMs = 0
        jumpReadings = 0
    }
}

/// How the journal fares.
public struct JournalState: Sendable, Equatable, Codable {
    /// Events that wait to be written.
    public internal(set) var waiting: UInt64 = 0
    /// Why it does not write, or what else is wrong with it; nil: nothing is.
    public internal(set) var problem: String?
    /// Files of the desk that were deleted, replaced or overwritten under the host, each in a sentence; nil: none was.
    public internal(set) var files: [String]?
    /// What is wrong with it, in words; nil: nothing is.
    public var words: String? {
        guard let problem else { return nil }
        guard waiting > 0 else { return "the journal: \(problem)" }
        return
            "the journal does not write, \(waiting) \(waiting == 1 ? "event waits" : "events wait") in memory: \(problem)"
    }
    /// Events that were dropped since the desk began.
    public internal(set) var dropped: UInt64 = 0
    /// Lines that were refused since the desk began.
    public internal(set) var refused: UInt64 = 0
    /// When the last line was refused, in desk time; nil: none was.
    public internal(set) var refusedMs: UInt64?

    /// Creates a state.
    public init() {}
}
