import Foundation
import Glibc
import Testing

@testable import KillSwitch

/// The real programs left on: a host, each kind of screen, and a feed of 50 updates a second. 30 minutes in long runs.
@Suite(.serialized) struct SoakTests {
    private static let seconds = Sandbox.isLong ? 1_800.0 : 6.0
    private static let everyMs = 20.0

    /// A screen, and what it had of the machine a tenth of the way on.
    private final class Watched {
        let name: String
        let pid: pid_t
        let terminal: TerminalProgram?
        var tenth: ProcessFigures?

        init(_ name: String, _ pid: pid_t, _ terminal: TerminalProgram? = nil) {
            self.name = name
            self.pid = pid
            self.terminal = terminal
        }
    }

    @Test func everythingIsAfterwardsAsItWasATenthOfTheWayOnAndKHalts() throws {
        let remote = try RemoteDeskUnderTest(bots: 2)
        let own = try EngineDesk("[api]\nport = 0\n", bots: 2)
        let hosting = try TerminalProgram(own.sandbox)
        let attached = try TerminalProgram(remote.sandbox)
        let far = try remote.screen()
        let plain = try TerminalProgram(remote.sandbox, "estop-desk", ["watch", "--plain"])
        for screen in [hosting, attached, far] { try screen.waitForScreen() }
        let all = [
            Watched("the host", try #require(remote.desk.host).processIdentifier),
            Watched("the hosting screen", hosting.pid, hosting), Watched("the attached screen", attached.pid, attached),
            Watched("the remote screen", far.pid, far), Watched("the plain watch", plain.pid, plain),
        ]
        let feeds = try [remote.sandbox.state, own.state].map {
            try #require(DeskConnection(socket: "\($0)/estop.sock"))
        }
        let begin = Date()
        var sent = 0.0
        while true {
            let passed = Date().timeIntervalSince(begin)
            if passed > SoakTests.seconds { break }
            while sent * SoakTests.everyMs / 1_000 < passed {
                sent += 1
                let line = Line.price("BTC-USD", "\(100 + Int(sent) % 50)") + "\n"
                for feed in feeds { #expect(feed.send(line)) }
            }
            for watched in all {
                watched.terminal?.pump(ms: 1)
                // The test's own memory is not what is looked at.
                watched.terminal?.output.removeAll(keepingCapacity: true)
                if watched.terminal?.hasEnded() ?? false { throw Sandbox.TimedOut(description: "\(watched.name) died") }
            }
            if passed > SoakTests.seconds / 10 {
                for watched in all where watched.tenth == nil { watched.tenth = try ProcessFigures(watched.pid) }
            }
        }
        for watched in all {
            let (before, after) = (try #require(watched.tenth), try ProcessFigures(watched.pid))
            #expect(after.threads <= before.threads + 8, "\(watched.name): \(before), then \(after)")
            #expect(after.descriptors <= before.descriptors + 32, "\(watched.name): \(before), then \(after)")
            #expect(after.residentKB <= before.residentKB + 65_536, "\(watched.name): \(before), then \(after)")
        }
        // Each of them still halts and leaves a clean terminal.
        let own1 = try own.sandbox.killSwitch()
        hosting.type("K")
        try hosting.wait("the hosting screen halts") { own1.observe().mode == .halted }
        far.type("K")
        try far.wait("the remote screen halts") { remote.mode == .halted }
        for screen in [hosting, attached, far] {
            screen.type("\u{1b}")
            screen.rest()
            screen.type("q")
            try screen.waitForEnd(seconds: 30)
            #expect(screen.exit == 0)
            #expect(screen.leftovers().isEmpty, "\(screen.leftovers())")
        }
    }
}
