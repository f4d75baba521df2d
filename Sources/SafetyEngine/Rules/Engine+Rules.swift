extension Engine {
    /// Reads every rule's measure and decides.
    mutating func evaluateRules(at atMs: UInt64, _ valuation: Valuation, _ decisions: inout [Decision]) {}
}
