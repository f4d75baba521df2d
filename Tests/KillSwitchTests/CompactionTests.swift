import Glibc
import Testing

@testable import KillSwitch

/// Not under the sanitizers, where each long log takes a quarter of a minute.
@Suite(.enabled(if: getenv("ESTOP_BRIEF") == nil)) struct CompactionTests {
    /// What a host gives is tested with it (JournalTests); here the bytes count.
    private static func hash(_ bytes: [UInt8]) -> String { String(CRC32.of(bytes), radix: 16) }

    @Test func theOlderPartIsPutAsideHashedAndNamedAndNothingChanges() throws {
        let scratch = Scratch()
        let killSwitch = try LongLogTests.longLog(scratch)
        killSwitch.halt(HaltRequest(scope: try Scope("venue=x"), reason: "scoped", source: .cli))
        try killSwitch.writeMirror()
        let before = killSwitch.observe()
        let old = scratch.bytes(Log.name)
        let made = try #require(try killSwitch.compactLog(at: before.fold.start, from: 1, hash: Self.hash))
        #expect(scratch.bytes(Log.name).count < 16_384)
        let after = killSwitch.observe()
        #expect(after.fold.length == before.fold.length && !after.fold.lost && after.fold.reachesWord)
        #expect(after.latches == before.latches && after.fold.lastGeneration == before.fold.lastGeneration)
        #expect(after.fold.history.suffix(50).map(\.id) == before.fold.history.suffix(50).map(\.id))
        let aside = scratch.bytes(made.name)
        #expect(aside == old && made.bytes == before.fold.start && made.sha256 == Self.hash(Array(old[..<made.bytes])))
        // The past is still whole, and life goes on: halts, a resume, another compaction.
        #expect(killSwitch.wholeFold().records.count > 1_000)
        #expect(
            killSwitch.wholeFold().records.first?.id == Fold(log: old, word: nil, mirrorLength: nil).records.first?.id
        )
        killSwitch.halt(HaltRequest(reason: "afterwards", source: .cli))
        #expect(killSwitch.observe().latches.map(\.reason) == ["scoped", "afterwards"])
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        try killSwitch.writeMirror()
        #expect(killSwitch.observe().latches.isEmpty && !killSwitch.observe().fold.lost)
        let log = try #require(try LogFile(killSwitch.directory))
        let records = killSwitch.wholeFold().records
        let start = try #require(killSwitch.observe().fold.lastApplied?.clears)
        #expect(log.length == killSwitch.observe().fold.length)
        #expect(try killSwitch.compactLog(at: start, from: 1, hash: Self.hash) != nil)
        #expect(killSwitch.observe().latches.isEmpty && !killSwitch.observe().fold.lost)
        #expect(killSwitch.observe().fold.reachesWord)
        let kept = killSwitch.wholeFold().records.filter { $0.kind != .compacted }.map(\.id)
        #expect(kept == records.filter { $0.kind != .compacted }.map(\.id))
    }

    @Test func aRecordThatWentIntoTheOldFileIsInTheLogAfterwards() throws {
        let scratch = Scratch()
        let killSwitch = try LongLogTests.longLog(scratch)
        let before = killSwitch.observe()
        let made = try #require(try killSwitch.compactLog(at: before.fold.start, from: 1, hash: Self.hash))
        // Somebody had opened the old file before, and writes now.
        let state = try #require(before.word).halted(to: .halted)
        let record = Record(
            change: .halt,
            id: Log.newID(),
            at: Clock.now(),
            mode: .halted,
            reason: "late",
            source: .library,
            was: try #require(before.word),
            state: state
        )
        let file = open("\(scratch.path)/\(made.name)", O_WRONLY | O_APPEND)
        #expect(writeAll(file, [0x0a] + record.line + [0x0a]) == 0)
        close(file)
        #expect(try killSwitch.recoverAside() == 1)
        #expect(try killSwitch.recoverAside() == 0)
        #expect(killSwitch.observe().latches.map(\.reason) == ["late"])
    }

    @Test func haltsWhileItRunsAreAllInTheLog() throws {
        let scratch = Scratch()
        let killSwitch = try LongLogTests.longLog(scratch)
        let start = killSwitch.observe().fold.start
        let thread = try #require(
            ThreadStart.joinable {
                for number in 0..<200 { killSwitch.halt(HaltRequest(reason: "halt \(number)", source: .library)) }
            }
        )
        #expect(try killSwitch.compactLog(at: start, from: 1, hash: Self.hash) != nil)
        pthread_join(thread, nil)
        try killSwitch.recoverAside()
        let seen = killSwitch.observe()
        #expect(Set(seen.latches.map(\.reason)).count == 200 && seen.fold.reachesWord)
    }

    @Test func aCrashBeforeTheNewLogIsInPlaceChangesNothing() throws {
        let scratch = Scratch()
        let killSwitch = try LongLogTests.longLog(scratch)
        let before = killSwitch.observe()
        scratch.write("\(Log.name).new", Array("half a l".utf8))
        link("\(scratch.path)/\(Log.name)", "\(scratch.path)/\(Log.name).until-\(before.fold.start)")
        #expect(killSwitch.observe().latches == before.latches)
        #expect(try killSwitch.compactLog(at: before.fold.start, from: 1, hash: Self.hash) != nil)
        #expect(killSwitch.observe().fold.length == before.fold.length && !killSwitch.observe().fold.lost)
    }

    @Test func aFileThatHasTheNameOfTheOlderPartAlreadyIsNotReplaced() throws {
        let scratch = Scratch()
        let killSwitch = try LongLogTests.longLog(scratch)
        let before = killSwitch.observe()
        let name = "\(Log.name).until-\(before.fold.start)"
        scratch.write(name, Array("of a log that was removed".utf8))
        let old = scratch.bytes(Log.name)
        let made = try #require(try killSwitch.compactLog(at: before.fold.start, from: 1, hash: Self.hash))
        #expect(made.name == "\(name).2" && scratch.bytes(made.name) == old)
        #expect(scratch.bytes(name) == Array("of a log that was removed".utf8))
        #expect(killSwitch.observe().fold.length == before.fold.length)
    }

    @Test func aResumeAfterAHostThatDiedInBetweenFindsWhatOnlyTheOldFileHas() throws {
        let scratch = Scratch()
        let killSwitch = try LongLogTests.longLog(scratch)
        let before = killSwitch.observe()
        let made = try #require(try killSwitch.compactLog(at: before.fold.start, from: 1, hash: Self.hash))
        // A halt whose record went into the old file in the moment in which the new one took its place.
        let compacted = scratch.bytes(Log.name)
        killSwitch.halt(HaltRequest(reason: "late", source: .library))
        let late = Array(scratch.bytes(Log.name)[compacted.count...])
        scratch.write(Log.name, compacted)
        scratch.write(made.name, scratch.bytes(made.name) + late)
        #expect(killSwitch.observe().fold.reachesWord == false)
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        #expect(killSwitch.wholeFold().records.contains { $0.reason == "late" })
    }
}
