import Foundation
import SafetyEngine
import Testing

@testable import Journal

@Suite struct JournalTests {
    @Test func storesEventsAndDecisionsInTheirOrder() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        var handed = entries(1..<50)
        handed[9].decisions = [halt(1), .log(Decision.LogLine(.info, "cap", "kept 8"))]
        handed[20].decisions = [halt(2)]
        #expect(journal.appendAndWait(handed, limitMs: 10_000))
        journal.append(decisions: [halt(3)], at: at(60))
        #expect(journal.close() == 0)

        let reader = try desk.reader()
        let stored = try reader.allEvents()
        #expect(stored.map(\.seq) == Array(1..<50))
        #expect(try stored.map { try $0.event() } == handed.map(\.event))
        #expect(stored.map(\.receipt) == handed.map(\.receipt))
        #expect(stored.allSatisfy { $0.kind == "metric" })
        let decisions = try reader.allDecisions()
        #expect(decisions.map(\.eventSeq) == [10, 10, 21, 49])
        #expect(
            try decisions.map { try $0.decision() } == handed[9].decisions + handed[20].decisions + [halt(3)]
        )
        #expect(decisions.map(\.receipt) == [at(10), at(10), at(21), at(60)])
    }

    @Test func hostAndOperatorEventsAreReadBackEqual() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let host = Event.Origin(desk: "test", source: Event.Source(.host, "desk"))
        var settings = EngineSettings()
        settings.cap.mostByAccount = ["main": 3, "other": 4]
        let events = [
            Event(host, .host(.started(settings))),
            Event(host, .host(.mode(HostEvent.ModeState(mode: "live", generation: 4, latches: 0)))),
            Event(host, .host(.outcome(HostEvent.Outcome(number: 3, isDone: false, text: "rejected"))), id: "7"),
            Event(host, .host(.journal(waiting: 3, problem: "no room")), happenedMs: 5),
            action(.setEntryPrice(venue: "v", account: "a", symbol: "s", price: SafetyEngine.Decimal(3))),
            action(.acceptClock),
        ]
        #expect(journal.appendAndWait(events.map { Journal.Entry($0, at: at(1)) }, limitMs: 10_000))
        #expect(try journal.reader().allEvents().map { try $0.event() } == events)
        journal.close()
    }

    @Test func aLineThatCameInIsStoredAsItIs() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let line = Array(#"{"id":"x","metric":{"name":"a","subject":"","value":"1"},"origin":{}}"#.utf8)
        #expect(journal.appendAndWait([Journal.Entry(reading(1), at: at(1), line: line)], limitMs: 10_000))
        #expect(try journal.reader().allEvents().first?.bytes == line)
        // But not what the host or an operator says.
        #expect(journal.appendAndWait([Journal.Entry(action(.acceptClock), at: at(2), line: line)], limitMs: 10_000))
        #expect(try journal.reader().allEvents().last?.event() == action(.acceptClock))
        journal.close()
    }

    @Test func numbersGoOnAfterARestart() throws {
        let desk = try TestDesk()
        for start in [1, 11, 21] {
            let journal = try desk.open()
            var more = entries(start..<start + 10)
            more[9].decisions = [halt(UInt64(start))]
            #expect(journal.append(more).lastEventSeq == Int64(start + 9))
            journal.close()
        }
        #expect(try desk.reader().allEvents().map(\.seq) == Array(1...30))
        #expect(try desk.reader().allDecisions().map(\.seq) == [1, 2, 3])
        #expect(try desk.reader().allDecisions().map(\.eventSeq) == [10, 20, 30])
    }

    @Test func oneProcessWritesAtATime() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        #expect(throws: JournalError.self) { _ = try desk.open() }
        do { _ = try desk.open() } catch let error as JournalError { #expect(error.code == .inUse) }
        journal.close()
        try desk.open().close()
    }

    @Test func whatCannotBeEncodedIsCountedAndHoldsNothingUp() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        // The codec of these tests knows no signals.
        let strange = Event(Event.Origin(source: Event.Source(.bot, "b")), .signals(count: 3))
        #expect(
            journal.appendAndWait(
                [
                    Journal.Entry(reading(1), at: at(1)), Journal.Entry(strange, at: at(2)),
                    Journal.Entry(reading(3), at: at(3)),
                ],
                limitMs: 10_000
            )
        )
        #expect(journal.standing.dropped == 1)
        #expect(journal.standing.waiting == 0)
        #expect(try journal.reader().allEvents().map(\.seq) == [1, 3])
        #expect(try journal.restore().missing == 1)
        journal.close()
    }

    @Test func readersSeeWhatTheHostWritesMeanwhile() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        #expect(journal.appendAndWait(entries(1..<5001), limitMs: 10_000))
        var cursor = try desk.reader().events(from: 10)
        #expect(try cursor.next()?.seq == 10)
        #expect(journal.appendAndWait(entries(5001..<6001), limitMs: 10_000))
        var last: Int64 = 10
        var count = 1
        while let row = try cursor.next() {
            #expect(row.seq == last + 1)
            last = row.seq
            count += 1
        }
        #expect(count == 5991)
        var part = try desk.reader().events(from: 3, to: 5)
        #expect(try part.next()?.seq == 3)
        #expect(try part.next()?.seq == 4)
        #expect(try part.next()?.seq == 5)
        #expect(try part.next() == nil)
        #expect(try part.next() == nil)
        journal.close()
    }

    @Test func aSpanOfTheWallClockIsFound() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        journal.append(entries(1..<101))
        journal.close()
        let reader = try desk.reader()
        var span = try reader.events(wallMs: at(40).wallMs, toWallMs: at(42).wallMs)
        var found: [Int64] = []
        try span.each { found.append($0.seq) }
        #expect(found == [40, 41, 42])
        var beyond = try reader.events(wallMs: at(1000).wallMs)
        #expect(try beyond.next() == nil)
    }

    @Test func alertsKeepTheirHistory() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        journal.append([
            Journal.Entry(reading(1), at: at(1), decisions: [change(.raised, "a"), change(.raised, "b")]),
            Journal.Entry(reading(2), at: at(2), decisions: [change(.escalated, "a", count: 2), halt(1)]),
            Journal.Entry(reading(3), at: at(3), decisions: [change(.resolved, "a", count: 2)]),
        ])
        journal.close()
        let reader = try desk.reader()
        #expect(try reader.alertHistory(limit: 2).map(\.change.kind) == [.resolved, .escalated])
        #expect(try reader.alertHistory(limit: 10, alert: "b").map(\.receipt) == [at(1)])
        #expect(try reader.alertHistory(limit: 10).count == 4)
    }

    @Test func theFileIsTheDesksAlone() throws {
        let desk = try TestDesk()
        for (directory, expected) in [(0o700, 0o640), (0o770, 0o660)] {
            chmod(desk.path, mode_t(directory))
            let journal = try desk.open()
            #expect(journal.appendAndWait(entries(1..<2), limitMs: 10_000))
            for suffix in ["", "-wal", "-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: desk.file + suffix)
                #expect(attributes[.posixPermissions] as? Int == expected)
            }
            journal.close()
            try FileManager.default.removeItem(atPath: desk.file)
        }
    }
}
