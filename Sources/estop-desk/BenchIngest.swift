import Journal
import KillSwitch
import SafetyEngine

/// Lines through the socket of a host until the last one is on disk, against reading the same lines in this process.
struct BenchIngest: BenchPart {
    let title = "ingest"
    var problem: BenchProblem?
    private var lines: [[UInt8]] = []
    private var bytes: [UInt8] = []
    private var handed = BenchSeries()
    private var parsed = BenchSeries()

    /// 50,000 lines a second.
    private static let mostPerLine = 20_000.0

    var rows: [BenchRow] {
        [
            BenchRow(
                name: "one of \(lines.count) lines, until all are on disk",
                unit: .us,
                subject: handed,
                reference: "parsed only",
                bare: parsed,
                limit: .median(BenchIngest.mostPerLine)
            )
        ]
    }

    var notes: [String] {
        let median = handed.percentile(0.5)
        guard median > 0 else { return [] }
        return [
            "ingest: \(BenchUnit.fixed(1_000_000_000 / median, 0)) lines a second, none lost (each found in the journal)"
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        if lines.isEmpty {
            var stream = BenchStream()
            lines = (0..<size.lines).map { _ in EventLine.bytes(of: stream.next()) }
            bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
        }
        handed.beginRound()
        parsed.beginRound()
        let desk = try site.makeDesk(limited: false, pages: false)
        let server = try BenchServer(desk, site)
        defer { server.end() }
        let start = Clock.boottime()
        try server.send(bytes)
        try server.flush(lines: lines.count)
        let end = Clock.boottime()
        handed.add(Double(end - start) / Double(lines.count))
        try find(desk)
        server.end()
        let began = Clock.boottime()
        for line in lines {
            guard let event = try? EventLine.parse(line) else { throw BenchProblem("a line of the bench is none") }
            BenchSink.take(event.id.utf8.count)
        }
        parsed.add(Double(Clock.boottime() - began) / Double(lines.count))
    }

    /// Every line has to be in the journal, in the order in which it was handed in.
    private func find(_ desk: KillSwitch) throws(BenchProblem) {
        var found = 0
        do {
            var events = try BenchServer.reader(desk).events()
            while let stored = try events.next() {
                guard found < lines.count else { break }
                // What the host and its paper venue said themselves is in between.
                if stored.bytes == lines[found] { found += 1 }
            }
        } catch {
            throw BenchProblem("the journal: \(error)")
        }
        guard found == lines.count else {
            throw BenchProblem("\(lines.count - found) of \(lines.count) lines are not in the journal")
        }
    }
}
