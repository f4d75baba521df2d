import Foundation
import Glibc
import Testing

@testable import KillSwitch

/// A desk that serves HTTP on a port that it keeps over restarts, and screens that are attached to it by `--url` alone.
final class RemoteDeskUnderTest {
    let desk: EngineDesk
    let port: Int
    private var helpers: [Process] = []

    init(bots: Int? = 2, _ configuration: String = "") throws {
        port = try RemoteDeskUnderTest.freePort()
        desk = try EngineDesk("[api]\nport = \(port)\n" + configuration, bots: bots)
        try serve()
    }

    deinit {
        // Killed, and waited for: they were started with signals blocked, as threads of tests have them.
        for helper in helpers where helper.isRunning {
            kill(helper.processIdentifier, SIGKILL)
            helper.waitUntilExit()
        }
    }

    var sandbox: Sandbox { desk.sandbox }
    var base: String { "http://127.0.0.1:\(port)" }
    var mode: Mode? { try? sandbox.killSwitch().observe().word?.mode }
    var halts: [Record] { (try? sandbox.killSwitch().observe().fold.records.filter { $0.change == .halt }) ?? [] }

    /// A port that nobody has now.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts the host, and waits until it answers over HTTP.
    func serve() throws {
        try desk.serve()
        try sandbox.wait("the host serves HTTP") {
            try sandbox.run("/usr/bin/curl", ["-s", "-o", "/dev/null", base + "/health"]).status == 0
        }
    }

    /// A dashboard that knows nothing of the desk but its URL.
    func screen(_ url: String? = nil, _ more: String...) throws -> TerminalProgram {
        try TerminalProgram(
            sandbox,
            "estop-desk",
            ["dashboard", "--url", url ?? base] + more,
            width: 140,
            environment: ["ESTOP_STATE": sandbox.root + "/nowhere"]
        )
    }

    /// Plays a script on such a dashboard.
    func script(_ text: String, _ more: String...) throws -> Sandbox.Result {
        try sandbox.run(
            "estop-desk",
            ["dashboard", "--url", base, "--script", "-", "--frame", "-", "--size", "140x40"] + more,
            input: text,
            environment: ["ESTOP_STATE": sandbox.root + "/nowhere"]
        )
    }

    /// A file with a token in it, of mode 0600.
    func tokenFile(_ role: String, named name: String = "token") throws -> String {
        let issued = try sandbox.estop("token", "issue", "--operator", "ann", "--role", role, "--ttl", "15m")
        try #require(issued.status == 0, "\(issued.error)")
        return try file(name, issued.output)
    }

    /// A file of mode 0600.
    func file(_ name: String, _ text: String) throws -> String {
        let path = sandbox.root + "/" + name
        try? FileManager.default.removeItem(atPath: path)
        _ = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        return path
    }

    /// Puts TLS before it.
    ///
    /// - Returns: the URL, and a file with the certificate that is to be trusted.
    func proxy() throws -> (url: String, certificate: String) {
        let (certificate, key) = (sandbox.root + "/proxy.crt", sandbox.root + "/proxy.key")
        let made = try sandbox.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ]
        )
        try #require(made.status == 0, "\(made.error)")
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        let proxy = sandbox.process(
            "/usr/bin/python3",
            ["\(folder)/python/tls_proxy.py", certificate, key, "\(port)"]
        )
        let output = Pipe()
        proxy.standardOutput = output
        proxy.standardError = FileHandle.nullDevice
        try proxy.run()
        helpers.append(proxy)
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let own = try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
        return ("https://localhost:\(own)", certificate)
    }

    /// Starts something that is ended with this.
    func start(_ program: String, _ arguments: [String]) throws {
        let helper = sandbox.process(program, arguments)
        helper.standardOutput = FileHandle.nullDevice
        helper.standardError = FileHandle.nullDevice
        try helper.run()
        helpers.append(helper)
    }
}
