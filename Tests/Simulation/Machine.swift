import SafetyEngine

/// The machine's clocks over true time. The clock since boot leaps and begins anew; the wall clock jumps as it likes.
struct Machine {
    let originMs: Int64
    /// How far the wall clock is off.
    var wallOffMs: Int64 = 0
    var boot = 1
    private var bootBaseMs = -1_000_000

    init(originMs: Int64) { self.originMs = originMs }

    func wallMs(at nowMs: Int) -> Int64 { originMs + Int64(nowMs) + wallOffMs }
    func bootMs(at nowMs: Int) -> UInt64 { UInt64(max(0, nowMs - bootBaseMs)) }

    /// Its clock since boot goes on by so much, in which nothing else happens.
    mutating func leap(_ milliseconds: Int) { bootBaseMs -= milliseconds }

    mutating func reboot(at nowMs: Int) {
        boot += 1
        bootBaseMs = nowMs - 1_000
    }
}

/// The desk's own time in one run of a host, as `Journal.Session` and `Desk.DeskTime` count it.
struct DeskClock: Equatable {
    var boot: Int
    var bootMs: UInt64
    var atMs: UInt64
    var wallMs: Int64

    func at(bootMs now: UInt64) -> UInt64 { atMs + (now > bootMs ? now - bootMs : 0) }

    /// The next run's, when this was the last and `last` the last receipt that was journaled.
    func next(boot: Int, bootMs: UInt64, wallMs: Int64, after last: Receipt) -> DeskClock {
        var next = DeskClock(boot: boot, bootMs: bootMs, atMs: last.atMs, wallMs: wallMs)
        if boot == self.boot, bootMs >= self.bootMs {
            next.atMs = max(last.atMs, atMs + bootMs - self.bootMs)
        } else {
            next.atMs = last.atMs + UInt64(max(0, wallMs - last.wallMs))
        }
        return next
    }
}
