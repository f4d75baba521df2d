import Glibc
import KillSwitch
import SafetyEngine
import Synchronization
import Testing

@testable import Desk

@Suite struct ControlConnectionTests {
    /// A host that takes events while it has room.
    private final class Desk: ControlService {
        struct State {
            var taken: [EngineLoop.Incoming] = []
            var offers = 0
            var hasRoom = true
            var refused = 0
            var objection: String?
            /// It stops: it objects only once events are handed in.
            var ending: String?
            var whenEmptied: [@Sendable () -> Void] = []
        }
        let state = Mutex(State())

        func offer(
            _ events: [EngineLoop.Incoming],
            from peer: Peer,
            whenEmptied: @escaping @Sendable () -> Void
        ) -> EventOffer {
            state.withLock { state in
                state.offers += 1
                if let why = state.ending { return .notNow(why) }
                guard state.hasRoom else {
                    state.whenEmptied.append(whenEmptied)
                    return .noRoom
                }
                state.taken += events
                return .taken
            }
        }

        func empty() {
            let waiting = state.withLock { state in
                state.hasRoom = true
                defer { state.whenEmptied = [] }
                return state.whenEmptied
            }
            for room in waiting { room() }
        }

        func refused(_ count: Int, from peer: Peer) { state.withLock { $0.refused += count } }

        func answer(
            _ request: ControlRequest,
            from peer: Peer,
            events: ControlCounts,
            reply: @escaping @Sendable (String) -> Bool
        ) { _ = reply("\(request) after \(events.taken)") }

        var objectionToEvents: String? { state.withLock { $0.objection } }

        var takerOfHTTP: (any HTTPTaker)? { nil }

        func halt(_ request: HaltRequest, reply: @escaping @Sendable (HaltReport) -> Void) {}
    }

    private let desk = Desk()
    private let ends: [Int32]
    private let connection: ControlConnection

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        self.ends = ends
        connection = ControlConnection(ends[0], try #require(Peer(ends[0])), desk, longestLine: 65_536, wake: {})
    }

    private func send(_ text: String) {
        var bytes = Array(text.utf8)
        #expect(write(ends[1], bytes, bytes.count) == bytes.count)
        bytes = [UInt8](repeating: 0, count: 65_536)
        #expect(connection.read(&bytes))
    }

    private func beat(_ number: Int) -> String {
        "{\"v\":1,\"type\":\"heartbeat\",\"source\":\"bot:b\",\"id\":\"\(number)\",\"name\":\"b\"}"
    }

    /// What is journaled is what was sent: a sender's own keys and spaces too, and never what another line said.
    @Test func aLineIsHandedInAsItCame() throws {
        defer { for end in ends { close(end) } }
        let own = "  {\"v\":1,\"type\":\"heartbeat\", \"source\":\"bot:b\",\"name\":\"b\",\"x_mine\":[1, 2]}"
        send("\(beat(1))\r\n\(own)\n{\"v\":1}\n\(beat(2))\n")
        let taken = desk.state.withLock { $0.taken }
        #expect(taken.map { $0.line.map { String(decoding: $0, as: UTF8.self) } } == [beat(1), own, beat(2)])
        for incoming in taken {
            #expect(try EventLine.parse(#require(incoming.line)) == incoming.event)
        }
        #expect(desk.state.withLock { $0.refused } == 1)
    }

    /// Who is faster than the engine is made to wait, and loses nothing.
    @Test func aFullDeskMakesItsSenderWait() {
        defer { for end in ends { close(end) } }
        desk.state.withLock { $0.hasRoom = false }
        send("\(beat(1))\n\(beat(2))\n")
        #expect(!connection.isReading)
        #expect(desk.state.withLock { $0.taken.isEmpty })
        desk.empty()
        #expect(connection.isReading)
        connection.resume()
        #expect(desk.state.withLock { $0.taken.map(\.event.id) } == ["1", "2"])
    }

    /// An answer counts what came before its question, and not what had to wait and was not handed in.
    @Test func aQuestionWaitsForTheEventsBeforeIt() {
        defer { for end in ends { close(end) } }
        desk.state.withLock { $0.hasRoom = false }
        send("\(beat(1))\n{\"ask\":\"flush\"}\n\(beat(2))\n")
        #expect(connection.outbox.isEmpty)
        desk.empty()
        connection.resume()
        #expect(!connection.outbox.isEmpty)
        #expect(connection.outbox.send(to: ends[0]))
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(ends[1], &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "flush after 1\n")
        #expect(desk.state.withLock { $0.taken.map(\.event.id) } == ["1", "2"])
    }

    @Test func withoutAnEngineEventsAreRefusedInWords() {
        defer { for end in ends { close(end) } }
        desk.state.withLock { $0.objection = "the engine does not run" }
        send("\(beat(1))\n")
        #expect(desk.state.withLock { $0.taken.isEmpty && $0.refused == 1 })
        desk.state.withLock { $0.objection = nil }
        send("\(beat(2))\n")
        #expect(desk.state.withLock { $0.taken.count } == 1)
    }

    private func answers() -> [JSON] {
        #expect(connection.outbox.send(to: ends[0]))
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(ends[1], &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return bytes.prefix(max(0, count)).split(separator: 10).compactMap { JSON(bytes: $0) }
    }

    /// Between the look at the door and the handing in, the engine may end: then nobody has the events, and nobody says so
    /// but this.
    @Test func whatAnEndingEngineDoesNotTakeIsRefusedLineByLineAndMayBeSentAgain() {
        defer { for end in ends { close(end) } }
        desk.state.withLock { $0.ending = "stopping, try again" }
        send("\(beat(1))\n\n\(beat(2))\n{\"v\":1}\n")
        let refused = answers().compactMap { $0["refused"] }
        #expect(refused.compactMap { $0["line"]?.integer }.sorted() == [1, 3, 4])
        #expect(refused.filter { $0["again"] == .bool(true) }.compactMap { $0["line"]?.integer } == [1, 3])
        #expect(desk.state.withLock { $0.taken.isEmpty && $0.refused == 3 })
        #expect(connection.isReading)
    }

    /// A question in between is none of the sender's lines.
    @Test func questionsAreNotCountedAsLines() {
        defer { for end in ends { close(end) } }
        send("\(beat(1))\n{\"ask\":\"flush\"}\n{\"v\":1}\n")
        #expect(answers().compactMap { $0["refused"]?["line"]?.integer } == [2])
    }

    /// What was sent before the host ends is decided; its sender learns how many lines that were.
    @Test func aHostThatEndsDecidesWhatCameIn() {
        defer { for end in ends { close(end) } }
        send("\(beat(1))\n")
        let bytes = Array("\(beat(2))\n\(beat(3))\n".utf8)
        #expect(write(ends[1], bytes, bytes.count) == bytes.count)
        desk.state.withLock { $0.objection = "the host is stopping" }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        connection.end(&buffer)
        let answers = answers()
        #expect(answers.compactMap { $0["refused"]?["line"]?.integer } == [2, 3])
        #expect(answers.last?["received"]?["lines"]?.integer == 3)
        #expect(answers.last?["received"]?["taken"]?.integer == 1)
        #expect(answers.last?["received"]?["ready"] == .bool(false))
        #expect(Glibc.send(ends[1], bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0)
    }

    @Test func aConnectionIsUndecidedUntilItSaysWhatItWants() {
        defer { for end in ends { close(end) } }
        #expect(connection.isUndecided && !connection.hasSpoken)
        send("P")
        #expect(connection.isUndecided && connection.hasSpoken && !connection.expire())
        send("{")
        #expect(!connection.isUndecided)
    }
}
