import SafetyEngine
import Testing

@testable import Journal

/// What was, found again: all of it, in pages.
@Suite struct SearchTests {
    private func filled() throws -> (TestDesk, Journal) {
        let desk = try TestDesk()
        let journal = try desk.open()
        for number in 1...300 {
            let decisions = [change(number % 2 == 0 ? .resolved : .raised, "ORDER_STUCK/\(number / 2)")]
            journal.append([Journal.Entry(reading(number), at: at(number), decisions: decisions)])
            if number % 10 == 0 {
                let entry = AuditEntry(
                    atMs: UInt64(number),
                    wallMs: at(number).wallMs,
                    who: "rule:R\(number % 20)",
                    what: "halt",
                    body: []
                )
                journal.append(audit: entry)
            }
        }
        #expect(eventually { journal.standing.waiting == 0 })
        return (desk, journal)
    }

    @Test func everyResolvedAlertIsReachedInPages() throws {
        let (desk, journal) = try filled()
        defer { withExtendedLifetime(desk) {} }
        let reader = try journal.reader()
        var search = AlertSearch()
        search.kinds = [.resolved]
        var found: [Int64] = []
        while true {
            let page = try reader.alerts(search, limit: 40)
            found += page.rows.map(\.seq)
            guard let next = page.next else { break }
            #expect(page.rows.count == 40)
            search.before = next
        }
        #expect(found == (1...150).map { Int64($0 * 2) }.reversed())
        journal.close()
    }

    @Test func timeRuleAndLevelAreHeeded() throws {
        let (desk, journal) = try filled()
        defer { withExtendedLifetime(desk) {} }
        let reader = try journal.reader()
        var search = AlertSearch()
        search.wallMs = at(100).wallMs...at(109).wallMs
        #expect(try reader.alerts(search, limit: 100).rows.map(\.receipt.atMs) == (100...109).reversed().map { $0 })
        search.rule = "ORDER_STUCK"
        #expect(try reader.alerts(search, limit: 100).rows.count == 10)
        search.rule = "ORDER"
        #expect(try reader.alerts(search, limit: 100).rows.isEmpty)
        search.rule = nil
        search.level = .emergency
        #expect(try reader.alerts(search, limit: 100).rows.isEmpty)
        let audit = try reader.audit(wallMs: at(100).wallMs...at(200).wallMs, rule: "R0", limit: 3)
        #expect(audit.rows.map(\.entry.atMs) == [200, 180, 160])
        let rest = try reader.audit(
            wallMs: at(100).wallMs...at(200).wallMs,
            rule: "R0",
            before: try #require(audit.next),
            limit: 100
        )
        #expect(rest.rows.map(\.entry.atMs) == [140, 120, 100] && rest.next == nil)
        journal.close()
    }

    @Test func aReplayBeginsAfterWhatWasRemoved() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        var engine = Engine()
        var kept: [Int: Engine] = [:]
        for number in 1...600 {
            _ = engine.apply(reading(number), at: at(number))
            journal.append([Journal.Entry(reading(number), at: at(number))])
            if [200, 300, 400].contains(number) {
                kept[number] = engine
                #expect(eventually { journal.snapshot(engine) })
                #expect(eventually { journal.standing.sinceSnapshot == 0 && journal.standing.waiting == 0 })
            }
        }
        #expect(eventually { journal.standing.waiting == 0 })
        let reader = try journal.reader()
        #expect(try reader.replayStart().eventSeq == 0)
        #expect(try reader.replayStart(before: at(350).wallMs).eventSeq == 300)
        #expect(journal.prune(Retention(keepMs: 450), limitMs: 20_000)?.events ?? 0 > 100)
        let start = try reader.replayStart()
        #expect(start.eventSeq == 200)
        #expect(start.engine == kept[200])
        #expect(try reader.replayStart(before: at(450).wallMs).eventSeq == 400)
        journal.close()
        try desk.tamper("UPDATE snapshots SET checksum = x'00'")
        let failure = #expect(throws: JournalError.self) { try desk.reader().replayStart() }
        #expect(failure?.message.contains("older ones were removed") == true)
    }

    @Test func aJournalThatIsGoneFromADeskWithAPastIsKnownToBe() throws {
        let desk = try TestDesk()
        #expect(!Journal.isLost(directory: desk.path, hasPast: false))
        #expect(Journal.isLost(directory: desk.path, hasPast: true))
        try desk.open().close()
        #expect(!Journal.isLost(directory: desk.path, hasPast: true))
        try desk.python("import os; os.remove(path)")
        // The lock of an earlier one is enough to know.
        #expect(Journal.isLost(directory: desk.path, hasPast: false))
    }
}
