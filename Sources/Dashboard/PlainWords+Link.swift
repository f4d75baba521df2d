import SafetyEngine

extension PlainWords {
    /// A halt that the desk has not confirmed is said again so often, in milliseconds.
    private static let againMs: UInt64 = 5_000

    /// Another reason why a desk on another machine is not connected: what is to be done about it may be another, too.
    func otherProblem(_ old: DeskSnapshot, _ new: DeskSnapshot) -> PlainLine? {
        guard let link = new.link, case .lost(_, let before) = old.freshness, case .lost(_, let now) = new.freshness,
            before != now
        else { return nil }
        return PlainLine(.bad, .desk, "still NOT CONNECTED to \(link.place): \(now)")
    }

    /// What changed of the way to a desk on another machine: above all, whether a halt arrived.
    func link(_ old: DeskSnapshot?, _ new: DeskSnapshot) -> [PlainLine] {
        guard let link = new.link else { return [] }
        guard let halt = link.halt else {
            return old?.link?.halt == nil ? [] : [PlainLine(.warning, .halt, "the halt is confirmed by \(link.place)")]
        }
        guard halt.askedAgeMs >= HaltPress.remoteAlarmAfterMs else { return [] }
        if let said = old?.link?.halt, said.askedAgeMs >= HaltPress.remoteAlarmAfterMs, said.isOnPage == halt.isOnPage,
            said.askedAgeMs <= halt.askedAgeMs,
            said.askedAgeMs / PlainWords.againMs == halt.askedAgeMs / PlainWords.againMs
        {
            return []
        }
        let byHand = link.manualHalt(directory: new.directory)
        return [PlainLine(.alarm, .halt, "\(halt.words). By hand: \(byHand)")]
    }
}
