import Foundation
import Glibc
import KillSwitch
import Testing

/// Where it listens, what it refuses, and that it says so.
@Suite struct APITransportTests {
    @Test func aTakenPortStopsNoHost() throws {
        let first = try APIDesk()
        let second = try EngineDesk("[api]\nport = \(first.port)\n")
        try second.serve()
        try second.sandbox.wait("it says so") { second.said.contains("cannot be listened on") }
        #expect(try second.run("status").status == 3)
        try second.stop()
    }

    @Test func anAddressThatOthersReachIsRefusedWithoutTLS() throws {
        let desk = try EngineDesk("[api]\naddress = \"0.0.0.0\"\n")
        let run = try desk.sandbox.run("estop-desk", ["serve"])
        #expect(run.status == 1 && run.error.contains("without TLS"), "\(run.error)")
    }

    @Test func itStopsCleanly() throws {
        let api = try APIDesk()
        let idle = api.open()
        try api.desk.stop()
        #expect(!api.desk.said.contains("Fatal"))
        if let idle { close(idle) }
    }

    @Test func aForeignNameReadsNothing() throws {
        let api = try APIDesk()
        let refused = try api.get("/api/v1/snapshot", "-H", "Host: evil.example")
        #expect(refused.status == 403 && refused["error"]?["code"] == .string("foreign_host"))
        #expect(try api.get("/health", "-H", "Origin: http://evil.example").status == 403)
        #expect(try api.get("/health", "-H", "Host: localhost:\(api.port)").status == 200)
    }

    @Test func whatIsNoHTTPIsAnsweredInWords() throws {
        let api = try APIDesk()
        #expect(api.raw("NONSENSE\r\n\r\n").contains("400 Bad Request"))
        let long = "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: \(String(repeating: "x", count: 70_000))\r\n\r\n"
        #expect(api.raw(long).contains("431"))
        #expect(api.raw("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").contains("200 OK"))
    }

    @Test func slowHeadsAndBodiesEndInWords() throws {
        let api = try APIDesk("head_time = \"500ms\"\nbody_time = \"500ms\"\n")
        #expect(api.raw("GET /hea").contains("408"))
        let slow = "POST /api/v1/mode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
        #expect(api.raw(slow).contains("408"))
    }

    @Test func severalRequestsGoOverOneConnection() throws {
        let api = try APIDesk()
        let one = "GET /api/v1/trading/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let halt = "POST /api/trading/halt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        let last = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let got = api.raw(one + halt + one + last)
        #expect(got.components(separatedBy: "HTTP/1.1 200 OK").count - 1 == 4, "\(got)")
    }

    @Test func aBodyThatIsTooLongIsRefused() throws {
        let api = try APIDesk("longest_body = \"4KiB\"\n")
        let answer = try api.post("/api/v1/mode", String(repeating: "x", count: 10_000))
        #expect(answer.status == 413 && answer["error"]?["code"] == .string("body_too_long"))
    }
}
