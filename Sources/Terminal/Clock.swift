import Glibc

/// The clocks, read in one place. A suspended machine's time counts: an age is an age.
enum Clock {
    /// Milliseconds of CLOCK_BOOTTIME.
    static func monotonicMs() -> UInt64 { UInt64(max(0, read(CLOCK_BOOTTIME))) }

    /// Unix time in milliseconds.
    static func wallMs() -> Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
