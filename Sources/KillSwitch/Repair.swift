internal import CEstop
import Glibc

/// What has to be put right, decided from an observation alone. Everything here only tightens.
public enum RepairAction: Sendable, Equatable {
    /// The page permits what must not be permitted: halt globally, for this reason.
    case halt(String)
    /// The log is missing or shorter than the mirror says: a recorded halt takes the evidence's place.
    case recordLoss
    /// The page's word has no record: a global halt `unrecorded` from the chain's end to the word.
    case recordGap(was: Word, state: Word)
    /// An entry's tag has no record.
    case recordEntry(PageEntry)
    /// An entry's writer died in the middle: halt globally, then bury it.
    case buryEntry(PageEntry)
    /// A scoped latch has no entry on the page.
    case republish
    /// The log ends in an unfinished record.
    case closeTail
}

/// Decides repairs, remembering only since when something has been wrong.
public struct RepairWatch: Sendable {
    private var gap: (word: Word, since: UInt64)?
    private var entries: [Int: (entry: PageEntry, since: UInt64)] = [:]
    private var tail: (at: Int, since: UInt64)?
    private var first = true

    /// How long a record may be missing before the host writes one in its place.
    static let limit: UInt64 = KillSwitch.patience * 1_000_000

    /// Creates a watch; its first look is a host's start, which waits for nothing.
    public init() {}

    /// What to do about what is seen.
    public mutating func look(_ seen: Observation) -> [RepairAction] {
        let starting = first
        first = false
        guard let word = seen.word else { return [] }
        if let problem = seen.logProblem {
            // Nobody can say why trading is permitted, or whether it should be.
            return word.mode.permitsAnything ? [.halt("the log cannot be read: \(problem)")] : []
        }
        var actions: [RepairAction] = []
        if seen.fold.lost { actions.append(.recordLoss) }
        let gapAge = seen.fold.reachesWord ? nil : age(of: word, now: seen.now)
        if seen.fold.reachesWord { gap = nil }
        if word.mode.permitsAnything {
            let latch = seen.fold.globalLatches.first { !word.mode.isAtMost($0.mode) }
            let late = starting || (gapAge ?? .max) >= RepairWatch.limit
            if let latch, seen.fold.reachesWord || late {
                actions.append(
                    .halt("the page permitted \(word.mode.name) against the latch \(latch.id): \(latch.reason)")
                )
            } else if starting, !seen.fold.reachesWord {
                actions.append(.halt("the page permitted \(word.mode.name), which no record explains"))
            }
        }
        if let gapAge, gapAge >= RepairWatch.limit {
            actions.append(.recordGap(was: seen.fold.chainEnd, state: word))
        }
        actions += entryActions(seen)
        if missesEntry(seen) { actions.append(.republish) }
        if let at = seen.fold.tail {
            if tail?.at != at { tail = (at, seen.now) }
            if let tail, seen.now - tail.since >= RepairWatch.limit { actions.append(.closeTail) }
        } else {
            tail = nil
        }
        return actions
    }

    private mutating func age(of word: Word, now: UInt64) -> UInt64 {
        if gap?.word != word { gap = (word, now) }
        return now - (gap?.since ?? now)
    }

    private mutating func entryActions(_ seen: Observation) -> [RepairAction] {
        let suspects = seen.entriesWithoutLatch
        let known = entries
        entries = [:]
        for entry in suspects {
            let before = known[entry.index]
            entries[entry.index] = before?.entry == entry ? before : (entry, seen.now)
        }
        return entries.values.filter { seen.now - $0.since >= RepairWatch.limit }
            .sorted { $0.entry.index < $1.entry.index }
            .map { $0.entry.mode == nil ? .buryEntry($0.entry) : .recordEntry($0.entry) }
    }

    private func missesEntry(_ seen: Observation) -> Bool { !seen.latchesWithoutEntry.isEmpty }
}

extension Observation {
    /// Entries on the page that no latch explains: still being written, never recorded, or left behind.
    var entriesWithoutLatch: [PageEntry] {
        let tags = Set(latches.map(\.tag))
        return entries.filter { $0.mode == nil || !tags.contains($0.tag) }
    }

    /// Scoped latches that no entry of the page enforces.
    var latchesWithoutEntry: [Latch] {
        latches.filter { latch in
            !latch.scope.isGlobal
                && !entries.contains { entry in
                    entry.tag == latch.tag && entry.scope == latch.scope.description
                        && entry.mode.map { $0.isAtMost(latch.mode) } ?? true
                }
        }
    }
}

