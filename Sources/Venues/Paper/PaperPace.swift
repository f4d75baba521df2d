import Glibc
import SafetyEngine

/// Real time as the paper venue's: it stands still while nobody runs it, and never makes up for more than two seconds.
struct PaperPace {
    /// The venue's time to which it should have come.
    private(set) var nowMs: UInt64
    private var readMs: UInt64
    private var beatenMs: UInt64?

    private static let mostMs: UInt64 = 2_000
    private static let beatMs: UInt64 = 500

    /// - Parameter startMs: the venue's time; the first step is due at once.
    init(startMs: UInt64) {
        nowMs = startMs + PaperVenue.stepMs
        readMs = PaperPace.monotonicMs()
    }

    /// How long to sleep until the next step, in milliseconds.
    var restMs: UInt64 {
        let left = PaperVenue.stepMs - nowMs % PaperVenue.stepMs
        let spent = PaperPace.monotonicMs() - readMs
        return spent < left ? left - spent : 1
    }

    /// Takes over the time that passed.
    mutating func tick() {
        let read = PaperPace.monotonicMs()
        nowMs += min(read - min(read, readMs), PaperPace.mostMs)
        readMs = read
    }

    /// Whether gates should beat: twice as often as the quickest bot promises.
    mutating func isBeatDue() -> Bool {
        if let beatenMs, nowMs < beatenMs + PaperPace.beatMs { return false }
        beatenMs = nowMs
        return true
    }

    private static func monotonicMs() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(clamping: time.tv_sec) * 1_000 + UInt64(clamping: time.tv_nsec) / 1_000_000
    }
}

/// When the paper venue is saved: soon after something was traded, else now and then; never more often than every 3 s.
struct PaperSaving {
    private var savedMs: UInt64?
    private var hasTraded = false
    /// Why it was not saved the last time; empty: it was.
    var problem = ""

    private static let soonMs: UInt64 = 3_000
    private static let laterMs: UInt64 = 30_000

    mutating func isDue(at nowMs: UInt64, after events: [Event]) -> Bool {
        if !hasTraded { hasTraded = events.contains(where: PaperSaving.isTrade) }
        let sinceMs = savedMs.map { nowMs - min(nowMs, $0) } ?? .max
        guard sinceMs >= (hasTraded ? PaperSaving.soonMs : PaperSaving.laterMs) else { return false }
        savedMs = nowMs
        hasTraded = false
        return true
    }

    private static func isTrade(_ event: Event) -> Bool {
        switch event.body {
        case .order, .fill: event.origin.source.kind == .venue
        default: false
        }
    }
}
