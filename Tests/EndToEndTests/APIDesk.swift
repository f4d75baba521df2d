import Foundation
import Glibc
import KillSwitch
import Testing

/// A desk that serves HTTP, and curl.
final class APIDesk {
    let desk: EngineDesk
    let port: Int

    /// - Parameter bots: how many trade on the paper venue; nil: a real desk without venues.
    init(_ configuration: String = "", bots: Int? = nil, environment: [String: String] = [:]) throws {
        desk = try EngineDesk("[api]\nport = 0\n" + configuration, bots: bots, environment: environment)
        try desk.serve()
        port = try APIDesk.port(desk)
    }

    /// Where a host says that it listens.
    static func port(_ desk: EngineDesk) throws -> Int {
        var found: Int?
        try desk.sandbox.wait("the host says where it listens") {
            let line = desk.said.split(separator: "\n").last { $0.contains("HTTP API on ") }
            found = line.flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
            return found != nil
        }
        return try #require(found)
    }

    var sandbox: Sandbox { desk.sandbox }
    var base: String { "http://127.0.0.1:\(port)" }

    struct Answer {
        var status: Int
        var text: String
        var seconds: Double
        var json: JSON? { JSON(text) }
        subscript(key: String) -> JSON? { json?[key] }
    }

    /// Runs curl with these words.
    func curl(_ words: [String]) throws -> Answer {
        let run = try sandbox.run(
            "/usr/bin/curl",
            ["-s", "-m", "30", "-w", "\n%{http_code} %{time_total}"] + words
        )
        guard run.status == 0 else { throw Sandbox.TimedOut(description: "curl: status \(run.status) for \(words)") }
        let cut = run.output.lastIndex(of: "\n") ?? run.output.startIndex
        let tail = run.output[cut...].split(separator: " ")
        return Answer(
            status: Int(tail.first?.trimmingCharacters(in: .newlines) ?? "") ?? 0,
            text: String(run.output[..<cut]),
            seconds: Double(tail.last ?? "") ?? 0
        )
    }

    func get(_ path: String, _ more: String...) throws -> Answer { try curl([base + path] + more) }

    func post(_ path: String, _ body: String? = nil, token: String? = nil, _ more: String...) throws -> Answer {
        var words = ["-X", "POST", base + path]
        if let body { words += ["-d", body] }
        if let token { words += ["-H", "Authorization: Bearer \(token)"] }
        return try curl(words + more)
    }

    /// A token as an operator makes one.
    func token(_ role: String, operator name: String = "ann", ttl: String = "15m") throws -> String {
        let issued = try sandbox.estop("token", "issue", "--operator", name, "--role", role, "--ttl", ttl)
        try #require(issued.status == 0, "\(issued.error)")
        return issued.output.trimmingCharacters(in: .newlines)
    }

    static let confirmed = #"{"reason": "fixed", "confirm": ["understood", "resolved", "verified", "safe"]}"#

    /// A connection of its own; nil: the system has no more.
    func open() -> Int32? { APIDesk.open(port) }

    /// A connection to a port of this machine; nil: the system has no more.
    static func open(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Sends bytes and takes what comes back until the end of the connection, or for so long.
    func raw(_ text: String, seconds: Int = 5) -> String {
        guard let descriptor = open() else { return "" }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(text.utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var got: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: got, as: UTF8.self) }
            got += buffer[..<count]
        }
    }
}
