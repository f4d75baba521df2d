import Console
import Demo
import Desk
import Foundation
import Glibc
import KillSwitch
import Remote
import SafetyEngine
import Synchronization
import Testing

@testable import estop_desk

/// Any number of snapshots through each kind of screen: the stack of the thread that delivers them stays as deep as it was.
@Suite(.serialized) struct SnapshotFloodTests {
    /// Snapshots for each kind of screen; 200,000 in long runs.
    private static let count = Sandbox.isLong ? 200_000 : 400

    /// How deep the stack was when a snapshot came.
    private final class Depths: Sendable {
        private let seen = Mutex<(count: Int, tenth: UInt, last: UInt)>((0, 0, 0))

        var count: Int { seen.withLock { $0.count } }
        /// How much deeper the last one was than the one a tenth of the way on, in bytes.
        var growth: Int { seen.withLock { Int($0.tenth) - Int($0.last) } }

        func take() {
            var here: UInt8 = 0
            let address = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
            seen.withLock { seen in
                seen.count += 1
                if seen.count <= SnapshotFloodTests.count / 10 { seen.tenth = address }
                seen.last = address
            }
        }
    }

    private func arguments(_ words: [String]) throws -> Arguments { try DeskCommands.table.parse(words) }

    private func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    /// Has a screen's snapshots delivered again and again.
    private func flood(_ name: String, _ cockpit: any Cockpit, ring: () -> Void) throws {
        let depths = Depths()
        _ = cockpit.first()
        cockpit.start(deliver: { _ in depths.take() }, notify: { _ in })
        defer { cockpit.stop() }
        var tenth: Int?
        var last = Date()
        var seen = 0
        while depths.count < SnapshotFloodTests.count {
            ring()
            usleep(20)
            if tenth == nil, depths.count >= SnapshotFloodTests.count / 10 { tenth = try descriptors() }
            if depths.count > seen {
                seen = depths.count
                last = Date()
            }
            guard Date().timeIntervalSince(last) < 60 else {
                throw Sandbox.TimedOut(description: "\(name): no snapshot for 60 s after \(seen)")
            }
        }
        #expect(abs(depths.growth) < 4_096, "\(name): the stack grew by \(depths.growth) bytes")
        let now = try descriptors()
        #expect(now <= (tenth ?? 0) + 64, "\(name): \(now) descriptors, \(tenth ?? 0) a tenth of the way on")
    }

    @Test func aHostingScreen() throws {
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
        try "[api]\nport = 0\n".write(toFile: sandbox.state + "/estop.toml", atomically: true, encoding: .utf8)
        let cockpit = DeskCockpit(try OpenedDesk(arguments(["dashboard", "--state", sandbox.state])), hosting: true)
        try flood("hosting", cockpit) { cockpit.bell.ring() }
    }

    @Test func anAttachedScreenAndAPlainOne() throws {
        let desk = try EngineDesk(bots: 1)
        try desk.serve()
        // Both look by the same cockpit; the plain one makes lines of what comes.
        let cockpit = DeskCockpit(try OpenedDesk(arguments(["dashboard", "--state", desk.state])), hosting: false)
        try flood("attached", cockpit) { cockpit.bell.ring() }
    }

    @Test func aScreenOfADeskOnAnotherMachine() throws {
        let remote = try RemoteDeskUnderTest(bots: 1)
        let chosen = try #require(try ChosenRemote(arguments(["dashboard", "--url", remote.base])))
        let cockpit = RemoteCockpit(chosen, notices: [])
        try flood("remote", cockpit) { cockpit.desk.look() }
    }

    @Test func aReplayAndTheRealDeskBehindIt() throws {
        let desk = try EngineDesk(bots: 1)
        try desk.serve()
        try desk.ingest(Line.connected())
        try desk.stop()
        let opened = try OpenedDesk(arguments(["replay", "--state", desk.state]))
        let cockpit = ReplayCockpit(opened, ReplaySpan(fromMs: .min, toMs: .max, speed: 1))
        try flood("replay", cockpit) { cockpit.wake.pull() }
        let other = ReplayCockpit(opened, ReplaySpan(fromMs: .min, toMs: .max, speed: 1))
        _ = other.halt(reason: "test", source: .keyboard)
        try flood("the real desk behind a replay", other) { other.real.bell.ring() }
    }

    @Test func aRecordedDesk() throws {
        let cockpit = try #require(
            try ChosenCockpit.open(arguments(["dashboard", "--demo"]), hosting: false) as? DemoCockpit<DemoDesk>
        )
        try flood("demo", cockpit) { cockpit.wake.pull() }
    }
}
