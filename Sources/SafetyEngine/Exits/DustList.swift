/// Symbols whose positions are worth too little to count (FEATURES rows C8 to C14).
public struct DustList: Sendable, Equatable, Codable {
    /// Creates an empty list.
    public init() {}

    mutating func evaluate(
        _ book: Book,
        _ valuation: Valuation,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ decisions: inout [Decision]
    ) {}

    mutating func take(
        _ action: OperatorAction,
        _ wallMs: Int64?,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ decisions: inout [Decision]
    ) {}
}
