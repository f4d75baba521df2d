/// The log, folded: which latches hold, how far the records chain, what is damaged. A pure function of the log's
/// bytes, the page's word and what the mirror says.
///
/// Invariants (KillSwitchTests/FoldTests, InterleavingTests):
/// - a halt is a latch until an applied resume that covers its scope and folded past it;
/// - an unapplied resume clears nothing and is no link of the chain;
/// - anything that cannot be read is a latch of its own.
public struct Fold: Sendable, Equatable {
    /// Every record, in the order of its last whole copy.
    public private(set) var records: [Record] = []
    /// The last records before those: of a log of which only what followed the last applied global resume was read.
    public private(set) var older: [Record] = []
    /// The length in bytes of the log that was folded, with what was not read of it; 0 for a missing one.
    public private(set) var length: Int
    /// What keeps the desk from trading, oldest first.
    public private(set) var latches: [Latch] = []
    /// The same for people: what says the same is one (see `Latch.together`).
    public private(set) var shownLatches: [Latch] = []
    /// Where bytes after the last newline begin: not yet a record.
    public private(set) var tail: Int?
    /// Whether the log is missing, or shorter than the mirror says.
    public private(set) var lost: Bool
    /// The greatest generation that a record names.
    public private(set) var lastGeneration: UInt32 = 0
    /// Whether the records chain from an applied resume, or a new chain's beginning, to exactly the page's word.
    public private(set) var reachesWord = false
    /// The last word that the chain reaches; 0 when there is no chain.
    public private(set) var chainEnd = Word(rawValue: 0)
    /// The ids of the resumes that are applied.
    public private(set) var applied: Set<String> = []
    /// The greatest generation of a word that permitted something; 0: none is known. Whoever saw a later word was permitted nothing since.
    public private(set) var lastPermitting: UInt32 = 0
    /// What was read, so that the next fold reads on from there.
    private let lines: LogLines

    /// The last changes and notes, the oldest first: those that were folded, and a few before them.
    public var history: [Record] { older.isEmpty ? records : older + records }
    /// Where in the log the folded part begins.
    public private(set) var start: Int
    /// Whether the log has records that are in neither of both.
    public var isCut: Bool { start > 0 }

    /// Folds what was read of a log.
    ///
    /// - Parameters:
    ///   - part: the whole log, or what followed its last applied global resume; nil for a missing log.
    ///   - word: the page's word; nil when there is no page.
    ///   - mirrorLength: the mirror's `log_bytes`; nil without a mirror.
    ///   - known: an earlier fold.
    init(_ part: LogPart?, word: Word?, mirrorLength: Int?, knowing known: Fold? = nil) {
        self.init(log: part?.bytes, from: part?.start ?? 0, word: word, mirrorLength: mirrorLength, knowing: known)
        older = part?.older ?? []
    }

    /// Folds the log.
    ///
    /// - Parameters:
    ///   - log: the log's bytes; nil for a missing log.
    ///   - start: where in the log they begin: at its beginning, or at the `clears` of its last applied global resume.
    ///   - word: the page's word; nil when there is no page.
    ///   - mirrorLength: the mirror's `log_bytes`; nil without a mirror.
    ///   - known: an earlier fold: of a log that begins as that one was, only what follows is read. The result is the same
    ///     with and without.
    public init(log: [UInt8]?, from start: Int = 0, word: Word?, mirrorLength: Int?, knowing known: Fold? = nil) {
        let bytes = log ?? []
        self.start = start
        length = start + bytes.count
        // Without a page and a mirror there never was a log: a desk that has not started yet.
        lost =
            (log == nil && (word != nil || mirrorLength != nil))
            || mirrorLength.map { $0 > start + bytes.count } ?? false
        lines = LogLines(bytes, from: start, knowing: known?.lines)
        tail = lines.tail
        let copies = lines.lastCopies
        records = copies.records
        lastGeneration = lines.lastGeneration
        markApplied(word: word)
        for record in records where isLink(record) {
            for word in [record.was, record.state] where word.mode.permitsAnything {
                lastPermitting = max(lastPermitting, word.generation)
            }
        }
        chain(to: word)
        collectLatches(offsets: copies.offsets, bad: lines.bad)
        shownLatches = Latch.together(latches)
    }

    /// The latches that refuse or restrict everything.
    public var globalLatches: [Latch] { latches.filter(\.scope.isGlobal) }

    /// The last applied resume, if any.
    public var lastApplied: Record? { records.last { applied.contains($0.id) } }

    // MARK: - Chain

