import KillSwitch
public import SafetyEngine

/// The desk's own time: milliseconds since its first start. It only moves forward, goes on over restarts, and no change of
/// the machine's clock moves it.
///
/// Within one boot of the machine it is the boottime clock. Over a reboot only the wall clock knows how long the machine was
/// off; one that says "before" counts as no time at all.
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

    /// The time of a host that starts now.
    ///
    /// - Parameters:
    ///   - before: how the host before had set it; nil: there was none.
    ///   - last: the last event's receipt; nil: there was none.
    ///   - boot: this boot.
    ///   - boottimeMs: CLOCK_BOOTTIME now.
    ///   - wallMs: the wall clock now.
    public static func continuing(
        _ before: DeskTime?,
        last: Receipt?,
        boot: String,
        boottimeMs: UInt64,
        wallMs: Int64
    ) -> DeskTime {
        var atMs = last?.atMs ?? 0
        if let before, before.boot == boot, boottimeMs >= before.boottimeMs {
            atMs = max(atMs, before.atMs + (boottimeMs - before.boottimeMs))
        } else if let last, wallMs > last.wallMs {
            atMs += UInt64(wallMs - last.wallMs)
        }
        return DeskTime(boot: boot, boottimeMs: boottimeMs, atMs: atMs)
    }

    /// The desk's time at a boottime of this boot.
    public func at(boottimeMs now: UInt64) -> UInt64 { atMs + (now > boottimeMs ? now - boottimeMs : 0) }

    /// Now.
    public func now() -> Receipt {
        Receipt(atMs: at(boottimeMs: Clock.boottime() / 1_000_000), wallMs: Clock.wallMilliseconds())
    }
}
