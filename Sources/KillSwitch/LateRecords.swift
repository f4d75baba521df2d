/// The records of halts that could not be written when the page was: tried again until they are on disk.
///
/// Invariants (KillSwitchTests/LateRecordsTests):
/// - a record that cannot be written moves no word, whatever the number of tries;
/// - it is appended under its own id, and counts once;
/// - a new halt is tried at once, however long the others have been waiting;
/// - one that another record took the place of meanwhile moves the word once more: a resume that folded the other is
///   refused.
public struct LateRecords: Sendable {
    /// The longest time between two tries, ns; the first is a tenth of it.
    static let longestWait: UInt64 = 1_000_000_000
    /// Half of the time after which another record is written in a missing one's place.
    static let late = RepairWatch.limit / 2

    private var waiting: [(halt: Upkeep.Pending, wasTried: Bool)] = []
    private var wait = LateRecords.longestWait / 10
    private var next: UInt64 = 0
    private let late: UInt64

    /// Creates an empty list.
    public init() { late = LateRecords.late }

    /// - Parameter late: the age of a halt from which on another record may have been written in its place, ns.
    init(late: UInt64) { self.late = late }

    /// Whether nothing waits.
    public var isEmpty: Bool { waiting.isEmpty }

    /// The ids of the records that wait.
    var ids: Set<String> { Set(waiting.map(\.halt.pulled.id)) }

    /// Takes a halt whose page is done.
    public mutating func add(_ halt: Upkeep.Pending) { waiting.append((halt, false)) }

    /// What was tried, and what came of it.
    public struct Outcome: Sendable {
        /// The halt.
        public var request: HaltRequest
        /// What came of its record.
        public var report: HaltReport
    }

    /// Tries what is due.
    ///
    /// - Parameters:
    ///   - now: CLOCK_BOOTTIME ns.
    ///   - known: an earlier fold of the log, so that only what followed is read.
    /// - Returns: what was tried.
    public mutating func write(_ killSwitch: KillSwitch, now: UInt64, knowing known: Fold? = nil) -> [Outcome] {
        let isDue = now >= next
        var outcomes: [Outcome] = []
        var left: [(halt: Upkeep.Pending, wasTried: Bool)] = []
        var late: [(halt: Upkeep.Pending, id: String)] = []
        var failed = false
        for (halt, wasTried) in waiting {
            // A disk that has no room for one has none for the others: they keep their order.
            guard !wasTried || (isDue && !failed) else {
                left.append((halt, wasTried))
                continue
            }
            var halt = halt
            if let file = halt.stopFile { halt.request.reason = file.reason(killSwitch.directory) }
            halt.stopFile = nil
            let (report, pulled) = killSwitch.recordAgain(halt.pulled, halt.request)
            outcomes.append(Outcome(request: halt.request, report: report))
            if report.durable {
                if report.onPage, Clock.boottime() - pulled.at > self.late { late.append((halt, report.id)) }
            } else {
                failed = true
                halt.pulled = pulled
                left.append((halt, true))
            }
        }
        waiting = left
        if failed {
            // New ones that fail do not make the old ones wait longer.
            if isDue {
                next = now + wait
                wait = min(wait * 2, LateRecords.longestWait)
            }
        } else if !outcomes.isEmpty {
            wait = LateRecords.longestWait / 10
            next = 0
        }
        let replaced = killSwitch.replaced(late.map(\.id), knowing: known)
        for (halt, id) in late where replaced.contains(id) {
            let pulled = HaltHandle(killSwitch.directory).pull(for: halt.request)
            waiting.append((Upkeep.Pending(pulled: pulled, request: halt.request), false))
        }
        return outcomes
    }
}

extension KillSwitch {
    /// The halts whose place another record had taken before theirs came: without them too, the records before theirs lead to
    /// the page's word, so that a resume that is under way may have folded the log up to there.
    func replaced(_ ids: [String], knowing known: Fold?) -> Set<String> {
        guard !ids.isEmpty, let word = HaltPage.map(directory, writable: false).page?.word,
            let part = try? Log.part(directory, word: word)
        else { return [] }
        var fold = known
        let copies = LogLines(part.bytes, from: part.start).lastCopies
        return Set(
            zip(copies.records, copies.offsets).compactMap { record, offset in
                guard ids.contains(record.id) else { return nil }
                let before = Fold(
                    log: Array(part.bytes[..<(offset - part.start)]),
                    from: part.start,
                    word: word,
                    mirrorLength: nil,
                    knowing: fold
                )
                fold = before
                return before.reachesWord ? record.id : nil
            }
        )
    }
}
