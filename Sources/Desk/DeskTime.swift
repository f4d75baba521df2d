import KillSwitch
public import SafetyEngine

/// The desk's own time in this run of its host: milliseconds that begin where the last run's left off (see
/// `Journal.Session`) and go by the boottime clock. It only moves forward, and no change of the machine's clock moves it.
public struct DeskTime: Sendable, Equatable, Codable {
    /// The boot in which it was set.
    public var boot: String
    /// CLOCK_BOOTTIME then, in milliseconds.
    public var boottimeMs: UInt64
    /// The desk's time then.
    public var atMs: UInt64

    /// Creates a time that was set.
    public init(boot: String, boottimeMs: UInt64, atMs: UInt64) {
        self.boot = boot
        self.boottimeMs = boottimeMs
        self.atMs = atMs
    }

    /// The desk's time at a boottime of this boot.
    public func at(boottimeMs now: UInt64) -> UInt64 { atMs + (now > boottimeMs ? now - boottimeMs : 0) }

    /// Now.
    public func now() -> Receipt {
        Receipt(atMs: at(boottimeMs: Clock.boottime() / 1_000_000), wallMs: Clock.wallMilliseconds())
    }
}
