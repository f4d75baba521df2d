extension Engine {
    /// Reads every rule's measure and decides.
    mutating func evaluateRules(at atMs: UInt64, _ valuation: Valuation, _ decisions: inout [Decision]) {
        for rearm in breakers.takeRearmed() {
            switch rearm {
            case .all: alarms.rearm({ _ in true }, settings.rules)
            case .scoped: alarms.rearm({ $0.reach != .global }, settings.rules)
            case .rule(let name): alarms.rearm({ $0.name == name }, settings.rules)
            }
        }
        let windowMs = settings.rules.first { $0.measure == Measure.eventsDropped.rawValue }?.windowMs ?? 0
        let dropped = alarms.drops.take(journal.dropped, windowMs: windowMs, at: atMs)
        let reader = DeskReader(self, valuation, at: atMs, dropped: dropped)
        // Moved, not copied: thousands of subjects may be on their way.
        var moved = Alarms()
        swap(&moved, &alarms)
        var run = RuleRun(moved, breakers, reader, lastNumber)
        moved = Alarms()
        run.evaluate(&decisions)
        lastNumber = run.lastNumber
        breakers = run.breakers
        alarms = run.alarms
    }

    /// The desk as rules read it.
    func reader(at atMs: UInt64) -> DeskReader { reader(at: atMs, book.valuation(at: atMs, settings)) }

    /// The same, where it is known already what everything is worth at that time.
    func reader(at atMs: UInt64, _ valuation: Valuation) -> DeskReader {
        DeskReader(self, valuation, at: atMs, dropped: alarms.drops.count)
    }
}
