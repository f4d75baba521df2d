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
        // The venue's own word is none yet of what else is open: two listings made after the halt are the proof.
        try desk.ingest(
            Line.venue(
                "order",
                #""client_id":"k-1","venue_id":"O1","symbol":"BTC/USD","side":"buy","quantity":"1","price":"9","state":"CANCELED""#
            ),
            Line.venue("open_orders", #""orders":[]"#)
        )
        #expect(try desk.sandbox.killSwitch().observe().effective == nil)
        try desk.sandbox.wait("the halt is verified") {
            try desk.ingest(Line.venue("open_orders", #""orders":[]"#))
            return try desk.sandbox.killSwitch().observe().effective != nil
        }
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

    /// Points 5, 7 and 10 of "nothing untrue": no list, no proof; a new order takes verified back everywhere; no host, no proof.
    @Test func verifiedIsProvedTakenBackAndEndsWithTheHost() throws {
        let desk = try EngineDesk(orders: "watched")
        try desk.serve()
        let killSwitch = try desk.sandbox.killSwitch(paper: false)
        let nobody = try desk.run("halt", "nobody lists", "--wait", "1500ms")
        #expect(nobody.status == 1, "\(nobody.output)\(nobody.error)")
        #expect(nobody.output.contains("orders: NOT verified: no venue is known to this desk"), "\(nobody.output)")
        #expect(try desk.run("status").output.contains("HALTED, orders NOT verified: no venue is known"))
        func list(_ orders: String = "") throws {
            try desk.ingest(Line.venue("open_orders", #""orders":[\#(orders)]"#))
        }
        try desk.sandbox.wait("the halt is verified") {
            try list()
            return killSwitch.observe().effective != nil
        }
        #expect(try desk.run("status").output.contains("verified"))
        let row =
            #"{"venue_id":"X1","symbol":"BTC/USD","side":"buy","quantity":"1","price":"9","state":"ACKNOWLEDGED"}"#
        try list(row)
        try desk.sandbox.wait("verified is taken back") { killSwitch.observe().effective == nil }
        #expect(killSwitch.observe().fold.records.last?.kind == .unverified)
        let view = try desk.wait("the new order is an alert") { view in
            view.alerts.contains { $0.rule == "ORDER_AFTER_HALT" && $0.level == .emergency }
        }
        #expect(view.cancels?.new == 1 && view.halts.first?.new == 1)
        let status = try desk.run("status")
        #expect(
            status.output.contains("1 new order at kraken since the halt: something does not ask its gate"),
            "\(status.output)"
        )
        let json = try #require(JSON(bytes: Array(try desk.run("status", "--json").output.utf8)))
        #expect(json["effective"] == .null && json["orders"]?["new"]?.integer == 1)
        try desk.sandbox.wait("the halt is verified again") {
            try list()
            return killSwitch.observe().effective != nil
        }
        desk.crash()
        #expect(killSwitch.observe().effective == nil)
        let dead = try desk.run("status")
        #expect(dead.output.contains("HALTED, orders NOT verified: no host runs"), "\(dead.output)")
        for wait in ["0", "300ms"] {
            let halted = try desk.run("halt", "without a host", "--wait", wait)
            #expect(
                halted.status == 1 && halted.error.contains("ORDERS NOT CANCELLED"),
                "\(halted.output)\(halted.error)"
            )
        }
    }

    @Test func theHaltOfAScopeWaitsForItsOrdersToo() throws {
        let desk = try EngineDesk(orders: "watched")
        try desk.serve()
        try desk.ingest(Line.venue("open_orders", #""orders":[]"#))
        try desk.sandbox.wait("it trades") {
            try desk.sandbox.resume(
                "begin",
                "--override",
                "orders-gone=a new desk",
                "--override",
                "venues=a new desk",
                "--override",
                "feeds=a new desk",
                "--override",
                "reconciled=a new desk",
                "--override",
                "gates=no bot runs yet"
            ).status == 0
        }
        let halted = try desk.run("halt", "one account", "--scope", "venue=kraken,account=main", "--wait", "1s")
        #expect(halted.status == 1 && halted.output.contains("orders: NOT "), "\(halted.output)\(halted.error)")
        let killSwitch = try desk.sandbox.killSwitch(paper: false)
        try desk.sandbox.wait("the scope is verified") {
            try desk.ingest(Line.venue("open_orders", #""orders":[]"#))
            let seen = killSwitch.observe()
            return seen.haltsInForce.first.flatMap(seen.verified) != nil
        }
        #expect(try desk.run("status").output.contains("verified"))
    }

    @Test func aGateThatPromisedToBeatLaterIsWaitedForAndThatIsSaid() throws {
        let desk = try EngineDesk()
        try desk.serve()
        try desk.sandbox.wait("it trades") { try desk.sandbox.resume("begin").status == 0 }
        let gate = try Gate(state: desk.state, name: "slow", scope: "", interval: .seconds(3))
        #expect(gate.permits())
        let halted = try desk.run("halt", "who is slow")
        #expect(halted.status == 1)
        #expect(halted.output.contains("waiting up to 4 s: slow promised to beat every 3 s"), "\(halted.output)")
        #expect(!gate.permits())
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
