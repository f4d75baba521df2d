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

    @Test func aHostThatHasJustEndedIsNotSaidToRun() throws {
        let desk = try desk()
        try desk.stop()
        let said = try desk.run("summary")
        #expect(said.status == 1 && !said.error.contains("the host runs"), "\(said.error)")
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
        let halted = try desk.run("halt", "all the same", "--wait", "300ms")
        #expect(halted.output.contains("HALTED: all the same") && desk.mode == .halted)
        // What became of the orders nobody can tell: that is said, and the halt is not verified.
        #expect(halted.status == 1 && halted.output.contains("orders: NOT known to be gone"), "\(halted.output)")
        #expect(try desk.sandbox.killSwitch().observe().effective == nil)
        // The socket is the switch's: it halts by both protocols, and reads what needs no engine.
        let path = desk.state + "/estop.sock"
        let answer = try #require(DeskConnection(socket: path)).halt(#"{"reason": "by HTTP"}"#)
        #expect(answer?.json?["durable"] == .bool(true) && answer?.json?["cancels"] == .null)
        let lines = try #require(DeskConnection(socket: path))
        lines.send(#"{"ask":"halt","reason":"by a line"}"# + "\n" + Line.connected() + "\n")
        let said = [lines.read(to: "\n"), lines.read(to: "\n")].map { $0 ?? "" }
        #expect(said.contains { $0.contains(#""on_page":true"#) }, "\(said)")
        #expect(said.contains { $0.contains("refused") && $0.contains("its engine does not") }, "\(said)")
        let reading = try #require(DeskConnection(socket: path))
        reading.send("GET /api/emergency/kill-switch/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(reading.answer()?.json?["is_active"] == .bool(true))
        let reasons = try desk.halts().map(\.reason)
        #expect(Set(reasons).isSuperset(of: ["all the same", "by HTTP", "by a line"]))
        holder.release()
        try desk.sandbox.wait("the engine answers") { (try? desk.view()) != nil }
        let view = try desk.wait("the engine runs, and knows what it knew") { !$0.positions.isEmpty }
        #expect(view.positions.map(\.id) == ["kraken/main/BTC-USD/long"])
        // What happened meanwhile is in the audit once there is one to write to.
        try desk.sandbox.wait("the audit has the halts") {
            let rows = try desk.sql("SELECT body FROM audit WHERE what = 'halt'").array ?? []
            let text = rows.compactMap { $0.array?.first?.string }.joined()
            return ["all the same", "by HTTP", "by a line"].allSatisfy { text.contains($0) }
        }
    }

    @Test func whatHappenedBeforeTheFirstEngineStartedIsInTheAuditToo() throws {
        let desk = try EngineDesk()
        // A desk whose journal was never there, and cannot be made now.
        try FileManager.default.createDirectory(atPath: desk.state, withIntermediateDirectories: true)
        // On disk, and nobody was stopped by it.
        #expect(try desk.run("halt", "before any host", "--wait", "0").status == 1)
        try desk.sandbox.run(
            "/usr/bin/env",
            [
                "python3", "-c", "import sqlite3,sys; sqlite3.connect(sys.argv[1]).execute('create table t(a)')",
                desk.journal,
            ]
        )
        let holder = try Holder(desk)
        try desk.serveSwitch()
        try desk.sandbox.wait("it says why") { desk.said.contains("the engine does not run") }
        #expect(try desk.run("halt", "without an engine", "--wait", "0").status == 0)
        holder.release()
        try FileManager.default.removeItem(atPath: desk.journal)
        try desk.sandbox.wait("the engine answers") { (try? desk.view()) != nil }
        try desk.sandbox.wait("the audit has it") {
            let rows = try desk.sql("SELECT body FROM audit WHERE what = 'halt'").array ?? []
            let text = rows.compactMap { $0.array?.first?.string }.joined()
            return text.contains("without an engine") && !text.contains("before any host")
        }
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
