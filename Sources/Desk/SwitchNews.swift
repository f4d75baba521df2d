import KillSwitch

/// What the switch's log says that nobody was told yet: halts, resumes once they are applied, and what the second person
/// of a resume was asked and refused.
///
/// Invariants (DeskTests/SwitchNewsTests): each of them is news exactly once, in the log's order; where nobody had listened
/// before, what came since the host began is news, and what the log held then is not.
struct SwitchNews {
    private var told: Set<String>
    /// The first record that was looked at: whatever stands before it is past, also where more of the log is read later on.
    private let first: String?
    private var seen = (length: -1, applied: -1)

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - fold: the log as it is, from `last` on at least.
    ///   - last: the record that was told last, by whoever listened before; nil: nobody did. Not in the log: as if nobody had.
    ///   - known: the ids of the records that the log held when the host began; nil: all that it holds now.
    init(_ fold: Fold, last: String?, known: Set<String>? = nil) {
        let ids = fold.history.map(\.id)
        first = ids.first
        if let end = last.flatMap({ ids.lastIndex(of: $0) }) {
            told = Set(ids[...end])
        } else {
            told = known ?? Set(ids)
        }
        // A resume that was written and not applied is no news yet, wherever it stands.
        for record in fold.records where record.change == .resume && !fold.applied.contains(record.id) {
            told.remove(record.id)
        }
    }

    /// What is new.
    mutating func look(_ fold: Fold) -> [Record] {
        guard seen != (fold.length, fold.applied.count) else { return [] }
        seen = (fold.length, fold.applied.count)
        let history = fold.history
        let begin = history.firstIndex { $0.id == first } ?? history.startIndex
        return history[begin...].filter { record in
            switch record.change {
            case .note: (record.kind == .asked || record.kind == .unapproved) && told.insert(record.id).inserted
            case .halt: told.insert(record.id).inserted
            case .resume: fold.applied.contains(record.id) && told.insert(record.id).inserted
            }
        }
    }
}
