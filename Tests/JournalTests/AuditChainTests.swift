import Foundation
import GRDB
import SafetyEngine
import Synchronization
import Testing

@testable import Journal

@Suite struct AuditChainTests {
    /// A desk with ten links.
    private func chained() throws -> TestDesk {
        let desk = try TestDesk()
        let journal = try desk.open()
        for number in 0..<10 {
            journal.append(
                audit: AuditEntry(
                    atMs: UInt64(number),
                    wallMs: 1_700_000_000_000,
                    who: "operator:alice",
                    what: "resume",
                    body: Array("{\"n\":\(number)}".utf8)
                )
            )
        }
        #expect(journal.close() == 0)
        #expect(try desk.reader().audit(limit: 100).count == 10)
        #expect(try desk.reader().verifyAudit() == nil)
        return desk
    }

    private let unlock = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_removed;"

    private func broken(_ statements: String) throws -> BrokenLink? {
        let desk = try chained()
        try desk.tamper(unlock + statements)
        return try desk.reader().verifyAudit()
    }

    @Test(arguments: [
        "at_ms = at_ms + 1", "wall_ms = wall_ms - 1", "who = 'operator:alicf'", "what = 'resumf'", "body = x'7b7d'",
        "hash = zeroblob(32)", "previous = zeroblob(32)", "who = 'operator:alicer', what = 'esume'",
    ])
    func aChangeOfAnyColumnIsFound(_ change: String) throws {
        let found = try broken("UPDATE audit SET \(change) WHERE seq = 4")
        #expect(found?.seq == 4)
        #expect(found?.fault == .changed)
    }

    @Test func everyByteOfTheBodyCounts() throws {
        for place in 1...7 {
            let found = try broken(
                "UPDATE audit SET body = CAST(substr(CAST(body AS TEXT), 1, \(place - 1)) || 'X' || "
                    + "substr(CAST(body AS TEXT), \(place + 1)) AS BLOB) WHERE seq = 7"
            )
            #expect(found?.seq == 7)
            #expect(found?.fault == .changed)
        }
    }

    @Test(arguments: [
        ("DELETE FROM audit WHERE seq = 1", 1), ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq IN (5, 6)", 5), ("DELETE FROM audit WHERE seq = 10", 10),
        ("DELETE FROM audit WHERE seq > 3", 4), ("DELETE FROM audit", 1),
        ("UPDATE audit SET seq = 100 WHERE seq = 5", 5),
    ])
    func whatIsTakenOutIsFound(_ statement: String, _ seq: Int64) throws {
        let found = try broken(statement)
        #expect(found?.seq == seq)
        #expect(found?.fault == .missing)
    }

    @Test func aSwapIsFound() throws {
        let found = try broken(
            "UPDATE audit SET seq = 1000 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 8; "
                + "UPDATE audit SET seq = 8 WHERE seq = 1000"
        )
        #expect(found?.seq == 3)
        #expect(found?.fault == .reordered)
    }

    @Test func aForgedLinkBreaksTheNextOne() throws {
        let desk = try chained()
        let old = try desk.reader().audit(limit: 10)[5]
        var entry = old.entry
        entry.who = "operator:mallory"
        let hash = SHA256.hexadecimal(AuditChain.hash(seq: old.seq, entry, previous: old.previous))
        try desk.tamper(
            unlock + "UPDATE audit SET who = 'operator:mallory', hash = x'\(hash)' WHERE seq = \(old.seq)"
        )
        let found = try desk.reader().verifyAudit()
        #expect(found?.seq == old.seq + 1)
        #expect(found?.fault == .hash)
    }

    @Test func theRecordOfTheLastLinkIsPartOfIt() throws {
        #expect(try broken("DELETE FROM audit_head")?.fault == .missing)
        #expect(try broken("UPDATE audit_head SET hash = zeroblob(32)")?.fault == .changed)
        #expect(try broken("UPDATE audit_head SET seq = 9")?.fault == .changed)
    }

    @Test func aGapStaysWhenMoreIsAdded() throws {
        let desk = try chained()
        let triggers = try JournalFile(directory: desk.path).openReader().read { database in
            try String.fetchAll(database, sql: "SELECT sql FROM sqlite_master WHERE name LIKE 'audit_is_%'")
        }
        try desk.tamper(unlock + "DELETE FROM audit WHERE seq = 10;" + triggers.joined(separator: ";"))
        let journal = try desk.open()
        journal.append(audit: AuditEntry(atMs: 1, wallMs: 1, who: "a", what: "b", body: []))
        journal.close()
        let found = try desk.reader().verifyAudit()
        #expect(found?.seq == 10)
        #expect(found?.fault == .missing)
    }

    @Test func theTableRefusesChanges() throws {
        let desk = try chained()
        #expect(throws: (any Error).self) { try desk.tamper("UPDATE audit SET who = 'x'") }
        #expect(throws: (any Error).self) { try desk.tamper("DELETE FROM audit") }
    }

    @Test func operatorActionsSettingsAndHaltsComeIntoItByThemselves() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let host = Event.Origin(source: Event.Source(.host, "desk"))
        journal.append([
            Journal.Entry(Event(host, .host(.started(EngineSettings()))), at: at(1)),
            Journal.Entry(reading(1), at: at(2), decisions: [halt(1), change(.raised, "a")]),
            Journal.Entry(action(.resetBreaker(name: "DAILY_DRAWDOWN")), at: at(3)),
            Journal.Entry(Event(host, .host(.settings(EngineSettings()))), at: at(4)),
        ])
        journal.close()
        let audit = try desk.reader().audit(limit: 10)
        #expect(audit.map(\.entry.what) == ["configuration", "reset_breaker", "halt", "start"])
        #expect(
            audit.map(\.entry.who) == ["host:desk", "operator:alice", "rule:DAILY_DRAWDOWN", "host:desk"]
        )
        #expect(audit[1].entry.body.count > 20)
        #expect(audit[2].entry.wallMs == at(2).wallMs)
    }

    @Test func nobodyButTheHostMakesTheFile() throws {
        let desk = try TestDesk()
        let entry = AuditEntry(atMs: 1, wallMs: 1, who: "a", what: "resume", body: [])
        #expect(throws: JournalError.self) { try Journal.add(audit: entry, directory: desk.path) }
        #expect(!FileManager.default.fileExists(atPath: desk.file))
    }

    @Test func severalWritersKeepOneChain() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let path = desk.path
        @Sendable func entry(_ who: String) -> AuditEntry {
            AuditEntry(atMs: 1, wallMs: 1, who: who, what: "resume", body: [])
        }
        let failures = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 4) { writer in
            for _ in 0..<25 {
                if writer == 0 {
                    journal.append(audit: entry("host"))
                    continue
                }
                do {
                    try Journal.add(audit: entry("writer-\(writer)"), directory: path, busyMs: 20_000)
                } catch {
                    failures.withLock { $0 += 1 }
                }
            }
        }
        #expect(failures.withLock { $0 } == 0)
        #expect(journal.close(limitMs: 20_000) == 0)
        #expect(try desk.reader().audit(limit: 1_000).count == 100)
        #expect(try desk.reader().verifyAudit() == nil)
    }
}
