import KillSwitch
import Synchronization
import Testing

@testable import Remote

/// The halts' own way, against servers that misbehave.
@Suite struct HaltLineTests {
    private static let done = #"{"success":true,"is_active":true,"id":"h1","generation":7,"durable":true}"#

    private func line(_ server: PlainServer) throws -> HaltLine {
        HaltLine(
            try RemoteAddress(server.base),
            authorityFile: nil,
            tokens: Tokens(nil),
            operatorName: "ann",
            changed: {}
        )
    }

    private func wait(seconds: UInt64 = 20, _ condition: () -> Bool) -> Bool {
        let until = RemoteClock.nowMs + seconds * 1_000
        while !condition() {
            guard RemoteClock.nowMs < until else { return false }
            Clock.sleep(milliseconds: 2)
        }
        return true
    }

    private func halts(_ server: PlainServer) -> [(connection: Int, text: String)] {
        server.requests.filter { $0.text.hasPrefix("POST \(HaltReply.path) ") }
    }

    @Test func aHaltFindsItsConnectionOpen() throws {
        let server = try PlainServer { _, request in
            request.hasPrefix("POST") ? .answer(200, HaltLineTests.done) : .answer(200, "{}")
        }
        defer { server.stop() }
        let line = try line(server)
        #expect(line.start())
        #expect(wait { line.view.roundTripMs != nil && server.requests.count >= 2 })
        let stood = Set(server.requests.map(\.connection))
        line.pull(reason: "drill")
        #expect(wait { !line.isOpen })
        let halt = try #require(halts(server).first)
        #expect(stood.contains(halt.connection) && halts(server).count == 1)
        #expect(halt.text.contains(#""reason":"drill""#) && halt.text.contains(#""user_id":"ann""#))
        #expect(line.view.order?.id == "h1" && line.view.order?.generation == 7)
        line.stop(withinMs: 1_000)
    }

    @Test func itIsTriedUntilItIsConfirmedWhateverTheServerDoes() throws {
        let tries = Mutex(0)
        let server = try PlainServer { _, request in
            guard request.hasPrefix("POST") else { return .answer(200, "{}") }
            let number = tries.withLock { tries in
                tries += 1
                return tries
            }
            switch number {
            case 1: return .hangUp
            case 2: return .answer(200, "<html>")
            case 3: return .answer(503, #"{"error":{"code":"busy","message":"try again"}}"#)
            case 4: return .answer(401, #"{"error":{"code":"token_spent","message":"used up"}}"#)
            case 5: return .nothing
            default: return .answer(200, HaltLineTests.done)
            }
        }
        defer { server.stop() }
        let line = try line(server)
        #expect(line.start())
        line.pull(reason: "drill")
        #expect(wait { line.view.order?.problem.contains("token_spent") == true })
        #expect(line.isOpen)
        #expect(wait { !line.isOpen })
        #expect(tries.withLock { $0 } == 6)
        // One of them libcurl may have sent again by itself: its kept connection was gone.
        #expect(line.view.order?.tries ?? 0 >= 5)
        line.stop(withinMs: 1_000)
    }

    @Test func aSecondKeyIsTheSameHaltWhileItIsOpenAndAnotherOneAfterwards() throws {
        let isReady = Mutex(false)
        let server = try PlainServer { _, request in
            guard request.hasPrefix("POST") else { return .answer(200, "{}") }
            return isReady.withLock { $0 } ? .answer(200, HaltLineTests.done) : .hangUp
        }
        defer { server.stop() }
        let line = try line(server)
        #expect(line.start())
        line.pull(reason: "a")
        #expect(wait { line.view.order?.tries ?? 0 > 0 })
        let asked = line.view.order?.askedMs
        line.pull(reason: "b")
        #expect(line.view.order?.askedMs == asked && line.view.order?.reason == "a")
        isReady.withLock { $0 = true }
        #expect(wait { !line.isOpen })
        let before = halts(server).count
        line.pull(reason: "c")
        #expect(wait { !line.isOpen })
        #expect(halts(server).count == before + 1 && line.view.order?.reason == "c")
        line.stop(withinMs: 1_000)
    }

    @Test func aReasonThatComesLaterIsSentAfterTheHalt() throws {
        let server = try PlainServer { _, request in
            request.hasPrefix("POST \(HaltReply.path)") ? .answer(200, HaltLineTests.done) : .answer(200, "{}")
        }
        defer { server.stop() }
        let line = try line(server)
        #expect(line.start())
        line.pull(reason: "Emergency halt")
        #expect(wait { !line.isOpen })
        line.giveReason("feed is wrong")
        #expect(wait { server.requests.contains { $0.text.hasPrefix("POST /api/v1/halts/h1/reason ") } })
        let given = server.requests.last { $0.text.hasPrefix("POST /api/v1/halts") }
        #expect(given?.text.contains(#""reason":"feed is wrong""#) == true)
        #expect(halts(server).count == 1)
        line.stop(withinMs: 1_000)
    }

    @Test func whoStopsWaitsForAnOpenHaltButNotForLong() throws {
        let server = try PlainServer { _, request in request.hasPrefix("POST") ? .nothing : .answer(200, "{}") }
        defer { server.stop() }
        let line = try line(server)
        #expect(line.start())
        line.pull(reason: "drill")
        let begin = RemoteClock.nowMs
        line.stop(withinMs: 300)
        let took = RemoteClock.nowMs - begin
        #expect(took >= 300 && took < 2_000)
        #expect(line.isOpen)
    }
}
