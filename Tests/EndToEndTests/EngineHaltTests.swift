import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// A halt of a desk that trades on the paper venue: its orders are gone, and that is said.
@Suite(.serialized) struct EngineHaltTests {
    /// A watch in plain lines, and what it says.
    private final class Said {
        private let desk: EngineDesk
        private let path: String
        private let process: Process
        private let input = Pipe()

        init(_ desk: EngineDesk, _ path: String) throws {
            self.desk = desk
            self.path = path
            process = desk.sandbox.process("estop", ["watch", "--plain"])
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            process.standardInput = input
            process.standardOutput = FileHandle(forWritingAtPath: path)
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        func wait(for text: String) throws {
            var said = ""
            do {
                try desk.sandbox.wait("'\(text)' is said") {
                    said = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                    return said.contains(text)
                }
            } catch { throw Sandbox.TimedOut(description: "\(error); it said:\n\(said)") }
        }
    }

    @Test func aHaltsOrdersAreCancelledAtTheVenueAndTheStepIsDone() throws {
        let desk = try EngineDesk(bots: 3)
        try desk.serve()
        try desk.wait("orders are open", seconds: 60) { $0.openOrders > 0 }
        let path = desk.sandbox.root + "/said"
        let watch = try Said(desk, path)
        try watch.wait(for: "type halt and press Enter")
        let halted = try desk.run("halt", "drill")
        #expect(halted.status == 0, "\(halted.output)\(halted.error)")
        let view = try desk.wait("the orders are gone") { $0.cancels?.doneAfterMs != nil }
        let cancels = try #require(view.cancels)
        #expect(cancels.left == 0 && cancels.problem.isEmpty)
        #expect((cancels.doneAfterMs ?? .max) < 10_000)
        #expect(try desk.view().openOrders == 0)
        let observation = try desk.sandbox.killSwitch().observe()
        #expect(observation.openGates.allSatisfy { gate in observation.word.map { gate.acknowledges($0) } ?? false })
        try watch.wait(for: "halt: orders gone after")
    }

    @Test func whoeverResumesLetsTheBotsOrderAgain() throws {
        let desk = try EngineDesk(bots: 3)
        try desk.serve()
        try desk.wait("orders are open", seconds: 60) { $0.openOrders > 0 }
        #expect(try desk.run("halt", "drill").status == 0)
        try desk.wait("the orders are gone") { $0.cancels?.doneAfterMs != nil }
        let resumed = try desk.sandbox.resume("drill is over")
        #expect(resumed.status == 0, "\(resumed.error)")
        try desk.wait("orders are open again", seconds: 60) { $0.openOrders > 0 && $0.cancels == nil }
    }
}
