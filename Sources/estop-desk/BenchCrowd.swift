import Glibc
import KillSwitch
import Synchronization

/// What else is connected to a host while it is asked to halt. A process of its own: its work is not the bench's.
struct BenchCrowd: Sendable, Equatable {
    enum Kind: String, Sendable {
        /// So many status requests a second, over a few connections.
        case paced
        /// Status and snapshot requests without pause, each connection its own.
        case flood
        /// Connections over which nothing comes.
        case idle
        /// Connections over which a byte of a head comes each second.
        case slow
    }

    var kind: Kind
    /// Requests a second of the paced, connections of all others.
    var count: Int
    var port: Int

    /// Connections of the paced.
    private static let paths = 16

    /// Where a crowd finds its orders, and where it says what it did.
    static let orders: Int32 = 3
    static let news: Int32 = 4

    var line: String { "\(kind.rawValue) \(count) \(port)\n" }

    init(_ kind: Kind, _ count: Int, port: Int) { (self.kind, self.count, self.port) = (kind, count, port) }

    init?(line: String) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let kind = Kind(rawValue: String(words[0])), let count = Int(words[1]),
            let port = Int(words[2])
        else { return nil }
        self.init(kind, count, port: port)
    }

    // MARK: - As the child

    /// Plays the crowd until whoever ordered it goes away; nil: nobody ordered anything.
    static func play() -> Int32? {
        var status = stat()
        guard fstat(orders, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return nil }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(orders, &bytes, bytes.count)
        guard count > 0, let crowd = BenchCrowd(line: String(decoding: bytes[..<count], as: UTF8.self)) else {
            return nil
        }
        var room = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &room)
        room.rlim_cur = room.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &room)
        crowd.gather()
        return 0
    }

    private static func tell(_ text: String) { _ = text.withCString { write(news, $0, strlen($0)) } }

    /// Waits for a question: how much was answered, or how many are held. False: nobody asks any more.
    private static func isAsked() -> Bool {
        var byte: UInt8 = 0
        return read(orders, &byte, 1) == 1
    }

    private func gather() {
        switch kind {
        case .paced, .flood:
            let done = BenchCount()
            let connections = kind == .paced ? BenchCrowd.paths : count
            let pace = kind == .paced ? UInt64(1_000_000_000 * connections / max(1, count)) : nil
            let port = port
            for number in 0..<connections { ThreadStart.detached { BenchCrowd.ask(port, number, every: pace, done) } }
            BenchCrowd.tell("ready\n")
            while BenchCrowd.isAsked() { BenchCrowd.tell("\(done.value)\n") }
        case .idle:
            let held = (0..<count).map { _ in try? BenchConnection(port: port) }
            BenchCrowd.tell("ready\n")
            while BenchCrowd.isAsked() { BenchCrowd.tell("\(held.count { $0 != nil })\n") }
        case .slow:
            var held = (0..<count).map { _ in try? BenchConnection(port: port) }
            BenchCrowd.tell("ready\n")
            BenchCrowd.dribble(&held, port)
        }
    }

    /// A byte a second over each connection, spread over the second; one that was ended is opened again.
    private static func dribble(_ held: inout [BenchConnection?], _ port: Int) {
        let head = Array("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".utf8)
        var turn = 0
        var ready = pollfd(fd: orders, events: Int16(POLLIN), revents: 0)
        let pause = max(1, 1_000_000 / max(1, held.count) * 20)
        while true {
            for index in held.indices {
                let byte = turn < head.count ? head[turn] : UInt8(ascii: "x")
                if (try? held[index]?.send([byte])) == nil { held[index] = try? BenchConnection(port: port) }
                guard index % 20 == 19 else { continue }
                BenchProcess.nap(microseconds: pause)
                guard poll(&ready, 1, 0) > 0 else { continue }
                guard isAsked() else { return }
                tell("\(held.count { $0 != nil })\n")
            }
            turn += 1
        }
    }

    private static func ask(_ port: Int, _ number: Int, every pace: UInt64?, _ done: BenchCount) {
        let status = BenchCrowd.get("/api/emergency/kill-switch/status")
        let snapshot = BenchCrowd.get("/api/v1/snapshot")
        while true {
            guard let connection = try? BenchConnection(port: port) else {
                BenchProcess.nap(microseconds: 10_000)
                continue
            }
            var next = Clock.boottime()
            var turn = number
            while true {
                turn += 1
                let request = pace == nil && turn % 2 == 0 ? snapshot : status
                guard (try? connection.ask(request)) != nil else { break }
                done.add()
                guard let pace else { continue }
                next += pace
                let now = Clock.boottime()
                if next > now {
                    BenchProcess.nap(microseconds: Int((next - now) / 1_000))
                } else if now - next > 1_000_000_000 {
                    // What a host did not answer in time is not asked for later.
                    next = now
                }
            }
        }
    }

    static func get(_ path: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".utf8)
    }
}

/// A number that several threads raise.
final class BenchCount: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int { number.load(ordering: .relaxed) }
    func add() { number.add(1, ordering: .relaxed) }
}

/// A crowd that runs, as the bench sees it.
final class BenchCrowdProcess {
    private let site: BenchSite
    private let pid: pid_t
    private let orders: Int32
    private let news: Int32
    private let kind: BenchCrowd.Kind

    /// Starts it, and waits until it is there.
    init(_ crowd: BenchCrowd, _ site: BenchSite) throws(BenchProblem) {
        self.site = site
        kind = crowd.kind
        let forOrders = try BenchProcess.pipe()
        let forNews = try BenchProcess.pipe()
        (orders, news) = (forOrders.writing, forNews.reading)
        defer {
            close(forOrders.reading)
            close(forNews.writing)
        }
        pid = try BenchProcess.start(
            [BenchProcess.own, "bench", BenchRole.crowd.rawValue],
            files: [(forOrders.reading, BenchCrowd.orders), (forNews.writing, BenchCrowd.news)]
        )
        site.adopt(pid)
        _ = crowd.line.withCString { write(orders, $0, strlen($0)) }
        guard try line() == "ready" else { throw BenchProblem("the \(crowd.kind) crowd does not come") }
    }

    deinit {
        site.end(pid)
        close(orders)
        close(news)
    }

    /// Requests answered so far, or connections held.
    func count() throws(BenchProblem) -> Int {
        var byte = UInt8(ascii: "?")
        guard write(orders, &byte, 1) == 1, let count = Int(try line()) else {
            throw BenchProblem("the \(kind) crowd has gone")
        }
        return count
    }

    private func line() throws(BenchProblem) -> String {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            var ready = pollfd(fd: news, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 60_000) > 0, read(news, &byte, 1) == 1 else {
                throw BenchProblem("the \(kind) crowd does not answer")
            }
            if byte == UInt8(ascii: "\n") { return String(decoding: text, as: UTF8.self) }
            text.append(byte)
        }
    }
}
