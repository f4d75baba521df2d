import Foundation
import Glibc
import KillSwitch
import Testing

/// From elsewhere: behind the proxy that the README describes, over TLS.
@Suite struct APIProxyTests {
    private static let name = "desk.example.com"

    /// nginx with the README's very block before a desk.
    private final class Proxy {
        let api: APIDesk
        let port: Int
        private let process: Process

        init(_ configuration: String = "") throws {
            api = try APIDesk("hosts = [\"\(APIProxyTests.name)\"]\n" + configuration)
            let root = api.sandbox.root
            let made = try api.sandbox.run(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=\(APIProxyTests.name)",
                    "-addext", "subjectAltName=DNS:\(APIProxyTests.name)", "-keyout", root + "/desk.key", "-out",
                    root + "/desk.pem",
                ]
            )
            try #require(made.status == 0, "\(made.error)")
            port = try APIProxyTests.freePort()
            var block = try APIProxyTests.readme()
            for (text, other) in [
                ("listen 8443 ssl;", "listen 127.0.0.1:\(port) ssl;"), ("/etc/estop/desk.", root + "/desk."),
                ("http://127.0.0.1:5000;", api.base + ";"),
            ] {
                try #require(block.contains(text), "\(text)")
                block = block.replacingOccurrences(of: text, with: other)
            }
            let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(root)/\($0);" }
            try """
            daemon off;
            pid \(root)/nginx.pid;
            error_log stderr;
            events { }
            http {
                access_log off;
                \(folders.joined(separator: "\n    "))
            \(block)
            }

            """.write(toFile: root + "/nginx.conf", atomically: true, encoding: .utf8)
            process = api.sandbox.process(
                TestTool.nginx.path,
                ["-p", root, "-c", root + "/nginx.conf", "-e", "stderr"]
            )
            _ = FileManager.default.createFile(atPath: root + "/nginx.log", contents: nil)
            process.standardError = FileHandle(forWritingAtPath: root + "/nginx.log")
            try process.run()
            do {
                try api.sandbox.wait("nginx answers") { (try? ask("/health"))?.status ?? 0 > 0 }
            } catch {
                let said = (try? String(contentsOfFile: root + "/nginx.log", encoding: .utf8)) ?? ""
                throw Sandbox.TimedOut(description: "\(error): \(said)")
            }
        }

        deinit {
            // Its worker ends with it.
            kill(process.processIdentifier, SIGTERM)
            process.waitUntilExit()
        }