extension KillSwitch {
    /// Carries out one repair.
    ///
    /// - Throws: `SwitchError` when it could not be recorded; the next look asks for it again.
    public func perform(_ action: RepairAction) throws(SwitchError) {
        switch action {
        case .halt(let reason): try haltDurably(reason)
        case .recordLoss:
            try haltDurably("lost: the log is missing or was cut; what it said about earlier halts is gone")
            try writeMirror(forgettingLoss: true)
        case .recordGap(let was, let state): try recordUnrecorded(was: was, state: state)
        case .recordEntry(let entry): try record(entry)
        case .buryEntry(let entry):
            try haltDurably("a scoped halt died while it was being written: everything is halted in its place")
            if let page = HaltPage.map(directory, writable: true).page { _ = page.bury(entry) }
        case .republish:
            guard let page = HaltPage.map(directory, writable: true).page else { return }
            republishLatches(page)
        case .closeTail:
            try Log.note(
                .closed,
                about: "",
                reason: "ends a record that its writer did not finish",
                source: .watchdog,
                op: nil,
                from: nil,
                to: directory
            )
        }
    }

    private func haltDurably(_ reason: String) throws(SwitchError) {
        let report = halt(HaltRequest(reason: reason, source: .watchdog))
        guard report.durable else { throw SwitchError(.log, "halted, but not on disk", errno: report.error) }
    }

    private func recordUnrecorded(was: Word, state: Word) throws(SwitchError) {
        try Log.append(
            .halt,
            id: Log.newID(),
            mode: .halted,
            reason: "unrecorded: somebody changed the page and its record never came",
            source: .watchdog,
            op: nil,
            from: nil,
            was: was,
            state: state,
            to: directory
        )
    }

    /// An entry that no record bears: a halt of its scope (of everything, if its scope cannot be read), with its tag.
    private func record(_ entry: PageEntry) throws(SwitchError) {
        guard let page = HaltPage.map(directory, writable: true).page else { return }
        let scope = (try? Scope(entry.scope)) ?? .global
        try Log.append(
            .halt,
            id: Log.newID(),
            mode: entry.mode ?? .halted,
            scope: scope,
            reason: "unrecorded: a halt of '\(entry.scope)' whose record never came",
            source: .watchdog,
            op: nil,
            from: nil,
            was: page.word,
            state: page.word,
            extra: [.init("tag", .integer(Int64(entry.tag)))],
            to: directory
        )
    }

    /// Publishes every scoped latch that has no entry again, under its own tag, or halts globally.
    func republishLatches(_ page: HaltPage) {
        for latch in observe().latchesWithoutEntry {
            guard let (was, state) = page.publish(mode: latch.mode, scope: latch.scope, tag: latch.tag) else {
                // No free entry. A page that permits nothing more than the latch does needs no further halt.
                if page.word.mode.isAtMost(latch.mode) { continue }
                halt(HaltRequest(reason: "\(latch.reason) (of \(latch.scope); halted globally)", source: .watchdog))
                continue
            }
            _ = try? Log.append(
                .halt,
                id: Log.newID(),
                mode: latch.mode,
                scope: latch.scope,
                reason: "published again: \(latch.reason)",
                source: .watchdog,
                op: nil,
                from: nil,
                was: was,
                state: state,
                extra: [.init("tag", .integer(Int64(latch.tag)))],
                to: directory
            )
        }
    }

    /// What a resume waits for and puts right first, so that a desk without a host can be resumed too.
    ///
    /// - Returns: why the resume has to be asked for again; nil when there is nothing to wait for.
    func settle() -> String? {
        var watch = RepairWatch()
        var repaired: [RepairAction] = []
        let begin = Clock.boottime()
        do {
            try recoverAside()
            try writeKeptRecords()
        } catch {
            return error.message
        }
        while true {
            let seen = observe()
            if let problem = seen.logProblem { return problem }
            for action in watch.look(seen) {
                do { try perform(action) } catch { return error.message }
                if action != .republish { repaired.append(action) }
            }
            if !repaired.isEmpty, repaired != [.recordLoss] {
                return "the records needed repair first (\(KillSwitch.describe(repaired))): trading stays halted; "
                    + "look at 'estop status', then resume again"
            }
            let settled = seen.fold.tail == nil && seen.fold.reachesWord && seen.entriesWithoutLatch.isEmpty
            if settled { return nil }
            if Clock.boottime() - begin > (KillSwitch.patience + 500) * 1_000_000 { return nil }
            Clock.sleep(milliseconds: 50)
        }
    }

    private static func describe(_ actions: [RepairAction]) -> String {
        actions.map { action in
            switch action {
            case .halt(let reason): reason
            case .recordLoss: "the log was lost"
            case .recordGap: "a halt had no record"
            case .recordEntry, .buryEntry: "a scoped halt had no record"
            case .republish: "a scoped halt was not on the page"
            case .closeTail: "a record was unfinished"
            }
        }.joined(separator: "; ")
    }
}
