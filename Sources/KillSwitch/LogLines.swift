import Glibc

/// The lines of a log, read: what is the same whatever the page says.
///
/// Invariant (KillSwitchTests/LogLinesTests): what is read on from an earlier reading is what is read anew; a log that does
/// not begin, byte for byte, with what was read before is read anew.
struct LogLines: Sendable, Equatable {
    private var bytes: [UInt8]
    /// Where they begin in the log.
    private let start: Int
    /// How far whole lines go.
    private var end = 0
    private var records: [Record] = []
    private var places: [Range<Int>] = []
    /// Of each id, the index of its last copy.
    private var last: [String: Int] = [:]
    private var suspects: [Range<Int>] = []
    /// The greatest generation that a record names.
    private(set) var lastGeneration: UInt32 = 0

    /// What was read shows in the fold: how it was read makes no two folds different.
    static func == (left: LogLines, right: LogLines) -> Bool { true }

    /// Reads.
    ///
    /// - Parameters:
    ///   - log: the bytes of the log from `start` on.
    ///   - start: where a line of the log begins.
    ///   - known: an earlier reading.
    init(_ log: [UInt8], from start: Int = 0, knowing known: LogLines? = nil) {
        if let known, known.start == start, known.isBeginning(of: log) {
            self = known
        } else {
            bytes = []
            self.start = start
        }
        bytes = log
        while let newline = LogLines.newline(in: log, from: end) {
            let place = end..<newline
            if !place.isEmpty { take(place) }
            end = newline + 1
        }
    }

    /// Whether a log goes on from this one, which was not changed afterwards.
    private func isBeginning(of log: [UInt8]) -> Bool {
        guard log.count >= end else { return false }
        return log.withUnsafeBytes { new in
            bytes.withUnsafeBytes { old in
                guard end > 0, let new = new.baseAddress, let old = old.baseAddress else { return true }
                return memcmp(new, old, end) == 0
            }
        }
    }

    private static func newline(in log: [UInt8], from start: Int) -> Int? {
        log.withUnsafeBytes { all in
            guard start < all.count, let base = all.baseAddress,
                let found = memchr(base + start, 0x0a, all.count - start)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }

    private mutating func take(_ place: Range<Int>) {
        guard let record = Record(line: bytes[place]) else {
            suspects.append(place)
            return
        }
        last[record.id] = records.count
        records.append(record)
        places.append(place)
        lastGeneration = max(lastGeneration, record.was.generation, record.state.generation)
    }

    /// Every record, in the order of its last whole copy, and where each begins.
    var lastCopies: (records: [Record], offsets: [Int]) {
        if last.count == records.count { return (records, places.map { start + $0.lowerBound }) }
        let kept = records.indices.filter { last[records[$0].id] == $0 }
        return (kept.map { records[$0] }, kept.map { start + places[$0].lowerBound })
    }

    /// Where lines begin that are no records.
    var bad: [Int] {
        // The torn part of a short write, written again in full, is no damage.
        suspects.filter { suspect in
            !places.contains { $0.lowerBound > suspect.lowerBound && bytes[$0].starts(with: bytes[suspect]) }
        }.map { start + $0.lowerBound }
    }

    /// Where bytes after the last newline begin.
    var tail: Int? { end < bytes.count ? start + end : nil }
}
