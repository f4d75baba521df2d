/// Whether a desk lives in a state directory: whether a halt there can stop anybody.
public enum Residence: Sendable, Equatable {
    /// A host runs here, a gate is open here, or the directory's own page was in use: a host has beaten on it since the machine
    /// started, or somebody resumed the desk. Also where this user may not look: whether it runs is not known then.
    case here
    /// Nothing of a desk was ever written here.
    case new
    /// The links lead to the pages of another directory: this one is a copy of it.
    case copy
    /// A desk was here, but nothing of it has run since the machine started.
    case idle
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
        if let page, page.beat != 0 || KillSwitch(self).observe().fold.lastApplied != nil { return .here }
        if GateSlots.read(self)?.contains(where: \.alive) ?? false { return .here }
        return KillSwitch(self).isBrandNew ? .new : .idle
    }
}
