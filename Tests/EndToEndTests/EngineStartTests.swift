import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// A host whose journal cannot be used at its start: the switch is hosted all the same, or nothing passes for known.
@Suite(.serialized) struct EngineStartTests {
    /// Another program that keeps the database to itself until it is ended.
    private final class Holder {
        let process: Process

        init(_ desk: EngineDesk) throws {
            let script = """
                import sqlite3, sys, time
                database = sqlite3.connect(sys.argv[1], isolation_level=None)
                database.execute("PRAGMA locking_mode = EXCLUSIVE")
                database.execute("BEGIN EXCLUSIVE")
                print("held", flush=True)
                time.sleep(600)
                """
            process = desk.sandbox.process("/usr/bin/env", ["python3", "-c", script, desk.journal])
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            try #require(said.hasPrefix("held"))
        }

        func release() {
            guard process.isRunning else { return }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        deinit { release() }
    }

    private func desk() throws -> EngineDesk {
        let desk = try EngineDesk()
        try desk.trade()
        try desk.ingest(Line.connected(), Line.position("BTC-USD", "1", entry: "100"), Line.price("BTC-USD", "101"))
        try desk.wait("it is held") { !$0.positions.isEmpty }
        return desk
    }

    @Test func theSwitchIsHostedWhileAnotherProgramHoldsTheJournal() throws {
        let desk = try desk()
        try desk.stop()
        let holder = try Holder(desk)
        try desk.serveSwitch()
        #expect(throws: (any Error).self) { try desk.view() }
        try desk.sandbox.wait("it says why") { desk.said.contains("the engine does not run") }
        let refused = try desk.run("summary")
        #expect(
            refused.status == 1 && refused.error.contains("the host runs, but its engine does not"),
            "\(refused.error)"
        )
        // What matters most needs no engine.
        #expect(try desk.run("halt", "all the same").status == 0)
        #expect(desk.mode == .halted)
        holder.release()
        try desk.sandbox.wait("the engine answers") { (try? desk.view()) != nil }
        let view = try desk.wait("the engine runs, and knows what it knew") { !$0.positions.isEmpty }
        #expect(view.positions.map(\.id) == ["kraken/main/BTC-USD/long"])
    }

    @Test func anEventThatMeansNothingIsADamagedJournal() throws {
        let desk = try desk()
        // A host that is killed keeps no snapshot of these.
        desk.crash()
        try desk.sql("UPDATE events SET body = CAST('nonsense' AS BLOB) WHERE kind = 'position'")
        try desk.serve()
        try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
        #expect(try desk.halts().last?.reason.contains("journal was damaged") ?? false)
        #expect(desk.said.contains("(position) of the journal cannot be read"), "\(desk.said)")
        let files = try FileManager.default.contentsOfDirectory(atPath: desk.state)
        #expect(files.contains { $0.hasPrefix("journal.sqlite.damaged-") }, "\(files)")
        #expect(try desk.view().positions.isEmpty)
    }

    @Test func aSecondHostIsRefusedAndTheFirstGoesOn() throws {
        let desk = try desk()
        let second = try desk.sandbox.run("estop-desk", ["serve"])
        #expect(second.status == 1 && second.error.contains("host"), "\(second.error)")
        #expect(try desk.view().positions.count == 1)
        try desk.ingest(Line.price("BTC-USD", "102"))
        try desk.wait("the first goes on") { $0.positions.first?.price?.description == "102" }
    }
}
