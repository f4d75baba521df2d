import SafetyEngine

/// The last gaps between a supervisor's beats, one character each, the newest on the right. A beat on time is the lowest
/// one, so that a healthy line is flat and does not move; the gap that is open now is the last.
enum Sparkline {
    /// Characters.
    static let length = 12

    /// Gaps in percent of the interval from which on the next character is drawn: on time up to a quarter late, LATE at
    /// 150, STALLED at 300 (`Supervisor.health`).
    private static let steps: [(percent: Int, mark: Character)] = [
        (0, "▁"), (125, "▂"), (150, "▄"), (200, "▅"), (250, "▆"), (300, "█"),
    ]

    static func text(_ supervisor: Supervisor) -> String {
        guard supervisor.intervalMs > 0, supervisor.lastBeatAgeMs != nil else { return "" }
        let marks = gaps(supervisor).map { mark($0) }
        // The base line stands from the beginning: flat is nothing late seen, and a desk that has just been opened does
        // not repaint each line with each beat until it is full.
        return String(repeating: "▁", count: length - marks.count) + String(marks)
    }

    /// Whether every gap was on time.
    static func isCalm(_ supervisor: Supervisor) -> Bool { gaps(supervisor).allSatisfy { $0 < 125 } }

    private static func gaps(_ supervisor: Supervisor) -> [Int] {
        var gaps = supervisor.gaps
        if supervisor.intervalMs > 0, let age = supervisor.lastBeatAgeMs {
            let open = Int(clamping: age.multipliedReportingOverflow(by: 100).partialValue / supervisor.intervalMs)
            if open >= 125 { gaps.append(open) }
        }
        return gaps.suffix(length)
    }

    private static func mark(_ percent: Int) -> Character {
        steps.last { percent >= $0.percent }?.mark ?? "▁"
    }
}
