import HTTPTypes
import Testing

@testable import ControlAPI

/// What is read of a head that the HTTP decoder did not accept.
@Suite struct BrokenHeadTests {
    @Test(arguments: [
        ("POST /api/trading/halt HTTP/1.1\r\nHost localhost\r\n\r\n", true), ("POST /api/trading/halt", true),
        ("post //api/trading/h%61lt HTTP/9\nX", true), ("POST /api/trading/halt\r\n\r\n", true),
        ("GET /health HTTP/1.1\r\n\r\nPOST /api/trading/halt HTTP/1.1\r\nHo", true),
        ("GET /api/trading/halt HTTP/1.1\r\n\r\n", false), ("POST /api/trading/pnl HTTP/1.1\r\n", false),
        ("POST", false), ("", false), ("NONSENSE\r\n\r\n", false),
        ("POST /api/trading/halt HTTP/1.1\r\n\r\nGET /health HTTP/1.1\r\n", false),
    ])
    func aHaltIsSeenWhateverIsWrongWithIt(_ text: String, _ isHalt: Bool) {
        #expect((BrokenHead(text)?.haltPath != nil) == isHalt)
    }

    @Test func whoAskedIsReadFromTheFieldsThatCanBeRead() throws {
        let text =
            "POST /api/trading/halt HTTP/1.1\r\nbroken line\r\nX-Forwarded-For: 192.0.2.7\r\n"
            + "Authorization: Bearer abc\r\n\r\nnot: afield"
        let fields = try #require(BrokenHead(text)).request.headerFields
        #expect(fields[.authorization] == "Bearer abc" && fields.count == 2)
    }

    @Test func onlyAHeadThatHasNotEndedIsKept() throws {
        #expect(BrokenHead("GET /a HTTP/1.1\r\nHost: b\r\n\r\n")?.unfinished == "")
        #expect(BrokenHead("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nHo")?.unfinished == "GET /b HTTP/1.1\r\nHo")
    }
}
