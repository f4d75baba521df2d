internal import CEstop
import Glibc

/// What became of a resume.
public enum ResumeOutcome: Sendable, Equatable {
    /// The page bears this word now.
    case resumed(Word)
    /// There was nothing to resume: the page bears this word already.
    case already(Word)
    /// Nothing is resumed yet: another operator has to confirm this.
    case waiting(WaitingResume)
    /// Refused, and why; trading is as halted as before.
    case refused(String)
    /// Refused because of the second person that this desk takes.
    case unapproved(ApprovalRefusal)
}

extension KillSwitch {
    /// How long a resume waits for another one, for a halt's record, or for the end of a line.
    static let patience: UInt64 = 2_000

    // MARK: - Resuming

    /// Resumes, as one step of DESIGN after the other; blocks up to a few seconds. Whoever calls has checked the word and
    /// the credential.
    ///
    /// Refused or dead in between, the desk stays halted.
    public func resume(_ asked: ResumeRequest) -> ResumeOutcome {
        let request = merged(asked)
        if let problem = objection(to: request) { return .refused(problem) }
        awaitEngine(request)
        let lock: ResumeLock
        do {
            lock = try ResumeLock(directory)
            _ = try ensurePages(mayStart: false)
        } catch {
            return .refused(error.message)
        }
        defer { lock.release() }
        do {
            return try resumeLocked(request)
        } catch {
            noteUnapproved(error.refusal, request)
            return .unapproved(error.refusal)
        }
    }

    private func objection(to request: ResumeRequest) -> String? {
        if directory.isOnNetwork {
            return "\(directory.path) is on a network file system, where neither locks nor pages can be trusted"
        }
        if let kindProblem { return kindProblem }
        if request.reason.allSatisfy(\.isWhitespace), request.approve == nil { return "a resume needs a reason" }
        if request.scope.isGlobal, !settings.resumeModes.contains(request.mode) {
            let modes = settings.resumeModes.map(\.name).joined(separator: ", ")
            return settings.paper
                ? "'\(settings.name)' is a paper desk and cannot be \(request.mode.name): resume it to paper, "
                    + "or configure [desk] paper = false"
                : "a resume goes to one of \(modes)"
        }
        if let name = request.overrides.keys.first(where: { !$0.canBeOverridden }) {
            return "the check \(name.rawValue) cannot be overridden"
        }
        // A request that another operator made is judged as it was made.
        guard request.approve == nil else { return nil }
        for name in PreflightCheck.Name.allCases {
            guard let why = request.overrides[name], let problem = OverrideReason.problem(why, for: name) else {
                continue
            }
            return "\(problem): --override \(name.rawValue)=WHY"
        }
        return nil
    }

    private func resumeLocked(_ asked: ResumeRequest) throws(Unapproved) -> ResumeOutcome {
        if let problem = settle() { return .refused(problem) }
        guard let page = HaltPage.map(directory, writable: true).page else {
            return .refused("halt.page cannot be written by this user: resume as the desk's owner")
        }
        let begun = page.word
        let found = begun.mode == .unknown ? .halted : begun.mode
        let second = try secondPerson(asked, word: begun)
        // Whatever was read before the lock is read again: what is resumed is what was asked.
        var request = asked
        if case .confirms(let kept) = second { request = asked.confirming(kept.content) }
        if nothingToResume(request, page) { return .already(page.word) }
        if let seen = request.seen, page.word != seen {
            return .refused("the desk was changed after this resume was asked for: look again, then ask again")
        }
        // Before the pause: what the engine judges is the desk that the operator saw, not the moment's halt.
        let engine = engineChecks(observe(), mode: request.scope.isGlobal ? request.mode : found, scope: request.scope)
        // What would be refused anyway is refused before anything is paused: a desk on its way back to live does not lose
        // its stage to an attempt that came too early.
        if found.permitsAnything {
            let mode = request.scope.isGlobal ? request.mode : found
            let checks = preflight(
                observe(),
                mode: mode,
                scope: request.scope,
                answers: request.answers,
                engine: engine
            )
            let early = KillSwitch.refusing(checks, request, permits: true)
            if !early.isEmpty { return .refused(KillSwitch.words(early)) }
        }
        if case .asks(let since) = second { return ask(request, since: since, on: begun, found, engine: engine) }
        var pause: HaltReport?
        if found.permitsAnything {
            let paused = halt(
                HaltRequest(
                    reason: "paused for a moment by a resume of \(request.scope)",
                    source: request.source,
                    op: request.op,
                    from: request.from
                )
            )
            guard paused.onPage, paused.durable else {
                return .refused("the pause before the resume could not be recorded; trading is halted now")
            }
            pause = paused
        }
        let word = page.word
        let seen = observe()
        guard seen.word == word else { return .refused("the desk changed while this resume began: look again") }
        let mode = request.scope.isGlobal ? request.mode : restored(found, seen, pause: pause)
        // The pause is this resume's own doing: no gate was asked to acknowledge it, and it is not what is judged.
        let checks = preflight(seen, mode: mode, scope: request.scope, answers: request.answers, engine: engine)
        let failing = KillSwitch.refusing(checks, request, permits: pause != nil)
        if let refusal = refusal(failing, seen, request) { return .refused(refusal) }
        let unchecked = checks.filter { $0.outcome == .notChecked }.map(\.name)
        if case .confirms(let kept) = second {
            try spend(kept, seen: seen, pause: pause)
            return commit(
                request,
                page: page,
                from: word,
                to: mode,
                seen: seen,
                pause: pause,
                unchecked: unchecked,
                asked: kept.content
            )
        }
        return commit(request, page: page, from: word, to: mode, seen: seen, pause: pause, unchecked: unchecked)
    }

