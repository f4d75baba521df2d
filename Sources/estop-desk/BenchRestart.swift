import Journal
import KillSwitch
import SafetyEngine

/// From the start of a host after a kill -9 until its engine answers, on a journal of many events, against reading that
/// journal alone.
///
/// The first round fills the journal, over the socket, and verifies: the state before the kill, the state that a start
/// restores from its snapshot, and that of a replay of every event are the same.
struct BenchRestart: BenchPart {
    let title = "restart"
    var problem: BenchProblem?
    private var restart = BenchSeries()
    private var replay = BenchSeries()
    private var walk = BenchSeries()
    private var desk: KillSwitch?
    private var events = 0

    var rows: [BenchRow] {
        func row(_ name: String, _ series: BenchSeries, _ limit: BenchLimit) -> BenchRow {
            BenchRow(name: name, unit: .ms, subject: series, reference: "rows read", bare: walk, limit: limit)
        }
        return [
            row("restart with \(events) events", restart, .median(3_000_000_000)),
            row("replay of all of them", replay, .none),
        ]
    }

    var notes: [String] {
        restart.count > 0 ? ["restart: the state before the kill, after it, and of a full replay are the same"] : []
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        restart.beginRound()
        replay.beginRound()
        walk.beginRound()
        if let desk {
            let server = try BenchServer(desk, site)
            restart.add(Double(server.startTime))
            server.end()
            try walk(desk)
            return
        }
        let desk = try site.makeDesk(limited: false, pages: false)
        let before = try fill(desk, site, size.journaled)
        let server = try BenchServer(desk, site)
        restart.add(Double(server.startTime))
        let after = try server.digest()
        try server.flush(lines: 0)
        server.end()
        self.desk = desk
        events = size.journaled
        try verify(desk, [("before the kill", before), ("after it", after)])
        try walk(desk)
    }

    /// Hands in events and kills the host; what its state came to.
    private func fill(
        _ desk: KillSwitch,
        _ site: BenchSite,
        _ count: Int
    ) throws(BenchProblem) -> (sha256: String, atMs: UInt64) {
        let server = try BenchServer(desk, site)
        defer { server.end() }
        var stream = BenchStream()
        while stream.count < count {
            var bytes: [UInt8] = []
            for _ in 0..<min(10_000, count - stream.count) {
                bytes += EventLine.bytes(of: stream.next())
                bytes.append(UInt8(ascii: "\n"))
            }
            try server.send(bytes)
        }
        try server.flush(lines: count)
        let digest = try server.digest()
        // Whatever of the host's own came up to then is on disk as well.
        try server.flush(lines: count)
        return digest
    }

    /// Replays everything, and compares on the way.
    private mutating func verify(
        _ desk: KillSwitch,
        _ states: [(when: String, state: (sha256: String, atMs: UInt64))]
    ) throws(BenchProblem) {
        do {
            let reader = try BenchServer.reader(desk)
            let start = Clock.boottime()
            var engine = Engine()
            var events = reader.events(from: 1)
            var left = states[...]
            var paused: UInt64 = 0
            // The state may have been asked for between two events of one millisecond.
            var sameTime: [Engine] = []
            func compare(_ engine: Engine) throws {
                guard let (when, state) = left.popFirst() else { return }
                let began = Clock.boottime()
                let isFound = try (sameTime + [engine]).reversed().contains { candidate in
                    var candidate = candidate
                    _ = candidate.advance(to: Receipt(atMs: state.atMs, wallMs: 0))
                    return try EngineDigest.text(of: candidate) == state.sha256
                }
                sameTime = []
                paused += Clock.boottime() - began
                guard isFound else {
                    throw BenchProblem("the engine's state \(when) is not that of a replay of its journal")
                }
            }
            while let stored = try events.next() {
                while let next = left.first, stored.receipt.atMs > next.state.atMs { try compare(engine) }
                if let next = left.first, stored.receipt.atMs == next.state.atMs { sameTime.append(engine) }
                BenchSink.take(engine.apply(try stored.event(), at: stored.receipt).count)
            }
            while !left.isEmpty { try compare(engine) }
            replay.add(Double(Clock.boottime() - start - paused))
            // And what a start makes of the snapshot and what came after it.
            let restored = try reader.restore().replay()
            guard restored == engine else {
                throw BenchProblem("a snapshot does not lead to the state of a full replay")
            }
        } catch let error as BenchProblem {
            throw error
        } catch {
            throw BenchProblem("the journal: \(error)")
        }
    }

    private mutating func walk(_ desk: KillSwitch) throws(BenchProblem) {
        do {
            let reader = try BenchServer.reader(desk)
            let start = Clock.boottime()
            var events = reader.events(from: 1)
            while let stored = try events.next() { BenchSink.take(stored.bytes.count) }
            walk.add(Double(Clock.boottime() - start))
        } catch let error as BenchProblem {
            throw error
        } catch {
            throw BenchProblem("the journal: \(error)")
        }
    }
}
