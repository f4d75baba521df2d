import Glibc
import KillSwitch

/// From a stop file's creation to the page halted by `estop serve`, against a bare inotify wake of another process.
struct BenchStopFile: BenchPart {
    let title = "stop file to halted"
    var problem: BenchProblem?
    private var halted = BenchSeries()
    private var bare = BenchSeries()

    /// How long host and watcher are given to come to rest, us.
    private static let pause = 6000

    var rows: [BenchRow] {
        [
            BenchRow(
                name: "stop file to halted by the host",
                unit: .us,
                subject: halted,
                reference: "inotify wake",
                bare: bare,
                limit: .ratioOfTails(3)
            )
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let desk = try site.makeDesk(limited: true, pages: false)
        let host = try BenchProcess.serve(desk.directory.path)
        site.adopt(host)
        defer { site.end(host) }
        let watched = try site.makeDirectory("watched")
        let channel = try BenchChannel()
        let watcher = try BenchProcess.start(
            [BenchProcess.own, "bench", BenchRole.watcher.rawValue, "--state", watched],
            files: [(channel.descriptor, BenchChannel.inherited)]
        )
        site.adopt(watcher)
        defer { site.end(watcher) }
        let page = try BenchPage.await(desk)
        halted.beginRound()
        bare.beginRound()
        for index in 0...size.stopFiles {
            BenchProcess.nap(microseconds: BenchStopFile.pause)
            let word = page.word
            let stopped = try create("\(desk.directory.path)/\(StopFile.name)") { start throws(BenchProblem) in
                try page.changed(from: word, since: start)
            }
            let turn = UInt32(index + 1)
            try channel.await(.ready, turn)
            BenchProcess.nap(microseconds: BenchStopFile.pause)
            let woken = try create("\(watched)/file") { _ throws(BenchProblem) in
                try channel.await(.done, turn)
                return channel.stamp
            }
            guard index > 0 else { continue }
            halted.add(from: stopped.start, to: stopped.end)
            bare.add(from: woken.start, to: woken.end)
        }
    }

    /// Creates a file, waits for what it brings about, removes it.
    private func create(
        _ path: String,
        _ wait: (UInt64) throws(BenchProblem) -> UInt64
    ) throws(BenchProblem) -> (start: UInt64, end: UInt64) {
        let start = Clock.boottime()
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchProblem("\(path) cannot be made", errno: errno) }
        defer {
            close(file)
            unlink(path)
        }
        return (start, try wait(start))
    }
}
