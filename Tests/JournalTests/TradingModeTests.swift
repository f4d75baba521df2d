import Foundation
import SafetyEngine
import Synchronization
import Testing

@testable import Journal

/// FEATURES row E3.
@Suite struct TradingModeTests {
    private final class Reports: Sendable {
        private let list = Mutex<[TradingModeWatch.Report]>([])
        func add(_ report: TradingModeWatch.Report) { list.withLock { $0.append(report) } }
        var all: [TradingModeWatch.Report] { list.withLock { $0 } }
        var readings: [TradingModeWatch.Reading] {
            all.compactMap { if case .reading(let reading) = $0 { reading } else { nil } }
        }
        var words: [TradingModeWatch.Word] { readings.map(\.word) }
    }

    private func watch(_ desk: TestDesk, everyMs: UInt64 = 250, patienceMs: UInt64 = 100) -> (TradingModeWatch, Reports)
    {
        let reports = Reports()
        let watch = TradingModeWatch(directory: desk.path, everyMs: everyMs, patienceMs: patienceMs) { reports.add($0) }
        #expect(watch.start())
        return (watch, reports)
    }

    private func set(_ value: String) -> String {
        """
        c = sqlite3.connect(path)
        c.execute("UPDATE system_config SET value = '\(value)' WHERE key = 'trading_mode'")
        c.commit()
        """
    }

