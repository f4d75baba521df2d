import Glibc
import KillSwitch

/// From a K written to the dashboard's terminal to the page halted, against a byte that a process sends back through a
/// terminal.
struct BenchKey: BenchPart {
    let title = "key to halted"
    var problem: BenchProblem?
    private var halted = BenchSeries()
    private var bare = BenchSeries()

    /// How long the dashboard is given to record, to look and to paint, us.
    private static let pause = 15_000

    var rows: [BenchRow] {
        [
            BenchRow(
                name: "key to halted, through a pty",
                unit: .us,
                subject: halted,
                reference: "pty echo",
                bare: bare,
                limit: .ratioOfTails(3)
            )
        ]
    }

    mutating func round(_ site: BenchSite, _ size: BenchSize) throws(BenchProblem) {
        let desk = try site.makeDesk(limited: true, pages: false)
        let screen = try BenchTerminal()
        let dashboard = try screen.start(["dashboard", "--state", desk.directory.path])
        site.adopt(dashboard)
        let reader = screen.discard()
        defer {
            site.end(dashboard)
            reader.join()
        }
        let line = try BenchTerminal()
        let echo = try line.start(["bench", BenchRole.echo.rawValue])
        site.adopt(echo)
        defer { site.end(echo) }
        try line.receive()
        let page = try BenchPage.await(desk)
        // Until the first picture is painted.
        BenchProcess.nap(microseconds: 300_000)
        halted.beginRound()
        bare.beginRound()
        for index in 0...size.keys {
            BenchProcess.nap(microseconds: BenchKey.pause)
            let word = page.word
            let start = Clock.boottime()
            try screen.send(UInt8(ascii: "K"))
            let end = try page.changed(from: word, since: start)
            BenchProcess.nap(microseconds: BenchKey.pause)
            let sent = Clock.boottime()
            try line.send(UInt8(ascii: "K"))
            try line.receive()
            let received = Clock.boottime()
            guard index > 0 else { continue }
            halted.add(from: start, to: end)
            bare.add(from: sent, to: received)
        }
    }
}

/// A pseudo-terminal of 80 by 24, from its master's side.
final class BenchTerminal: Sendable {
    private let master: Int32
    private let path: String

    init() throws(BenchProblem) {
        var ends: (master: Int32, slave: Int32) = (-1, -1)
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&ends.master, &ends.slave, nil, nil, &size) == 0 else {
            throw BenchProblem("there is no pseudo-terminal", errno: errno)
        }
        var name = [CChar](repeating: 0, count: 128)
        ttyname_r(ends.slave, &name, name.count)
        close(ends.slave)
        _ = fcntl(ends.master, F_SETFD, FD_CLOEXEC)
        master = ends.master
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { close(master) }

    /// Starts this executable on the terminal.
    func start(_ words: [String]) throws(BenchProblem) -> pid_t {
        try BenchProcess.start([BenchProcess.own] + words, terminal: path)
    }

    func send(_ byte: UInt8) throws(BenchProblem) {
        var byte = byte
        guard write(master, &byte, 1) == 1 else { throw BenchProblem("the terminal is gone", errno: errno) }
    }

    /// Waits for one byte.
    func receive() throws(BenchProblem) {
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&ready, 1, 3000) == 1, read(master, &byte, 1) == 1 else {
            throw BenchProblem("nothing comes back through the terminal")
        }
    }

    /// Reads and drops what comes, until the other side is gone.
    func discard() -> BenchThread {
        BenchThread { [self] in
            var bytes = [UInt8](repeating: 0, count: 65536)
            while read(master, &bytes, bytes.count) > 0 || errno == EINTR || errno == EAGAIN {}
        }
    }
}
