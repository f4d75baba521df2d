import Foundation
import Glibc
import KillSwitch

/// One connection that is kept, so that many requests need no process each.
final class APIConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    struct Broken: Error, CustomStringConvertible { var description: String }

    init(port: Int, seconds: Int = 30) throws {
        guard let opened = APIDesk.open(port) else { throw Broken(description: "no connection: errno \(errno)") }
        descriptor = opened
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func post(_ path: String, _ body: String = "", token: String? = nil) throws -> APIDesk.Answer {
        let credential = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        return try ask(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(credential)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    func get(_ path: String) throws -> APIDesk.Answer { try ask("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n") }

    /// Sends one request and reads one answer that says how long it is.
    func ask(_ request: String) throws -> APIDesk.Answer {
        let began = Clock.boottime()
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Broken(description: "not sent: errno \(errno)")
        }
        while true {
            if let answer = take(began) { return answer }
            var part = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &part, part.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Broken(description: "no answer to \(request.prefix(80)): errno \(errno)") }
            buffer += part[..<count]
        }
    }

    private func take(_ began: UInt64) -> APIDesk.Answer? {
        let text = String(decoding: buffer, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let length =
            head.lazy.compactMap { line -> Int? in
                let sides = line.split(separator: ":", maxSplits: 1)
                guard sides.count == 2, sides[0].lowercased() == "content-length" else { return nil }
                return Int(sides[1].trimmingCharacters(in: .whitespaces))
            }.first ?? 0
        let headLength = text[..<end.upperBound].utf8.count
        guard buffer.count >= headLength + length else { return nil }
        let body = buffer[headLength..<(headLength + length)]
        buffer.removeFirst(headLength + length)
        return APIDesk.Answer(
            status: Int(head[0].dropFirst(9).prefix(3)) ?? 0,
            text: String(decoding: body, as: UTF8.self),
            seconds: Double(Clock.boottime() - began) / 1e9
        )
    }
}
