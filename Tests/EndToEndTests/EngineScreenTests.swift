import Emulator
import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// What an operator sees of the engine, on a real terminal.
@Suite(.serialized)
struct EngineScreenTests {
    @Test func aNewDeskIsAliveSaysPaperAndShowsWhatAResumeWouldMeet() throws {
        let sandbox = try Sandbox()
        let program = try TerminalProgram(sandbox)
        try program.wait("positions, orders, venues and supervisors") {
            program.shows("AVAX/USD") && program.shows("ACKNOWLEDGED") && program.shows("CONNECTED")
                && program.shows("engine      OK") && program.shows("equity")
        }
        #expect(program.emulator.text(row: 0).contains("PAPER"))
        program.type("3\r")
        try program.wait("how far its exits are") { program.shows("stop loss") && program.shows("% away") }
        program.type("K")
        try program.wait("the halt") { program.emulator.text(row: 0).contains("HALTED") }
        #expect(program.emulator.text(row: 0).contains("PAPER"))
        try program.wait("the question why") { program.shows("Why?") }
        program.type("\u{1b}")
        try program.wait("no question") { !program.shows("Why?") }
        program.type("R")
        try program.wait("the engine's checks") {
            ["venues", "orders-gone", "reconciled", "feeds", "rules"].allSatisfy { program.shows($0 + " ") }
                && program.shows("accounts are reached")
        }
    }

    @Test func kInAReplayHaltsTheRealDeskAndShowsIt() throws {
        let desk = try EngineDesk(bots: 3)
        try desk.serve()
        try desk.wait("something to play") { $0.positions.contains { $0.symbol == "AVAX/USD" } }
        // Answered once it is on disk, and with it all that came before.
        try desk.ingest(Line.metric("written", "1"))
        let program = try TerminalProgram(desk.sandbox, "estop-desk", ["replay", "--speed", "100"])
        try program.wait("the end of the replay, and what was held then") {
            program.shows("the end of the replay") && program.shows("AVAX/USD")
        }
        #expect(program.emulator.text(row: 0).contains("REPLAY"))
        #expect(program.emulator.text(row: 2).contains("not the real desk"))
        #expect(program.shows("K halts the REAL desk"))
        #expect(try desk.sandbox.killSwitch().observe().word?.mode == .paper)
        program.type("K")
        try program.wait("the real desk") {
            program.shows("K halted the REAL desk") && program.emulator.text(row: 0).contains("HALT")
        }
        #expect(try desk.sandbox.killSwitch().observe().word?.mode == .halted)
        #expect(!program.emulator.text(row: 0).contains("REPLAY"))
        try program.wait("proof") { program.shows("3 of 3") }
    }

    @Test func aStageThatWasTooShortIsRefusedUnlessOverriddenByName() throws {
        let desk = try EngineDesk("[probation]\nreduce_only = \"10m\"\n")
        try desk.serve()
        let early = try desk.sandbox.resume("straight to live")
        #expect(early.status == 1)
        #expect(early.error.contains("rules: live comes after 10m in reduce-only"), "\(early.error)")
        #expect(try desk.sandbox.killSwitch().observe().word?.mode == .halted)
        #expect(try desk.sandbox.resume("first stage", "--mode", "reduce-only").status == 0)
        try desk.wait("the engine knows the stage") { $0.stage?.mode == "reduce-only" && $0.stage?.next == "live" }
        let still = try desk.sandbox.resume("too soon")
        #expect(still.status == 1 && still.error.contains("to go"), "\(still.error)")
        // The stage is not lost by it.
        #expect(try desk.sandbox.killSwitch().observe().word?.mode == .reduceOnly)
        #expect(try desk.sandbox.resume("known", "--override", "rules=drill").status == 0)
        #expect(try desk.sandbox.killSwitch().observe().word?.mode == .live)
    }
}
