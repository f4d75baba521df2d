import SafetyEngine
import Testing

@testable import Desk
@testable import KillSwitch

@Suite struct HaltTimesTests {
    private func seen(_ mode: Mode, at now: UInt64, gates: [GateSlot] = []) -> Observation {
        let word = Word(generation: mode == .halted ? 3 : 2, mode: mode)
        var log: [UInt8] = []
        var record = Record(
            change: .resume,
            id: "a",
            at: "2026-01-01T00:00:00.000Z",
            mode: .live,
            reason: "r",
            source: .cli,
            was: Word(rawValue: 0),
            state: Word(generation: 2, mode: .live),
            clears: 0
        )
        log += [10] + record.line + [10]
        record.change = .halt
        record.id = "b"
        record.clears = nil
        record.was = Word(generation: 2, mode: .live)
        record.state = Word(generation: 3, mode: .halted)
        log += [10] + record.line + [10]
        return Observation(
            pageProblem: nil,
            word: word,
            mode: mode,
            modeProblem: nil,
            changed: 1_000_000_000,
            beat: now,
            deadMan: 0,
            entries: [],
            fold: Fold(log: log, word: word, mirrorLength: nil),
            logProblem: nil,
            gates: gates,
            host: nil,
            stopFiles: [],
            now: now
        )
    }

    private func gate(_ name: String, saw word: Word) -> GateSlot {
        var slot = GateSlot(index: 0, alive: true, bytes: [UInt8](repeating: 0, count: 256))
        slot.name = name
        slot.pid = 77
        slot.seen = word
        return slot
    }

    @Test func nothingIsShownWhileTradingIsPermitted() {
        var times = HaltTimes()
        #expect(times.steps(seen(.live, at: 5_000_000_000), own: nil, venues: false).page == .empty)
    }

    @Test func aHaltWithoutGatesIsVerifiedOnceItIsOnDisk() {
        var times = HaltTimes()
        let own = HaltTimes.Own(
            word: Word(generation: 3, mode: .halted),
            keyAt: 1_000_000_000,
            pageAt: 1_000_010_000,
            diskAt: 1_002_000_000
        )
        let steps = times.steps(seen(.halted, at: 1_003_000_000), own: own, venues: false)
        #expect(steps.key == .done(ms: 0) && steps.page == .done(ms: 0.01) && steps.disk == .done(ms: 2))
        #expect(steps.verified == .done(ms: 3))
    }

    @Test func aGateThatDoesNotAcknowledgeIsNamedAndBecomesAnAlarm() {
        var times = HaltTimes()
        let waiting = gate("grid", saw: Word(generation: 2, mode: .live))
        var steps = times.steps(seen(.halted, at: 2_000_000_000, gates: [waiting]), own: nil, venues: false)
        #expect(
            steps.gates == .pending(ms: 1000) && steps.waitingFor == ["grid"] && steps.verified == .pending(ms: 1000)
        )
        steps = times.steps(seen(.halted, at: 4_000_000_000, gates: [waiting]), own: nil, venues: false)
        guard case .alarm(let text) = steps.gates else {
            Issue.record("no alarm after 2 s")
            return
        }
        #expect(text.contains("grid") && text.contains("77"))
    }

    @Test func verifiedOnceStaysVerifiedWhenAGateOpensLater() {
        var times = HaltTimes()
        _ = times.steps(seen(.halted, at: 1_500_000_000), own: nil, venues: false)
        let late = gate("late", saw: Word(rawValue: 0))
        let steps = times.steps(seen(.halted, at: 9_000_000_000, gates: [late]), own: nil, venues: false)
        #expect(steps.gates == .done(ms: 500) && steps.waitingFor == ["late"])
    }

    @Test func gatesThatCannotBeReadAreNeverVerified() {
        var times = HaltTimes()
        for (now, isLate) in [(1_500_000_000, false), (4_000_000_000, true)] as [(UInt64, Bool)] {
            var look = seen(.halted, at: now)
            look.gates = nil
            let steps = times.steps(look, own: nil, venues: false)
            if case .alarm(let text) = steps.gates {
                #expect(isLate && text.contains("gates.page"))
            } else {
                #expect(!isLate)
            }
            guard case .pending = steps.verified else {
                Issue.record("\(steps.verified) at \(now)")
                continue
            }
        }
    }

    @Test func aHaltOfADeskWithoutAPageShowsWhatTookIt() {
        var times = HaltTimes()
        var look = seen(.halted, at: 1_500_000_000)
        look.word = nil
        var own = HaltTimes.Own(word: Word(rawValue: 0), keyAt: 1_000_000_000, pageAt: 1_000_010_000)
        #expect(times.steps(look, own: own, venues: false).page == .empty)
        own.elsewhere = "the stop file was left"
        own.diskAt = 1_004_000_000
        let steps = times.steps(look, own: own, venues: false)
        #expect(steps.page == .notApplicable("no page to write: the stop file was left") && steps.disk == .done(ms: 4))
    }
}
