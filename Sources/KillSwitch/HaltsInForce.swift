/// One halt that is in force, and that is verified or not by itself.
public struct HaltInForce: Sendable, Equatable {
    /// Its record's id.
    public var id: String
    /// What it covers.
    public var scope: Scope
    /// The page's word after it.
    public var state: Word
    /// The greatest generation before it of a word that permitted something: the same for halts on top of one another.
    public var period: UInt32
}

/// What the host found out about one halt: the one answer that every surface shows.
public struct HaltVerdict: Sendable, Equatable {
    /// The halt's record's id.
    public var id: String
    /// Whether all that DESIGN's *Verified* asks for was seen, and holds.
    public var isVerified: Bool
    /// Why not, or what was seen.
    public var text: String

    /// Creates a verdict.
    public init(id: String, isVerified: Bool, text: String) {
        self.id = id
        self.isVerified = isVerified
        self.text = text
    }
}

/// Invariants (KillSwitchTests/HaltsInForceTests): a gate that was opened under a word that does not permit and has not asked
/// since counts as acknowledged; a note that a halt is not verified any more ends what an earlier one said of it; on a real
/// desk without a host that beats nothing is verified.
extension Observation {
    /// Whether an open gate has acknowledged the page's word, or was never permitted since it was opened.
    public func hasAcknowledged(_ slot: GateSlot) -> Bool {
        guard slot.alive, let word else { return false }
        return slot.acknowledges(word) || wasNeverPermitted(slot)
    }

    /// Whether a gate was opened under a word that does not permit, in the halt that is in force now, and has not asked since.
    private func wasNeverPermitted(_ slot: GateSlot) -> Bool {
        slot.checks == 0 && slot.seen.rawValue != 0 && !slot.seen.mode.permitsAnything
            && word.map { !$0.mode.permitsAnything } ?? false && fold.reachesWord
            && slot.seen.generation > fold.lastPermitting
    }

    /// The halts in force: the one that made the page's word, where that permits nothing, else the last one of each scope.
    public var haltsInForce: [HaltInForce] {
        guard let word else { return [] }
        if !word.mode.permitsAnything {
            guard let last = fold.records.last(where: { $0.change == .halt && $0.state == word }) else { return [] }
            return [HaltInForce(id: last.id, scope: .global, state: word, period: fold.lastPermitting)]
        }
        var halts: [HaltInForce] = []
        for latch in fold.latches where !latch.scope.isGlobal && latch.mode == .halted {
            guard let record = fold.records.last(where: { $0.id == latch.id }) else { continue }
            let first = halts.first { $0.scope == latch.scope }?.period ?? record.was.generation
            halts.removeAll { $0.scope == latch.scope }
            halts.append(HaltInForce(id: latch.id, scope: latch.scope, state: record.state, period: first))
        }
        return halts
    }

    /// Open gates that a halt covers.
    public func gates(of halt: HaltInForce) -> [GateSlot] {
        openGates.filter { halt.scope.covers((try? Scope($0.scope)) ?? .global) }
    }

    /// Those of them that have not acknowledged it. Every later word has its entry on the page, too.
    public func waitingGates(of halt: HaltInForce) -> [GateSlot] {
        gates(of: halt).filter { slot in
            halt.scope.isGlobal ? !hasAcknowledged(slot) : slot.seen.generation < halt.state.generation
        }
    }

    /// When a halt was verified by the log, as long as no later note takes that back; nil: it is not.
    public func noted(_ id: String) -> String? {
        let last = fold.records.last { ($0.kind == .effective || $0.kind == .unverified) && $0.about == id }
        return last?.kind == .effective ? last?.at : nil
    }

    /// When a halt in force was verified; nil while it is not. Without a host that beats nobody looks at a real desk's venues.
    public func verified(_ halt: HaltInForce) -> String? {
        guard isPaper || (host != nil && hostBeats) else { return nil }
        return noted(halt.id)
    }

    /// When the halt of everything that is in force was verified (RFC 3339); nil while it is not, or nothing is halted.
    public var effective: String? {
        guard let word, !word.mode.permitsAnything else { return nil }
        return haltsInForce.first.flatMap(verified)
    }

    /// Whether a halt is verified now.
    public var isStopped: Bool { effective != nil }
}

extension KillSwitch {
    /// Writes down what changed about a halt: that it is verified now, or is not any more.
    ///
    /// - Returns: whether anything was written.
    func note(_ verdict: HaltVerdict, of halt: HaltInForce, seen: Observation) -> Bool {
        let isNoted = seen.noted(halt.id) != nil
        guard verdict.isVerified != isNoted else { return false }
        if verdict.isVerified {
            guard seen.gatesProblem == nil, seen.fold.reachesWord, seen.waitingGates(of: halt).isEmpty else {
                return false
            }
        }
        let noted: Void? = try? Log.note(
            verdict.isVerified ? .effective : .unverified,
            about: halt.id,
            reason: verdict.text,
            source: .watchdog,
            op: nil,
            from: nil,
            to: directory
        )
        return noted != nil
    }
}
