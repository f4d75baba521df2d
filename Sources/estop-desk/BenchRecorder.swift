import Glibc
import KillSwitch

/// The reference for a halt over HTTP: a server that puts whatever comes over its connections on disk, as the log's records
/// are put there (a fresh descriptor, append, fdatasync), and sends as much back as an answer has. No HTTP, no threads.
final class BenchRecorder {
    private let site: BenchSite
    private let pid: pid_t
    /// Where it listens.
    let port: Int

    /// Where a recorder finds its listening socket.
    private static let listener: Int32 = 3

    /// Starts it: it writes to `reference` in a directory, `record` bytes for each `request` bytes that come, and sends
    /// `answer` bytes back.
    init(_ directory: String, request: Int, record: Int, answer: Int, _ site: BenchSite) throws(BenchProblem) {
        self.site = site
        let (descriptor, port) = try BenchPort.listen()
        defer { close(descriptor) }
        self.port = port
        pid = try BenchProcess.start(
            [BenchProcess.own, "bench", BenchRole.recorder.rawValue, "--state", "\(directory)"],
            files: [(descriptor, BenchRecorder.listener)]
        )
        site.adopt(pid)
        // Its orders come over the first connection.
        let first = try BenchConnection(port: port)
        try first.send(Array("\(request) \(record) \(answer)\n".utf8))
        _ = try first.receive()
    }

    deinit { site.end(pid) }

    // MARK: - As the child

    /// Serves until its parent is gone; nil: it inherited no socket that listens.
    static func play(_ directory: String) -> Int32? {
        var listens: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0, listens == 1 else { return nil }
        let first = accept(listener, nil, nil)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(first, &bytes, bytes.count, 0)
        guard count > 0 else { return 1 }
        let sizes = String(decoding: bytes[..<count], as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .compactMap { Int($0) }
        guard sizes.count == 3 else { return 1 }
        let path = "\(directory)/reference"
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o660))
        _ = send(first, bytes, 1, Int32(MSG_NOSIGNAL))
        close(first)
        serve(path, request: sizes[0], record: sizes[1], answer: sizes[2])
        return 0
    }

    private static func serve(_ path: String, request: Int, record: Int, answer: Int) {
        let parent = getppid()
        var had: [Int32: Int] = [:]
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: record)
        let reply = [UInt8](repeating: UInt8(ascii: "x"), count: answer)
        while getppid() == parent {
            var ready = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for descriptor in had.keys { ready.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
            guard poll(&ready, nfds_t(ready.count), 1_000) > 0 else { continue }
            for one in ready.dropFirst() where one.revents != 0 {
                let count = recv(one.fd, &bytes, bytes.count, 0)
                guard count > 0 else {
                    close(one.fd)
                    had[one.fd] = nil
                    continue
                }
                var now = (had[one.fd] ?? 0) + count
                while now >= request {
                    now -= request
                    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
                    _ = write(file, lines, lines.count)
                    fdatasync(file)
                    close(file)
                    _ = send(one.fd, reply, reply.count, Int32(MSG_NOSIGNAL))
                }
                had[one.fd] = now
            }
            if ready[0].revents != 0 {
                let made = accept(listener, nil, nil)
                if made >= 0 {
                    var on: Int32 = 1
                    setsockopt(made, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                    had[made] = 0
                }
            }
        }
    }
}
