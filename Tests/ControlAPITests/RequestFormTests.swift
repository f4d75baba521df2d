import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import ControlAPI

@Suite struct RequestFormTests {
    private func head(
        _ version: HTTPVersion,
        _ fields: [(String, String)],
        _ method: HTTPMethod = .GET,
        _ path: String = "/health"
    ) throws -> HTTPRequestHead? {
        let channel = EmbeddedChannel(handler: RequestForm())
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let head = HTTPRequestHead(version: version, method: method, uri: path, headers: HTTPHeaders(fields))
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        guard case .head(let read)? = try channel.readInbound(as: HTTPServerRequestPart.self) else { return nil }
        return read
    }

    @Test(
        arguments: [
            (HTTPVersion.http1_1, "keep-alive", false), (.http1_1, "keep-alive, Close", true),
            (.http1_1, "CLOSE", true),
            (.http1_0, "keep-alive", true), (.http1_0, nil, true), (.http1_1, nil, false), (.http1_1, "x-close", false),
        ] as [(HTTPVersion, String?, Bool)]
    )
    func whoeverWantsAnEndIsUnderstood(_ version: HTTPVersion, _ wish: String?, _ ends: Bool) throws {
        let fields = [("Host", "localhost")] + (wish.map { [("Connection", $0)] } ?? [])
        let read = try #require(try head(version, fields))
        #expect((read.headers["connection"] == ["close"]) == ends)
    }

    @Test(
        arguments: [
            (HTTPVersion.http1_1, 0, false), (.http1_1, 1, true), (.http1_1, 2, false), (.http1_0, 0, true),
            (.http1_0, 2, false),
        ] as [(HTTPVersion, Int, Bool)]
    )
    func aRequestIsForOneHost(_ version: HTTPVersion, _ hosts: Int, _ isRead: Bool) throws {
        let fields = (0..<hosts).map { ("Host", "localhost\($0)") }
        if isRead {
            #expect(try head(version, fields) != nil)
        } else {
            #expect(throws: RequestForm.WrongHost.self) { try head(version, fields) }
            #expect(BadRequest.refusal(for: RequestForm.WrongHost(), "")?.status == 400)
        }
        #expect(try head(version, fields, .POST, "//api/trading/halt") != nil, "a halt is one in any form")
    }

    @Test func nothingOfARefusedRequestGoesOn() throws {
        let channel = EmbeddedChannel(handler: RequestForm())
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/health")
        #expect(throws: RequestForm.WrongHost.self) { try channel.writeInbound(HTTPServerRequestPart.head(head)) }
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        #expect(try channel.readInbound(as: HTTPServerRequestPart.self) == nil)
    }
}
