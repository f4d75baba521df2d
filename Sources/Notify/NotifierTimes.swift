import KillSwitch

/// Where a notifier takes its times from.
public struct NotifierTimes: Sendable {
    /// Milliseconds of a clock that only goes forward: it decides.
    public var now: @Sendable () -> Int64
    /// Milliseconds of the wall clock since 1970: shown, and written to disk.
    public var wall: @Sendable () -> Int64

    /// Creates a source of times.
    public init(now: @escaping @Sendable () -> Int64, wall: @escaping @Sendable () -> Int64) {
        self.now = now
        self.wall = wall
    }

    /// The machine's.
    public static let machine = NotifierTimes(
        now: { Int64(clamping: Clock.boottime() / 1_000_000) },
        wall: { Clock.wallMilliseconds() }
    )
}
