import Foundation
import Testing

@testable import KillSwitch

/// The journal of a real host: damaged, altered, tampered with; and the kill switch in it.
@Suite(.serialized) struct EngineJournalTests {
    private func overwrite(_ path: String, at place: Int, count: Int) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(place))
        try file.write(contentsOf: Data(repeating: 0xee, count: count))
        try file.close()
    }

    /// A desk with some history that was stopped in good order.
    private func desk(_ configuration: String = "") throws -> EngineDesk {
        let desk = try EngineDesk(configuration)
        try desk.trade()
        for round in 0..<5 {
            try desk.sandbox.run(
                "estop-desk",
                ["ingest"],
                input: (0..<200).map { Line.metric("m\($0 % 20)", "\(round).\($0)") }.joined(separator: "\n")
            )
        }
        try desk.stop()
        return desk
    }

    @Test(arguments: [0, 2]) func aDamagedJournalIsPutAsideHaltsAndIsSaid(tenths: Int) throws {
        let desk = try desk()
        let size = try #require(FileManager.default.attributesOfItem(atPath: desk.journal)[.size] as? Int)
        if tenths == 0 {
            try overwrite(desk.journal, at: 0, count: 100)
        } else {
            // All but the first pages.
            let start = 4_096 * tenths
            try overwrite(desk.journal, at: start, count: size - start)
        }
        try desk.serve()
        try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
        let record = try #require(try desk.halts().last)
        #expect(record.source == .watchdog && record.reason.contains("journal was damaged"), "\(record.reason)")
        #expect(desk.said.contains("damaged") && desk.said.contains("moved to"), "\(desk.said)")
        let files = try FileManager.default.contentsOfDirectory(atPath: desk.state)
        #expect(files.contains { $0.hasPrefix("journal.sqlite.damaged-") }, "\(files)")
        #expect(try desk.run("status").output.contains("damaged"))
        // The engine runs, on a journal that is new.
        try desk.ingest(Line.metric("m", "1"))
        try desk.stop()
        #expect(try desk.run("replay", "--check").status == 0)
    }

    /// A page that no start needs is damaged all the same.
    @Test func aDamagedPageThatNoStartReadsHaltsToo() throws {
        let desk = try desk("[journal]\nsnapshot_every = 100\n")
        let pages = try desk.sql(
            "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1"
        )
        let page = try #require(pages.array?.first?.array?.first?.integer)
        let size = try #require(try desk.sql("PRAGMA page_size").array?.first?.array?.first?.integer)
        try overwrite(desk.journal, at: Int((page - 1) * size), count: Int(size))
        try desk.serve()
        try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
        #expect(try desk.halts().last?.reason.contains("journal") ?? false)
        try desk.sandbox.wait("it is said") { desk.said.contains("damaged") }
    }

    @Test func tablesThatSomebodyAlteredAreRefusedInWords() throws {
        let desk = try desk()
        try desk.sql("ALTER TABLE events ADD COLUMN note TEXT")
        let host = try desk.sandbox.run("estop-desk", ["serve"])
        #expect(host.status == 1)
        #expect(host.error.contains("the tables of \(desk.journal) are not as estop made them"), "\(host.error)")
        #expect(host.error.contains("table events") && host.error.contains("undo the change, or move the file away"))
        // Halting asks no journal.
        #expect(try desk.run("halt", "all the same", "--wait", "0").status != 2)
        #expect(desk.mode == .halted)
    }

    @Test func theAuditNamesTheFirstBrokenLink() throws {
        let desk = try EngineDesk()
        try desk.serve()
        for rule in ["DUST", "CPU", "MEMORY", "DRAWDOWN"] {
            #expect(try desk.run("alerts", "silence", rule, "drill", "--for", "1h").status == 0)
        }
        try desk.stop()
        let whole = try desk.run("audit", "verify")
        #expect(whole.status == 0, "\(whole.output)\(whole.error)")
        let rows = try desk.sql("SELECT seq FROM audit WHERE what = 'silence' ORDER BY seq")
        #expect(rows.array?.count == 4)
        let second = try #require(rows.array?.dropFirst().first?.array?.first?.integer)
        let change = "UPDATE audit SET who = 'operator:mallory' WHERE seq = \(second)"
        // Its own trigger refuses; who removes that and puts it back has the tables as they were.
        let refused = try desk.attempt(change)
        #expect(refused.status == 1 && refused.error.contains("the audit is append-only"), "\(refused.error)")
        let trigger = try desk.sql("SELECT sql FROM sqlite_master WHERE name = 'audit_is_not_changed'")
        let text = try #require(trigger.array?.first?.array?.first?.string)
        try desk.sql("DROP TRIGGER audit_is_not_changed")
        try desk.sql(change)
        try desk.sql(text)
        let broken = try desk.run("audit", "verify")
        #expect(broken.status == 1, "\(broken.output)")
        #expect((broken.error + broken.output).contains("\(second)"), "\(broken.output)\(broken.error)")
        let json = try desk.json("audit", "verify")
        #expect(json["whole"] == .bool(false))
        #expect(json["broken"]?.string?.contains("\(second)") ?? false, "\(json.line)")
    }

    // MARK: - The kill switch in the database

    private func set(_ value: String, _ desk: EngineDesk) throws {
        try desk.sql("UPDATE system_config SET value='\(value)' WHERE key='trading_mode'")
    }

    @Test func anotherProgramsHaltIsALatchWithinASecondAndNothingThereLiftsIt() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try set("halt", desk)
        try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
        try desk.sandbox.wait("it is recorded") { try !desk.halts().isEmpty }
        let record = try #require(try desk.halts().last)
        #expect(record.source == .database && record.mode == .halted)
        #expect(record.reason.contains("trading_mode is 'halt'"))
        // By the database's own stamp, which bears milliseconds.
        let rows = try desk.sql("SELECT at FROM system_config_log ORDER BY seq DESC LIMIT 1")
        let written = try #require(rows.array?.first?.array?.first?.string.flatMap { Clock.milliseconds(of: $0) })
        let halted = try #require(Clock.milliseconds(of: record.at))
        #expect(halted - written <= 1_000, "\(halted - written) ms")

        let generation = try desk.sandbox.killSwitch().observe().word?.generation
        try set("live", desk)
        // What comes after it was seen: the watch reads changes in their order.
        try set("LIVE ", desk)
        try set("halted again", desk)
        try desk.sandbox.wait("the word that nobody knows halts, too") {
            try desk.halts().contains { $0.reason.contains("'halted again'") }
        }
        #expect(desk.mode == .halted)
        #expect(try desk.sandbox.killSwitch().observe().latches.count >= 2)
        let words = try desk.sandbox.killSwitch().observe().word?.generation
        #expect((words ?? 0) >= (generation ?? 0))
        try set("live", desk)
        let resumed = try desk.sandbox.resume()
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(desk.mode == .live)
        let audit = try desk.json("audit")
        #expect(audit.array?.contains { $0["who"]?.string == "database" && $0["what"]?.string == "halt" } ?? false)
    }

    @Test func paperRestrictsALiveDesk() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try set("paper", desk)
        try desk.sandbox.wait("the desk is paper") { desk.mode == .paper }
        #expect(try desk.halts().last?.source == .database)
        try set("live", desk)
        try set("halt", desk)
        try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
    }
}
