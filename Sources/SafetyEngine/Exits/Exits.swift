/// The position cap and the exit rules: what they propose, and what became of it.
public struct Exits: Sendable, Equatable, Codable {
    /// Creates exits that propose nothing.
    public init() {}

    mutating func evaluate(
        _ book: Book,
        _ valuation: Valuation,
        _ dust: DustList,
        _ mode: HostEvent.ModeState,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {}

    mutating func take(
        _ action: OperatorAction,
        _ book: Book,
        _ valuation: Valuation,
        _ dust: DustList,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {}

    mutating func take(_ outcome: HostEvent.Outcome, at atMs: UInt64, _ decisions: inout [Decision]) {}
}
