/// Halts that say again what is halted already: a few of each peer are recorded one by one, the rest of a flood in one record
/// for each peer and interval, which counts them. Their page words have moved already, each with its own.
///
/// A folded record leads from the word before its first halt to the word after its last, so that it explains every word
/// between; where others halted in between, there is one for each stretch. Peers that share a stretch have a record each,
/// with the same words: records chain as a set.
///
/// Invariants (KillSwitchTests/HaltRepeatsTests):
/// - a halt that found something permitted is never folded, nor are the first ones of a peer;
/// - a reason is called recorded only while a record with it, and none after it that failed, is on disk;
/// - every word that was moved is explained by a record once `due` has been written;
/// - no halt is left out of a count; memory does not grow with the number of halts.
public struct HaltRepeats: Sendable {
    /// The records of its own that a peer may cause in a burst.
    static let burst = 20
    /// Those that it may cause besides, each with a reason that it never gave before: that is news, and no repetition.
    static let mostNews = 200
    /// How long one of them takes to come back, ns.
    static let refill: UInt64 = 1_000_000_000
    /// How long halts are counted until they are recorded, ns: far less than the time after which a host would write another
    /// record in a missing one's place.
    public static let interval: UInt64 = 300_000_000
    /// The peers that are told apart; the rest count as one.
    static let mostPeers = 64
    /// The stretches that are counted at once; a halt that would begin another one is recorded by itself.
    static let mostStretches = 64
    /// The reasons of a peer that are kept apart in one record.
    static let mostReasons = 4

    /// What to do about a halt.
    public enum Verdict: Sendable, Equatable {
        /// Record it now, as any other.
        case record
        /// It is counted, and recorded with others within the interval. Its reason is in the log already, or is not.
        case counted(isReasonRecorded: Bool)
    }

    /// Whose halts fold together.
    fileprivate struct Key: Hashable {
        var peer: String
        var scope: Scope
        var source: Record.Source
    }

    /// The halts of one peer within one stretch.
    fileprivate struct Tally {
        var pulled: HaltHandle.Pulled
        var request: HaltRequest
        var count: Int
        var reasons: [String]
        var further = 0
    }

    /// Words that follow each other without a gap.
    fileprivate struct Stretch {
        var was: Word
        var state: Word
        var tallies: [Key: Tally]
    }

    private struct Allowance {
        var left: Int
        var news = HaltRepeats.mostNews
        var since: UInt64
        var reasons: [String] = []
        /// The hashes of the reasons that it gave.
        var given: Set<Int> = []
    }

    private var allowances: [Key: Allowance] = [:]
    private var stretches: [Stretch] = []
    private var began: UInt64?

    /// Creates an empty count.
    public init() {}

    /// When what is counted has to be recorded, CLOCK_BOOTTIME ns; nil: nothing is counted.
    public var dueAt: UInt64? { began.map { $0 + HaltRepeats.interval } }

    /// Takes a halt whose page is done.
    ///
    /// - Parameters:
    ///   - peer: who asked, by what the connection itself says and not by what was sent over it.
    ///   - now: CLOCK_BOOTTIME ns.
    public mutating func take(
        _ pulled: HaltHandle.Pulled,
        _ request: HaltRequest,
        peer: String,
        now: UInt64
    ) -> Verdict {
        if allowances.count >= HaltRepeats.mostPeers { forget(now) }
        let key = folding(request, peer)
        var allowance = allowances[key] ?? Allowance(left: HaltRepeats.burst, since: now)
        defer { allowances[key] = allowance }
        let back = (now - min(now, allowance.since)) / HaltRepeats.refill
        if back > 0 {
            allowance.left = min(HaltRepeats.burst, allowance.left + Int(clamping: back))
            allowance.news = min(HaltRepeats.mostNews, allowance.news + Int(clamping: back))
            allowance.since = now
        }
        // What permitted something before is no repetition, and neither is a scope that no entry restricted yet.
        let isRepeated =
            pulled.onPage
            && (request.scope.isGlobal ? pulled.was.mode == pulled.word.mode : pulled.isEnforcedByAnother)
            && (!request.scope.isGlobal || !pulled.word.mode.permitsAnything)
        if allowance.given.count > 4 * HaltRepeats.mostNews { allowance.given = [] }
        let isNew = allowance.given.insert(request.reason.hashValue).inserted
        let isNews = allowance.left == 0 && allowance.news > 0 && isNew
        if !isRepeated || allowance.left > 0 || isNews || !count(pulled, request, key) {
            if isNews { allowance.news -= 1 }
            allowance.left = max(0, allowance.left - 1)
            // What was on disk of an earlier halt proves nothing of one that stopped something anew.
            if !isRepeated {
                forgetRecorded()
                allowance.reasons = []
            }
            return .record
        }
        if began == nil { began = now }
        return .counted(isReasonRecorded: allowance.reasons.contains(request.reason))
    }

