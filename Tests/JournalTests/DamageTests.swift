import Foundation
import GRDB
import SafetyEngine
import Testing

@testable import Journal

/// A disk that is full, locked, read-only or gone, and files that are damaged.
@Suite struct DamageTests {
    @Test func aDamagedFileIsMovedAsideAndSaid() throws {
        let desk = try TestDesk()
        try Data("this is no database, whatever its name says; it has to be long enough to be looked at".utf8)
            .write(to: URL(fileURLWithPath: desk.file))
        do {
            _ = try desk.open()
            Issue.record("opened")
        } catch let error as JournalError {
            #expect(error.code == .corrupt)
            #expect(error.message.contains("moved to \(desk.file).damaged-"))
        }
        #expect(!FileManager.default.fileExists(atPath: desk.file))
        let journal = try desk.open()
        #expect(journal.isNew)
        #expect(journal.damaged.count == 1)
        journal.close()
        #expect(try desk.reader().audit(limit: 1).first?.entry.what == "new_journal")
        let kept = try String(contentsOfFile: "\(desk.path)/\(journal.damaged[0])", encoding: .utf8)
        #expect(kept.hasPrefix("this is no database"))
    }

    @Test func aDamagedPageIsSaidAndNotReadAsNothing() throws {
        let desk = try TestDesk()
        var journal = try desk.open()
        journal.append(entries(1..<2001))
        journal.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: desk.file))
        let place = bytes.count / 2 / 4096 * 4096
        bytes.replaceSubrange(place..<place + 4096, with: Data(repeating: 0xee, count: 4096))
        try bytes.write(to: URL(fileURLWithPath: desk.file))
        journal = try desk.open()
        #expect(try journal.reader().damage() != nil)
        do {
            _ = try journal.restore().replay()
            Issue.record("replayed")
        } catch {
            #expect(error.code == .corrupt)
        }
        #expect(throws: JournalError.self) { _ = try Journal.moveAside(directory: desk.path) }
        journal.close()
        let aside = try Journal.moveAside(directory: desk.path)
        #expect(FileManager.default.fileExists(atPath: aside))
        journal = try desk.open()
        #expect(journal.damaged.count == 1)
        #expect(journal.isNew)
        journal.close()
    }

    /// As a host does: what cannot be opened was moved aside, what cannot be restored is; the try after that succeeds.
    @Test func whicheverPageIsDamagedTheSecondTryBegins() throws {
        let whole = try TestDesk()
        let first = try whole.open()
        first.append(entries(1..<400))
        first.close()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: whole.file))
        var refused = 0
        for place in stride(from: 0, to: bytes.count, by: 4096) {
            let desk = try TestDesk()
            var damaged = bytes
            damaged.replaceSubrange(place..<place + 4096, with: Data(repeating: 0xee, count: 4096))
            try damaged.write(to: URL(fileURLWithPath: desk.file))
            do {
                let journal = try desk.open()
                defer { journal.close() }
                _ = try journal.restore().replay()
            } catch {
                let damage = try #require(error as? JournalError)
                #expect(damage.isDamage, "page \(place / 4096): \(damage)")
                refused += 1
                if FileManager.default.fileExists(atPath: desk.file) {
                    _ = try Journal.moveAside(directory: desk.path)
                }
                let journal = try desk.open()
                #expect(journal.isNew && journal.damaged.count == 1, "page \(place / 4096)")
                journal.close()
            }
        }
        #expect(refused > 3)
    }

    @Test func aTornLogIsReadUpToItsLastWholeBatch() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        for number in 1...20 { #expect(journal.appendAndWait(entries(number..<number + 1), limitMs: 10_000)) }
        // A copy of the files as they are now, as after a crash; its log cut in the middle of the last frame.
        let other = try TestDesk()
        try FileManager.default.copyItem(atPath: desk.file, toPath: other.file)
        let log = try Data(contentsOf: URL(fileURLWithPath: desk.file + "-wal"))
        try log.dropLast(1000).write(to: URL(fileURLWithPath: other.file + "-wal"))
        journal.close()
        let reopened = try other.open()
        let seqs = try reopened.reader().allEvents().map(\.seq)
        #expect(seqs == Array(1...19))
        #expect(reopened.append(entries(20..<21)).lastEventSeq == 20)
        #expect(reopened.close() == 0)
    }

    @Test func anotherProgramsLockDelaysAndLosesNothing() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        #expect(journal.appendAndWait(entries(1..<2), limitMs: 10_000))
        let other = try Holder(desk)
        let ticket = journal.append(entries(2..<10))
        #expect(!journal.wait(for: ticket, limitMs: 20))
        #expect(eventually { journal.standing.problem?.contains("another program holds the lock") ?? false })
        #expect(journal.standing.waiting == 8)
        try other.release()
        #expect(journal.wait(for: ticket, limitMs: 10_000))
        #expect(journal.standing.problem == nil)
        #expect(journal.standing.dropped == 0)
        journal.close()
        #expect(try desk.reader().allEvents().map(\.seq) == Array(1...9))
    }

    @Test func ofTooMuchTheOldestEventsAreDroppedAndNoDecision() throws {
        let desk = try TestDesk()
        var options = JournalOptions.quick
        options.mostWaiting = 100
        let journal = try desk.open(options)
        let other = try Holder(desk)
        for number in 1...500 {
            let decisions = number % 10 == 0 ? [halt(UInt64(number))] : []
            journal.append([Journal.Entry(reading(number), at: at(number), decisions: decisions)])
        }
        #expect(eventually { journal.standing.problem != nil && journal.standing.dropped == 400 })
        #expect(journal.standing.isSnapshotDue)
        try other.release()
        #expect(eventually { journal.standing.waiting == 0 })
        let reader = try journal.reader()
        #expect(try reader.allEvents().map(\.seq) == Array(401...500))
        #expect(try reader.allDecisions().map(\.eventSeq) == Array(stride(from: 10, through: 500, by: 10)))
        #expect(try reader.audit(limit: 1000).count == 50)
        #expect(try reader.verifyAudit() == nil)
        #expect(try reader.restore().missing == 400)
        // A snapshot from after the loss stands for what was lost.
        #expect(journal.snapshot(Engine()))
        journal.close()
        #expect(try desk.reader().restore().missing == 0)
        #expect(try desk.reader().restore().lastEventSeq == 500)
    }

    /// In a process of its own, since the limit on the size of files is the whole process's.
    @Test func aDiskThatFailsDelaysAndWritingResumesByItself() async throws {
        let desk = try TestDesk()
        await #expect(processExitsWith: .success) { [path = desk.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            let journal = try Journal(directory: path, codec: TestCodec(), options: .quick)
            #expect(journal.appendAndWait(entries(1..<2), limitMs: 10_000))
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let unlimited = limit.rlim_cur
            limit.rlim_cur = 400_000
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let body = [UInt8](repeating: 0x20, count: 10_000)
            let handed = (2..<102).map {
                Journal.Entry(reading($0), at: at($0), line: body, decisions: [halt(UInt64($0))])
            }
            let ticket = journal.append(handed)
            #expect(eventually { journal.standing.problem?.contains("fails") ?? false })
            #expect(journal.standing.waiting == 300)
            // Callers go on meanwhile.
            let last = journal.append(entries(102..<103))
            #expect(!journal.wait(for: ticket, limitMs: 20))
            limit.rlim_cur = unlimited
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #expect(journal.wait(for: last, limitMs: 20_000))
            #expect(journal.standing.problem == nil)
            #expect(journal.close() == 0)
        }
        let reader = try desk.reader()
        #expect(try reader.allEvents().map(\.seq) == Array(1...102))
        #expect(try reader.allDecisions().count == 100)
        #expect(try reader.damage() == nil)
    }

    @Test(arguments: [
        (ResultCode.SQLITE_FULL, "free space"), (.SQLITE_READONLY, "permissions"), (.SQLITE_BUSY, "lock"),
        (.SQLITE_IOERR_FSYNC, "disk under /d/journal.sqlite fails"), (.SQLITE_CORRUPT, "damaged"),
    ])
    func everyFailureIsToldWithWhatToDo(_ code: ResultCode, _ words: String) {
        let error = JournalError(DatabaseError(resultCode: code), path: "/d/journal.sqlite")
        #expect(error.message.contains(words), "\(error)")
        #expect(error.message.contains("/d/journal.sqlite"))
    }

    @Test func aFileThatIsTakenAwayIsNotMadeAnewSoThatTheNextStartFindsItLost() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        #expect(journal.appendAndWait(entries(1..<11), limitMs: 10_000))
        for suffix in ["", "-wal", "-shm"] { unlink(desk.file + suffix) }
        #expect(journal.appendAndWait(entries(11..<21), limitMs: 10_000))
        journal.close()
        #expect(!FileManager.default.fileExists(atPath: desk.file))
        #expect(Journal.isLost(directory: desk.path, hasPast: true))
    }

    /// Two desks whose directories were exchanged, or one that was moved away: each journal goes on in its own file.
    @Test(arguments: [false, true]) func whatWasMovedIsWrittenIntoItsOwnFileAndNotIntoWhatIsThereNow(
        leavesNothing: Bool
    ) throws {
        let desk = try TestDesk()
        let other = try TestDesk()
        let first = try other.open()
        #expect(first.appendAndWait(entries(1..<4), limitMs: 10_000))
        first.close()
        let journal = try desk.open()
        #expect(journal.appendAndWait(entries(1..<11), limitMs: 10_000))
        let away = desk.path + ".away"
        defer { try? FileManager.default.removeItem(atPath: away) }
        #expect(rename(desk.path, away) == 0)
        if !leavesNothing { #expect(rename(other.path, desk.path) == 0) }
        #expect(journal.appendAndWait(entries(11..<21), limitMs: 10_000))
        journal.close()
        #expect(!leavesNothing || !FileManager.default.fileExists(atPath: desk.path))
        if !leavesNothing {
            #expect(try desk.reader().allEvents().map(\.seq) == Array(1...3))
            #expect(try desk.reader().audit(limit: 10).isEmpty)
        }
        let own = try Journal.reader(directory: away, codec: TestCodec())
        #expect(try own.allEvents().map(\.seq) == Array(1...20))
    }

    @Test func aFileThatAnotherTookThePlaceOfIsGoneOnWithLoudly() throws {
        let desk = try TestDesk()
        let other = try TestDesk()
        let restored = try other.open()
        #expect(restored.appendAndWait(entries(1..<4), limitMs: 10_000))
        restored.close()
        let journal = try desk.open()
        #expect(journal.appendAndWait(entries(1..<11), limitMs: 10_000))
        for suffix in ["-wal", "-shm"] { unlink(desk.file + suffix) }
        #expect(rename(other.file, desk.file) == 0)
        #expect(journal.appendAndWait(entries(11..<21), limitMs: 10_000))
        journal.close()
        #expect(try desk.reader().audit(limit: 10).map(\.entry.what).contains("journal_replaced"))
        #expect(try desk.reader().allEvents().map(\.seq) == Array(1...3) + Array(11...20))
    }

    @Test func closingDoesNotWaitForADiskThatDoesNotAnswer() throws {
        let desk = try TestDesk()
        let journal = try desk.open()
        let other = try Holder(desk)
        journal.append(entries(1..<4))
        #expect(journal.close(limitMs: 100) == 3)
        try other.release()
    }
}
