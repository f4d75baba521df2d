import Glibc
import Testing

@testable import KillSwitch

/// Not under the sanitizers, where each long log takes a quarter of a minute.
@Suite(.enabled(if: getenv("ESTOP_BRIEF") == nil)) struct LongLogTests {
    /// A log with a past: halts and resumes, until it is longer than what is read whole.
    static func longLog(_ scratch: Scratch) throws -> KillSwitch {
        let killSwitch = try scratch.liveSwitch()
        // Records that nobody needs any more, after a first resume; written at once, since only their bytes matter.
        var bytes: [UInt8] = []
        var word = try #require(killSwitch.observe().word)
        while bytes.count < Log.wholeLimit * 2 {
            let next = word.halted(to: .halted)
            let record = Record(
                change: .halt,
                id: Log.newID(),
                at: Clock.now(),
                mode: .halted,
                reason: "of the past \(next.generation)",
                source: .library,
                op: "bot",
                was: word,
                state: next
            )
            bytes += [0x0a] + record.line + [0x0a]
            word = next
        }
        scratch.write(Log.name, scratch.bytes(Log.name) + bytes)
        let page = try #require(HaltPage.map(killSwitch.directory, writable: true).page)
        while page.word != word { _ = page.halt(to: .halted) }
        guard case .resumed = killSwitch.resume(.test(reason: "the past is over")) else {
            throw SwitchError(.refused, "not resumed")
        }
        return killSwitch
    }

    @Test func aLongLogIsReadFromItsLastGlobalResumeOn() throws {
        let scratch = Scratch()
        let killSwitch = try Self.longLog(scratch)
        killSwitch.halt(HaltRequest(reason: "now", source: .cli))
        let word = killSwitch.observe().word
        let part = try #require(try Log.part(killSwitch.directory, word: word))
        #expect(part.bytes.count < 8_192 && part.start > Log.wholeLimit && part.older.count == 100)
        let short = Fold(part, word: word, mirrorLength: nil)
        let whole = Fold(log: scratch.bytes(Log.name), word: word, mirrorLength: nil)
        #expect(short.latches == whole.latches && short.reachesWord && whole.reachesWord)
        #expect(short.length == whole.length && short.chainEnd == whole.chainEnd)
        #expect(short.lastGeneration == whole.lastGeneration && short.lastApplied == whole.lastApplied)
        #expect(killSwitch.wholeFold().records.count == whole.records.count)
        #expect(short.history.suffix(50).map(\.id) == whole.records.suffix(50).map(\.id))
    }

    @Test func aResumeThatWasNotAppliedIsNotBegunFrom() throws {
        let scratch = Scratch()
        let killSwitch = try Self.longLog(scratch)
        killSwitch.halt(HaltRequest(reason: "still in force", source: .cli))
        let seen = killSwitch.observe()
        let word = try #require(seen.word)
        // As a resume leaves it that died before its compare-and-swap, or lost it.
        try Log.append(
            .resume,
            id: Log.newID(),
            mode: .live,
            reason: "lost",
            source: .cli,
            op: nil,
            from: nil,
            was: word,
            state: Word(generation: word.generation + 1, mode: .live),
            extra: [.init("clears", .integer(Int64(seen.fold.length)))],
            to: killSwitch.directory
        )
        #expect(killSwitch.observe().latches.map(\.reason) == ["still in force"])
    }
}
