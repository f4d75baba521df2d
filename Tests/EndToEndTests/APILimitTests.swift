import Foundation
import Glibc
import KillSwitch
import Testing

/// What is malformed, too much or too slow is told so before its connection ends, and leaves nothing behind.
@Suite(.serialized) struct APILimitTests {
    /// Answered with 200 whether the desk is well or not.
    private static let path = "/api/v1/trading/status"
    private static let begin = "POST /api/v1/mode HTTP/1.1\r\nHost: localhost\r\n"

    /// What is sent, and the statuses of the answers, in order.
    private static let malformed: [(text: String, statuses: [Int])] = [
        ("NONSENSE\r\n\r\n", [400]), ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", [400]),
        ("FROB /health HTTP/1.1\r\nHost: localhost\r\n\r\n", [501]),
        ("GET /health HTTP/3.0\r\nHost: localhost\r\n\r\n", [505]),
        ("GET /health HTTP/1.1\r\nHost localhost\r\n\r\n", [400]),
        ("GET /health HTTP/1.1\r\nHost: local\u{0}host\r\n\r\n", [400]),
        (begin + "Expect: teapots\r\nContent-Length: 2\r\n\r\n{}", [417]),
        (begin + "Content-Length: -1\r\n\r\n", [400]),
        (begin + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", [400]),
        (begin + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", [400]),
        (begin + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", [400]),
        (begin + "Content-Length: 99999999\r\n\r\n", [413]),
        (begin + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", [413]),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n", [431]),
        // Behind others, in their order.
        ("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\nNONSENSE\r\n\r\n", [200, 400]),
        (
            "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\n\r\nGET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"
                + begin + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", [200, 200, 400]
        ),
    ]

    /// What is cut off in the middle by whoever sends it.
    private static let cut: [(text: String, statuses: [Int])] = [
        ("GET /hea", [400]), ("GET /health HTTP/1.1\r\nHost: loc", [400]),
        (begin + "Content-Length: 100\r\n\r\n{", [400]), (begin + "Transfer-Encoding: chunked\r\n\r\n5\r\n{", [400]),
        ("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n", [200]),
        ("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea", [200, 400]),
        ("POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\n\r\n", [200]),
        ("POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{", [200]),
        (
            "GET /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /api/trading/halt HTTP/1.1\r\n"
                + "Host: localhost\r\n\r\n", [200, 200]
        ),
    ]

    private func statuses(of text: String) -> [Int] {
        text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }.filter { $0 != 100 }
    }

    @Test func whateverIsMalformedIsAnsweredBeforeTheConnectionEnds() throws {
        let api = try APIDesk()
        for (text, wanted) in APILimitTests.malformed {
            let connection = try #require(DeskConnection(port: api.port))
            connection.send(text)
            let got = connection.readAll()
            #expect(statuses(of: got) == wanted, "\(text.prefix(120)): \(got.prefix(800))")
        }
        for (text, wanted) in APILimitTests.cut {
            let connection = try #require(DeskConnection(port: api.port))
            connection.send(text)
            connection.finish()
            let got = connection.readAll()
            #expect(statuses(of: got) == wanted, "\(text.prefix(120)) and no more: \(got.prefix(800))")
        }
    }

    /// Heads of halts that no HTTP server has to accept.
    private static let brokenHalts = [
        "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n",
        "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\n"
            + (0..<300).map { "X-\($0): y\r\n" }.joined() + "\r\n",
        "POST /api/trading/halt HTTP/1.1\r\nHost localhost\r\n\r\n",
        "POST /api/trading/halt HTTP/1.1\r\nHost: local\u{0}host\r\n\r\n",
        "POST /api/trading/halt HTTP/3.0\r\nHost: localhost\r\n\r\n",
        "POST /api/trading/halt\r\n\r\n",
        "POST /api/v1/emergency/kill_switch HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n{}",
        "POST /api/v1/emergency/kill_switch HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "post /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: loc",
        "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /api/trading/halt HTTP/1.1\r\nHost localhost\r\n\r\n",
    ]

    @Test func aHaltWhoseHeadIsTooLongOrMalformedHalts() throws {
        let api = try APIDesk()
        let killSwitch = try api.sandbox.killSwitch()
        for text in APILimitTests.brokenHalts {
            let before = killSwitch.observe().word?.generation ?? 0
            let connection = try #require(DeskConnection(port: api.port))
            connection.send(text)
            connection.finish()
            let got = connection.readAll()
            #expect(statuses(of: got).last == 200, "\(text.prefix(120)): \(got.prefix(800))")
            let seen = killSwitch.observe()
            #expect((seen.word?.generation ?? 0) > before && seen.mode == .halted, "\(text.prefix(120))")
        }
        // Whoever asks through a proxy still needs a token.
        let before = killSwitch.observe().word?.generation
        let proxied = "POST /api/trading/halt HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\nHost localhost\r\n\r\n"
        #expect(statuses(of: api.raw(proxied)) == [401])
        #expect(killSwitch.observe().word?.generation == before)
    }

    @Test func aBodyThatComesTooSlowlyBehindAnotherIsTold() throws {
        let api = try APIDesk("body_time = \"500ms\"\nlongest_head = \"2KiB\"\n")
        let connection = try #require(DeskConnection(port: api.port))
        connection.send(
            "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" + APILimitTests.begin + "Content-Length: 100\r\n\r\n{"
        )
        #expect(statuses(of: connection.readAll()) == [200, 408])
        let long = "GET /health HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 3_000))\r\n\r\n"
        #expect(statuses(of: api.raw(long)) == [431])
    }

    @Test func whoIsIdleLongestMakesRoomAndAHaltGetsIn() throws {
        let api = try APIDesk("most_connections = 64\n")
        let kept = try #require(DeskConnection(port: api.port))
        #expect(kept.halt()?.head.contains("200 OK") == true)
        var idle: [DeskConnection] = []
        for _ in 0..<200 {
            idle.append(try #require(DeskConnection(port: api.port)))
            // What is used stays. Connections are accepted in their order: a later one's answer is the proof of the others.
            guard idle.count.isMultiple(of: 20) else { continue }
            #expect(DeskConnection(port: api.port)?.halt() != nil)
            #expect(kept.halt()?.head.contains("200 OK") == true)
        }
        #expect(DeskConnection(port: api.port)?.halt()?.json?["durable"] == .bool(true))
        let first = idle[0].readAll()
        #expect(first.contains("503") && first.contains("too_many_connections"), "\(first)")
        let still = kept.halt()
        #expect(still?.head.contains("200 OK") == true, "\(String(describing: still))")
        #expect(try descriptors(of: api) < 64 + 200)
    }

    @Test func noDescriptorIsLeftBehindByThousandsOfConnections() throws {
        let api = try APIDesk("head_time = \"1s\"\nbody_time = \"1s\"\n")
        #expect(try api.get("/api/v1/snapshot").status == 200)
        let before = try descriptors(of: api)
        let count = Sandbox.isLong ? 10_000 : 2_000
        let texts = [
            "", "GET /hea", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
            "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
            "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ]
        let socket = api.sandbox.state + "/estop.sock"
        for number in 0..<count {
            let connection = number.isMultiple(of: 3) ? DeskConnection(socket: socket) : DeskConnection(port: api.port)
            let text = texts[number % texts.count]
            if !text.isEmpty { connection?.send(text) }
            if number.isMultiple(of: 5) { connection?.finish() }
            // Some wait for the answer, where there is one at once.
            if number.isMultiple(of: 11), [2, 5, 6].contains(number % texts.count) {
                #expect(connection?.read(to: "\r\n\r\n") != nil)
            }
        }
        var now = 0
        do {
            try api.sandbox.wait("every descriptor is closed", seconds: 30) {
                now = try descriptors(of: api)
                return now <= before + 4
            }
        } catch { Issue.record("\(error): \(before) before, \(now) after") }
        #expect(try api.post("/api/trading/halt").status == 200)
    }

    private func descriptors(of api: APIDesk) throws -> Int {
        let host = try #require(api.desk.host)
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/\(host.processIdentifier)/fd").count
    }
}
