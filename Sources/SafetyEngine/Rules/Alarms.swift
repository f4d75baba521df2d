/// Alerts that are open, those that were, and how far each rule has come.
public struct Alarms: Sendable, Equatable, Codable {
    /// Creates alarms that are silent.
    public init() {}

    /// Acknowledges, silences.
    mutating func take(_ action: OperatorAction, at atMs: UInt64, _ decisions: inout [Decision]) {}
}
