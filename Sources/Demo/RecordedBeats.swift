import SafetyEngine

/// Everything that is expected to beat in the recording.
enum RecordedBeats {
    /// When a supervisor beats.
    private enum Rhythm {
        /// Every interval, `phase` ms after the loop's beginning.
        case regular(phase: UInt64)
        /// At these times of each loop, in ms.
        case at([UInt64])
        /// Not since so long before the recording, in ms, after gaps in percent.
        case silent(agoMs: UInt64, alive: Bool, gaps: [Int])
    }

    private static let all: [(name: String, intervalMs: UInt64, rhythm: Rhythm)] = [
        ("host", 1_000, .regular(phase: 0)),
        ("feed kraken trades", 1_000, .regular(phase: 310)),
        ("feed kraken book", 1_000, .regular(phase: 620)),
        ("feed alpaca bars", 5_000, .regular(phase: 1_400)),
        // Closed from 3:10 to 3:50 of each loop, and late again after it.
        ("feed binance marks", 10_000, .at(marks)),
        ("grid-xbt", 2_000, .regular(phase: 150)),
        ("grid-eth", 2_000, .regular(phase: 1_150)),
        ("momentum", 5_000, .regular(phase: 2_250)),
        ("swing", 15_000, .regular(phase: 6_000)),
        ("pairs", 15_000, .regular(phase: 11_000)),
        ("funding-arb", 10_000, .regular(phase: 4_300)),
        ("rebalancer", 60_000, .at([80_000, 140_000, 208_000])),
        ("pionex-grid", 10_000, .silent(agoMs: 240_000, alive: true, gaps: tired)),
        ("scalper", 5_000, .silent(agoMs: 900_000, alive: false, gaps: onTime)),
        ("risk", 1_000, .regular(phase: 480)),
        ("order-router", 1_000, .regular(phase: 790)),
        ("position-sync", 30_000, .regular(phase: 9_000)),
        ("pnl-writer", 10_000, .regular(phase: 7_700)),
        ("journal", 5_000, .regular(phase: 3_900)),
        ("ntp-check", 60_000, .regular(phase: 33_000)),
        ("db-backup", 0, .silent(agoMs: 5_400_000, alive: true, gaps: [])),
    ]

    private static let marks: [UInt64] =
        (0..<19).map { $0 * 10_000 + 5_500 } + [236_000, 262_000, 271_000, 281_000, 290_500]
    private static let onTime = [Int](repeating: 100, count: 24)
    private static let tired = [Int](repeating: 100, count: 18) + [104, 112, 131, 118, 160, 220]

    static func supervisors(_ moment: Moment) -> [Supervisor] {
        all.map { name, interval, rhythm in
            switch rhythm {
            case .regular(let phase):
                let age = (moment.nowMs + interval - phase % interval) % interval
                return Supervisor(name: name, intervalMs: interval, lastBeatAgeMs: age, alive: true, gaps: onTime)
            case .at(let times):
                let (age, gaps) = beats(times, interval, moment.nowMs)
                return Supervisor(name: name, intervalMs: interval, lastBeatAgeMs: age, alive: true, gaps: gaps)
            case .silent(let ago, let alive, let gaps):
                return Supervisor(
                    name: name,
                    intervalMs: interval,
                    lastBeatAgeMs: ago + moment.nowMs,
                    alive: alive,
                    gaps: gaps
                )
            }
        }
    }

    /// The last beat's age and the gaps before it, in a recording that has always looped.
    private static func beats(_ times: [UInt64], _ interval: UInt64, _ nowMs: UInt64) -> (age: UInt64, gaps: [Int]) {
        let loopMs = Recording.loopMs
        let now = nowMs % loopMs + loopMs
        // So many loops hold more than 24 gaps.
        let loops = UInt64(25 / max(1, times.count) + 1)
        let shown = now + loops * loopMs
        let past = (0...loops + 1).flatMap { loop in times.map { $0 + loop * loopMs } }.filter { $0 <= shown }
        let gaps = zip(past, past.dropFirst()).map { Int(($1 - $0) * 100 / interval) }
        return (shown - (past.last ?? 0), Array(gaps.suffix(24)))
    }
}
