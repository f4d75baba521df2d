import Foundation
import Glibc
import Synchronization
import Testing

@testable import Desk
@testable import KillSwitch

/// The socket's own part: what it does without an engine.
@Suite struct SwitchDoorTests {
    private final class Said: Sendable {
        let lines = Mutex<[String]>([])
        func wait() -> JSON? {
            let until = Clock.boottime() + 5_000_000_000
            while Clock.boottime() < until {
                if let line = lines.withLock({ $0.first }) { return JSON(bytes: Array(line.utf8)) }
                Clock.sleep(milliseconds: 1)
            }
            return nil
        }
    }

    private func withDoor(_ body: (SwitchDoor, KillSwitch, Peer) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "estop-door-\(UUID().uuidString)"
        let directory = try StateDirectory(path, create: true)
        defer {
            try? FileManager.default.removeItem(atPath: directory.defaultRunDirectory)
            try? FileManager.default.removeItem(atPath: path)
        }
        let killSwitch = KillSwitch(directory, settings: DeskSettings(name: "test", paper: true))
        try killSwitch.ensurePages(mayStart: true)
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        try body(SwitchDoor(killSwitch) { _, _ in }, killSwitch, try #require(Peer(ends[0])))
    }

    @Test func aHaltNeedsNoEngine() throws {
        try withDoor { door, killSwitch, peer in
            #expect(killSwitch.observe().word?.mode == .paper)
            let said = Said()
            let request = try ControlRequest(Array(#"{"ask":"halt","reason":"by line"}"#.utf8))
            door.answer(request, from: peer, events: ControlCounts()) { line in
                said.lines.withLock { $0.append(line) }
                return true
            }
            // On the page when the call returns, whatever the disk does.
            #expect(killSwitch.observe().word?.mode == .halted)
            let halted = try #require(said.wait()?["halted"])
            #expect(halted["on_page"] == .bool(true) && halted["durable"] == .bool(true))
            let seen = killSwitch.observe()
            #expect(seen.latches.map(\.reason) == ["by line"] && seen.latches.first?.op == peer.name)
        }
    }

    @Test func whatNeedsAnEngineIsRefusedInWords() throws {
        try withDoor { door, _, peer in
            #expect(door.objectionToEvents?.contains("try again") == true)
            // Not even between the look and the handing in are events taken that nobody has.
            #expect(door.offer([], from: peer, whenEmptied: {}) == .notNow(SwitchDoor.engineStarts))
            for ask in ["view", "watch", "flush", "summary", "digest", "cancels"] {
                let said = Said()
                let request = try ControlRequest(Array(#"{"ask":"\#(ask)"}"#.utf8))
                door.answer(request, from: peer, events: ControlCounts()) { line in
                    said.lines.withLock { $0.append(line) }
                    return true
                }
                let answer = try #require(said.wait())
                #expect(answer["error"]?.string?.isEmpty == false && answer["engine"]?.string == "down", "\(ask)")
                #expect(answer["again"] == .bool(true), "\(ask)")
            }
        }
    }
}
