import Foundation
import SafetyEngine
import Testing

@testable import KillSwitch

/// The record of a real host: bounded, searched, replayed, and missed where it is gone.
@Suite(.serialized) struct EngineRecordTests {
    /// A forgotten day must not pass for a good one.
    @Test func aJournalThatIsGoneFromADeskWithAPastHaltsAndSaysWhatIsLost() throws {
        let desk = try EngineDesk()
        try desk.trade()
        try desk.ingest(Line.metric("q", "1"))
        try desk.stop()
        for name in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: desk.journal + name) }
        try desk.serve()
        try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
        let latch = try #require(
            try desk.sandbox.killSwitch().observe().latches.first { $0.reason.hasPrefix("journal.sqlite is gone") }
        )
        #expect(latch.source == .watchdog)
        for lost in ["peaks", "losses", "dust", "Restore a backup"] { #expect(latch.reason.contains(lost), "\(lost)") }
        #expect(desk.said.contains("journal.sqlite is gone"))
        #expect(try desk.run("status").output.contains("journal.sqlite is gone"))
    }

    @Test func aNewDeskHasNoJournalAndIsNotHaltedForThat() throws {
        let desk = try EngineDesk(bots: 0)
        try desk.serve()
        #expect(desk.mode == .paper)
    }

    /// Retention removes the beginning; what is left is still decided the same again, from any time to any other.
    @Test func whatRetentionLeavesIsDecidedTheSameAgain() throws {
        let desk = try EngineDesk("[journal]\nmost = \"1MB\"\nsnapshot_every = 500\n")
        try desk.serve()
        var number = 0
        func first() throws -> Int64 {
            try desk.sql("SELECT min(seq) FROM events").array?.first?.array?.first?.integer ?? 0
        }
        try desk.sandbox.wait("the oldest events are removed", seconds: 120) {
            let lines = (0..<1_000).map { Line.metric("m\($0 % 20)", "\(number + $0)") }
            number += 1_000
            try desk.sandbox.run("estop-desk", ["ingest"], input: lines.joined(separator: "\n") + "\n")
            return try first() > 1
        }
        try desk.stop()
        let check = try desk.run("replay", "--check")
        #expect(check.status == 0 && check.output.hasPrefix("after event "), "\(check.output)\(check.error)")
        let row = try desk.sql("SELECT wall_ms FROM events ORDER BY seq DESC LIMIT 1 OFFSET 20").array?.first?.array
        let from = Clock.text(milliseconds: try #require(row?.first?.integer))
        let late = try desk.run("replay", "--check", "--from", from)
        #expect(late.status == 0, "\(late.output)\(late.error)")
        let all = try desk.json("replay", "--check")
        let some = try desk.json("replay", "--check", "--from", from)
        // Both begin at the snapshot before; where only one is left, that is the same one.
        #expect((some["events"]?.integer ?? 0) <= (all["events"]?.integer ?? 0))
        let none = try desk.run("replay", "--check", "--to", "2020-01-01T00:00:00Z")
        #expect(none.status == 1 && none.error.contains("nothing was checked"), "\(none.output)\(none.error)")
    }

    @Test func everyResolvedAlertIsReachedByTheCommand() throws {
        let desk = try EngineDesk("[rules.QUEUE_DEPTH]\nmetric = \"queue_depth\"\nover = 100\n")
        try desk.trade()
        for round in 1...2 {
            try desk.ingest(Line.metric("queue_depth", "101"))
            try desk.wait(forAlert: "QUEUE_DEPTH/queue_depth")
            try desk.ingest(Line.metric("queue_depth", "1"))
            try desk.wait("it is resolved", seconds: 120) { view in
                !view.alerts.contains { $0.rule == "QUEUE_DEPTH" }
            }
            try desk.sandbox.wait("it is journaled") {
                try desk.sql("SELECT count(*) FROM alerts WHERE change = 'resolved' AND alert LIKE 'QUEUE%'")
                    .array?.first?.array?.first?.integer == Int64(round)
            }
        }
        let first = try desk.run("alerts", "--history", "--rule", "QUEUE_DEPTH", "--limit", "1")
        #expect(first.status == 0 && first.error.contains("--before "), "\(first.output)\(first.error)")
        let before = try #require(first.error.split(separator: " ").last).trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        let second = try desk.json("alerts", "--history", "--rule", "QUEUE_DEPTH", "--before", before)
        #expect(second.array?.count == 1)
        #expect(second.array?.first?["change"]?.string == "resolved")
        #expect(try desk.json("alerts", "--history", "--to", "2020-01-01T00:00:00Z").array?.isEmpty == true)
        #expect(try desk.json("audit", "--from", "2020-01-01T00:00:00Z", "--what", "resume").array?.count == 1)
        #expect(try desk.json("history", "--from", "2020-01-01T00:00:00Z", "--limit", "1").array?.count == 1)
        #expect(try desk.json("history", "--to", "2020-01-01T00:00:00Z").array?.isEmpty == true)
        // Halts and resumes are as grave as their notifications, the rest of the record is not; the past comes in pages.
        let grave = try #require(try desk.json("audit", "--level", "critical").array)
        #expect(!grave.isEmpty && grave.allSatisfy { ["halt", "resume"].contains($0["what"]?.string ?? "") })
        let halts = try #require(try desk.json("history", "--level", "emergency").array)
        #expect(!halts.isEmpty && !halts.contains { $0["change"]?.string == "note" })
        let last = try desk.run("history", "--limit", "1", "--json")
        let page = try #require(last.error.split(separator: " ").last).trimmingCharacters(in: .whitespacesAndNewlines)
        let older = try #require(try desk.json("history", "--before", page).array)
        #expect(!older.isEmpty && older.allSatisfy { $0["id"]?.string != page })
        let unknown = try desk.run("history", "--before", "nothing")
        #expect(unknown.status == 64 && unknown.error.contains("--before"))
        let wrong = try desk.run("alerts", "--from", "yesterday")
        #expect(wrong.status == 64 && wrong.error.contains("--from"))
    }

    /// The switch in the database works as often as it is used.
    @Test func theDatabaseHaltsOnceMoreAfterAResume() throws {
        let desk = try EngineDesk()
        try desk.trade()
        for _ in 0..<2 {
            try desk.sql("UPDATE system_config SET value = 'halt' WHERE key = 'trading_mode'")
            try desk.sandbox.wait("the desk is halted") { desk.mode == .halted }
            let resumed = try desk.sandbox.resume("the program was wrong")
            #expect(resumed.status == 0, "\(resumed.output)\(resumed.error)")
            try desk.sandbox.wait("the row says what holds") {
                try desk.sql("SELECT value FROM system_config WHERE key = 'trading_mode'").array?.first?.array?.first?
                    .string == "live"
            }
        }
        #expect(desk.mode == .live)
        // Nothing of it halts at the next start.
        try desk.stop()
        try desk.serve()
        #expect(try desk.sandbox.killSwitch().observe().latches.allSatisfy { $0.source != .database })
        try desk.sql("DROP TABLE system_config")
        try desk.sandbox.wait("the desk is halted") {
            try desk.sandbox.killSwitch().observe().latches.contains { $0.source == .database }
        }
    }
}
