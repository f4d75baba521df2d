import Desk
import Glibc
import Journal
import KillSwitch
import SafetyEngine

/// A host of a desk of the bench's own, as a process, with a connection to its socket.
final class BenchServer {
    private let site: BenchSite
    let pid: pid_t
    let client: ControlClient
    /// From the start of the process to the first answer of its engine, in ns.
    let startTime: UInt64

    /// How long a host may take to start or to answer, in milliseconds.
    private static let patienceMs: UInt64 = 120_000

    /// Starts `estop serve`, and waits until its engine answers.
    init(_ desk: KillSwitch, _ site: BenchSite) throws(BenchProblem) {
        self.site = site
        let start = Clock.boottime()
        pid = try BenchProcess.serve(desk.directory.path)
        site.adopt(pid)
        do throws(BenchProblem) {
            client = try BenchServer.connect(desk, since: start)
            try BenchServer.awaitEngine(client, since: start)
        } catch {
            site.end(pid)
            throw error
        }
        startTime = Clock.boottime() - start
    }

    deinit { end() }

    /// Ends it as a crash does.
    func end() { site.end(pid) }

    private static func connect(_ desk: KillSwitch, since start: UInt64) throws(BenchProblem) -> ControlClient {
        while true {
            do {
                return try ControlClient(desk.directory)
            } catch {
                guard Clock.boottime() - start < patienceMs * 1_000_000 else { throw BenchProblem(error.message) }
            }
            BenchProcess.nap(microseconds: 500)
        }
    }

    /// The socket is there before the engine is.
    private static func awaitEngine(_ client: ControlClient, since start: UInt64) throws(BenchProblem) {
        while true {
            try send(.summary, client)
            do throws(BenchProblem) {
                _ = try answer("summary", client)
                return
            } catch {
                guard Clock.boottime() - start < patienceMs * 1_000_000 else { throw error }
            }
            BenchProcess.nap(microseconds: 500)
        }
    }

    private static func send(_ request: ControlRequest, _ client: ControlClient) throws(BenchProblem) {
        do { try client.send(request) } catch { throw BenchProblem(error.message) }
    }

    private static func answer(_ key: String, _ client: ControlClient) throws(BenchProblem) -> JSON {
        do {
            guard let line = try client.line(within: patienceMs) else { throw BenchProblem("the host does not answer") }
            guard let answer = JSON(bytes: line)?[key] else {
                throw BenchProblem("the host answered: \(String(decoding: line.prefix(200), as: UTF8.self))")
            }
            return answer
        } catch let error as ControlClient.Failure {
            throw BenchProblem(error.message)
        } catch let error as BenchProblem {
            throw error
        } catch {
            throw BenchProblem("\(error)")
        }
    }

    /// Hands in lines.
    func send(_ bytes: [UInt8]) throws(BenchProblem) {
        do { try client.send(bytes) } catch { throw BenchProblem(error.message) }
    }

    /// Waits until everything that was handed in is on disk.
    ///
    /// - Throws: when some of `lines` was not taken.
    func flush(lines: Int) throws(BenchProblem) {
        try BenchServer.send(.flush, client)
        let answer = try BenchServer.answer("flushed", client)
        guard answer["taken"]?.integer == Int64(lines), answer["refused"]?.integer == 0,
            answer["durable"] == .bool(true)
        else { throw BenchProblem("of \(lines) lines: \(answer.line)") }
    }

    /// What its engine's state comes to, and the desk's time then.
    func digest() throws(BenchProblem) -> (sha256: String, atMs: UInt64) {
        try BenchServer.send(.digest, client)
        let answer = try BenchServer.answer("digest", client)
        guard let digest = answer["sha256"]?.string, let atMs = answer["at_ms"]?.integer else {
            throw BenchProblem("the host answered: \(answer.line)")
        }
        return (digest, UInt64(clamping: atMs))
    }

    /// A reader of a desk's journal.
    static func reader(_ desk: KillSwitch) throws(BenchProblem) -> JournalReader {
        do { return try Journal.reader(directory: desk.directory.path, codec: LineCodec()) } catch {
            throw BenchProblem(error.message)
        }
    }
}
