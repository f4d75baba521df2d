import SafetyEngine
import Testing

@testable import Desk
@testable import KillSwitch

@Suite struct HaltTimesTests {
    private func seen(
        _ mode: Mode,
        at now: UInt64,
        gates: [GateSlot] = [],
        effective: String? = nil,
        host: HostLock.Presence? = nil
    ) -> Observation {
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
        if let effective {
            record.change = .note
            record.id = "c"
            record.at = effective
            record.kind = .effective
            record.about = "b"
            record.was = Word(rawValue: 0)
            record.state = Word(rawValue: 0)
            log += [10] + record.line + [10]
        }
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
            host: host,
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

    // 2026-01-01T00:00:00.000Z, where the page changed at 1 s of the page's clock.
    private static let halted: Int64 = 1_767_225_600_000

    @Test func aWatchThatBeginsLongAfterAHaltInventsNoTimes() {
        var times = HaltTimes()
        let late = seen(.halted, at: 43_000_000_000)
        let steps = times.steps(late, own: nil, venues: false, wallMs: Self.halted + 42_000)
        #expect(steps.page == .done(ms: 0))
        #expect(steps.disk == .past && steps.gates == .past && steps.verified == .past && steps.key == .empty)
        // The verification has a record of its own, with a time.
        var others = HaltTimes()
        let recorded = seen(.halted, at: 43_000_000_000, effective: "2026-01-01T00:00:00.120Z")
        let known = others.steps(recorded, own: nil, venues: false, wallMs: Self.halted + 42_000)
        #expect(known.disk == .past && known.gates == .past && known.verified == .done(ms: 120))
        // A clock that was set back meanwhile tells nothing.
        var third = HaltTimes()
        #expect(third.steps(recorded, own: nil, venues: false, wallMs: Self.halted + 99_000).verified == .past)
    }

    @Test func aWatchThatWasThereTellsTheTimes() {
        var times = HaltTimes()
        _ = times.steps(seen(.live, at: 900_000_000), own: nil, venues: false)
        let steps = times.steps(seen(.halted, at: 1_020_000_000), own: nil, venues: false)
        #expect(steps.disk == .done(ms: 20) && steps.gates == .done(ms: 20))
        let later = times.steps(seen(.halted, at: 99_000_000_000), own: nil, venues: false)
        #expect(later.disk == .done(ms: 20) && later.gates == .done(ms: 20) && later.verified == .done(ms: 20))
    }

    @Test func whereAHostRunsVerifiedIsWhatItsRecordSays() {
        var times = HaltTimes()
        let host = HostLock.Presence(pid: 1, tradingMode: nil)
        let steps = times.steps(seen(.halted, at: 1_500_000_000, host: host), own: nil, venues: false)
        #expect(steps.disk == .done(ms: 500) && steps.gates == .done(ms: 500))
        #expect(steps.orders == .pending(ms: 500) && steps.verified == .pending(ms: 500))
        let recorded = seen(.halted, at: 2_500_000_000, effective: "2026-01-01T00:00:00.900Z", host: host)
        let verified = times.steps(recorded, own: nil, venues: false, wallMs: Self.halted + 1_500)
        #expect(verified.verified == .done(ms: 900) && verified.orders == .past)
    }

    @Test func withoutAHostARealDeskIsNeverVerifiedWhateverItsGatesSay() {
        var times = HaltTimes()
        var look = seen(.halted, at: 43_000_000_000, effective: "2026-01-01T00:00:00.120Z")
        look.isPaper = false
        let steps = times.steps(look, own: nil, venues: true, wallMs: Self.halted + 42_000)
        #expect(steps.disk == .past && steps.gates == .past)
        #expect(steps.verified == .notApplicable("orders NOT verified: no host runs"))
        guard case .alarm(let text) = steps.orders else {
            Issue.record("\(steps.orders)")
            return
        }
        #expect(text.contains("ORDERS NOT CANCELLED"))
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
