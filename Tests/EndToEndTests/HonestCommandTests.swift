import Foundation
import Testing

@testable import KillSwitch

/// What the commands say of what they cannot see.
@Suite(.serialized) struct HonestCommandTests {
    @Test func gatesThatCannotBeReadAreNoAllClear() throws {
        let sandbox = try Sandbox()
        try sandbox.configureLiveDesk()
        try sandbox.killSwitch(paper: false).ensurePages(mayStart: false)
        try FileManager.default.removeItem(atPath: sandbox.state + "/gates.page")
        let halted = try sandbox.estop("halt", "now")
        #expect(halted.status == 1 && halted.output.contains("gates: UNKNOWN"), "\(halted)")
        #expect(!halted.output.contains("0 of 0"))
        let gates = try sandbox.estop("gates")
        #expect(gates.status == 1 && gates.error.contains("gates.page"), "\(gates)")
        let status = try sandbox.estop("status")
        #expect(status.output.contains("HALTING") && status.output.contains("UNKNOWN"), "\(status)")
        #expect(JSON(try sandbox.estop("status", "--json").output)?["gates"] == .null)
        #expect(JSON(try sandbox.estop("halt", "again", "--json").output)?["gates"] == .null)
    }

    @Test func aHaltOfOneScopeIsInTheStatusAndItsCauseIsTheFirst() throws {
        let sandbox = try Sandbox()
        let host = try sandbox.serve()
        defer { host.terminate() }
        try sandbox.estop("halt", "bad fills", "--scope", "venue=paper")
        #expect(try sandbox.estop("status").output.contains(", but HALTED venue=paper"))
        try sandbox.estop("halt", "first")
        try sandbox.estop("halt", "second")
        let lines = try sandbox.estop("status").output.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("reason ") && $0.hasSuffix("first") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("latch ") && $0.hasSuffix("second") })
    }

    @Test func aHostThatCannotBeAskedIsNotWell() throws {
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(atPath: sandbox.state, withIntermediateDirectories: true)
        let health = try sandbox.run("estop", ["health"])
        #expect(health.status == 3 && health.error.contains("estop serve --state \(sandbox.state)"), "\(health)")
        #expect(!health.error.contains("open 'estop'"))
    }

    @Test func whatWasNeverHeardOfIsNotSaidToBeNone() throws {
        let desk = try EngineDesk()
        try desk.serve()
        for (command, word) in [("orders", "open"), ("positions", "held")] {
            let said = try desk.run(command)
            #expect(said.status == 0 && said.output.contains("NOT KNOWN: no venue has reported"), "\(said)")
            #expect(!said.output.contains("no order is open") && !said.output.contains("nothing is \(word)"))
        }
    }

    @Test func aFrameIsAsPlainAsItsLocale() throws {
        let sandbox = try Sandbox()
        let words = ["--demo", "--script", "-", "--frame", "-"]
        let plain = try sandbox.run("estop", words, input: "", environment: ["LC_ALL": "C"])
        #expect(plain.status == 0 && plain.output.utf8.allSatisfy { $0 < 0x80 }, "\(plain)")
        let full = try sandbox.run("estop", words, input: "", environment: ["LC_ALL": "C.UTF-8"])
        #expect(full.status == 0 && !full.output.utf8.allSatisfy { $0 < 0x80 })
    }
}
