import CCurl
import CProcess
import Foundation
import Glibc
import Settings
import Testing

@testable import Notify

struct PostTests {
    private static func post(_ url: String, timeoutMs: UInt64 = 10_000, cancel: Int32 = -1) -> Outcome {
        Post.send(Array(#"{"a":1}"#.utf8), id: "id-1\r\nX: y", to: url, timeoutMs: timeoutMs, cancel: cancel)
    }

    @Test func bodyAndHeadersArrive() {
        let server = WebServer(.status(204))
        defer { server.stop() }
        #expect(Self.post(server.url) == .delivered)
        let request = server.requests.first
        #expect(request?.line == "POST /hook?key=secret HTTP/1.1")
        #expect(request?.body == #"{"a":1}"#)
        #expect(request?.headers["content-type"] == "application/json")
        #expect(request?.headers["user-agent"] == "estop")
        // What is no header's text cannot begin another header.
        #expect(request?.headers["idempotency-key"] == "id-1??X: y")
        #expect(request?.headers["expect"] == nil)
    }

    @Test(arguments: [
        (200, Outcome.delivered), (201, .delivered), (500, .failed("HTTP 500: no way", retryAfterMs: nil)),
        (404, .failed("HTTP 404: no way", retryAfterMs: nil)), (400, .refused("HTTP 400: no way")),
        (413, .refused("HTTP 413: no way")),
    ])
    func theStatusDecides(status: Int, outcome: Outcome) {
        let server = WebServer(.status(status, body: "no\r\n  way"))
        defer { server.stop() }
        #expect(Self.post(server.url) == outcome)
    }

    @Test func aReceiverCanAskForTime() {
        let server = WebServer(.status(429, headers: ["Retry-After: 7"]))
        defer { server.stop() }
        #expect(Self.post(server.url) == .failed("HTTP 429", retryAfterMs: 7_000))
    }

    @Test func aDateAsksForTimeToo() {
        let date = DateFormatter()
        date.locale = Locale(identifier: "en_US_POSIX")
        date.timeZone = TimeZone(identifier: "GMT")
        date.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let text = date.string(from: Date(timeIntervalSinceNow: 100))
        let server = WebServer(.status(503, headers: ["Retry-After: \(text)"]))
        defer { server.stop() }
        guard case .failed("HTTP 503", let wait?) = Self.post(server.url) else {
            Issue.record("no wait")
            return
        }
        #expect((60_000...100_000).contains(wait))
    }

    @Test func redirectsAreNotFollowed() {
        let other = WebServer(.status(200))
        let server = WebServer(.status(302, headers: ["Location: \(other.url)"]))
        defer {
            server.stop()
            other.stop()
        }
        #expect(
            Self.post(server.url)
                == .failed("HTTP 302: redirects are not followed, configure where it leads to", retryAfterMs: nil)
        )
        #expect(other.requests.isEmpty)
    }

    @Test func aServerThatNeverAnswersIsLeftInTime() {
        let server = WebServer(.silence)
        defer { server.stop() }
        let begin = Date()
        guard case .failed(let reason, nil) = Self.post(server.url, timeoutMs: 300) else {
            Issue.record("answered")
            return
        }
        #expect(reason.contains("timed out"))
        #expect(!reason.contains("secret"))
        #expect(Date().timeIntervalSince(begin) >= 0.29)
    }

    @Test func aRefusedConnectionSaysSo() {
        let server = WebServer(.nothing)
        server.stop()
        guard case .failed(let reason, nil) = Self.post(server.url) else {
            Issue.record("answered")
            return
        }
        #expect(reason.contains("connect") && !reason.contains("secret"), "\(reason)")
    }

    @Test func aConnectionThatClosesWithoutAWordIsAFailure() {
        let server = WebServer(.nothing)
        defer { server.stop() }
        guard case .failed(let reason, nil) = Self.post(server.url) else {
            Issue.record("answered")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func aResponseWithoutEndIsNotRead() {
        let server = WebServer(.endless, .endlessError)
        defer { server.stop() }
        #expect(Self.post(server.url) == .delivered)
        guard case .failed(let reason, nil) = Self.post(server.url) else {
            Issue.record("no failure")
            return
        }
        #expect(reason.hasPrefix("HTTP 500: xxx") && reason.count < 200)
    }

    @Test func theFirst512BytesOfAResponseAreKept() {
        let server = WebServer(.status(500, body: String(repeating: "y", count: 600)))
        defer { server.stop() }
        var response = estop_curl_response()
        var request = estop_curl_request()
        let headers: [UnsafeMutablePointer<CChar>?] = [nil]
        headers.withUnsafeBufferPointer { headers in
            server.url.withCString { url in
                request.url = url
                request.headers = headers.baseAddress
                request.total_ms = 5_000
                request.connect_ms = 5_000
                request.most = 10_000
                request.cancel = -1
                estop_curl_post(&request, &response)
            }
        }
        #expect(response.end == Int32(estop_curl_complete) && response.status == 500 && response.length == 512)
        #expect(server.requests.first?.body == "")
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "", "nonsense://x"])
    func onlyHTTPIsSpoken(url: String) {
        guard case .failed(let reason, nil) = Self.post(url) else {
            Issue.record("taken")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func anotherThreadEndsItAtOnce() {
        let server = WebServer(.silence)
        let cancel = process_counter()
        defer {
            server.stop()
            close(cancel)
        }
        let waker = Thread {
            _ = eventually { !server.requests.isEmpty }
            var one: UInt64 = 1
            write(cancel, &one, 8)
        }
        waker.start()
        let begin = Date()
        #expect(Self.post(server.url, timeoutMs: 60_000, cancel: cancel) == .cancelled)
        #expect(Date().timeIntervalSince(begin) < 30)
    }

    /// Python, because it speaks TLS; with a certificate that nobody vouches for.
    @Test(.enabled(if: access("/usr/bin/openssl", X_OK) == 0 && access("/usr/bin/python3", X_OK) == 0))
    func aCertificateThatNobodyVouchesForIsRefused() throws {
        let folder = try Folder()
        let make = Process()
        make.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        make.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder.path)/key", "-out",
            "\(folder.path)/cert",
        ]
        make.standardError = FileHandle.nullDevice
        try make.run()
        make.waitUntilExit()
        try folder.write(
            "serve.py",
            """
            import http.server, ssl
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    open('\(folder.path)/asked', 'w').close()
                    self.send_response(200); self.end_headers()
                def log_message(self, *args): pass
            server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain('\(folder.path)/cert', '\(folder.path)/key')
            server.socket = context.wrap_socket(server.socket, server_side=True)
            open('\(folder.path)/port.new', 'w').write(str(server.server_port))
            import os; os.rename('\(folder.path)/port.new', '\(folder.path)/port')
            server.serve_forever()
            """
        )
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        python.arguments = ["\(folder.path)/serve.py"]
        python.standardError = FileHandle.nullDevice
        try python.run()
        defer {
            // It was started with signals blocked, as threads of tests have them.
            kill(python.processIdentifier, SIGKILL)
            python.waitUntilExit()
        }
        #expect(eventually { folder.text("port") != nil })
        guard case .failed(let reason, nil) = Self.post("https://127.0.0.1:\(folder.text("port") ?? "0")/") else {
            Issue.record("trusted")
            return
        }
        #expect(reason.lowercased().contains("certificate"), "\(reason)")
        #expect(folder.text("asked") == nil)
    }
}
