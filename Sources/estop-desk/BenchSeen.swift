import KillSwitch

/// From the call that halts (the page's step) to the word seen by a process that waits, against a bare futex wake between
/// the same two processes.
struct BenchSeen: BenchPart {
    let title = "halt to seen"
    var problem: BenchProblem?
    private var seen = BenchSeries()
    private var bare = BenchSeries()

    /// How long the waiting process is given to fall asleep, us.
    private static let pause = 200

    var rows: [BenchRow] {
        [
            BenchRow(
                name: "halt to seen by a waiting process",
                unit: .us,
                subject: seen,
                reference: "futex wake",
                bare: bare,
                limit: .ratioOfTails(3)
            )
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let desk = try site.makeDesk(limited: false, pages: true)
        let channel = try BenchChannel()
        let child = try BenchProcess.start(
            [BenchProcess.own, "bench", BenchRole.waiter.rawValue, "--state", desk.directory.path],
            files: [(channel.descriptor, BenchChannel.inherited)]
        )
        site.adopt(child)
        defer { site.end(child) }
        let handle = HaltHandle(desk.directory)
        seen.beginRound()
        bare.beginRound()
        var turn: UInt32 = 0
        for index in 0...size.wakes {
            turn += 1
            let halted = try wake(channel, turn) { _ = handle.pull() }
            turn += 1
            let woken = try wake(channel, turn) { channel.set(.wake, turn) }
            // The first pair maps what it touches.
            guard index > 0 else { continue }
            seen.add(from: halted.start, to: halted.end)
            bare.add(from: woken.start, to: woken.end)
        }
    }

    private func wake(
        _ channel: BenchChannel,
        _ turn: UInt32,
        _ act: () -> Void
    ) throws(BenchProblem) -> (start: UInt64, end: UInt64) {
        try channel.await(.ready, turn)
        BenchProcess.nap(microseconds: BenchSeen.pause)
        let start = Clock.boottime()
        act()
        try channel.await(.done, turn)
        return (start, channel.stamp)
    }
}
