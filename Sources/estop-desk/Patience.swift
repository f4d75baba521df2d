import KillSwitch

/// Waiting for what another thread does, at most so long.
enum Patience {
    static func wait(milliseconds: UInt64, everyMs: UInt64 = 5, until isDone: () -> Bool) {
        let begin = Clock.boottime()
        while !isDone(), Clock.boottime() - begin < milliseconds * 1_000_000 {
            Clock.sleep(milliseconds: everyMs)
        }
    }
}
