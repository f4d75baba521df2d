import Foundation
import Glibc
import KillSwitch
import Synchronization
import Testing

@testable import Operators

/// Halts and resumes in turn and at once (LESSONS 26: the second of them hung for ever, holding the lock).
@Suite(.serialized) struct APIStormTests {
    private static let resume = "/api/emergency/kill-switch/deactivate"
    private static let halt = "/api/emergency/kill-switch/activate"

    /// Changes of the switch that were answered with success.
    private struct Done: Sendable {
        var halts: [(id: String, generation: Int64)] = []
        /// The generations of halts that are recorded together with others.
        var counted: [Int64] = []
        var resumes: [Int64] = []
        var refused = 0
    }

    @Test(.timeLimit(.minutes(60))) func aThousandTimesInTurnInOneProcess() throws {
        let api = try APIDesk()
        let rounds = Sandbox.isLong ? 1_000 : 40
        let token = try api.token("admin")
        let connection = try APIConnection(port: api.port)
        var done = Done()
        for round in 0..<rounds {
            let resumed = try connection.post(APIStormTests.resume, APIDesk.confirmed, token: token)
            try #require(resumed.status == 200 && resumed["mode"] == .string("live"), "\(round) \(resumed)")
            done.resumes.append(try #require(resumed["generation"]?.integer))
            let halted = try connection.post(APIStormTests.halt, "{\"reason\": \"round \(round)\"}")
            try #require(halted.status == 200 && halted["durable"] == .bool(true), "\(round) \(halted)")
            done.halts.append((try #require(halted["id"]?.string), try #require(halted["generation"]?.integer)))
        }
        try APIStormTests.check(done, api)
        #expect(api.desk.mode == .halted)
        let status = try api.get("/api/emergency/kill-switch/status")
        #expect(status["activation_count"] == .integer(Int64(rounds + 1)))
    }

    @Test(.timeLimit(.minutes(60))) func thirtyTwoClientsAtOnce() throws {
        let api = try APIDesk()
        let rounds = Sandbox.isLong ? 1_000 / 32 + 1 : 3
        let token = try api.token("admin")
        let all = Mutex(Done())
        let problems = Mutex<[String]>([])
        let clients = 32
        let port = api.port
        let left = Mutex(clients)
        for client in 0..<clients {
            Thread.detachNewThread {
                defer { left.withLock { $0 -= 1 } }
                do {
                    let connection = try APIConnection(port: port, seconds: 120)
                    var mine = Done()
                    for round in 0..<rounds {
                        try APIStormTests.turn(connection, token, "client \(client), \(round)", &mine)
                    }
                    all.withLock { all in
                        all.halts += mine.halts
                        all.counted += mine.counted
                        all.resumes += mine.resumes
                        all.refused += mine.refused
                    }
                } catch { problems.withLock { $0.append("client \(client): \(error)") } }
            }
        }
        try api.sandbox.wait("every client is through: nothing hangs", seconds: 3_000) { left.withLock { $0 } == 0 }
        #expect(problems.withLock { $0 } == [])
        let done = all.withLock { $0 }
        #expect(
            done.halts.count + done.counted.count == clients * rounds
                && done.resumes.count + done.refused == clients * rounds
        )
        try APIStormTests.check(done, api)
        // It works as before.
        _ = try api.post(APIStormTests.halt)
        #expect(try api.post(APIStormTests.resume, APIDesk.confirmed, token: token).status == 200)
    }

    private static func turn(_ connection: APIConnection, _ token: String, _ name: String, _ done: inout Done) throws {
        let resumed = try connection.post(resume, APIDesk.confirmed, token: token)
        switch (resumed.status, resumed["generation"]?.integer) {
        case (200, let generation?): done.resumes.append(generation)
        case (409, _): done.refused += 1
        default: throw APIConnection.Broken(description: "a resume came to \(resumed)")
        }
        let halted = try connection.post(halt, "{\"reason\": \"\(name)\"}")
        guard halted.status == 200, let id = halted["id"]?.string, let generation = halted["generation"]?.integer,
            // Past the burst of a peer its halts are counted, and recorded together a moment later.
            halted["durable"] == .bool(true) || halted.text.contains("not on disk yet")
        else { throw APIConnection.Broken(description: "a halt came to \(halted)") }
        if halted["durable"] == .bool(true) {
            done.halts.append((id, generation))
        } else {
            done.counted.append(generation)
        }
    }

    /// Every change is in the history, and the desk is as the last one of them left it.
    private static func check(_ done: Done, _ api: APIDesk) throws {
        let seen = try api.sandbox.killSwitch().observe()
        let halts = Set(seen.fold.records.filter { $0.change == .halt }.map(\.id))
        #expect(done.halts.allSatisfy { halts.contains($0.id) }, "a halt is not in the history")
        let resumes = seen.fold.records.filter { $0.change == .resume && seen.fold.applied.contains($0.id) }
        let applied = Set(resumes.map { Int64($0.state.generation) })
        #expect(done.resumes.allSatisfy { applied.contains($0) }, "a resume is not in the history")
        // Generations are the order of the changes: halts have odd ones, resumes even ones. What came after the last that
        // was answered can only be the halt with which a resume made good that a halt came beside it.
        let last = try #require((done.halts.map(\.generation) + done.counted + done.resumes).max())
        let word = try #require(seen.word)
        #expect(word.mode == (word.generation.isMultiple(of: 2) ? .live : .halted))
        #expect(
            Int64(word.generation) == last || Int64(word.generation) > last && word.mode == .halted,
            "\(word) is not what was answered last, \(last)"
        )
        // A halt that came after the last resume is a latch: it is never lost to the resume beside it.
        if word.mode == .live { #expect(seen.latches.isEmpty) } else { #expect(!seen.latches.isEmpty) }
        #expect(seen.fold.reachesWord && seen.notDurable == nil)
    }
}
