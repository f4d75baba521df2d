import Glibc

/// One question to the host of a desk over `estop.sock`, and its answer: a line each.
enum SocketQuestion {
    /// What came back.
    enum Answer: Equatable {
        case line([UInt8])
        /// Nobody listens.
        case absent
        /// Somebody does, and gave no answer.
        case problem(String)
    }

    /// Asks; waits for at most `withinMs`.
    static func ask(_ directory: StateDirectory, _ question: String, withinMs: UInt64) -> Answer {
        let until = Clock.boottime() + withinMs * 1_000_000
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
            0
        )
        guard descriptor >= 0 else { return .problem("no socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        switch connect(descriptor, directory) {
        case 0: break
        case ENOENT, ECONNREFUSED: return .absent
        // Its queue is full: somebody listens and does not take what comes.
        case EAGAIN: return .problem("the host takes no connection")
        case let error: return .problem("estop.sock: \(String(cString: strerror(error)))")
        }
        let line = Array((question + "\n").utf8)
        guard Glibc.send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
            return .problem("the host went away")
        }
        var answer: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while answer.count < 1 << 20 {
            let now = Clock.boottime()
            guard until > now else { return .problem("the engine has not answered within \(withinMs) ms") }
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(clamping: (until - now + 999_999) / 1_000_000)) > 0 else { continue }
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return .problem("the host closed the connection") }
            answer += bytes[..<count]
            if let end = answer.firstIndex(of: 10) { return .line(Array(answer[..<end])) }
        }
        return .problem("the host's answer has no end")
    }

    /// 0, or why not.
    private static func connect(_ descriptor: Int32, _ directory: StateDirectory) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = "/proc/self/fd/\(directory.descriptor)/estop.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in name.utf8.enumerated() where index < field.count - 1 { field[index] = byte }
        }
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return outcome == 0 ? 0 : errno
    }
}
