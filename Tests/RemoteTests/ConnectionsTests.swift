import Glibc
import KillSwitch
import Testing

@testable import Remote

@Suite struct ConnectionsTests {
    @Test func aConnectionIsKeptAndAFreshOneIsMadeWhereItIsAskedFor() throws {
        let server = try PlainServer { number, _ in .answer(200, "{\"n\":\(number)}") }
        defer { server.stop() }
        let connections = Connections(try RemoteAddress(server.base), authorityFile: nil)
        for number in 0..<3 {
            let (ended, body) = connections.ask(Asked(path: "/a"), token: nil)
            #expect(ended == Ended(kind: .complete, status: 200, error: ""))
            #expect(String(decoding: body, as: UTF8.self) == "{\"n\":\(number)}")
        }
        #expect(server.requests.map(\.connection) == [0, 0, 0])
        var asked = Asked(path: "/a")
        asked.isFresh = true
        #expect(connections.ask(asked, token: nil).ended.status == 200)
        #expect(server.requests.map(\.connection) == [0, 0, 0, 1])
    }

    @Test func theTokenGoesIntoAHeaderAndNowhereElse() throws {
        let server = try PlainServer { _, _ in .answer(200, "{}") }
        defer { server.stop() }
        let connections = Connections(try RemoteAddress(server.base + "/desk"), authorityFile: nil)
        _ = connections.ask(.post("/a?b=c", .object([.init("x", .integer(1))])), token: "s3cret.t0ken")
        let request = try #require(server.requests.first?.text)
        #expect(request.hasPrefix("POST /desk/a?b=c HTTP/1.1\r\n"))
        #expect(request.contains("\r\nAuthorization: Bearer s3cret.t0ken\r\n") && request.hasSuffix("{\"x\":1}"))
        #expect(request.split(separator: "s3cret", omittingEmptySubsequences: false).count == 2)
        #expect(!request.contains("Expect:"))
    }

    @Test func proxiesOfTheEnvironmentAreNotAsked() throws {
        for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] { setenv(name, "http://127.0.0.1:1", 1) }
        defer { for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] { unsetenv(name) } }
        let server = try PlainServer { _, _ in .answer(200, "{}") }
        defer { server.stop() }
        let connections = Connections(try RemoteAddress(server.base), authorityFile: nil)
        #expect(connections.ask(Asked(path: "/a"), token: nil).ended.status == 200)
    }

    @Test func silenceRefusalAndAnEndAreToldApart() throws {
        let server = try PlainServer { _, request in request.hasPrefix("GET /silent") ? .nothing : .hangUp }
        let address = try RemoteAddress(server.base)
        let connections = Connections(address, authorityFile: nil)
        var silent = Asked(path: "/silent")
        silent.totalMs = 200
        #expect(connections.ask(silent, token: nil).ended.kind == .timedOut)
        let ended = connections.ask(Asked(path: "/end"), token: nil).ended
        #expect(ended.kind == .failed && ended.status == 0 && !ended.error.isEmpty)
        server.stop()
        #expect(Connections(address, authorityFile: nil).ask(Asked(path: "/a"), token: nil).ended.kind == .failed)
    }
}