    @Test func anotherProgramsUpdateIsSeenWithinASecond() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let (watch, reports) = watch(desk)
        #expect(eventually { reports.words == [.nothing] })
        // The host writes on meanwhile.
        journal.append(entries(1..<1000))
        try desk.python(set("halt"))
        let written = Date()
        #expect(eventually { reports.words.last == .halt })
        #expect(Date().timeIntervalSince(written) < 1)
        #expect(reports.readings.last?.value == "halt")
        #expect(reports.readings.last.map { abs(Clockwork.age($0.changedAt)) < 60 } ?? false)
        watch.stop()
        #expect(journal.close() == 0)
    }

    @Test func aHaltThatIsTakenBackWhileNobodyWatchesIsSeenAtTheNextStart() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        for expected: [TradingModeWatch.Word] in [[.nothing], [.halt, .nothing], [.nothing]] {
            if expected.count > 1 { try desk.python(set("halt") + "\n" + set("live")) }
            let (watch, reports) = watch(desk)
            #expect(eventually { reports.words.count >= expected.count })
            watch.stop()
            #expect(reports.words == expected)
        }
        #expect(journal.close() == 0)
    }

    @Test func aHaltThatIsTakenBackAtOnceIsSeen() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let (watch, reports) = watch(desk)
        #expect(eventually { reports.words == [.nothing] })
        try desk.python(set("halt") + "\n" + set("live"))
        #expect(eventually { reports.words.count >= 3 })
        #expect(reports.words == [.nothing, .halt, .nothing])
        watch.stop()
        journal.close()
    }

    @Test(
        arguments: [
            ("'halt'", .halt), ("'HALT '", .halt), ("'paper'", .paper), ("'live'", .nothing), ("' Live'", .nothing),
            ("'reduce-only'", .halt), ("'lvie'", .halt), ("''", .halt), ("NULL", .halt), ("1", .halt),
            ("x'6c697665'", .halt),
        ] as [(String, TradingModeWatch.Word)]
    )
    func theWordIsReadOnTheSafeSide(_ value: String, _ word: TradingModeWatch.Word) throws {
        let desk = try TestDesk()
        try desk.open().close()
        try desk.tamper("UPDATE system_config SET value = \(value) WHERE key = 'trading_mode'")
        var look = TradingModeLook(file: JournalFile(directory: desk.path))
        #expect(try look.changes().map(\.word) == [word])
        #expect(try look.changes().isEmpty)
    }

    @Test func whatStoodThereBeforeTheStartCounts() throws {
        let desk = try TestDesk()
        try desk.open().close()
        try desk.python(set("halt"))
        let (watch, reports) = watch(desk)
        #expect(eventually { reports.words == [.halt] })
        watch.stop()
    }

    private func sql(_ statement: String) -> String {
        "c = sqlite3.connect(path); c.execute(\"\(statement)\"); c.commit()"
    }

    /// Whoever writes 'halt' means it, also where it stands there already.
    @Test func theSameWordWrittenOnceMoreCounts() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let (watch, reports) = watch(desk)
        #expect(eventually { reports.words == [.nothing] })
        try desk.python(set("halt"))
        #expect(eventually { reports.words == [.nothing, .halt] })
        try desk.python(set("halt"))
        #expect(eventually { reports.words == [.nothing, .halt, .halt] })
        try desk.python(sql("INSERT OR REPLACE INTO system_config (key, value) VALUES ('trading_mode', 'halt')"))
        #expect(eventually { reports.words == [.nothing, .halt, .halt, .halt] })
        watch.stop()
        #expect(journal.close() == 0)
    }

    /// Unknown means halted. A start does not put back what was taken away: a resume does.
    @Test(
        arguments: [
            "DELETE FROM system_config", "DELETE FROM system_config WHERE key = 'trading_mode'",
            "DROP TABLE system_config", "DROP TABLE system_config_log", "DROP TRIGGER system_config_is_changed",
            "UPDATE system_config SET key = 'mode' WHERE key = 'trading_mode'",
        ]
    )
    func whatIsTakenAwayHaltsUntilAResumePutsItBack(_ statement: String) throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let (watch, reports) = watch(desk)
        #expect(eventually { reports.words == [.nothing] })
        try desk.python(sql(statement))
        #expect(eventually { reports.words.last == .halt && reports.words.count > 1 }, "\(reports.readings)")
        #expect(try journal.reader().tradingMode().word == .halt)
        let entry = AuditEntry(atMs: 1, wallMs: 1, who: "ann", what: "resume", body: Array("{\"id\":\"r1\"}".utf8))
        let ticket = journal.append(resumed: entry, tradingMode: "live", id: "r1")
        #expect(journal.wait(for: ticket, limitMs: 20_000), "\(journal.standing)")
        #expect(try journal.reader().tradingMode().word == .nothing)
        #expect(
            try journal.reader().lastAudit(of: ["resume"]).map { String(decoding: $0.entry.body, as: UTF8.self) }?
                .contains(#""set":"live""#) == true
        )
        // All of it is there again, as it was made.
        let count = reports.words.count
        try desk.python(set("halt"))
        #expect(eventually { reports.words.count > count && reports.words.last == .halt })
        watch.stop()
        #expect(journal.close() == 0)
        let again = try desk.open()
        again.close()
    }

    @Test func aRowThatWasDeletedWhileNobodyWatchedIsNotPutBackByAStart() throws {
        let desk = try TestDesk()
        try desk.open().close()
        try desk.python(sql("DELETE FROM system_config"))
        try desk.open().close()
        var look = TradingModeLook(file: JournalFile(directory: desk.path))
        #expect(try look.changes().map(\.word) == [.halt])
    }

    /// A resume sets aside what it finds and writes what holds, with its entry in the audit; that is no news, and the next
    /// write of the same word is.
    @Test func aResumeSetsTheRowToWhatHolds() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let (watch, reports) = watch(desk)
        #expect(eventually { reports.words == [.nothing] })
        for number in 1...3 {
            try desk.python(set("halt"))
            #expect(eventually { reports.words.count == number + 1 && reports.words.last == .halt })
            let entry = AuditEntry(atMs: 1, wallMs: 1, who: "ann", what: "resume", body: Array("{\"id\":\"x\"}".utf8))
            let ticket = journal.append(resumed: entry, tradingMode: "live", id: "r\(number)")
            #expect(journal.wait(for: ticket, limitMs: 20_000))
            #expect(try journal.reader().tradingMode().value == "live")
            let body = try journal.reader().lastAudit(of: ["resume"])?.entry.body ?? []
            #expect(String(decoding: body, as: UTF8.self).contains(#""found":"halt""#))
        }
        let kept = try desk.python(
            "print(sqlite3.connect(path).execute(\"SELECT value FROM system_config WHERE key = "
                + "'trading_mode.cleared-r3'\").fetchone()[0])"
        )
        #expect(kept == "halt\n")
        watch.stop()
        #expect(journal.close() == 0)
        #expect(try desk.reader().verifyAudit() == nil)
        // The next start finds what holds, and nothing to halt for.
        let (next, later) = self.watch(desk)
        #expect(eventually { !later.words.isEmpty })
        next.stop()
        #expect(later.words == [.nothing])
    }

    /// A write that somebody took out of the log may have been a halt.
    @Test func aWriteWhoseTraceWasRemovedHalts() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        var look = TradingModeLook(file: JournalFile(directory: desk.path))
        #expect(try look.changes().map(\.word) == [.nothing])
        try desk.python(set("halt") + "\n" + set("live") + "\nc.execute('DELETE FROM system_config_log'); c.commit()")
        #expect(try look.changes().map(\.word).contains(.halt))
        journal.close()
    }

    @Test func whatCannotBeReadIsReportedAndThenReadAgain() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        journal.close()
        let (watch, reports) = watch(desk, everyMs: 10)
        #expect(eventually { reports.words == [.nothing] })
        let away = desk.file + ".away"
        rename(desk.file, away)
        #expect(eventually { if case .unreadable(_, let forMs) = reports.all.last { forMs >= 100 } else { false } })
        #expect(reports.words == [.nothing])
        rename(away, desk.file)
        try desk.python(set("paper"))
        #expect(eventually { reports.words.last == .paper })
        watch.stop()
    }

    @Test func theWriterIsNotBlocked() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let (watch, reports) = watch(desk, everyMs: 1)
        #expect(eventually { reports.words == [.nothing] })
        for number in 1..<200 { #expect(journal.appendAndWait(entries(number..<number + 1), limitMs: 10_000)) }
        #expect(journal.standing.problem == nil)
        #expect(reports.words == [.nothing])
        watch.stop()
        journal.close()
    }
}

/// How long ago a time was that SQLite wrote, in seconds.
enum Clockwork {
    static func age(_ text: String) -> Double {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.date(from: text).map { -$0.timeIntervalSinceNow } ?? .infinity
    }
}
