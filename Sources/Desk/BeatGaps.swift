/// The gaps between the beats that a series of looks has seen.
///
/// Beat times are exact; what lies between two looks is not seen. So a gap no longer than the time between the looks and
/// one interval counts as on time (a beat in between may have been missed by the looks, not by the supervisor), and of
/// a longer one only as much is told as a supervisor on time since the look before could not have left.
///
/// Invariants (DeskTests/BeatGapsTests): never more than `most` gaps of one supervisor; a beat that goes backwards
/// (another clock, a restart) starts anew; nothing is kept of who vanished.
struct BeatGaps: Sendable {
    /// Who beats. Another process in the same slot is somebody else.
    enum Identity: Hashable, Sendable {
        case host
        case gate(slot: Int, pid: UInt32)
        case script(String)
    }

    /// Gaps kept of each.
    static let most = 24
    /// In percent: a gap for which the screen has no room to be longer.
    static let longest = 100_000

    private struct Entry {
        var beat: UInt64
        var lookedAt: UInt64
        var gaps: [Int] = []
    }

    private var entries: [Identity: Entry] = [:]

    /// Takes what one look saw of one supervisor.
    ///
    /// - Parameters:
    ///   - identity: whose beat it is.
    ///   - beat: its last beat, CLOCK_BOOTTIME ns; 0: never.
    ///   - interval: what it promised, ns; 0: nothing, and then it has no gaps.
    ///   - now: the time of the look, on the same clock.
    /// - Returns: its gaps so far in percent of the interval, oldest first.
    mutating func observe(_ identity: Identity, beat: UInt64, interval: UInt64, at now: UInt64) -> [Int] {
        guard beat != 0, interval > 0 else {
            entries[identity] = nil
            return []
        }
        guard var entry = entries[identity], beat >= entry.beat else {
            entries[identity] = Entry(beat: beat, lookedAt: now)
            return []
        }
        if beat > entry.beat {
            entry.gaps.append(BeatGaps.gap(from: entry, to: beat, interval: interval, at: now))
            entry.gaps.removeFirst(max(0, entry.gaps.count - BeatGaps.most))
            entry.beat = beat
        }
        entry.lookedAt = now
        entries[identity] = entry
        return entry.gaps
    }

    /// Forgets everybody else.
    mutating func keep(_ present: Set<Identity>) {
        entries = entries.filter { present.contains($0.key) }
    }

    private static func gap(from entry: Entry, to beat: UInt64, interval: UInt64, at now: UInt64) -> Int {
        let gap = beat - entry.beat
        let unseen = now > entry.lookedAt ? now - entry.lookedAt : 0
        let (onTime, endless) = unseen.addingReportingOverflow(interval)
        if endless || gap <= onTime { return min(100, percent(gap, of: interval)) }
        // Beats on time after the look before may have led up to this one: the gap ended with the first of them.
        let since = beat > entry.lookedAt ? beat - entry.lookedAt : 1
        return max(100, percent(gap - min(gap, (since - 1) / interval * interval), of: interval))
    }

    private static func percent(_ gap: UInt64, of interval: UInt64) -> Int {
        let (hundredfold, overflow) = gap.multipliedReportingOverflow(by: 100)
        // Without the factor a gap that great is endless, or the interval is, and then a percent of it is exact enough.
        let percent = overflow ? gap / max(1, interval / 100) : hundredfold / interval
        return Int(min(percent, UInt64(longest)))
    }
}
