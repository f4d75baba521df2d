import Foundation
import Glibc
import KillSwitch

/// One connection to a host's API, over TCP or `estop.sock`, byte by byte as a test wants it.
final class DeskConnection {
    let descriptor: Int32
    private var had: [UInt8] = []

    /// - Parameter room: the receive buffer; small, so that who does not read is soon noticed. Nil: the system's.
    init?(port: Int, room: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var room { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        patience(seconds: 20)
    }

    init?(socket path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            for (index, byte) in path.utf8.enumerated() where index < field.count - 1 { field[index] = byte }
        }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { return nil }
        patience(seconds: 20)
    }

    deinit { close(descriptor) }

    func patience(seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Says that nothing more comes.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Why nothing more was read, for a failing test.
    private(set) var problem = ""

    private func receive(_ buffer: inout [UInt8]) -> Int {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 { return count }
            // With a time limit a signal ends the call, whatever its handler says.
            if count < 0, errno == EINTR { continue }
            problem = count == 0 ? "the connection was ended" : String(cString: strerror(errno))
            return count
        }
    }

    /// Everything up to a text, itself included; nil: the connection ended, or nothing came in time.
    func read(to mark: String) -> String? {
        let mark = Array(mark.utf8)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var searched = 0
        while true {
            if had.count >= mark.count {
                for start in max(0, searched - mark.count)...had.count - mark.count
                where had[start..<start + mark.count].elementsEqual(mark) {
                    let text = String(decoding: had[..<(start + mark.count)], as: UTF8.self)
                    had.removeFirst(start + mark.count)
                    return text
                }
            }
            searched = had.count
            let count = receive(&buffer)
            guard count > 0 else { return nil }
            had += buffer[..<count]
        }
    }

    /// Everything until the connection ends, or nothing more comes in time.
    func readAll() -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = receive(&buffer)
            guard count > 0 else { return String(decoding: had, as: UTF8.self) }
            had += buffer[..<count]
        }
    }

    /// The next answer: its status line and head, and its body.
    func answer() -> (head: String, json: JSON?)? {
        guard let head = read(to: "\r\n\r\n") else { return nil }
        let length =
            head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while had.count < length {
            let count = receive(&buffer)
            guard count > 0 else { return nil }
            had += buffer[..<count]
        }
        let body = Array(had[..<length])
        had.removeFirst(length)
        return (head, JSON(bytes: body))
    }

    /// Halts, and waits for the answer.
    func halt(_ body: String = "") -> (head: String, json: JSON?)? {
        send(
            "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        return answer()
    }

    /// The next event of a stream: its name, number and data.
    func event() -> (name: String, id: Int?, data: String)? {
        while let text = read(to: "\n\n") {
            var (name, id, data) = ("", Int?.none, "")
            // It comes in chunks, whose sizes have lines of their own.
            for line in text.replacingOccurrences(of: "\r\n", with: "\n").split(separator: "\n") {
                if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
                if line.hasPrefix("id: ") { id = Int(line.dropFirst(4)) }
                if line.hasPrefix("data: ") { data = String(line.dropFirst(6)) }
            }
            if !name.isEmpty { return (name, id, data) }
        }
        return nil
    }
}
