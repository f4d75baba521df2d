import KillSwitch
import SafetyEngine

/// What the kill switch's log said at a time in the past: its changes until then, and what was in force.
struct ReplayLog: Sendable {
    private let records: [(atMs: Int64, record: Record)]
    private let applied: Set<String>

    init(_ fold: Fold) {
        records = fold.records.compactMap { record in Clock.milliseconds(of: record.at).map { ($0, record) } }
        applied = fold.applied
    }

    /// Fills in history, latches, and since when and why the mode is what it is.
    func explain(_ snapshot: inout DeskSnapshot, at wallMs: Int64) {
        let then = records.filter { $0.atMs <= wallMs }.map(\.record)
        snapshot.history = Array(then.suffix(100))
        var latches: [Latch] = []
        var cause: Record?
        for record in then {
            switch record.change {
            case .halt:
                latches.append(ReplayLog.latch(record))
                // The first of those in force.
                if record.scope.isGlobal, latches.filter(\.scope.isGlobal).count == 1 { cause = record }
            case .resume where applied.contains(record.id):
                latches.removeAll { record.scope.isGlobal || $0.scope == record.scope }
                cause = record
            case .resume, .note: break
            }
        }
        snapshot.latches = latches
        guard let cause else { return }
        snapshot.since = cause.at
        snapshot.by = cause.source.author(cause.op)
        snapshot.reason = cause.reason
        snapshot.sinceAgeMs = Clock.milliseconds(of: cause.at).map { UInt64(clamping: wallMs - $0) }
    }

    private static func latch(_ record: Record) -> Latch {
        Latch(
            id: record.id,
            source: record.source,
            scope: record.scope,
            mode: record.mode,
            reason: record.reason,
            op: record.op,
            since: record.at,
            tag: 0
        )
    }
}