    /// The first of two people: everything is checked as for a resume, nothing is paused, and the request is kept.
    private func ask(
        _ request: ResumeRequest,
        since: String,
        on word: Word,
        _ found: Mode,
        engine: [PreflightCheck]
    ) -> ResumeOutcome {
        let seen = observe()
        guard seen.word == word else { return .refused("the desk changed while this resume began: look again") }
        let checks = preflight(
            seen,
            mode: request.scope.isGlobal ? request.mode : restored(found, seen, pause: nil),
            scope: request.scope,
            answers: request.answers,
            engine: engine
        )
        let failing = KillSwitch.refusing(checks, request, permits: found.permitsAnything)
        if let refusal = refusal(failing, seen, request) { return .refused(refusal) }
        return keep(request, since: since, seen: seen)
    }

    /// The mode that a resume of one scope restores: what it found, as far as the global latches that stay allow.
    private func restored(_ found: Mode, _ seen: Observation, pause: HaltReport?) -> Mode {
        seen.fold.globalLatches.filter { $0.id != pause?.id }.reduce(found) { $0.combined(with: $1.mode) }
    }

    private func refusal(_ failing: [PreflightCheck], _ seen: Observation, _ request: ResumeRequest) -> String? {
        // Not to be overridden: bytes that may become a halt, and a halt of a scope that may yet be recorded.
        if !seen.fold.reachesWord { return "a halt on the page has no record yet: try again in 2 s" }
        if !request.scope.isGlobal, seen.latchesWithoutEntry.contains(where: { $0.scope != request.scope }) {
            return "a halt of another scope is not on the page: try again once the host has published it"
        }
        if seen.fold.tail != nil { return "the log ends in an unfinished record: try again in 2 s" }
        if !seen.entriesWithoutLatch.isEmpty { return "a scoped halt on the page has no record yet: try again in 2 s" }
        if seen.logProblem != nil { return seen.logProblem }
        guard !failing.isEmpty else { return nil }
        return KillSwitch.words(failing)
    }

    /// Why checks refuse a resume, in one line.
    public static func words(_ refusing: [PreflightCheck]) -> String {
        "preflight: "
            + refusing.map { check in
                "\(check.name.rawValue)\(check.outcome == .notChecked ? " (not checked)" : ""): \(check.detail)"
            }.joined(separator: "; ")
    }

    private func nothingToResume(_ request: ResumeRequest, _ page: HaltPage) -> Bool {
        let seen = observe()
        guard let word = seen.word, word.mode.permitsAnything, seen.stopFiles.isEmpty else { return false }
        if request.scope.isGlobal {
            return word.mode == request.mode && seen.latches.isEmpty && page.entries.isEmpty && seen.fold.reachesWord
        }
        return !seen.latches.contains { $0.scope == request.scope }
            && !page.entries.contains { $0.scope == request.scope.description }
    }

