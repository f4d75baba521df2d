import Glibc
import KillSwitch
import Synchronization

/// A small HTTP server on this machine that does as a test says: one thread for each connection.
final class PlainServer: Sendable {
    /// What it does with a request.
    enum Does: Sendable {
        case answer(Int, String)
        /// Nothing, for ever.
        case nothing
        /// Ends the connection.
        case hangUp
    }

    let port: Int
    private let listener: Int32
    private let seen = Mutex<[(connection: Int, text: String)]>([])
    private let open = Mutex<[Int32]>([])

    struct NoSocket: Error {}

    /// - Parameter does: what to do with the request of that number, from 0.
    init(_ does: @escaping @Sendable (Int, String) -> Does) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound, listen(listener, 16) == 0 else { throw NoSocket() }
        port = Int(UInt16(bigEndian: address.sin_port))
        ThreadStart.detached { [self] in
            for connection in 0... {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                open.withLock { $0.append(client) }
                ThreadStart.detached { self.serve(client, connection, does) }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for client in open.withLock({ $0 }) { shutdown(client, Int32(SHUT_RDWR)) }
    }

    var base: String { "http://127.0.0.1:\(port)" }
    /// The requests so far, each with the number of its connection.
    var requests: [(connection: Int, text: String)] { seen.withLock { $0 } }

    private func serve(_ client: Int32, _ connection: Int, _ does: @Sendable (Int, String) -> Does) {
        while let request = read(client) {
            let number = seen.withLock { seen in
                seen.append((connection, request))
                return seen.count - 1
            }
            switch does(number, request) {
            case .answer(let status, let body):
                let text =
                    "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                let bytes = Array(text.utf8)
                _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            case .nothing: continue
            case .hangUp:
                shutdown(client, Int32(SHUT_RDWR))
                return
            }
        }
    }

    /// One request with its body; nil: the connection ended.
    private func read(_ client: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard recv(client, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let head = String(decoding: bytes, as: UTF8.self)
        let length =
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
        for _ in 0..<length {
            guard recv(client, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
