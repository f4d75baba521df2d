/// Who is expected to beat, and what is done about those who do not.
public struct Roster: Sendable, Equatable, Codable {
    /// The name of the engine's own loop.
    public static let engineName = "engine"

    /// Creates an empty roster.
    public init() {}

    mutating func take(_ beat: Heartbeat, _ origin: Event.Origin, _ receipt: Receipt) {}

    mutating func hostStarted(at atMs: UInt64, _ settings: EngineSettings) {}

    mutating func settingsChanged(at atMs: UInt64, _ settings: EngineSettings) {}

    mutating func engineStalled(
        _ milliseconds: UInt64,
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {}

    mutating func process(_ name: String, isAlive: Bool, at atMs: UInt64) {}

    mutating func take(_ outcome: HostEvent.Outcome, at atMs: UInt64, _ decisions: inout [Decision]) {}

    mutating func forget(_ name: String) {}

    mutating func evaluate(
        at atMs: UInt64,
        _ settings: EngineSettings,
        _ lastNumber: inout UInt64,
        _ decisions: inout [Decision]
    ) {}
}