    /// Takes note of what became of a record that was asked for: only then is its reason known to be on disk. One that the disk
    /// did not take ends what was known of all others: a disk that is full or gone takes none of what is counted either.
    public mutating func wrote(_ request: HaltRequest, peer: String, isDurable: Bool) {
        guard isDurable else { return forgetRecorded() }
        let key = folding(request, peer)
        guard var allowance = allowances[key], !allowance.reasons.contains(request.reason) else { return }
        allowance.reasons = Array((allowance.reasons + [request.reason]).suffix(HaltRepeats.burst))
        allowances[key] = allowance
    }

    /// Nothing that is counted from now on is said to be on disk, until a record was written again.
    public mutating func forgetRecorded() {
        for key in allowances.keys { allowances[key]?.reasons = [] }
    }

    /// Whose halts fold together with this one.
    private func folding(_ request: HaltRequest, _ peer: String) -> Key {
        let own = Key(peer: peer, scope: request.scope, source: request.source)
        return allowances[own] == nil && allowances.count >= HaltRepeats.mostPeers
            ? Key(peer: "", scope: .global, source: request.source) : own
    }

    /// Forgets who has been quiet for a while.
    private mutating func forget(_ now: UInt64) {
        allowances = allowances.filter { now - min(now, $0.value.since) < 60 * HaltRepeats.refill }
    }

    /// Counts a halt in the stretch that its words belong to; false where there is no room for another.
    private mutating func count(_ pulled: HaltHandle.Pulled, _ request: HaltRequest, _ key: Key) -> Bool {
        let before = stretches.firstIndex { $0.state == pulled.was }
        let after = stretches.firstIndex { $0.was == pulled.word }
        switch (before, after) {
        case (nil, nil):
            guard stretches.count < HaltRepeats.mostStretches else { return false }
            stretches.append(Stretch(was: pulled.was, state: pulled.word, tallies: [:]))
            stretches[stretches.count - 1].add(pulled, request, key)
        case (let index?, nil):
            stretches[index].state = pulled.word
            stretches[index].add(pulled, request, key)
        case (nil, let index?):
            stretches[index].was = pulled.was
            stretches[index].add(pulled, request, key)
        case (let index?, let next?):
            stretches[index].state = stretches[next].state
            stretches[index].add(pulled, request, key)
            for (other, tally) in stretches[next].tallies { stretches[index].add(tally, other) }
            stretches.remove(at: next)
        }
        return true
    }

    /// What has to be recorded now: one record for each peer and stretch.
    ///
    /// - Parameters:
    ///   - now: CLOCK_BOOTTIME ns.
    ///   - all: whether it is taken before its time, too.
    public mutating func due(now: UInt64, all: Bool = false) -> [(pulled: HaltHandle.Pulled, request: HaltRequest)] {
        guard let dueAt, all || now >= dueAt else { return [] }
        defer {
            stretches = []
            began = nil
        }
        return stretches.flatMap { stretch in
            stretch.tallies.values.map { tally in
                var request = tally.request
                request.reason = tally.reasons.joined(separator: "; ")
                if tally.further > 0 { request.reason += "; and \(tally.further) more" }
                return (tally.pulled.standing(for: tally.count, from: stretch.was, to: stretch.state), request)
            }
        }
    }
}

extension HaltRepeats.Stretch {
    fileprivate mutating func add(_ pulled: HaltHandle.Pulled, _ request: HaltRequest, _ key: HaltRepeats.Key) {
        add(HaltRepeats.Tally(pulled: pulled, request: request, count: 1, reasons: [request.reason]), key)
    }

    fileprivate mutating func add(_ other: HaltRepeats.Tally, _ key: HaltRepeats.Key) {
        guard var tally = tallies[key] else {
            tallies[key] = other
            return
        }
        tally.count += other.count
        tally.further += other.further
        for reason in other.reasons where !tally.reasons.contains(reason) {
            if tally.reasons.count < HaltRepeats.mostReasons {
                tally.reasons.append(reason)
            } else {
                tally.further += 1
            }
        }
        // The newest names the record: its entry is the one that stands.
        if other.pulled.word.generation > tally.pulled.word.generation {
            tally.pulled = other.pulled
            tally.request = other.request
        }
        tallies[key] = tally
    }
}