    private mutating func markApplied(word: Word?) {
        var origins: [Word: Set<String>] = [:]
        for record in records where record.change == .resume { origins[record.state] = [] }
        if origins.isEmpty { return }
        for record in records where origins[record.was] != nil { origins[record.was]?.insert(record.id) }
        for record in records where record.change == .resume {
            let named = origins[record.state].map { $0.contains { $0 != record.id } } ?? false
            if record.state == word || named { applied.insert(record.id) }
        }
    }

    /// Where the chain begins that leads to the page's word: the last applied resume, or the first record of a new chain.
    var chainStart: Record? {
        records.filter { isLink($0) && ($0.was.rawValue == 0 || $0.change == .resume) }
            .max { $0.state.generation < $1.state.generation }
    }

    func isLink(_ record: Record) -> Bool {
        switch record.change {
        case .halt: record.was != record.state
        case .resume: applied.contains(record.id)
        case .note: false
        }
    }

    private mutating func chain(to word: Word?) {
        // As a set: a late record may bear the same `state` as the one that a repair wrote in its place.
        var origins = Steps(capacity: records.count)
        var next = Steps(capacity: records.count)
        var starts: Set<Word> = []
        for record in records where isLink(record) {
            if record.was.rawValue == 0 || record.change == .resume { starts.insert(record.state) }
            guard record.was.generation < record.state.generation else { continue }
            origins.add(record.state, record.was)
            next.add(record.was, record.state)
        }
        // Back from the page's word, and on from the last start; every step changes the generation, so both end.
        if let word { reachesWord = !Fold.reachable(from: word, by: origins).isDisjoint(with: starts) }
        if let begin = starts.max(by: { $0.generation < $1.generation }) {
            chainEnd = Fold.reachable(from: begin, by: next).max { $0.generation < $1.generation } ?? begin
        }
    }

    private static func reachable(from begin: Word, by steps: Steps) -> Set<Word> {
        var found: Set<Word> = [begin]
        var open = [begin]
        while let word = open.popLast() {
            steps.forEach(word) { if found.insert($0).inserted { open.append($0) } }
        }
        return found
    }

    /// Where words lead: almost all of them to one other, and only the others cost an array.
    private struct Steps {
        private var first: [Word: Word] = [:]
        private var more: [Word: [Word]] = [:]

        init(capacity: Int) { first.reserveCapacity(capacity) }

        mutating func add(_ from: Word, _ to: Word) {
            if first[from] == nil { first[from] = to } else { more[from, default: []].append(to) }
        }

        func forEach(_ word: Word, _ body: (Word) -> Void) {
            if let one = first[word] { body(one) }
            for other in more[word] ?? [] { body(other) }
        }
    }

    // MARK: - Latches

    private mutating func collectLatches(offsets: [Int], bad: [Int]) {
        var globalClears = 0
        var cleared: [Scope: Int] = [:]
        var paused: Set<String> = []
        for record in records where record.change == .resume && applied.contains(record.id) {
            let clears = record.clears ?? 0
            if record.scope.isGlobal {
                globalClears = max(globalClears, clears)
            } else {
                cleared[record.scope] = max(cleared[record.scope] ?? 0, clears)
            }
            if let pause = record.pause { paused.insert(pause) }
        }
        // The reason that an operator gives after a halt is the reason.
        var reasons: [String: String] = [:]
        for record in records where record.kind == .reason { reasons[record.about ?? ""] = record.reason }
        var found: [(offset: Int, latch: Latch)] = []
        for (offset, record) in zip(offsets, records) where record.change == .halt {
            if offset < globalClears || (!cleared.isEmpty && offset < cleared[record.scope] ?? 0) { continue }
            if paused.contains(record.id) { continue }
            var latch = Latch(record: record)
            if let given = reasons[record.id] { latch.reason = given }
            found.append((offset, latch))
        }
        for offset in bad where offset >= globalClears {
            found.append((offset, Latch(damage: "bad@\(offset)", reason: "the log is damaged at byte \(offset)")))
        }
        latches = found.sorted { $0.offset < $1.offset }.map(\.latch)
        if lost {
            latches.append(
                Latch(damage: "lost", reason: "the log is missing, or shorter than the mirror says it was")
            )
        }
    }
}

extension Latch {
    init(record: Record) {
        self.init(
            id: record.id,
            source: record.source,
            scope: record.scope,
            mode: record.mode,
            reason: record.reason,
            op: record.op,
            since: record.at,
            tag: record.tag ?? CRC32.of(record.id.utf8),
            count: max(1, record.count ?? 1)
        )
    }

    init(damage id: String, reason: String) {
        self.init(
            id: id,
            source: .watchdog,
            scope: .global,
            mode: .halted,
            reason: reason,
            op: "",
            since: "",
            tag: 0
        )
    }
}
