import Glibc
import KillSwitch

/// From a request to halt over HTTP to its answer, when the record is on disk, beside a crowd of others.
///
/// Beside 1,000 status requests a second: against a bare append and fdatasync, and against a bare server's round trip with as
/// durable a write, taken in turn beside the same crowd. Beside 2,000 connections or a flood: against 50 ms.
struct BenchHTTP: BenchPart {
    let kind: BenchCrowd.Kind
    var problem: BenchProblem?
    private var kept = BenchSeries()
    private var fresh = BenchSeries()
    private var append = BenchSeries()
    private var trip = BenchSeries()
    private var freshTrip = BenchSeries()
    private var answered = BenchSeries()
    private var connections = 0

    /// Status requests a second.
    private static let pace = 1_000
    /// Connections of the flood.
    private static let flood = 16
    private static let plus = 2_000_000.0
    private static let most = 50_000_000.0

    init(_ kind: BenchCrowd.Kind) { self.kind = kind }

    var title: String {
        switch kind {
        case .paced: "halt over HTTP"
        case .idle: "halt beside idle connections"
        case .slow: "halt beside slow connections"
        case .flood: "halt beside a flood"
        }
    }

    var rows: [BenchRow] {
        func row(
            _ name: String,
            _ subject: BenchSeries,
            _ reference: String,
            _ bare: BenchSeries,
            _ limit: BenchLimit
        )
            -> BenchRow
        {
            BenchRow(name: name, unit: .ms, subject: subject, reference: reference, bare: bare, limit: limit)
        }
        let (disk, server) = ("append + fdatasync", "bare server + fdatasync")
        let beside =
            switch kind {
            case .paced: "beside \(BenchHTTP.pace) status/s"
            case .idle: "beside \(connections) idle connections"
            case .slow: "beside \(connections) slow connections"
            case .flood: "beside a flood of reads"
            }
        guard kind == .paced else {
            return [
                row("halt, kept connection, \(beside)", kept, server, trip, .worst(BenchHTTP.most)),
                row("halt, new connection, \(beside)", fresh, server, freshTrip, .worst(BenchHTTP.most)),
            ]
        }
        return [
            row("halt, kept connection, \(beside)", kept, disk, append, .timesMedianPlus(1, BenchHTTP.plus)),
            row("the same", kept, server, trip, .ratioOfTails(3)),
            row("halt, new connection, \(beside)", fresh, disk, append, .timesMedianPlus(2, BenchHTTP.plus)),
            row("the same", fresh, server, trip, .ratioOfTails(6)),
        ]
    }

    var notes: [String] {
        let beside =
            switch kind {
            case .paced, .flood:
                "\(BenchUnit.fixed(answered.percentile(0.5), 0)) reads a second were answered beside it"
            case .idle, .slow: "\(connections) connections were open"
            }
        // What a bare server's worst is says how much of ours is the machine's.
        let worst = [trip, freshTrip].map { BenchUnit.ms.text($0.max) }.joined(separator: " and ")
        return ["\(title): \(beside); the bare server's worst, kept and new connection: \(worst) ms"]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let port = try BenchPort.free()
        // Connections that say nothing stay, for as long as the bench needs them.
        let desk = try site.makeDesk(
            limited: false,
            pages: false,
            more: "[api]\nport = \(port)\nhead_time = \"10m\"\nbody_time = \"10m\"\nidle_time = \"10m\"\n"
        )
        let host = try BenchServer(desk, site)
        defer { host.end() }
        let first = try BenchHTTP.connect(port)
        let log = "\(desk.directory.path)/kill_switch.log"
        // The first loads what it needs, and shows how long requests, records and answers are.
        let before = try BenchHTTP.length(of: log)
        let answer = try BenchHTTP.halt(first)
        let record = try BenchHTTP.length(of: log) - before
        let recorder = try BenchRecorder(
            desk.directory.path,
            request: BenchHTTP.request.count,
            record: record,
            answer: answer.count,
            site
        )
        let bare = try BenchConnection(port: recorder.port)
        let number = kind == .paced ? BenchHTTP.pace : kind == .flood ? BenchHTTP.flood : size.connections
        let crowd = try BenchCrowdProcess(BenchCrowd(kind, number, port: port), site)
        BenchProcess.nap(microseconds: 500_000)
        let (since, begun) = (Clock.boottime(), try crowd.count())
        for series in [\BenchHTTP.kept, \.fresh, \.append, \.trip, \.freshTrip, \.answered] {
            self[keyPath: series].beginRound()
        }
        for _ in 0..<size.requests {
            kept.add(try BenchHTTP.time { () throws(BenchProblem) in _ = try BenchHTTP.halt(first) })
            append.add(try BenchHTTP.append(desk.directory.path, record))
            trip.add(try BenchHTTP.time { () throws(BenchProblem) in try BenchHTTP.echo(bare, answer.count) })
            fresh.add(
                try BenchHTTP.time { () throws(BenchProblem) in
                    _ = try BenchHTTP.halt(try BenchConnection(port: port))
                }
            )
            freshTrip.add(
                try BenchHTTP.time { () throws(BenchProblem) in
                    try BenchHTTP.echo(try BenchConnection(port: recorder.port), answer.count)
                }
            )
        }
        let (ended, until) = (try crowd.count(), Clock.boottime())
        switch kind {
        case .paced, .flood: answered.add(Double(ended - begun) * 1_000_000_000 / Double(max(1, until - since)))
        case .idle, .slow:
            connections = ended
            guard ended > number / 2 else { throw BenchProblem("of \(number) connections only \(ended) were open") }
        }
    }

    private static let request: [UInt8] = {
        let body = #"{"reason": "bench: halt over HTTP", "source": "BENCH"}"#
        return Array(
            ("POST /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8
        )
    }()

    private static func connect(_ port: Int) throws(BenchProblem) -> BenchConnection {
        let start = Clock.boottime()
        while true {
            do { return try BenchConnection(port: port) } catch {
                guard Clock.boottime() - start < 10_000_000_000 else { throw error }
            }
            BenchProcess.nap(microseconds: 1_000)
        }
    }

    private static func halt(_ connection: BenchConnection) throws(BenchProblem) -> [UInt8] {
        let answer = try connection.ask(request)
        guard BenchAnswer.contains("\"durable\":true", in: answer) else {
            throw BenchProblem("a halt is not on disk: \(String(decoding: answer.prefix(400), as: UTF8.self))")
        }
        return answer
    }

    private static func echo(_ connection: BenchConnection, _ length: Int) throws(BenchProblem) {
        try connection.send(request)
        try connection.receive(length)
    }

    private static func append(_ directory: String, _ length: Int) throws(BenchProblem) -> Double {
        let path = "\(directory)/appended"
        let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: length)
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o660))
        return try time { () throws(BenchProblem) in
            let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
            let (written, synced) = (write(file, bytes, bytes.count), fdatasync(file))
            close(file)
            guard written == length, synced == 0 else { throw BenchProblem("\(path) cannot be written", errno: errno) }
        }
    }

    private static func time(_ body: () throws(BenchProblem) -> Void) throws(BenchProblem) -> Double {
        let start = Clock.boottime()
        try body()
        return Double(Clock.boottime() - start)
    }

    private static func length(of path: String) throws(BenchProblem) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw BenchProblem("\(path) cannot be looked at", errno: errno) }
        return Int(status.st_size)
    }
}
