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

    @Test func anOrderThatNobodyCanCancelKeepsTheHaltUnverifiedUntilItIsGone() throws {
        let desk = try EngineDesk(bots: 0)
        try desk.serve()
        try desk.ingest(
            Line.connected(),
            Line.venue(
                "order",
                #""client_id":"k-1","venue_id":"O1","symbol":"BTC/USD","side":"buy","quantity":"1","price":"9","state":"ACKNOWLEDGED""#
            )
        )
        try desk.wait("the order is open") { view in view.orders.contains { $0.clientID == "k-1" } }
        let halted = try desk.run("halt", "one", "--wait", "1s")
        #expect(halted.status == 1, "\(halted.output)\(halted.error)")
        #expect(halted.output.contains("orders: NOT gone: 1 at kraken (client id k-1), no adapter"), "\(halted.output)")
        let again = try desk.sandbox.run("estop", ["halt", "again", "--wait", "300ms", "--json"])
        let json = try #require(JSON(bytes: Array(again.output.utf8)))
        #expect(again.status == 1 && json["orders"]?["gone"] == .bool(false), "\(again.output)")
        #expect(json["warnings"]?.array?.contains { $0.string?.contains("k-1") ?? false } == true)
        #expect(try desk.sandbox.killSwitch().observe().effective == nil)
        #expect(try desk.run("status").output.contains("verified") == false)
        let hand = try #require(DeskConnection(socket: desk.state + "/estop.sock"))
        let answer = hand.halt(#"{"reason": "by hand"}"#)?.json
        #expect(
            answer?["durable"] == .bool(true) && answer?["cancels"]?["gone"] != .bool(true),
            "\(String(describing: answer))"
        )
        #expect(answer?["cancels"]?["text"]?.string?.isEmpty == false)
        // The venue's own word, and its list made after the halt, are the proof; the host then records it by itself.
        try desk.ingest(
            Line.venue(
                "order",
                #""client_id":"k-1","venue_id":"O1","symbol":"BTC/USD","side":"buy","quantity":"1","price":"9","state":"CANCELED""#
            ),
            Line.venue("open_orders", #""orders":[]"#)
        )
        try desk.sandbox.wait("the halt is verified") { try desk.sandbox.killSwitch().observe().effective != nil }
        let last = try desk.run("halt", "last")
        #expect(
            last.status == 0 && last.output.contains("orders: gone at kraken, paper"),
            "\(last.output)\(last.error)"
        )
        #expect(try desk.run("status").output.contains("verified"))
    }

    @Test func aWatchOpenedLongAfterAHaltInventsNoTimes() throws {
        let desk = try EngineDesk(bots: 1)
        try desk.serve()
        #expect(try desk.run("halt", "early").status == 0)
        let word = try desk.sandbox.killSwitch().observe()
        try desk.sandbox.wait("the halt is old") { Clock.boottime() - word.changed > 4_000_000_000 }
        let path = desk.sandbox.root + "/said"
        let watch = try Said(desk, path)
        try watch.wait(for: "halt: verified after")
        try watch.wait(for: "1 of 1 open gate acknowledged")
        let said = try String(contentsOfFile: path, encoding: .utf8)
        // No step of it takes its time from when the watch began: all that is known is the record of its verification.
        let times = said.split(separator: "\n").filter { $0.contains("halt:") && $0.contains(" after ") }
        #expect(times.allSatisfy { $0.contains("verified") || $0.contains("orders gone") }, "\(said)")
        #expect(
            times.allSatisfy { $0.range(of: #" after [4-9](\.\d+)? s"#, options: .regularExpression) == nil },
            "\(said)"
        )
        #expect(!said.contains(" within "), "\(said)")
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
