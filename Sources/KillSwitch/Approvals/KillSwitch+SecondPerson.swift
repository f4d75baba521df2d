import Glibc

/// The second person: on a desk with `[resume] approvals = 2` a resume is asked for by one operator and made by another
/// who confirms exactly that.
///
/// Invariants (KillSwitchTests/SecondPersonTests): no resume of such a desk is applied without two enrolled operators
/// of different names; nothing overrides that; what is confirmed is what was asked, on the very word and latches that it
/// was asked on, within its time, once; damage is no request.
extension KillSwitch {
    /// What a request is on this desk, as far as the second person goes.
    enum SecondPerson {
        /// One person is enough.
        case notNeeded
        /// It asks; who asked was enrolled since then.
        case asks(since: String)
        /// It confirms what was asked.
        case confirms(KeptResume)
    }

    /// A refusal, as an error of its own.
    public struct Unapproved: Error, Sendable, Equatable {
        /// Why.
        public var refusal: ApprovalRefusal
    }

    /// The request of a name as it stands, for whoever shows it before asking its confirmer anything. A resume judges it
    /// again.
    ///
    /// - Throws: `Unapproved` when nothing of that name waits, or the desk takes one person.
    public func waiting(_ id: String, _ seen: Observation) throws(Unapproved) -> WaitingResume {
        guard seen.approvals > 1 else { throw Unapproved(refusal: .notNeeded) }
        guard let kept = KeptResumeFile.read(directory), kept.content.id == id else {
            throw Unapproved(refusal: .missing(id))
        }
        switch kept.state(
            now: seen.now,
            boot: KeptResumeFile.bootID(),
            word: seen.word,
            latches: seen.latches.map(\.id)
        ) {
        case .waiting(let left):
            var content = kept.content
            content.leftMs = left
            return content
        case .expired: throw Unapproved(refusal: .expired(id))
        case .void(let why): throw Unapproved(refusal: .void(id, why: why))
        }
    }

    /// How many people a resume takes: what this configuration says, or the host's, whichever is more. Another
    /// configuration than the host's does not get around it while the host runs.
    public func approvals(_ seen: Observation) -> Int { max(settings.approvals, seen.host?.approvals ?? 1) }

    /// A confirming request with what it confirms in its place; any other is as it was.
    ///
    /// What comes back is only what to look at: under the lock it is read and judged again.
    func merged(_ request: ResumeRequest) -> ResumeRequest {
        guard let id = request.approve, let kept = KeptResumeFile.read(directory), kept.content.id == id else {
            return request
        }
        return request.confirming(kept.content)
    }

    /// Judges a request under the lock, before anything is done about it.
    func secondPerson(_ request: ResumeRequest, word: Word) throws(Unapproved) -> SecondPerson {
        let seen = observe()
        guard approvals(seen) > 1 else {
            if request.approve != nil { throw Unapproved(refusal: .notNeeded) }
            return .notNeeded
        }
        guard let credential = request.credential else { throw Unapproved(refusal: .notProven) }
        let enrolled = credential.enrolled
        guard enrolled.count > 1 else { throw Unapproved(refusal: .tooFew(enrolled: enrolled.count)) }
        guard let own = credential.own, credential.name == request.op else { throw Unapproved(refusal: .notProven) }
        let kept = KeptResumeFile.read(directory)
        let latches = seen.latches.map(\.id)
        guard let id = request.approve else {
            if let kept, kept.content.askedBy != own.name,
                let waiting = kept.waiting(now: Clock.boottime(), word: word, latches: latches)
            {
                throw Unapproved(refusal: .otherWaits(waiting))
            }
            return .asks(since: own.since)
        }
        guard let kept, kept.content.id == id else { throw Unapproved(refusal: .missing(id)) }
        guard kept.content.askedBy != own.name else { throw Unapproved(refusal: .own(kept.content)) }
        guard enrolled.contains(.init(name: kept.content.askedBy, since: kept.enrolledSince)) else {
            throw Unapproved(
                refusal: .void(id, why: "\(kept.content.askedBy) is no longer enrolled as when they asked")
            )
        }
        try check(kept, word: word, latches: latches)
        return .confirms(kept)
    }

