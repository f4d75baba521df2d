import Testing

@testable import KillSwitch

/// One scope takes one entry of the page, however often it is halted.
@Suite struct ScopedHaltTests {
    @Test func haltsOfOneScopeShareAnEntryAndAreOneForPeople() throws {
        let scratch = Scratch()
        let killSwitch = try scratch.liveSwitch()
        let scope = try Scope("venue=kraken,account=main")
        var words: [Word] = []
        for number in 0..<30 {
            let report = killSwitch.halt(
                HaltRequest(scope: scope, reason: "ORDER_STUCK: order \(number) is stuck", source: .rule, op: "")
            )
            #expect(report.durable)
            words.append(report.state)
        }
        var seen = killSwitch.observe()
        #expect(seen.word?.mode == .live && seen.entries.count == 1, "the desk outside the scope trades on")
        #expect(Set(words).count == 30 && seen.fold.reachesWord, "each halt moves the word and is recorded")
        #expect(seen.latches.count == 30 && seen.entriesWithoutLatch.isEmpty && seen.latchesWithoutEntry.isEmpty)
        #expect(seen.shownLatches.count == 1 && seen.shownLatches.first?.count == 30)
        #expect(seen.shownLatches.first?.reason.contains("order 0 is stuck; order 1 is stuck") == true)
        #expect(seen.shownLatches.first?.reason.hasSuffix("and 27 more") == true)
        #expect(try !Gate(reading: scratch.path, scope: "venue=kraken,account=main").permits())
        guard case .resumed = killSwitch.resume(.test(scope: scope)) else {
            Issue.record("not resumed")
            return
        }
        seen = killSwitch.observe()
        #expect(seen.latches.isEmpty && seen.entries.isEmpty)
        #expect(try Gate(reading: scratch.path, scope: "venue=kraken,account=main").permits())
    }

    @Test func anotherModeOrScopeTakesItsOwnEntry() throws {
        let killSwitch = try Scratch().liveSwitch()
        let scope = try Scope("venue=kraken")
        for mode in [Mode.halted, .reduceOnly, .halted, .reduceOnly] {
            killSwitch.halt(HaltRequest(mode: mode, scope: scope, reason: "r", source: .library))
        }
        killSwitch.halt(HaltRequest(scope: try Scope("venue=krake"), reason: "r", source: .library))
        #expect(killSwitch.observe().entries.count == 3)
    }

    @Test func aHaltOfAScopeThatAResumeFreesRefusesIt() throws {
        let killSwitch = try Scratch().liveSwitch()
        let scope = try Scope("venue=kraken")
        killSwitch.halt(HaltRequest(scope: scope, reason: "first", source: .library))
        let before = killSwitch.observe()
        // The second one stands on the entry of the first: what folded only the first fails at its compare-and-swap.
        killSwitch.halt(HaltRequest(scope: scope, reason: "second", source: .library))
        var stale = ResumeRequest.test(scope: scope)
        stale.seen = before.word
        guard case .refused = killSwitch.resume(stale) else {
            Issue.record("resumed what was halted again")
            return
        }
        #expect(killSwitch.observe().entries.count == 1 && killSwitch.observe().latches.count == 2)
    }
}
