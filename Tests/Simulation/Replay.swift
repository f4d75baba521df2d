import SafetyEngine

/// The journal once more: the same events have to give the same decisions, byte for byte, and the same engine.
enum Replay {
    static func compare(_ decided: [[UInt8]], _ stored: DiskJournal.Stored) throws(Finding) {
        guard decided != stored.decisions else { return }
        let place = zip(decided, stored.decisions).enumerated().first { $1.0 != $1.1 }?.offset
        let place_ = place ?? min(decided.count, stored.decisions.count)
        let now = place_ < decided.count ? StoredForm.text(decided[place_]) : "nothing"
        let then = place_ < stored.decisions.count ? StoredForm.text(stored.decisions[place_]) : "nothing"
        throw Finding(
            .replaysEqual,
            "event \(stored.number) at \(stored.receipt.atMs) (\(StoredForm.text(stored.bytes))) decides\n  \(now)\ninstead of\n  \(then)"
        )
    }

    /// From the first event to the end; each snapshot is what is reached there. With `fromEach`, from each snapshot to the
    /// next one as well.
    static func check(
        _ history: [DiskJournal.Stored],
        _ snapshots: [DiskJournal.Snapshot],
        settings: EngineSettings,
        end: Engine,
        fromEach: Bool
    ) throws {
        var whole = Engine(settings: settings)
        var part: Engine?
        var standing = snapshots[...]
        for stored in history {
            let decisions = whole.apply(stored.event, at: stored.receipt)
            try compare(try decisions.map { try StoredForm.bytes(of: $0) }, stored)
            if var engine = part {
                guard engine.apply(stored.event, at: stored.receipt) == decisions else {
                    throw Finding(.replaysEqual, "from a snapshot event \(stored.number) decides otherwise")
                }
                part = engine
            }
            while let snapshot = standing.first, snapshot.number <= stored.number {
                standing.removeFirst()
                // A snapshot that a crash took back belongs to another history.
                guard snapshot.number == stored.number else { continue }
                let read = try StoredForm.engine(from: snapshot.bytes)
                guard read == whole else {
                    throw Finding(
                        .replaysEqual,
                        "the snapshot after event \(stored.number) is not what a full replay gives"
                    )
                }
                if let part, part != whole {
                    throw Finding(
                        .replaysEqual,
                        "from the snapshot before, the engine at event \(stored.number) is another"
                    )
                }
                if fromEach { part = read }
            }
        }
        guard whole == end else { throw Finding(.replaysEqual, "at the end a full replay gives another engine") }
    }
}
