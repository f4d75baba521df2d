/// Circuit breakers: one for each rule that halts, and the watch after a resume.
public struct Breakers: Sendable, Equatable, Codable {
    /// Creates breakers of which none is tripped.
    public init() {}

    mutating func modeChanged(
        from old: HostEvent.ModeState,
        to new: HostEvent.ModeState,
        at atMs: UInt64,
        _ settings: EngineSettings
    ) {}

    mutating func reset(_ name: String, by action: OperatorAction, at atMs: UInt64) {}

    mutating func evaluate(_ mode: HostEvent.ModeState, at atMs: UInt64, _ settings: EngineSettings) {}
}
