import Glibc
import KillSwitch

/// What a host costs that has nothing to do: its processor time and its wake-ups, without and with the paper venue and its
/// bots, against a process that wakes ten times a second and does nothing.
struct BenchIdle: BenchPart {
    let title = "idle"
    var problem: BenchProblem?
    private var live = Load()
    private var paper = Load()
    private var bare = Load()

    private struct Load {
        var percent = BenchSeries()
        var wakes = BenchSeries()
    }

    var rows: [BenchRow] {
        [("paper off", live), ("paper on", paper)].flatMap { name, load in
            [
                BenchRow(
                    name: "idle host, \(name): processor",
                    unit: .percent,
                    subject: load.percent,
                    reference: "10 naps a second",
                    bare: bare.percent,
                    limit: .none
                ),
                BenchRow(
                    name: "idle host, \(name): wake-ups",
                    unit: .perSecond,
                    subject: load.wakes,
                    reference: "10 naps a second",
                    bare: bare.wakes,
                    limit: .none
                ),
            ]
        }
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let sleeper = try BenchProcess.start([
            BenchProcess.own, "bench", BenchRole.sleeper.rawValue, "--state", site.root,
        ])
        site.adopt(sleeper)
        defer { site.end(sleeper) }
        try BenchIdle.measure(try site.makeDesk(limited: true, pages: false, paper: false), site, size, &live)
        try BenchIdle.measure(try site.makeDesk(limited: true, pages: false), site, size, &paper)
        try BenchIdle.measure(sleeper, size, &bare)
    }

    private static func measure(
        _ desk: KillSwitch,
        _ site: BenchSite,
        _ size: BenchSize,
        _ load: inout Load
    ) throws(BenchProblem) {
        let server = try BenchServer(desk, site)
        defer { server.end() }
        // Until what a start brings about is done.
        BenchProcess.nap(microseconds: 1_000_000)
        try measure(server.pid, size, &load)
    }

    private static func measure(_ pid: pid_t, _ size: BenchSize, _ load: inout Load) throws(BenchProblem) {
        let (start, before) = (Clock.boottime(), try BenchTasks(pid))
        BenchProcess.nap(microseconds: size.idleMs * 1000)
        let (end, after) = (Clock.boottime(), try BenchTasks(pid))
        let seconds = Double(end - start) / 1_000_000_000
        load.percent.beginRound()
        load.wakes.beginRound()
        load.percent.add(Double(after.runNs - min(after.runNs, before.runNs)) / 10_000_000 / seconds)
        load.wakes.add(Double(after.waits - min(after.waits, before.waits)) / seconds)
    }
}

/// What the threads of a process have used so far.
private struct BenchTasks {
    /// Time on a processor, in ns.
    var runNs: UInt64 = 0
    /// How often one went to sleep by itself: it woke as often.
    var waits: UInt64 = 0

    init(_ pid: pid_t) throws(BenchProblem) {
        let folder = "/proc/\(pid)/task"
        let names = (try? StateDirectory(folder).names()) ?? []
        guard !names.isEmpty else { throw BenchProblem("the threads of process \(pid) cannot be counted") }
        for name in names {
            runNs +=
                BenchTasks.text("\(folder)/\(name)/schedstat").split(separator: " ").first.flatMap { UInt64($0) } ?? 0
            for line in BenchTasks.text("\(folder)/\(name)/status").split(separator: "\n") {
                guard line.hasPrefix("voluntary_ctxt_switches:") else { continue }
                waits += line.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0) } ?? 0
            }
        }
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = max(0, read(file, &bytes, bytes.count))
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
