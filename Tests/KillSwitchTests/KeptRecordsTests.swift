import Glibc
import Testing

@testable import KillSwitch

/// A reason that was given while the log could not be written is kept, and written later by whoever can.
@Suite struct KeptRecordsTests {
    private static func block(_ scratch: Scratch) {
        rename("\(scratch.path)/kill_switch.log", "\(scratch.path)/aside")
        symlink("aside", "\(scratch.path)/kill_switch.log")
    }

    private static func unblock(_ scratch: Scratch) {
        rename("\(scratch.path)/aside", "\(scratch.path)/kill_switch.log")
    }

    private static func kept(_ killSwitch: KillSwitch) -> [String] {
        ((try? StateDirectory(killSwitch.directory.defaultRunDirectory).names()) ?? []).filter { $0.hasPrefix("late-") }
    }

    @Test func theReasonOfAHaltThatWasNotOnDiskIsWrittenByTheHost() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        Self.block(scratch)
        let report = killSwitch.halt(HaltRequest(reason: "exchange is down", source: .cli, op: "ann", from: "test"))
        #expect(report.onPage && !report.durable && Self.kept(killSwitch).count == 1)
        Self.unblock(scratch)
        // Another process, which knows nothing of it: a host.
        var upkeep = Upkeep(
            KillSwitch(try StateDirectory(scratch.path), settings: killSwitch.settings),
            tradingMode: nil
        )
        _ = upkeep.pass()
        let seen = killSwitch.observe()
        #expect(seen.latches.map(\.reason) == ["exchange is down"] && seen.latches.first?.id == report.id)
        #expect(seen.fold.reachesWord && Self.kept(killSwitch).isEmpty)
    }

    @Test func aResumeWritesItFirst() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        Self.block(scratch)
        let id = killSwitch.halt(HaltRequest(reason: "kept", source: .cli)).id
        Self.unblock(scratch)
        _ = killSwitch.resume(.test())
        let seen = killSwitch.observe()
        #expect(seen.word?.mode == .live && seen.latches.isEmpty)
        #expect(seen.fold.records.contains { $0.id == id && $0.reason == "kept" })
        #expect(!seen.fold.records.contains { $0.reason.hasPrefix("unrecorded") })
    }

    @Test func aReasonThatIsGivenAfterwardsIsKeptToo() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        let id = killSwitch.halt(HaltRequest(reason: "Emergency halt", source: .keyboard)).id
        Self.block(scratch)
        #expect(throws: SwitchError.self) {
            try killSwitch.giveReason("API errors", for: id, identity: Identity(name: "ann", from: "test"))
        }
        Self.unblock(scratch)
        #expect(try killSwitch.writeKeptRecords().map(\.reason) == ["API errors"])
        #expect(killSwitch.observe().latches.map(\.reason) == ["API errors"])
    }

    @Test func itCountsOnceAndIsRemovedOnlyOnceItIsInTheLog() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        Self.block(scratch)
        killSwitch.halt(HaltRequest(reason: "once", source: .cli))
        #expect(throws: SwitchError.self) { try killSwitch.writeKeptRecords() }
        #expect(Self.kept(killSwitch).count == 1)
        let run = try StateDirectory(killSwitch.directory.defaultRunDirectory)
        let bytes = try #require(try run.read(Self.kept(killSwitch)[0]))
        Self.unblock(scratch)
        try killSwitch.writeKeptRecords()
        // As if its removal had not come about, and beside something that is no record.
        for (name, bytes) in [("late-again.record", bytes), ("late-x.record", Array("\nnothing\n".utf8))] {
            let file = open("\(run.path)/\(name)", O_WRONLY | O_CREAT, 0o660)
            #expect(writeAll(file, bytes) == 0)
            close(file)
        }
        try killSwitch.writeKeptRecords()
        let seen = killSwitch.observe()
        #expect(seen.latches.map(\.reason) == ["once"] && seen.latches.first?.count == 1)
        #expect(Self.kept(killSwitch) == ["late-x.record"] && seen.fold.reachesWord)
    }
}