        /// curl, over TLS, as from another machine.
        func ask(_ path: String, _ more: String..., token: String? = nil) throws -> APIDesk.Answer {
            try api.curl(
                [
                    "--cacert", api.sandbox.root + "/desk.pem", "--resolve", "\(APIProxyTests.name):\(port):127.0.0.1",
                    "https://\(APIProxyTests.name):\(port)\(path)",
                ] + (token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []) + more
            )
        }
    }

    /// The block of nginx's configuration in the README.
    private static func readme() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let text = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- nginx -->\n```nginx\n"))
        let end = try #require(text.range(of: "\n```", range: begin.upperBound..<text.endIndex))
        return String(text[begin.upperBound..<end.lowerBound])
    }

    /// A port that nobody has now.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(found)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    @Test(TestTool.nginx.isThere) func throughTheProxyEverythingNeedsAToken() throws {
        let proxy = try Proxy()
        let api = proxy.api
        try #require(try api.sandbox.resume("begin").status == 0)
        for path in ["/health", "/metrics", "/api/v1/snapshot", "/openapi.json", "/api/v1/stream"] {
            let refused = try proxy.ask(path)
            #expect(
                refused.status == 401 && refused["error"]?["code"] == .string("token_missing"),
                "\(path) \(refused)"
            )
        }
        #expect(try proxy.ask("/api/trading/halt", "-X", "POST").status == 401)
        #expect(try proxy.ask("/api/v1/mode", "-d", #"{"mode": "halted"}"#).status == 401)
        // What a client writes itself cannot make it local.
        for header in [
            "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For:", "X-Real-IP: 127.0.0.1", "Forwarded: for=localhost",
        ] {
            #expect(try proxy.ask("/health", "-H", header).status == 401, "\(header)")
            #expect(try proxy.ask("/api/trading/halt", "-X", "POST", "-H", header).status == 401, "\(header)")
        }
        #expect(api.desk.mode == .live, "nothing of this was a halt")
        let viewer = try api.token("viewer")
        #expect(try proxy.ask("/health", token: viewer).status == 200)
        #expect(try proxy.ask("/api/v1/trading/status", token: viewer)["mode"] == .string("live"))
        // Any valid token halts, with 10 MB of body too.
        let large = api.sandbox.root + "/large"
        try Data(count: 10_000_000).write(to: URL(fileURLWithPath: large))
        let halted = try proxy.ask("/api/trading/halt", "--data-binary", "@" + large, token: viewer)
        #expect(halted.status == 200 && halted["durable"] == .bool(true), "\(halted)")
        #expect(api.desk.mode == .halted)
        #expect(try proxy.ask("/api/trading/halt", "-X", "POST", token: "nonsense").status == 401)
        let deactivate = "/api/emergency/kill-switch/deactivate"
        #expect(try proxy.ask(deactivate, "-d", HostileDesk.reason, token: viewer).status == 403)
        #expect(try proxy.ask(deactivate, "-d", HostileDesk.reason, token: api.token("resume")).status == 200)
        #expect(api.desk.mode == .live)
        let record = try api.sandbox.killSwitch().observe().fold.records.last { $0.change == .resume }
        #expect(record?.from.contains("for 127.0.0.1") == true, "\(record?.from ?? "")")
    }

    @Test(TestTool.nginx.isThere) func whereHaltsAreOpenTheyNeedNoTokenAndReadsDo() throws {
        let proxy = try Proxy("open_halt = true\n")
        try #require(try proxy.api.sandbox.resume("begin").status == 0)
        #expect(try proxy.ask("/health").status == 401)
        // Whatever restricts is as open as a halt.
        #expect(try proxy.ask("/api/v1/mode", "-d", #"{"mode": "paper"}"#).status == 200)
        #expect(proxy.api.desk.mode == .paper)
        let halted = try proxy.ask("/api/trading/halt", "-X", "POST")
        #expect(halted.status == 200 && halted["durable"] == .bool(true), "\(halted)")
        #expect(proxy.api.desk.mode == .halted)
        #expect(try proxy.ask("/api/v1/actions", "-d", #"{"change": {}}"#).status == 401)
    }

    @Test(TestTool.nginx.isThere) func theStreamComesThroughAsItIsWritten() throws {
        let proxy = try Proxy()
        let output = proxy.api.sandbox.root + "/stream"
        let token = try proxy.api.token("viewer")
        let reader = proxy.api.sandbox.process(
            "/usr/bin/curl",
            [
                "-sN", "-o", output, "--cacert", proxy.api.sandbox.root + "/desk.pem", "--resolve",
                "\(APIProxyTests.name):\(proxy.port):127.0.0.1", "-H", "Authorization: Bearer \(token)",
                "https://\(APIProxyTests.name):\(proxy.port)/api/v1/stream",
            ]
        )
        try reader.run()
        defer {
            kill(reader.processIdentifier, SIGKILL)
            reader.waitUntilExit()
        }
        func text() -> String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
        try proxy.api.sandbox.wait("a snapshot") { text().contains("event: snapshot\n") }
        _ = try proxy.api.post("/api/trading/halt", #"{"reason": "seen through the proxy"}"#)
        try proxy.api.sandbox.wait("the halt") { text().contains("seen through the proxy") }
    }

    @Test func behindAProxyThatSaysNothingNobodyIsLocal() throws {
        let api = try APIDesk("behind_tls = true\n")
        try #require(try api.sandbox.resume("begin").status == 0)
        #expect(try api.get("/health").status == 401)
        #expect(try api.post("/api/trading/halt").status == 401)
        #expect(try api.post("/api/v1/mode", #"{"mode": "halted"}"#).status == 401)
        #expect(api.desk.mode == .live)
        let halted = try api.post("/api/trading/halt", token: api.token("viewer"))
        #expect(halted.status == 200 && api.desk.mode == .halted, "\(halted)")
    }
}
