import Foundation
import GRDB
import SafetyEngine
import Testing

@testable import Journal

/// The journal keeps within what it may use, all the time, and says so where it cannot.
@Suite struct BoundTests {
    private func size(_ desk: TestDesk) -> Int64 {
        ["", "-wal"].reduce(0) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: desk.file + $1)
            return $0 + (attributes?[.size] as? Int64 ?? 0)
        }
    }

    @Test func aJournalThatFillsFastAsksForItsSnapshotsSooner() throws {
        let desk = try TestDesk()
        var options = JournalOptions.quick
        options.mostBytes = 400_000
        let journal = try desk.open(options)
        #expect(journal.appendAndWait(entries(1..<1_001), limitMs: 20_000))
        #expect(journal.standing.isSnapshotDue && journal.standing.sinceSnapshot < Int64(options.snapshotEvery))
        #expect(eventually { journal.snapshot(Engine()) })
        #expect(eventually { !journal.standing.isSnapshotDue && journal.standing.waiting == 0 })
        journal.close()
    }

    /// As a host does it: a snapshot when one is due, and a look at what may go.
    @Test func fileAndLogStayWithinTheirSize() throws {
        let desk = try TestDesk()
        var options = JournalOptions.quick
        options.mostBytes = 1_000_000
        options.mostLogBytes = 250_000
        let journal = try desk.open(options)
        var engine = Engine()
        // Without ids, which the engine remembers by the thousand: its snapshot alone would be larger than the journal may be.
        func nameless(_ number: Int) -> Event {
            var event = reading(number)
            event.id = ""
            return event
        }
        for start in stride(from: 1, to: 20_001, by: 500) {
            for number in start..<start + 500 { _ = engine.apply(nameless(number), at: at(number)) }
            let some = (start..<start + 500).map { Journal.Entry(nameless($0), at: at($0)) }
            #expect(journal.appendAndWait(some, limitMs: 20_000))
            if journal.standing.isSnapshotDue {
                #expect(eventually { journal.snapshot(engine) })
                #expect(eventually { journal.standing.sinceSnapshot == 0 && journal.standing.waiting == 0 })
            }
            _ = try #require(journal.prune(Retention(mostBytes: 1_000_000), limitMs: 20_000))
        }
        // A host looks every few seconds, and each look gives back a part of the file.
        let isWithin = eventually {
            _ = journal.prune(Retention(mostBytes: 1_000_000), limitMs: 20_000)
            return size(desk) < 1_300_000 && journal.standing.overgrown == nil
        }
        #expect(isWithin, "\(size(desk)) \(journal.standing)")
        // What is left is enough to begin with, and to decide once more.
        #expect(try journal.restore().replay() == engine)
        #expect(try journal.reader().replayStart().eventSeq > 0)
        journal.close()
    }

    @Test func aReaderThatKeepsTheLogFromBeingEmptiedIsReported() throws {
        let desk = try TestDesk()
        var options = JournalOptions.quick
        options.mostBytes = 500_000
        options.mostLogBytes = 100_000
        options.overgrownMs = 0
        let journal = try desk.open(options)
        #expect(journal.appendAndWait(entries(1..<11), limitMs: 20_000))
        let reader = try Holder(desk, "BEGIN; SELECT count(*) FROM events")
        for start in stride(from: 0, to: 20_000, by: 2_000) {
            #expect(journal.appendAndWait(entries(start..<start + 2_000), limitMs: 20_000))
        }
        #expect(
            eventually {
                _ = journal.appendAndWait(entries(0..<1), limitMs: 1_000)
                return journal.standing.overgrown?.contains("another program reads the journal") == true
            }
        )
        #expect(journal.standing.problem == nil)
        try reader.release()
        journal.close()
    }

    @Test func alertsThatWereResolvedLongAgoGoAndOpenOnesStay() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        var engine = Engine()
        for number in 1...400 {
            _ = engine.apply(reading(number), at: at(number))
            let kinds: [Decision.AlertChange.Kind] = number % 2 == 1 ? [.raised] : [.resolved]
            var decisions = kinds.map { change($0, "closed") }
            if number == 1 { decisions.append(change(.raised, "open")) }
            journal.append([Journal.Entry(reading(number), at: at(number), decisions: decisions)])
        }
        #expect(journal.snapshot(engine))
        #expect(eventually { journal.standing.sinceSnapshot == 0 && journal.standing.waiting == 0 })
        let pruned = try #require(journal.prune(Retention(keepMs: 100), limitMs: 20_000))
        #expect(pruned.alerts > 0)
        let left = try journal.reader().alertHistory(limit: 10_000)
        #expect(left.contains { $0.change.alert.id == "open" })
        let closed = left.filter { $0.change.alert.id == "closed" }
        #expect(closed.count < 150 && closed.count >= 100)
        journal.close()
    }

    /// A disk that fails is waited for a moment, and not for half a minute by everybody who asks.
    @Test func aDiskThatFailsIsNotWaitedForByEverybody() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        #expect(journal.appendAndWait(entries(1..<2), limitMs: 20_000))
        let other = try Holder(desk)
        let ticket = journal.append(entries(2..<3))
        // Without an end of its own, but the failing one.
        #expect(!journal.wait(for: ticket, limitMs: 3_600_000, failingMs: 10))
        #expect(journal.standing.problem != nil)
        try other.release()
        #expect(journal.wait(for: ticket, limitMs: 20_000))
        journal.close()
    }
}
