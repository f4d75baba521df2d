import Testing

@testable import KillSwitch

/// A log that became long without a resume, condensed: what holds for people and for the chain stays.
@Suite struct CondensedLogTests {
    private static func hash(_ bytes: [UInt8]) -> String { String(CRC32.of(bytes), radix: 16) }

    /// A desk that was halted many times, as a flood leaves it.
    private static func flooded(
        _ scratch: Scratch,
        _ count: Int,
        _ what: (Int) -> (reason: String, source: Record.Source, count: Int?)
    ) throws -> KillSwitch {
        let killSwitch = try scratch.liveSwitch()
        var (bytes, word) = (scratch.bytes(Log.name), try #require(killSwitch.observe().word))
        for number in 0..<count {
            let (next, what) = (word.halted(to: .halted), what(number))
            let record = Record(
                change: .halt,
                id: Log.newID(),
                at: "2026-12-01T00:\(10 + number / 1_000 % 50):\(10 + number % 50).000Z",
                mode: .halted,
                reason: what.reason,
                source: what.source,
                op: "bot",
                was: word,
                state: next,
                count: what.count
            )
            bytes += [0x0a] + record.line + [0x0a]
            word = next
        }
        scratch.write(Log.name, bytes)
        let page = try #require(HaltPage.map(killSwitch.directory, writable: true).page)
        while page.word != word { _ = page.halt(to: .halted) }
        return killSwitch
    }

    private func count(_ latches: [Latch]) -> Int { latches.reduce(0) { $0 + $1.count } }

    @Test func theSameHoldsAndTheLogIsShortAndAResumeLiftsIt() throws {
        let scratch = Scratch()
        let killSwitch = try Self.flooded(scratch, 600) { number in
            ("flood \(number % 3)", .api, number % 7 == 0 ? 4 : nil)
        }
        killSwitch.halt(HaltRequest(scope: try Scope("venue=x"), reason: "scoped", source: .cli))
        killSwitch.halt(HaltRequest(reason: "a real one", source: .keyboard, op: "ann"))
        try killSwitch.writeMirror()
        let before = killSwitch.observe()
        #expect(try killSwitch.condenseLog(hash: Self.hash) == nil, "not long enough")
        let made = try #require(try killSwitch.condenseLog(from: 500, hash: Self.hash))
        #expect(made.bytes == before.fold.length)
        let after = killSwitch.observe()
        #expect(after.fold.records.count < 30 && after.fold.reachesWord && !after.fold.lost && after.fold.tail == nil)
        #expect(after.fold.shownLatches == before.fold.shownLatches)
        #expect(count(after.latches) == count(before.latches) && after.mode == .halted)
        #expect(after.haltsInForce == before.haltsInForce && after.fold.lastPermitting == before.fold.lastPermitting)
        #expect(after.fold.chainEnd == before.fold.chainEnd && after.fold.lastGeneration == before.fold.lastGeneration)
        #expect(after.latches.contains { $0.tag == after.entries.first?.tag }, "the scope's entry has its latch")
        #expect(Set(after.latches.map(\.id)).isSubset(of: Set(before.latches.map(\.id))))
        // Nothing needs a repair, life goes on, and a second time nothing is lost either.
        for _ in 0..<40 { killSwitch.halt(HaltRequest(reason: "again", source: .library)) }
        #expect(try killSwitch.condenseLog(from: 40, hash: Self.hash) != nil)
        let again = killSwitch.observe()
        #expect(again.fold.shownLatches.last?.count == 40 && count(again.latches) == count(before.latches) + 40)
        #expect(again.fold.reachesWord && !again.fold.lost)
        guard case .resumed = killSwitch.resume(.test()) else {
            Issue.record("not resumed")
            return
        }
        #expect(killSwitch.observe().latches.isEmpty && killSwitch.observe().mode == .live)
        #expect(killSwitch.wholeFold().records.contains { $0.reason == "flood 1" })
    }

    @Test func moreReasonsThanAreToldApartAreCounted() throws {
        let scratch = Scratch()
        let killSwitch = try Self.flooded(scratch, 500) { ("reason \($0)", .api, nil) }
        let before = killSwitch.observe()
        #expect(try killSwitch.condenseLog(from: 400, hash: Self.hash) != nil)
        let after = killSwitch.observe()
        #expect(after.fold.records.count < 120 && count(after.latches) == 500 && after.fold.reachesWord)
        #expect(after.fold.shownLatches.map(\.reason).prefix(99) == before.fold.shownLatches.map(\.reason).prefix(99))
        #expect(after.haltsInForce == before.haltsInForce)
    }

    @Test func reasonsOfOneRuleAddUp() throws {
        let scratch = Scratch()
        let killSwitch = try Self.flooded(scratch, 100) { ("ORDER_STUCK: order \($0)", .rule, nil) }
        #expect(try killSwitch.condenseLog(from: 50, hash: Self.hash) != nil)
        let shown = try #require(killSwitch.observe().fold.shownLatches.first)
        #expect(shown.count == 100 && shown.reason.hasPrefix("ORDER_STUCK: order 0; "), "\(shown.reason)")
    }

    @Test func whatIsNotSoundStaysAsItIs() throws {
        let scratch = Scratch()
        let killSwitch = try Self.flooded(scratch, 100) { _ in ("flood", .api, nil) }
        let bytes = scratch.bytes(Log.name)
        scratch.write(Log.name, bytes + Array("torn".utf8))
        #expect(try killSwitch.condenseLog(from: 50, hash: Self.hash) == nil)
        scratch.write(Log.name, bytes + Array("damaged\n".utf8))
        #expect(try killSwitch.condenseLog(from: 50, hash: Self.hash) == nil)
        scratch.write(Log.name, Array(bytes.dropLast(bytes.count / 3)))
        #expect(try killSwitch.condenseLog(from: 50, hash: Self.hash) == nil)
    }
}
