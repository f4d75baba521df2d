import Desk
import HTTPTypes
import KillSwitch
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import ControlAPI

private let ann = BearerClaims(id: "t1", operatorName: "ann", role: "viewer")

/// A halt over HTTP, part by part.
@Suite struct HaltHandlerTests {
    @Test(arguments: HaltPaths.all + ["/api/trading/halt/", "/api/trading/halt?why=because", "//api/trading/h%61lt"])
    func everyHaltingPathHalts(_ path: String) throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.post(path)
        #expect(scratch.mode == .halted, "the page, before any answer")
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200)
        #expect(answer.body?["success"] == .bool(true) && answer.body?["is_active"] == .bool(true))
        #expect(answer.body?["durable"] == .bool(true))
        #expect(scratch.halts.last?.reason == "Emergency halt")
    }

    @Test(arguments: [
        (#"{"reason": "fire", "source": "MANUAL", "user_id": "ann"}"#, "fire", "ann (unproved)"),
        (#"{"reason": ""}"#, "Emergency halt", ""), (#"{"reason": 7}"#, "Emergency halt", ""),
        (#"{"reason": "brok"#, "Emergency halt", ""), ("\u{0}\u{1}", "Emergency halt", ""),
        ("[1, 2]", "Emergency halt", ""), (#"{"scope": "venue="}"#, "Emergency halt", ""),
        (#"{"scope": 3, "reason": "x"}"#, "x", ""),
    ])
    func whateverBodyComesWithIt(_ body: String, _ reason: String, _ user: String) throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.post(HaltPaths.all[0], body)
        _ = try #require(try connection.answer())
        let record = try #require(scratch.halts.last)
        #expect(record.reason == reason && record.source == .api && record.scope.isGlobal)
        #expect(user.isEmpty || record.op == user)
        #expect(scratch.mode == .halted)
    }

    @Test func aScopeThatIsNamedIsAllThatIsHalted() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.post(HaltPaths.all[0], #"{"scope": "venue=kraken", "reason": "x"}"#)
        _ = try #require(try connection.answer())
        #expect(scratch.halts.last?.scope.description == "venue=kraken")
        #expect(scratch.mode == .paper)
    }

    @Test func aBodyThatIsTooLongHaltsBeforeItsEndAndIsReadOn() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        for _ in 0..<200 { try connection.body(String(repeating: "x", count: 1_000)) }
        #expect(scratch.mode == .halted, "before the end")
        // Now, as the host's own thread would: a record that comes seconds late is made anew.
        _ = connection.scribe.writeWaiting()
        for _ in 0..<10_000 { try connection.body(String(repeating: "x", count: 1_000)) }
        try connection.end()
        #expect(try connection.answer()?.status == 200)
        #expect(scratch.halts.filter { $0.source == .api }.count == 1, "once")
    }

    @Test func whoeverAsksAndGoesAwayHasHalted() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        connection.channel.pipeline.fireChannelInactive()
        #expect(scratch.mode == .halted)
    }

    @Test func bytesThatAreNoHTTPWithinABodyHaltToo() throws {
        struct Broken: Error {}
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        connection.channel.pipeline.fireErrorCaught(Broken())
        #expect(scratch.mode == .halted)
        #expect(try connection.answer()?.status == 200)
    }

    @Test func lookingNeverHalts() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        for method in [HTTPRequest.Method.get, .head, .options, .delete] {
            try connection.head(HaltPaths.all[0], method)
            try connection.end()
        }
        #expect(scratch.mode == .paper)
        #expect(try connection.passed().count == 2, "the others wait for the answer to the first")
    }

    @Test func aHaltIsPulledBehindARequestThatIsNotAnswered() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head("/health", .get)
        try connection.end()
        try connection.post()
        #expect(scratch.mode == .halted, "though the first answer is still to come")
        #expect(try connection.answer(seconds: 0.3) == nil, "answers keep their order")
        try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try connection.channel.writeOutbound(HTTPResponsePart.end(nil))
        #expect(try connection.answer()?.body == nil)
        #expect(try connection.answer()?.body?["success"] == .bool(true))
    }

    @Test func whatFollowsAHaltWaitsForItsAnswer() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.post()
        try connection.head("/health", .get)
        try connection.end()
        try connection.post(HaltPaths.all[1], #"{"reason": "second"}"#)
        #expect(try connection.answer()?.status == 200)
        #expect(try connection.passed().count == 2)
        #expect(scratch.halts.contains { $0.reason == "second" } || scratch.mode == .halted)
    }

    @Test func fromElsewhereAHaltNeedsAToken() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch) { $0 == "good" ? .success(ann) : .failure(.missing) }
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        try connection.head(HaltPaths.all[0], .post, [forwarded: "203.0.113.7"])
        try connection.end()
        #expect(try connection.answer()?.status == 401)
        #expect(scratch.mode == .paper)
        try connection.head(HaltPaths.all[0], .post, [forwarded: "203.0.113.7", .authorization: "Bearer good"])
        try connection.end()
        #expect(try connection.answer()?.status == 200)
        #expect(scratch.mode == .halted)
    }

    @Test func anOpenDoorAsksNobody() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch, isOpen: true) { _ in .failure(.missing) }
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        try connection.head(HaltPaths.all[0], .post, [forwarded: "203.0.113.7"])
        try connection.end()
        #expect(try connection.answer()?.status == 200)
        #expect(scratch.mode == .halted)
    }

    @Test func aHeadThatDoesNotComeIsAnsweredInWords() throws {
        let connection = try Connection(Scratch())
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(11))
        let answer = try #require(try connection.answer())
        #expect(answer.status == 408 && answer.body?["error"]?["code"] == .string("too_slow"))
    }
}
