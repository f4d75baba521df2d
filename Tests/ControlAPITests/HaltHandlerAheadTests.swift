import Desk
import HTTPTypes
import KillSwitch
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import ControlAPI

/// A halt whose body does not come with its head.
@Suite struct HaltHandlerAheadTests {
    private final class Refusals: Sendable {
        let all = Mutex<[String]>([])
    }

    private func reasons(_ scratch: Scratch) -> [Record] {
        scratch.killSwitch.observe().fold.records.filter { $0.kind == .reason }
    }

    /// No halt waits for the network.
    @Test func aMomentAfterTheHeadEverythingIsHalted() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        try connection.body(#"{"reason": "la"#)
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(49))
        #expect(scratch.mode == .paper, "it may name a scope")
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(scratch.mode == .halted)
        _ = connection.scribe.writeWaiting()
        #expect(scratch.halts.last?.reason == "Emergency halt", "on disk, before the body is there")
        #expect(try connection.answer(seconds: 0.2) == nil, "the reason may still come")
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200 && answer.body?["durable"] == .bool(true))
        #expect(answer.body?["reason"] == .string("Emergency halt") && answer.body?["note"]?.string != nil)
        #expect(scratch.halts.filter { $0.source == .api }.count == 1 && reasons(scratch).isEmpty)
    }

    @Test func aReasonThatComesLaterJoinsAsANote() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(60))
        try connection.body(#"{"reason": "fire", "source": "MANUAL", "user_id": "bob", "#)
        try connection.body(#""scope": "venue=kraken"}"#)
        try connection.end()
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200 && answer.body?["reason"] == .string("fire"))
        #expect(answer.body?["scope"] == .string("global") && answer.body?["mode"] == .string("halted"))
        #expect(answer.body?["note"]?.string?.contains("asks for venue=kraken only") == true)
        #expect(scratch.mode == .halted && scratch.halts.filter { $0.source == .api }.count == 1)
        let note = try #require(reasons(scratch).first)
        #expect(
            note.reason == "fire" && note.op == "bob (unproved)" && note.source == .api && note.from.contains("MANUAL")
        )
        #expect(note.about == scratch.halts.last?.id)
        #expect(scratch.killSwitch.observe().latches.contains { $0.reason == "fire" })
        let counted = connection.meter.reading.requests
        #expect(counted.count == 1 && counted.first?.histogram.count == 1)
    }

    @Test func aScopeThatComesInTimeIsAllThatIsHalted() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(40))
        try connection.body(#"{"scope": "venue=kraken"}"#)
        try connection.end()
        #expect(try connection.answer()?.body?["note"] == .null)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(scratch.mode == .paper && scratch.halts.last?.scope.description == "venue=kraken")
    }

    @Test func whatFollowsOnTheConnectionKeepsItsTurn() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(60))
        try connection.body("{}")
        try connection.end()
        try connection.post(HaltPaths.all[1], #"{"reason": "second"}"#)
        #expect(try connection.answer()?.body?["reason"] == .string("Emergency halt"))
        #expect(try connection.answer()?.body?["reason"] == .string("second"))
        #expect(connection.channel.isActive)
    }

    @Test func whoeverGoesAwayAfterwardsHasSaidWhatTheySaid() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(60))
        try connection.body(#"{"reason": "fire"}"#)
        connection.channel.pipeline.fireChannelInactive()
        for _ in 0..<4 {
            _ = connection.scribe.writeWaiting()
            connection.channel.embeddedEventLoop.run()
        }
        #expect(scratch.mode == .halted && reasons(scratch).map(\.reason) == ["fire"])
    }

    @Test func withoutATokenItIsRefusedAMomentAfterTheHeadAndRecorded() throws {
        let scratch = try Scratch()
        let refused = Refusals()
        let connection = try Connection(
            scratch,
            refused: { refusal, asker in refused.all.withLock { $0.append("\(refusal.code) \(asker.path)") } }
        )
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        try connection.head(HaltPaths.all[1], .post, [forwarded: "203.0.113.7"])
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(60))
        #expect(try connection.answer()?.status == 401)
        try connection.body("{}")
        try connection.end()
        #expect(scratch.mode == .paper)
        #expect(refused.all.withLock { $0 } == ["token_missing /api/trading/halt"], "once")
        try connection.post()
        #expect(try connection.answer()?.status == 200, "the connection goes on")
    }
}

/// Who halted, on record.
@Suite struct HaltHandlerActorTests {
    private static let ann = BearerClaims(id: "t1", operatorName: "ann", role: "viewer")

    @Test(arguments: [true, false]) func whoATokenProvesIsTheOperator(_ isFromElsewhere: Bool) throws {
        let scratch = try Scratch()
        let connection = try Connection(
            scratch,
            verify: { $0 == "good" ? .success(HaltHandlerActorTests.ann) : .failure(.missing) },
            identify: { $0 == "good" ? HaltHandlerActorTests.ann : nil }
        )
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        for (body, says) in [(#"{"user_id": "mallory"}"#, true), ("", false), (#"{"user_id": "ann"}"#, false)] {
            var fields: HTTPFields = [.authorization: "Bearer good"]
            if isFromElsewhere { fields[forwarded] = "203.0.113.7" }
            try connection.head(HaltPaths.all[0], .post, fields)
            if !body.isEmpty { try connection.body(body) }
            try connection.end()
            #expect(try connection.answer()?.status == 200)
            let record = try #require(scratch.halts.last)
            #expect(record.op == "ann" && record.from.contains("; token t1"), "\(record.from)")
            #expect(record.from.contains("says it is mallory") == says)
        }
    }

    @Test func onThisMachineATokenThatIsNoGoodHaltsAllTheSame() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.head(HaltPaths.all[0], .post, [.authorization: "Bearer bad"])
        try connection.body(#"{"user_id": "bob"}"#)
        try connection.end()
        #expect(try connection.answer()?.status == 200)
        #expect(scratch.halts.last?.op == "bob (unproved)" && scratch.mode == .halted)
    }

    /// The log is read by people and programs that stop at NUL.
    @Test func whatTheAnswerSaysIsWhatTheRecordSays() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.post(HaltPaths.all[0], #"{"user_id": "a\u0000b", "reason": "x\u0000y"}"#)
        let answer = try #require(try connection.answer())
        let record = try #require(scratch.halts.last)
        #expect(record.op == "a\u{FFFD}b (unproved)" && record.reason == "x\u{FFFD}y")
        #expect(answer.body?["user_id"] == .string("a\u{FFFD}b") && answer.body?["reason"] == .string(record.reason))
    }

    @Test func haltsAreCountedWithTheirPathAndStatus() throws {
        let scratch = try Scratch()
        let connection = try Connection(scratch)
        try connection.post("//api/trading/halt")
        _ = try #require(try connection.answer())
        let reading = connection.meter.reading
        #expect(reading.requests.map(\.key) == [.init(method: "POST", path: "/api/trading/halt", status: 200)])
        #expect(reading.halts.count == 1 && reading.haltsNotDurable == 0)
    }
}
