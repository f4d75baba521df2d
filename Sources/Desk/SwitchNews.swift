import KillSwitch

/// What the switch's log says that nobody was told yet: halts, resumes once they are applied, and what the second person
/// of a resume was asked and refused.
///
/// Invariants (DeskTests/SwitchNewsTests): each of them is news exactly once, in the log's order;
/// what the log held when nobody had listened before is not.
struct SwitchNews {
    private var told: Set<String>
    private var seen = (records: -1, applied: -1)

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - fold: the log as it is.
    ///   - last: the record that was told last, by whoever listened before; nil: nobody did. Not in the log: all of it is
    ///     taken for told.
    init(_ fold: Fold, last: String?) {
        let ids = fold.records.map(\.id)
        let end = last.flatMap { ids.lastIndex(of: $0) }.map { $0 + 1 } ?? ids.count
        told = Set(ids[..<end])
        // A resume that was written and not applied is no news yet, wherever it stands.
        for record in fold.records where record.change == .resume && !fold.applied.contains(record.id) {
            told.remove(record.id)
        }
    }

    /// What is new.
    mutating func look(_ fold: Fold) -> [Record] {
        guard seen != (fold.records.count, fold.applied.count) else { return [] }
        seen = (fold.records.count, fold.applied.count)
        return fold.records.filter { record in
            switch record.change {
            case .note: (record.kind == .asked || record.kind == .unapproved) && told.insert(record.id).inserted
            case .halt: told.insert(record.id).inserted
            case .resume: fold.applied.contains(record.id) && told.insert(record.id).inserted
            }
        }
    }
}
