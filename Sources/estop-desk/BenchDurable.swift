import Glibc
import KillSwitch

/// From the call that halts to its record on disk, against a bare append and fdatasync of as many bytes to another file of
/// the same directory, opened in the same way and of the same length.
struct BenchDurable: BenchPart {
    let title = "halt to durable"
    var problem: BenchProblem?
    private var durable = BenchSeries()
    private var bare = BenchSeries()

    var rows: [BenchRow] {
        [
            BenchRow(
                name: "halt to durable",
                unit: .us,
                subject: durable,
                reference: "append + fdatasync",
                bare: bare,
                limit: .ratioOfMedians(1.5)
            )
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let desk = try site.makeDesk(limited: false, pages: true)
        let log = "\(desk.directory.path)/kill_switch.log"
        let other = "\(desk.directory.path)/reference"
        let made = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o660)
        guard made >= 0 else { throw BenchProblem("\(other) cannot be made", errno: errno) }
        close(made)
        _ = try append(other, try length(of: log))
        durable.beginRound()
        bare.beginRound()
        let request = HaltRequest(reason: "bench: halt to durable", source: .library)
        for index in 0...size.halts {
            let before = try length(of: log)
            let start = Clock.boottime()
            let report = desk.halt(request)
            let end = Clock.boottime()
            guard report.durable else { throw BenchProblem("a halt is not on disk", errno: report.error) }
            let appended = try append(other, try length(of: log) - before)
            // The first pair loads what it needs.
            guard index > 0 else { continue }
            durable.add(from: start, to: end)
            bare.add(from: appended.start, to: appended.end)
        }
    }

    private func length(of path: String) throws(BenchProblem) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw BenchProblem("\(path) cannot be looked at", errno: errno) }
        return Int(status.st_size)
    }

    private func append(_ path: String, _ length: Int) throws(BenchProblem) -> (start: UInt64, end: UInt64) {
        let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: length)
        let start = Clock.boottime()
        let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
        let written = write(file, bytes, bytes.count)
        let synced = fdatasync(file)
        close(file)
        let end = Clock.boottime()
        guard written == length, synced == 0 else { throw BenchProblem("\(path) cannot be written", errno: errno) }
        return (start, end)
    }
}
