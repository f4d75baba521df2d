import Foundation
import GRDB
import SafetyEngine
import Testing

@testable import Journal

@Suite struct RetentionTests {
    /// 6,000 events, one decision at every tenth, snapshots after 2,000, 3,000 and 4,000.
    private func filled() throws -> (TestDesk, Journal) {
        let desk = try TestDesk()
        let journal = try desk.open()
        var engine = Engine()
        for number in 1...6_000 {
            _ = engine.apply(reading(number), at: at(number))
            let decisions = number % 10 == 0 ? [halt(UInt64(number)), change(.raised, "a")] : []
            journal.append([Journal.Entry(reading(number), at: at(number), decisions: decisions)])
            if [2_000, 3_000, 4_000].contains(number) {
                #expect(eventually { journal.snapshot(engine) })
                #expect(eventually { journal.standing.sinceSnapshot == 0 && journal.standing.waiting == 0 })
            }
        }
        #expect(eventually { journal.standing.waiting == 0 })
        return (desk, journal)
    }

    @Test func oldEventsAndTheirDecisionsGo() throws {
        let (desk, journal) = try filled()
        let before = try journal.restore().replay()
        let pruned = try #require(journal.prune(Retention(keepMs: 5_000), limitMs: 10_000))
        #expect(pruned.problem == nil)
        #expect(pruned.events == 999)
        #expect(pruned.decisions == 198)
        let reader = try journal.reader()
        #expect(try reader.allEvents().map(\.seq) == Array(1_000...6_000))
        #expect(try reader.allDecisions().first?.eventSeq == 1_000)
        #expect(try reader.audit(limit: 10_000).count == 600)
        #expect(try reader.alertHistory(limit: 10_000).count == 600)
        #expect(try reader.verifyAudit() == nil)
        journal.close()
        #expect(try desk.reader().restore().replay() == before)
    }

    @Test func whatAStartNeedsStays() throws {
        let (desk, journal) = try filled()
        let before = try journal.restore().replay()
        let pruned = try #require(journal.prune(Retention(keepMs: 0, mostBytes: 0), limitMs: 10_000))
        #expect(pruned.problem != nil)
        #expect(pruned.events == 2_000)
        let reader = try journal.reader()
        #expect(try reader.allEvents().first?.seq == 2_001)
        #expect(try reader.restore().missing == 0)
        #expect(try reader.restore().replay() == before)
        journal.close()
        // Also when the newest snapshots are damaged.
        try desk.tamper("UPDATE snapshots SET checksum = x'00' WHERE seq > 1")
        #expect(try desk.reader().restore().replay() == before)
    }

    @Test func withoutAWholeSnapshotNothingGoes() throws {
        let (desk, journal) = try filled()
        journal.close()
        try desk.tamper("UPDATE snapshots SET body = x'00'")
        let again = try desk.open()
        let pruned = try #require(again.prune(Retention(keepMs: 0), limitMs: 10_000))
        #expect(pruned.events == 0)
        #expect(pruned.problem?.contains("no whole snapshot") ?? false)
        again.close()
    }

    @Test func theFileShrinks() throws {
        let (desk, journal) = try filled()
        let before = try #require(journal.prune(Retention(), limitMs: 10_000)).bytes
        let after = try #require(journal.prune(Retention(mostBytes: before * 3 / 4), limitMs: 10_000))
        #expect(after.bytes <= before * 3 / 4)
        #expect(after.problem == nil)
        journal.close()
        let size = try FileManager.default.attributesOfItem(atPath: desk.file)[.size] as? Int64
        #expect(size.map { $0 <= before * 3 / 4 } ?? false)
    }

    @Test func numbersAreNotUsedAgain() throws {
        let desk = try TestDesk()
        var journal = try desk.open()
        var handed = entries(1..<11)
        handed[9].decisions = [halt(1), halt(2)]
        #expect(journal.appendAndWait(handed, limitMs: 10_000))
        #expect(journal.snapshot(Engine()))
        #expect(eventually { journal.standing.sinceSnapshot == 0 && journal.standing.waiting == 0 })
        #expect(journal.prune(Retention(keepMs: 0, mostBytes: 0), limitMs: 10_000)?.events == 10)
        journal.close()
        journal = try desk.open()
        #expect(journal.append([Journal.Entry(reading(11), at: at(11), decisions: [halt(3)])]).lastEventSeq == 11)
        journal.close()
        #expect(try desk.reader().allDecisions().map(\.seq) == [2, 3])
    }

    @Test func aReaderThatStaysDoesNotMakeTheLogGrowForEver() throws {
        let desk = try TestDesk()
        var options = JournalOptions.quick
        options.mostLogBytes = 1_000_000
        let journal = try desk.open(options)
        func logSize() -> Int {
            ((try? FileManager.default.attributesOfItem(atPath: desk.file + "-wal"))?[.size] as? Int) ?? 0
        }
        let reader = try Holder(desk, "BEGIN; SELECT count(*) FROM events")
        for start in stride(from: 0, to: 20_000, by: 2_000) {
            #expect(journal.appendAndWait(entries(start..<start + 2_000), limitMs: 10_000))
        }
        #expect(logSize() > 1_000_000)
        try reader.release()
        #expect(
            eventually {
                _ = journal.appendAndWait(entries(0..<1), limitMs: 1_000)
                return logSize() < 1_000_000
            }
        )
        journal.close()
    }
}
