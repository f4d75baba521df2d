import Glibc
import Testing

@testable import KillSwitch

@Suite struct LateRecordsTests {
    private static let second: UInt64 = 1_000_000_000

    /// Nothing can be appended to the log until it is put back.
    private static func block(_ scratch: Scratch) {
        rename("\(scratch.path)/kill_switch.log", "\(scratch.path)/aside")
        symlink("aside", "\(scratch.path)/kill_switch.log")
    }

    private static func unblock(_ scratch: Scratch) {
        rename("\(scratch.path)/aside", "\(scratch.path)/kill_switch.log")
    }

    private static func halt(_ killSwitch: KillSwitch, _ reason: String, _ scope: Scope = .global) -> Upkeep.Pending {
        let request = HaltRequest(scope: scope, reason: reason, source: .api)
        return Upkeep.Pending(pulled: HaltHandle(killSwitch.directory).pull(for: request), request: request)
    }

    @Test func aRecordThatCannotBeWrittenMovesNoWordAndCountsOnceAfterwards() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        Self.block(scratch)
        var records = LateRecords(late: 0)
        let halts = [
            Self.halt(killSwitch, "one"), Self.halt(killSwitch, "two", try Scope("venue=kraken")),
            Self.halt(killSwitch, "three"),
        ]
        for halt in halts { records.add(halt) }
        let word = killSwitch.observe().word
        var now = Clock.boottime()
        for _ in 0..<30 {
            let tried = records.write(killSwitch, now: now, knowing: nil)
            #expect(!tried.isEmpty && tried.allSatisfy { !$0.report.durable })
            now += Self.second
        }
        #expect(killSwitch.observe().word == word && !records.isEmpty)
        Self.unblock(scratch)
        let written = records.write(killSwitch, now: now, knowing: nil)
        #expect(written.map(\.report.id) == halts.map(\.pulled.id) && records.isEmpty)
        let seen = killSwitch.observe()
        #expect(seen.word == word && seen.fold.reachesWord)
        #expect(seen.latches.map(\.id) == halts.map(\.pulled.id))
        #expect(seen.entriesWithoutLatch.isEmpty && seen.latchesWithoutEntry.isEmpty)
    }

    @Test func triesBecomeRarerAndANewHaltIsTriedAtOnce() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        Self.block(scratch)
        var records = LateRecords()
        for number in 0..<4 { records.add(Self.halt(killSwitch, "\(number)")) }
        let begin = Clock.boottime()
        var tries: [UInt64] = []
        for step in 0..<1_000
        where !records.write(killSwitch, now: begin + UInt64(step) * 10_000_000, knowing: nil).isEmpty {
            tries.append(UInt64(step) * 10)
        }
        // Ten seconds: after 0.1, 0.2, 0.4 and 0.8 s, then once a second.
        #expect(
            tries.prefix(5) == [0, 100, 300, 700, 1_500] && tries.count <= 15 && (tries.last ?? 0) > 8_900,
            "\(tries)"
        )
        records.add(Self.halt(killSwitch, "new"))
        let tried = records.write(killSwitch, now: begin + 9_990_000_000, knowing: nil)
        #expect(tried.map(\.request.reason) == ["new"])
        Self.unblock(scratch)
        #expect(records.write(killSwitch, now: begin + 11 * Self.second, knowing: nil).count == 5 && records.isEmpty)
    }

    @Test func aLateRecordWhosePlaceAnotherTookMovesTheWordOnceMore() throws {
        for isReplaced in [true, false] {
            let scratch = Scratch()
            let killSwitch = try scratch.liveSwitch()
            let before = try #require(killSwitch.observe().word)
            let halt = Self.halt(killSwitch, "late")
            let word = try #require(killSwitch.observe().word)
            if isReplaced { try killSwitch.perform(.recordGap(was: before, state: word)) }
            var records = LateRecords(late: 0)
            records.add(halt)
            let written = records.write(killSwitch, now: Clock.boottime(), knowing: killSwitch.observe().fold)
            #expect(written.map(\.report.durable) == [true])
            // A resume that folded the log before the record came would have had its word from before, too.
            #expect((killSwitch.observe().word == word) == !isReplaced)
            #expect(records.isEmpty == !isReplaced)
            _ = records.write(killSwitch, now: Clock.boottime(), knowing: nil)
            let seen = killSwitch.observe()
            #expect(records.isEmpty && seen.fold.reachesWord)
            #expect(seen.latches.filter { $0.reason == "late" }.count == (isReplaced ? 2 : 1))
        }
    }

    @Test func aHostWhoseDiskIsFullLeavesTheWordAndTheLogAloneUntilThereIsRoom() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        var upkeep = Upkeep(killSwitch, tradingMode: nil)
        _ = upkeep.pass()
        Self.block(scratch)
        let halts = ["one", "two"].map { Self.halt(killSwitch, $0) }
        for halt in halts { upkeep.add(halt) }
        let word = killSwitch.observe().word
        // Past the age at which a record counts as late.
        let until = Clock.boottime() + LateRecords.late + 200_000_000
        while Clock.boottime() < until {
            _ = upkeep.pass()
            #expect(upkeep.isBusy)
            Clock.sleep(milliseconds: 20)
        }
        #expect(killSwitch.observe().word == word)
        Self.unblock(scratch)
        while upkeep.isBusy, Clock.boottime() < until + 5 * Self.second {
            _ = upkeep.pass()
            Clock.sleep(milliseconds: 20)
        }
        let seen = killSwitch.observe()
        #expect(seen.word == word && seen.fold.reachesWord)
        #expect(seen.latches.map(\.id) == halts.map(\.pulled.id))
    }
}
