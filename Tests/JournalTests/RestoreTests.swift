import Foundation
import GRDB
import SafetyEngine
import Testing

@testable import Journal

@Suite struct RestoreTests {
    /// Feeds a desk through an engine and its journal, with a snapshot after every so many events.
    private func run(_ desk: TestDesk, events: Range<Int>, snapshotEvery: Int) throws -> Engine {
        let journal = try desk.open()
        var engine = try journal.restore().replay()
        for number in events {
            let event = number % 3 == 0 ? beat("bot-\(number % 7)", number) : reading(number)
            let decisions = engine.apply(event, at: at(number * 40))
            journal.append([Journal.Entry(event, at: at(number * 40), decisions: decisions)])
            if number % snapshotEvery == 0 {
                #expect(eventually { journal.snapshot(engine) })
                #expect(eventually { journal.standing.sinceSnapshot == 0 && journal.standing.waiting == 0 })
            }
        }
        #expect(journal.close() == 0)
        return engine
    }

    @Test func theEngineIsWhatItWasAndWhatAFullReplayGives() throws {
        let desk = try TestDesk()
        let engine = try run(desk, events: 1..<2501, snapshotEvery: 700)
        let reader = try desk.reader()
        let restored = try reader.restore()
        #expect(restored.eventSeq == 2100)
        #expect(restored.lastEventSeq == 2500)
        #expect(restored.missing == 0)
        #expect(restored.problems.isEmpty)
        #expect(restored.last == at(2500 * 40))
        #expect(try restored.replay() == engine)
        let full = try reader.restore(useSnapshots: false)
        #expect(full.eventSeq == 0)
        var decided: [[UInt8]] = []
        let replayed = try full.replay { _, decisions in
            decided += decisions.compactMap { try? StoredDecision.bytes(of: $0) }
        }
        #expect(replayed == engine)
        #expect(decided == (try reader.allDecisions().map(\.bytes)))
        #expect(engine.book.counts.taken > 0 || engine.last == at(2500 * 40))
    }

    @Test func aRestartGoesOnWhereItWas() throws {
        let desk = try TestDesk()
        _ = try run(desk, events: 1..<301, snapshotEvery: 1000)
        _ = try run(desk, events: 301..<601, snapshotEvery: 200)
        let engine = try run(desk, events: 601..<901, snapshotEvery: 1000)
        #expect(try desk.reader().restore().replay() == engine)
        #expect(try desk.reader().restore(useSnapshots: false).replay() == engine)
    }

    @Test(arguments: [
        "UPDATE snapshots SET body = CAST(replace(CAST(body AS TEXT), '1', '2') AS BLOB)",
        "UPDATE snapshots SET checksum = x'00'",
        "UPDATE snapshots SET event_seq = event_seq + 1", "UPDATE snapshots SET body = x''",
    ])
    func aDamagedSnapshotFallsBackToTheOneBeforeAndThenToAll(_ damage: String) throws {
        let desk = try TestDesk()
        let engine = try run(desk, events: 1..<1001, snapshotEvery: 400)
        try desk.tamper("\(damage) WHERE seq = 2")
        var restored = try desk.reader().restore()
        #expect(restored.eventSeq == 400)
        #expect(restored.problems.count == 1)
        #expect(try restored.replay() == engine)
        try desk.tamper("\(damage) WHERE seq = 1")
        restored = try desk.reader().restore()
        #expect(restored.engine == nil)
        #expect(restored.problems.count == 2)
        #expect(try restored.replay() == engine)
    }

    @Test func onlySoManySnapshotsAreKept() throws {
        let desk = try TestDesk()
        _ = try run(desk, events: 1..<1001, snapshotEvery: 100)
        let kept = try JournalFile(directory: desk.path).openReader().read {
            try $0.number("SELECT count(*) FROM snapshots")
        }
        #expect(kept == 3)
    }

    @Test func anEventThatCannotBeReadIsNamed() throws {
        let desk = try TestDesk()
        _ = try run(desk, events: 1..<21, snapshotEvery: 1000)
        try desk.tamper("UPDATE events SET body = x'7b' WHERE seq = 13")
        do {
            _ = try desk.reader().restore().replay()
            Issue.record("replayed")
        } catch let error as JournalError {
            #expect(error.code == .content)
            #expect(error.message.contains("event 13"))
        }
    }

    @Test func anEmptyJournalRestoresNothing() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let restored = try journal.restore()
        #expect(restored.engine == nil)
        #expect(restored.last == nil)
        #expect(restored.session == nil)
        #expect(restored.lastEventSeq == 0)
        #expect(try restored.replay() == Engine())
        journal.close()
    }

    @Test func theDesksTimeGoesOnOverRestartsAndReboots() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let session = Session(bootID: "one", bootMs: 5_000, receipt: at(1_000))
        journal.begin(session)
        journal.append(entries(2_000..<2_001))
        journal.close()
        let restored = try desk.reader().restore()
        #expect(restored.session == session)
        let last = try #require(restored.last)
        #expect(last == at(2_000))
        // The same boot: counted by the machine's clock, whatever the wall clock does.
        #expect(session.deskTime(bootID: "one", bootMs: 9_000, wallMs: 0, after: last) == 5_000)
        #expect(session.deskTime(bootID: "one", bootMs: 5_500, wallMs: 0, after: last) == 2_000)
        // After a reboot: by the wall clock, and never back.
        #expect(session.deskTime(bootID: "two", bootMs: 10, wallMs: last.wallMs + 700, after: last) == 2_700)
        #expect(session.deskTime(bootID: "two", bootMs: 10, wallMs: last.wallMs - 700, after: last) == 2_000)
        #expect(session.deskTime(bootID: "two", bootMs: 10, wallMs: .min, after: last) == 2_000)
        #expect(session.deskTime(bootID: "one", bootMs: .max, wallMs: 0, after: last) >= 2_000)
    }
}