    /// Steps (4) to (6).
    private func commit(
        _ request: ResumeRequest,
        page: HaltPage,
        from word: Word,
        to mode: Mode,
        seen: Observation,
        pause: HaltReport?,
        unchecked: [PreflightCheck.Name],
        asked: WaitingResume? = nil
    ) -> ResumeOutcome {
        let id = Log.newID()
        let top = max(word.generation, seen.fold.lastGeneration)
        let generation = top + (top % 2 == 0 ? 2 : 1)
        guard generation <= Word.lastGeneration else {
            return .refused("the generations of this page have run out: set up a new state directory")
        }
        let next = Word(generation: generation, mode: mode)
        var extra: [JSON.Member] = [.init("clears", .integer(Int64(seen.fold.length)))]
        if let pause { extra.append(.init("pause", .string(pause.id))) }
        if !request.overrides.isEmpty {
            // A record holds 4,096 bytes: the overrides of every check fit when each reason takes at most 80 as JSON, or
            // 60 beside the second name.
            extra.append(.init("overrides", .object(overrides(request, limit: asked == nil ? 80 : 60))))
        }
        let answers = PreflightCheck.Name.answers.filter { request.answers.contains($0) }
        if !answers.isEmpty { extra.append(.init("answers", .array(answers.map { .string($0.rawValue) }))) }
        if !unchecked.isEmpty { extra.append(.init("not_checked", .array(unchecked.map { .string($0.rawValue) }))) }
        if let asked {
            extra += [.init("asked_by", .string(asked.askedBy)), .init("approval", .string(asked.id))]
        }
        do {
            try Log.append(
                .resume,
                id: id,
                mode: mode,
                scope: request.scope,
                reason: request.reason,
                source: request.source,
                op: request.op,
                from: request.from,
                was: word,
                state: next,
                extra: extra,
                to: directory
            )
        } catch {
            return .refused("the resume could not be recorded: \(error.message)")
        }
        // Only what can be read back may make the page permit.
        guard observe().fold.records.contains(where: { $0.id == id }) else {
            return .refused("the resume's record cannot be read back from the log: look at 'estop doctor'")
        }
        // A stop file's latch is global: only a global resume lifts it.
        if request.scope.isGlobal, let own = seen.stopFiles.first(where: \.isOwn), !own.setAside(id, in: directory) {
            return refuse(id, request, "the stop file is not the one that the preflight saw", page)
        }
        // Before the compare-and-swap: an entry that outlived it would be freed while gates trade.
        let cleared = seen.latches.filter { request.scope.isGlobal || $0.scope == request.scope }
        for entry in page.entries where cleared.contains(where: { $0.tag == entry.tag }) { page.free(entry) }
        if page.replacement(in: directory) != nil {
            StopFile.putBack(id, in: directory)
            return refuse(id, request, "the page was replaced while this resume ran", page)
        }
        guard page.resume(from: word, to: next) else {
            StopFile.putBack(id, in: directory)
            return refuse(id, request, "trading was halted again while this resume ran", page)
        }
        return settleApplied(id, request, next, clears: seen.fold.length)
    }

    private func overrides(_ request: ResumeRequest, limit: Int) -> [JSON.Member] {
        PreflightCheck.Name.allCases.compactMap { name in
            guard var why = request.overrides[name].map({ String($0.prefix(limit)) }) else { return nil }
            while JSON.string(why).bytes.count > limit { why.removeLast() }
            return .init(name.rawValue, .string(why))
        }
    }

    private func refuse(_ id: String, _ request: ResumeRequest, _ why: String, _ page: HaltPage) -> ResumeOutcome {
        try? Log.note(
            .refused,
            about: id,
            reason: why,
            source: request.source,
            op: request.op,
            from: request.from,
            to: directory
        )
        // Entries that were freed for this resume belong to latches that it did not clear after all.
        republishLatches(page)
        return .refused(why)
    }

    /// After the compare-and-swap: the note that keeps the resume applied, and step (6).
    private func settleApplied(_ id: String, _ request: ResumeRequest, _ next: Word, clears: Int) -> ResumeOutcome {
        try? Log.note(
            .applied,
            about: id,
            reason: "applied",
            source: request.source,
            op: request.op,
            from: request.from,
            word: next,
            mode: next.mode,
            to: directory
        )
        let after = observe()
        // A scoped halt that came meanwhile has an entry of its own; one without is not enforced.
        let left =
            after.fold.globalLatches + after.latchesWithoutEntry
            + after.latches.filter { !$0.scope.isGlobal && $0.scope == request.scope }
        let stop = after.stopFiles.first
        if next.mode.permitsAnything, stop != nil || left.contains(where: { !next.mode.isAtMost($0.mode) }) {
            let why =
                stop.map { $0.reason(directory) }
                ?? "a halt arrived while trading was resumed: \(left.last?.reason ?? "")"
            halt(HaltRequest(reason: why, source: stop != nil ? .file : .watchdog))
            _ = try? writeMirror()
            return .refused("\(why); trading is halted again")
        }
        _ = try? writeMirror()
        return .resumed(next)
    }
}

extension KillSwitch {
    /// Puts back the stop files that a resume set aside before it died: nobody has seen the one that it took last.
    ///
    /// For a host's start. Does nothing while a resume runs.
    public func restoreStopFiles() {
        guard let lock = try? ResumeLock(directory, patience: 0) else { return }
        defer { lock.release() }
        let prefix = "\(StopFile.name).cleared-"
        var aside = Set(directory.names().filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
        // Most resumes set none aside, and the log may be long.
        var fold = observe().fold
        if fold.isCut, !aside.isSubset(of: fold.records.map(\.id)) { fold = wholeFold() }
        for record in fold.records where record.change == .resume && !fold.applied.contains(record.id) {
            if aside.remove(record.id) != nil { StopFile.putBack(record.id, in: directory) }
        }
    }
}
