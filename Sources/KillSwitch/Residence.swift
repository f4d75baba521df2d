/// Whether a desk lives in a state directory: whether a halt there can stop anybody.
public enum Residence: Sendable, Equatable {
    /// A host runs or has beaten a moment ago, a gate is open here, or the page permitted. Also where this user may not look:
    /// whether it runs is not known then.
    case here
    /// Nothing of a desk was ever written here.
    case new
    /// The links lead to the pages of another directory: this one is a copy of it.
    case copy
    /// A desk was here, but nothing of it runs.
    case idle
}

extension Residence {
    /// How long a host may be away between two lives, in nanoseconds.
    static let restarts: UInt64 = 10_000_000_000
}

extension StateDirectory {
    /// Whether a desk lived here when a halt met it. Looks only; to be asked before anything is made here.
    ///
    /// - Parameter pulled: what the first store of the halt found.
    public func residence(before pulled: HaltHandle.Pulled) -> Residence {
        if pulled.onPage, pulled.was.mode.permitsAnything { return .here }
        let (page, problem) = HaltPage.map(self, writable: false)
        if problem?.isAnothers ?? false { return .copy }
        if HostLock.presence(self) != nil || HostLock.isHidden(self) || problem?.isUnreadable ?? false { return .here }
        // A host that is being started again is no dead desk.
        if let page, page.beat != 0, Clock.boottime() < page.beat + max(page.deadMan, Residence.restarts) {
            return .here
        }
        if GateSlots.read(self)?.contains(where: \.alive) ?? false { return .here }
        return KillSwitch(self).isBrandNew ? .new : .idle
    }
}
