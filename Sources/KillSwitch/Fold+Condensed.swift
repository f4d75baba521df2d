/// What has to stay of a long log that no resume has cleared: of the halts that say the same the first and the last, and one record
/// that counts those between.
///
/// The word on the page may have moved a million times while nobody resumed; whoever looks would have to read every record of
/// that. Condensed, the same latches hold for people, and the records still chain to the page's word.
///
/// Invariants (KillSwitchTests/CondensedLogTests):
/// - a latch with an entry on the page stays itself, with its tag; so do the record of the page's word and the last one of a word that
///   permitted something;
/// - no halt is left out of a count; every id that stays is one that was there before;
/// - the fold of what stays reaches the same word, with the same shown latches but for the grouping of a rule's reasons.
extension Fold {
    /// From how many records on it is worth it.
    public static let condensesFrom = 2_000
    /// The notes that stay, the last ones.
    private static let mostNotes = 200
    /// The reasons of one rule, or of what is beyond `Latch.mostTogether`, that are named; the rest are counted.
    private static let mostReasons = 3

    /// The records that have to stay; nil where they would not be far fewer, or the log is not sound.
    ///
    /// - Parameters:
    ///   - word: the page's word.
    ///   - tags: the tags of the page's entries.
    ///   - least: the records from which on it is worth it.
    func condensed(word: Word, tags: Set<UInt32>, from least: Int = Fold.condensesFrom) -> [Record]? {
        guard reachesWord, tail == nil, !lost, records.count >= least,
            let begin = chainStart, let end = records.last(where: { $0.state == word && isLink($0) }),
            begin.id != end.id, begin.state.generation <= end.was.generation
        else { return nil }
        let byID = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var whole: Set<String> = [begin.id, end.id]
        if let last = records.last(where: { isLink($0) && permitted($0) == lastPermitting }) { whole.insert(last.id) }
        var groups: [Group] = []
        var places: [Latch.Likeness: Int] = [:]
        for latch in latches {
            guard let record = byID[latch.id] else { return nil }
            if tags.contains(latch.tag) { whole.insert(record.id) }
            let likeness = Latch.Likeness(latch)
            if let place = places[likeness] {
                groups[place].add(latch, record)
            } else if groups.count < Latch.mostTogether {
                places[likeness] = groups.count
                groups.append(Group(latch, record))
            } else {
                groups[groups.count - 1].add(latch, record)
            }
        }
        let bridge = (from: begin.state, to: end.was)
        let between = groups.compactMap { $0.counting(bridge) { whole.contains($0) } }
        let counting = Dictionary(between.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let kept = whole.union(groups.flatMap(\.ends)).union(counting.keys)
        let notes = records.filter { note in
            guard note.change == .note else { return false }
            switch note.kind {
            case .compacted: return false
            // The reasons of those that are counted stand in the record that counts them.
            case .reason: return note.about.map { kept.contains($0) && counting[$0] == nil } ?? false
            case .effective, .unverified: return note.about.map { kept.contains($0) } ?? false
            default: return true
            }
        }
        let keptNotes = Set(notes.suffix(Fold.mostNotes).map(\.id))
        // In their order: whoever was told of one was told of all before it.
        let made = records.filter { kept.contains($0.id) || keptNotes.contains($0.id) }.map { counting[$0.id] ?? $0 }
        // Without a record that leads across the gap nothing would explain the page's word.
        guard made.count * 2 < records.count, between.contains(where: { $0.was == bridge.from }) else { return nil }
        return made
    }

    private func permitted(_ record: Record) -> UInt32 {
        [record.was, record.state].filter(\.mode.permitsAnything).map(\.generation).max() ?? 0
    }

    /// Halts that say the same.
    private struct Group {
        let first: Record
        private(set) var last: Record?
        /// The ids of the first and the last.
        var ends: [String] { [first.id] + (last.map { [$0.id] } ?? []) }

        /// Those between.
        private var between: [(latch: Latch, record: Record)] = []
        private var lastLatch: Latch?

        init(_ latch: Latch, _ record: Record) { first = record }

        mutating func add(_ latch: Latch, _ record: Record) {
            if let last, let lastLatch { between.append((lastLatch, last)) }
            (last, lastLatch) = (record, latch)
        }

        /// One record for those between, with the identity of the last of them; nil: there is none.
        ///
        /// - Parameter isKept: whether a record stays as it is.
        func counting(_ bridge: (from: Word, to: Word), _ isKept: (String) -> Bool) -> Record? {
            let counted = between.filter { !isKept($0.record.id) }
            guard let newest = counted.last else { return nil }
            var record = newest.record
            record.count = counted.reduce(0) { $0 + $1.latch.count }
            if bridge.from.generation < bridge.to.generation { (record.was, record.state) = bridge }
            var reasons: [String] = []
            for reason in counted.map(\.latch.reason) where !reasons.contains(reason) {
                guard reasons.count < Fold.mostReasons else { break }
                reasons.append(reason)
            }
            let named = Set(reasons)
            let further = counted.count { !named.contains($0.latch.reason) }
            record.reason = reasons.joined(separator: "; ") + (further > 0 ? "; and \(further) more" : "")
            return record
        }
    }
}
