extension EventLine {
    /// Whether an event that is well formed may come in at a desk. What was journaled is not asked again.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - desk: the desk's name; empty: it has none, and takes any.
    /// - Throws: `Refusal` for an event that names another desk, and for counts of accounts that cannot be.
    public static func admit(_ event: Event, to desk: @autoclosure () -> String) throws(Refusal) {
        if !event.origin.desk.isEmpty {
            let mine = desk()
            guard mine.isEmpty || event.origin.desk == mine else {
                throw Refusal(
                    .desk,
                    "is \(shown(event.origin.desk)): this desk is \(shown(mine)); send it there, or leave the key out"
                )
            }
        }
        guard case .accounts(let counts) = event.body else { return }
        guard counts.total > 0 else {
            throw Refusal(.total, "is 0: there is at least one account; leave the event out")
        }
        guard counts.active <= counts.total else {
            throw Refusal(.active, "is \(counts.active) of \(counts.total): no more can trade than there are")
        }
    }
}
