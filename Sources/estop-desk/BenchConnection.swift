import Glibc
import KillSwitch

/// One TCP connection on this machine, blocking, as bare as can be: so that what is measured is the other side.
final class BenchConnection {
    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// How long an answer may take.
    private static let patienceSeconds = 30

    /// Connects to a port of this machine.
    init(port: Int) throws(BenchProblem) {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { throw BenchProblem("there is no socket", errno: errno) }
        var patience = timeval(tv_sec: BenchConnection.patienceSeconds, tv_usec: 0)
        setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(made, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        guard BenchPort.withAddress(port, { connect(made, $0, $1) }) == 0 else {
            let why = errno
            close(made)
            throw BenchProblem("port \(port) does not answer", errno: why)
        }
        descriptor = made
    }

    deinit { close(descriptor) }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) throws(BenchProblem) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Glibc.send(descriptor, all.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BenchProblem("a connection broke while it was written to", errno: errno) }
            sent += count
        }
    }

    /// What comes next, however much there is.
    func receive() throws(BenchProblem) -> ArraySlice<UInt8> {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw BenchProblem("a connection ended before its answer", errno: count < 0 ? errno : 0)
            }
            return buffer[..<count]
        }
    }

    /// So many bytes of an answer.
    func receive(_ length: Int) throws(BenchProblem) {
        var had = 0
        while had < length { had += try receive().count }
    }

    /// Sends an HTTP request and takes its answer, whose head has to say its length.
    ///
    /// - Returns: the answer, head and body.
    func ask(_ request: [UInt8]) throws(BenchProblem) -> [UInt8] {
        try send(request)
        var answer: [UInt8] = []
        while true {
            answer += try receive()
            if let whole = BenchAnswer.length(of: answer), answer.count >= whole { return answer }
        }
    }
}

/// HTTP, as far as the bench reads it.
enum BenchAnswer {
    private static let end = Array("\r\n\r\n".utf8)
    private static let length = Array("content-length:".utf8)

    /// How long the answer is that begins so, with its head; nil: its head is not all there.
    static func length(of bytes: [UInt8]) -> Int? {
        guard let head = position(of: end, in: bytes) else { return nil }
        let lower = bytes[..<head].map { $0 >= 0x41 && $0 <= 0x5a ? $0 + 0x20 : $0 }
        guard let mark = position(of: length, in: lower) else { return head + end.count }
        let digits = lower[(mark + length.count)...].drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x39 }
        return head + end.count + digits.reduce(0) { $0 &* 10 &+ Int($1 - 0x30) }
    }

    static func contains(_ text: StaticString, in bytes: [UInt8]) -> Bool {
        position(of: Array("\(text)".utf8), in: bytes) != nil
    }

    private static func position(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= part.count else { return nil }
        return (0...bytes.count - part.count).first { start in
            part.indices.allSatisfy { bytes[start + $0] == part[$0] }
        }
    }
}

/// TCP ports of this machine.
enum BenchPort {
    static func withAddress(
        _ port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// A socket that listens, and its port.
    static func listen() throws(BenchProblem) -> (descriptor: Int32, port: Int) {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { named in
                guard withAddress(0, { bind(made, $0, $1) }) == 0, Glibc.listen(made, 64) == 0 else { return -1 }
                return Int(getsockname(made, named, &length))
            }
        }
        guard made >= 0, named == 0 else { throw BenchProblem("there is no port to listen on", errno: errno) }
        return (made, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A port that nobody listens on now.
    static func free() throws(BenchProblem) -> Int {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }
}