    private func check(_ kept: KeptResume, word: Word?, latches: [String]) throws(Unapproved) {
        switch kept.state(now: Clock.boottime(), boot: KeptResumeFile.bootID(), word: word, latches: latches) {
        case .waiting: return
        case .expired: throw Unapproved(refusal: .expired(kept.content.id))
        case .void(let why): throw Unapproved(refusal: .void(kept.content.id, why: why))
        }
    }

    /// Keeps what was asked, once every check but the second person has passed: recorded first, then on disk.
    func keep(_ request: ResumeRequest, since: String, seen: Observation) -> ResumeOutcome {
        guard let boot = KeptResumeFile.bootID(), let word = seen.word else {
            return .refused("this machine does not say which boot it is, so no request can be kept")
        }
        let content = WaitingResume(
            id: String(Log.newID().prefix(WaitingResume.idLength)),
            mode: request.mode,
            scope: request.scope,
            reason: WaitingResume.cut(request.reason),
            overrides: request.overrides.mapValues(WaitingResume.cut),
            askedBy: request.op,
            from: WaitingResume.cut(request.from),
            source: request.source,
            at: Clock.now()
        )
        let kept = KeptResume(
            content: content,
            enrolledSince: since,
            askedNs: Clock.boottime(),
            bootID: boot,
            word: word,
            latches: seen.latches.map(\.id)
        )
        do {
            try note(.asked, content, "asked to resume to \(content.target): \(content.reason)", by: request)
        } catch {
            return .refused("the request could not be recorded: \(error.message)")
        }
        do {
            try KeptResumeFile.write(kept, to: directory)
        } catch {
            unlinkat(directory.descriptor, KeptResumeFile.name, 0)
            return .refused("the request could not be kept: \(error.message)")
        }
        return .waiting(content)
    }

    /// Uses the request up, on disk, right before the record: judged again on what the record will fold and on the time.
    ///
    /// - Parameters:
    ///   - seen: what the resume's record will fold, after its own pause.
    ///   - pause: the pause, if there was one.
    func spend(_ kept: KeptResume, seen: Observation, pause: HaltReport?) throws(Unapproved) {
        let latches = seen.latches.map(\.id).filter { $0 != pause?.id }
        try check(kept, word: pause?.was ?? seen.word, latches: latches)
        guard KeptResumeFile.read(directory) == kept else {
            throw Unapproved(refusal: .void(kept.content.id, why: "it was changed meanwhile"))
        }
        var spent = kept
        spent.isSpent = true
        do {
            try KeptResumeFile.write(spent, to: directory)
        } catch {
            throw Unapproved(refusal: .void(kept.content.id, why: error.message))
        }
    }

    /// Records that a confirmation was refused: who tried, and why. Not a wrong passphrase, which is recorded elsewhere.
    func noteUnapproved(_ refusal: ApprovalRefusal, _ request: ResumeRequest) {
        try? Log.note(
            .unapproved,
            about: request.approve.map { String($0.prefix(WaitingResume.idLength)) } ?? "",
            reason: "not resumed: \(refusal.message)",
            source: request.source,
            op: request.op,
            from: request.from,
            to: directory
        )
    }

    private func note(
        _ kind: Record.NoteKind,
        _ content: WaitingResume,
        _ text: String,
        by request: ResumeRequest
    ) throws(SwitchError) {
        try Log.note(
            kind,
            about: content.id,
            reason: text,
            source: request.source,
            op: request.op,
            from: request.from,
            to: directory
        )
    }
}

extension KeptResume {
    /// What is shown of it while it waits; nil when it does not.
    func waiting(now: UInt64, word: Word?, latches: [String]) -> WaitingResume? {
        guard case .waiting(let left) = state(now: now, boot: KeptResumeFile.bootID(), word: word, latches: latches)
        else { return nil }
        var content = content
        content.leftMs = left
        return content
    }
}

extension ResumeRequest {
    /// The same person confirming what another asked: mode, scope, reason and overrides are the asker's.
    func confirming(_ asked: WaitingResume) -> ResumeRequest {
        var request = self
        request.mode = asked.mode
        request.scope = asked.scope
        request.reason = asked.reason
        request.overrides = asked.overrides
        return request
    }
}
