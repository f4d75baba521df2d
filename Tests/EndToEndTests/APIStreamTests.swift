import Foundation
import Glibc
import KillSwitch
import Testing

/// The stream of events, on a real host.
@Suite(.serialized) struct APIStreamTests {
    private func open(_ api: APIDesk, after last: Int? = nil, room: Int32? = nil) throws -> DeskConnection {
        let connection = try #require(DeskConnection(port: api.port, room: room))
        let more = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        connection.send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\(more)\r\n")
        let head = try #require(connection.read(to: "\r\n\r\n"))
        #expect(head.contains("200 OK") && head.contains("text/event-stream"), "\(head)")
        return connection
    }

    /// Halts until a stream tells of the switch again.
    private func change(_ api: APIDesk, _ stream: DeskConnection, _ name: String) throws -> Int {
        #expect(try api.post("/api/trading/halt", #"{"reason": "\#(name)"}"#).status == 200)
        while let event = stream.event() {
            if event.name == "switch", event.data.contains(name), let id = event.id { return id }
        }
        throw Sandbox.TimedOut(description: "the stream does not tell of \(name)")
    }

    @Test func whoComesBackMissesNothingAndGetsNothingTwice() throws {
        let api = try APIDesk()
        let watcher = try open(api)
        let first = try open(api)
        #expect(watcher.event()?.name == "snapshot")
        let snapshot = try #require(first.event())
        #expect(snapshot.name == "snapshot" && snapshot.id != nil)
        let seen = try change(api, first, "one")
        shutdown(first.descriptor, Int32(SHUT_RDWR))
        var wanted: [Int] = []
        for name in ["two", "three", "four"] { wanted.append(try change(api, watcher, name)) }
        let again = try open(api, after: seen)
        var got: [(name: String, id: Int)] = []
        let last = try #require(wanted.last)
        while (got.last?.id ?? 0) < last, let event = again.event() {
            if let id = event.id { got.append((event.name, id)) }
        }
        #expect(got.map(\.id) == Array(seen + 1...last), "no gap, no duplicate: \(got)")
        #expect(!got.contains { $0.name == "snapshot" })
        #expect(wanted.allSatisfy { id in got.contains { $0.id == id } })
        // A number that nobody gave is answered with a snapshot.
        #expect(try open(api, after: 1_000_000).event()?.name == "snapshot")
    }

    @Test func whoDoesNotReadIsDroppedAndToldAndSlowsNobody() throws {
        let api = try APIDesk()
        let slow = try open(api, room: 2_048)
        let reader = try open(api)
        let hand = try #require(DeskConnection(port: api.port))
        let reason = String(repeating: "long ", count: 150)
        var worst = 0.0
        var isDropped = false
        let begin = Clock.boottime()
        while !isDropped, Clock.boottime() - begin < 180_000_000_000 {
            let start = Clock.boottime()
            let answer = hand.halt(#"{"reason": "\#(reason)"}"#)
            worst = max(worst, Double(Clock.boottime() - start) / 1e9)
            #expect(answer?.json?["durable"] == .bool(true))
            // The other reads all the while: its share is never more than a moment old.
            _ = reader.event()
            isDropped = try api.get("/metrics").text.contains("estop_stream_dropped_total 1")
        }
        #expect(isDropped)
        #expect(worst < 2, "a slow reader slows no halt")
        // It is told, as long as it comes to it soon.
        #expect(slow.readAll().contains("event: dropped\ndata: {\"reason\":\"this reader is too slow\"}"))
        #expect(reader.event() != nil)
    }
}
