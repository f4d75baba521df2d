import KillSwitch

/// What the switch's log says that nobody was told yet: halts, resumes once they are applied, and what the second person
/// of a resume was asked and refused.
///
/// Invariants (DeskTests/SwitchNewsTests): each of them is news exactly once, in the log's order; where nobody had listened
/// before, what came since the host began is news, and what the log held then is not.
struct SwitchNews {
    private var told: Set<String>
    private var seen = (length: -1, applied: -1)

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - fold: the log as it is.
    ///   - last: the record that was told last, by whoever listened before; nil: nobody did. Not in the log: as if nobody had.
    ///   - known: the ids of the records that the log held when the host began; nil: all that it holds now.
    init(_ fold: Fold, last: String?, known: Set<String>? = nil) {
        let ids = fold.records.map(\.id)
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
        return fold.history.filter { record in
            switch record.change {
            case .note: (record.kind == .asked || record.kind == .unapproved) && told.insert(record.id).inserted
            case .halt: told.insert(record.id).inserted
            case .resume: fold.applied.contains(record.id) && told.insert(record.id).inserted
            }
        }
    }
}
