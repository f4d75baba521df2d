extension Book {
    /// Takes one event.
    mutating func take(_ event: Event, _ receipt: Receipt, _ settings: EngineSettings) {
        counts.taken &+= 1
    }

    /// A host started: what was seen before may have changed unseen.
    mutating func hostStarted(at atMs: UInt64) {}

    /// What time alone changes: orders of a silent venue become unknown, finished ones are forgotten, days begin.
    mutating func settle(at atMs: UInt64, _ calendar: Calendar, _ settings: EngineSettings) {}

    /// What everything is worth.
    func valuation(at atMs: UInt64, _ settings: EngineSettings) -> Valuation { Valuation() }

    /// An operator states what was paid.
    mutating func setEntryPrice(
        venue: String,
        account: String,
        symbol: String,
        price: Decimal,
        by action: OperatorAction
    ) {}
}
