import GRDB
public import SafetyEngine

/// Where a replay begins: at the first event, or after one of the kept snapshots where retention has removed what was before.
public struct ReplayStart {
    /// The engine as of then.
    public var engine: Engine
    /// The event after which it stands; 0: before the first.
    public var eventSeq: Int64
}

extension JournalReader {
    /// Where to begin so that everything from a time on can be decided once more.
    ///
    /// - Parameter wallMs: what comes after is wanted, by the wall clock in milliseconds since 1970; `.min`: all that is there.
    /// - Throws: `JournalError.Code.content` where what is there cannot be decided again: it begins in the middle, and no whole
    ///   snapshot stands for what was before.
    public func replayStart(before wallMs: Int64 = .min) throws(JournalError) -> ReplayStart {
        let first = try read { try $0.number("SELECT min(seq) FROM events") } ?? 1
        let wanted = try numbers(wallMs: wallMs, toWallMs: .max).first ?? .max
        let snapshots = try read { database in
            var found: [(seq: Int64, eventSeq: Int64)] = []
            try database.each(
                "SELECT seq, event_seq FROM snapshots WHERE event_seq >= ? ORDER BY event_seq",
                [.integer(first - 1)]
            ) {
                found.append(($0.integer(0), $0.integer(1)))
                return true
            }
            return found
        }
        // The last that stands before what is wanted; where all stand in the middle of it, the first: the least is left out.
        var before = snapshots.filter { $0.eventSeq < wanted && wallMs != .min }.reversed().map(\.seq)
        if first > 1 {
            before += snapshots.map(\.seq).filter { !before.contains($0) }
        }
        for number in before {
            let found = try read { database in
                // A damaged one is passed over: the next one serves, or what begins at the first event.
                do { return try Snapshots.read(number, database) } catch is JournalError { return nil }
            }
            if let found { return ReplayStart(engine: found.engine, eventSeq: found.eventSeq) }
        }
        guard first <= 1 else {
            throw JournalError(
                .content,
                "the journal begins at event \(first), since older ones were removed, and no whole snapshot stands for them: "
                    + "what follows cannot be decided again"
            )
        }
        return ReplayStart(engine: Engine(), eventSeq: 0)
    }
}
