import Glibc
import KillSwitch
import Synchronization

/// A small web server with real sockets that answers as it is told and remembers what it was asked.
final class WebServer: Sendable {
    enum Answer: Sendable {
        case status(Int, headers: [String] = [], body: String = "")
        /// Keeps the connection, and says nothing.
        case silence
        /// Says yes and goes on for ever.
        case endless
        /// As `endless`, with an error.
        case endlessError
        /// Closes the connection without a word.
        case nothing
    }

    struct Request: Sendable {
        var line: String
        /// Names in lower case.
        var headers: [String: String]
        var body: String
    }

    private struct Memory {
        var answers: [Answer]
        var requests: [Request] = []
        var connections: [Int32] = []
        var isOver = false
    }

    let port: Int
    private let listener: Int32
    private let memory: Mutex<Memory>

    /// Answers in that order; the last one again and again.
    init(_ answers: Answer...) {
        memory = Mutex(Memory(answers: answers))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length)
                listen(listener, 64)
                getsockname(listener, pointer, &length)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        thread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                let isOver = memory.withLock { memory in
                    if connection >= 0 { memory.connections.append(connection) }
                    return memory.isOver
                }
                if isOver || connection < 0 {
                    // Only here: a number that was closed elsewhere may be another server's by now.
                    close(listener)
                    return
                }
                thread { [self] in serve(connection) }
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)/hook?key=secret" }
    var requests: [Request] { memory.withLock { $0.requests } }
    var bodies: [String] { requests.map(\.body) }

    /// Says no more; connections are cut.
    func stop() {
        memory.withLock { memory in
            memory.isOver = true
            for connection in memory.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
        // Refuses from now on, and wakes the thread.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Int32) {
        guard let request = read(connection) else { return done(connection) }
        let answer = memory.withLock { memory in
            memory.requests.append(request)
            return memory.answers.count > 1 ? memory.answers.removeFirst() : memory.answers.first ?? .nothing
        }
        switch answer {
        case .nothing: done(connection)
        case .silence:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
            done(connection)
        case .status(let code, let headers, let body):
            let lines = ["HTTP/1.1 \(code) X", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
            say(connection, lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
            done(connection)
        case .endless, .endlessError:
            var code = 200
            if case .endlessError = answer { code = 500 }
            say(connection, "HTTP/1.1 \(code) X\r\nConnection: close\r\n\r\n")
            while say(connection, String(repeating: "x", count: 4096)) {}
            done(connection)
        }
    }

    private func done(_ connection: Int32) {
        memory.withLock { memory in
            memory.connections.removeAll { $0 == connection }
            close(connection)
        }
    }

    @discardableResult
    private func say(_ connection: Int32, _ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            let halves = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2 {
                let lines = halves[0].split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    guard parts.count == 2 else { continue }
                    headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if halves[1].utf8.count >= length {
                    return Request(line: lines.first.map(String.init) ?? "", headers: headers, body: String(halves[1]))
                }
            }
            let count = recv(connection, &part, part.count, 0)
            if count <= 0 { return nil }
            bytes.append(contentsOf: part.prefix(count))
        }
    }
}

/// Starts a thread that nobody waits for.
private func thread(_ body: @escaping @Sendable () -> Void) {
    ThreadStart.detached(body)
}
