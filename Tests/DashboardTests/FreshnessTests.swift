import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct FreshnessTests {
    @Test(
        arguments: [
            (0, "0.0s"), (940, "0.9s"), (9999, "9.9s"), (10_000, "10s"), (59_999, "59s"), (60_000, "1m00s"),
            (3_599_000, "59m59s"), (3_600_000, "1h00m"), (86_400_000, "1d00h"),
        ] as [(UInt64, String)]
    )
    func agesAreShort(_ ms: UInt64, _ text: String) { #expect(Age.text(ms) == text) }

    @Test(
        arguments: [
            (0, "0.00 ms"), (0.154, "0.15 ms"), (3.14, "3.1 ms"), (41.9, "41 ms"), (1312, "1.3 s"), (61_000, "1m01s"),
        ]
            as [(Double, String)]
    )
    func stepsHaveTheirUnit(_ ms: Double, _ text: String) { #expect(Age.step(ms) == text) }

    @Test(
        arguments: [
            (0, "1970-01-01", "00:00:00"), (951_782_400_000, "2000-02-29", "00:00:00"),
            (1_795_262_653_999, "2026-11-21", "12:04:13"), (-1000, "1969-12-31", "23:59:59"),
        ] as [(Int64, String, String)]
    )
    func theClockIsUTC(_ ms: Int64, _ date: String, _ time: String) {
        #expect(Age.utc(ms).date == date)
        #expect(Age.utc(ms).time == time)
    }

    @Test func freshnessOnlyGetsWorse() {
        let limit = Freshness.staleAfterMs
        let lost = Freshness.lostAfterMs
        #expect(Freshness.live(ageMs: 0).later(by: limit - 1) == .live(ageMs: limit - 1))
        #expect(Freshness.live(ageMs: 0).later(by: limit) == .stale(ageMs: limit))
        #expect(Freshness.live(ageMs: 1).later(by: limit - 1) == .stale(ageMs: limit))
        #expect(Freshness.stale(ageMs: 10).later(by: 0) == .stale(ageMs: 10))
        #expect(Freshness.live(ageMs: 0).later(by: lost) == .lost(ageMs: lost, reason: "no news from the host"))
        #expect(Freshness.lost(ageMs: 5, reason: "x").later(by: 5) == .lost(ageMs: 10, reason: "x"))
        #expect(Freshness.never.later(by: 1000) == .never)
    }

    @Test func aClockThatGoesBackwardsMakesNothingYounger() {
        let desk = Fixture.trading()
        let interface = Fixture.interface(desk)
        let frame = Fixture.frame(interface, desk, 80, 24, nowMs: Fixture.nowMs - 5000)
        #expect(frame.text(row: 0).contains("TRADING"))
    }

    @Test func aTradingDeskThatFallsSilentIsUnknownInTheEnd() {
        let desk = Fixture.trading()
        let interface = Fixture.interface(desk)
        func top(_ later: UInt64) -> String {
            Fixture.frame(interface, desk, 100, 24, nowMs: Fixture.nowMs + later).text(row: 0)
        }
        #expect(top(0).contains("TRADING") && !top(0).contains("STALE"))
        #expect(top(4000).contains("TRADING  STALE 4s"))
        #expect(top(16_000).contains("UNKNOWN"))
        let frame = Fixture.frame(interface, desk, 100, 40, nowMs: Fixture.nowMs + 16_000)
        #expect(frame.text.contains("NOT CONNECTED since 12:04:12 UTC (16s): no news from the host"))
        #expect(frame.text.contains("[grid-bot-0"))
    }

    @Test func neverEmptyAndUnavailableLookDifferent() {
        let never = DeskSnapshot(deskName: "a", paper: true, directory: "/d")
        var empty = never
        empty.freshness = .live(ageMs: 0)
        empty.mode = .paper
        empty.word = Word(generation: 2, mode: .paper)
        var lost = empty
        lost.freshness = .lost(ageMs: 20_000, reason: "refused")
        let texts = [never, empty, lost].map { Fixture.frame(Fixture.interface($0), $0, 80, 30).text }
        #expect(texts[0].contains("nothing received yet"))
        #expect(texts[1].contains("no gate is open"))
        #expect(texts[2].contains("NOT CONNECTED"))
        #expect(!texts[0].contains("no gate is open"))
    }

    @Test func aHaltWithoutKnownStepsIsEffectiveOnceEveryGateAcknowledged() {
        var desk = Fixture.halted()
        desk.steps = DeskSnapshot.HaltSteps()
        #expect(Status.of(desk, freshness: desk.freshness, unansweredHalt: false) == .halted)
        desk.gates[1].acknowledged = false
        #expect(Status.of(desk, freshness: desk.freshness, unansweredHalt: false) == .halting)
        desk.gates[1].alive = false
        #expect(Status.of(desk, freshness: desk.freshness, unansweredHalt: false) == .halted)
    }

    @Test func agesAloneAreNoReasonToPaint() {
        let desk = Fixture.halting()
        var aged = desk
        aged.sinceAgeMs = 5000
        aged.gates[0].checks += 5
        aged.gates[0].lastCheckAgeMs = 900
        aged.host = .running(pid: 812, beatAgeMs: 999)
        aged.freshness = .live(ageMs: 900)
        aged.steps.gates = .pending(ms: 5000)
        aged.supervisors[0].gaps.append(101)
        aged.alerts.rows[0].ageMs += 1000
        aged.positions.rows[0].heldMs = 9_000_000
        aged.orders.rows[0].ageMs += 1000
        aged.venues.rows[0].lastReplyAgeMs = 900
        aged.venues.freshness = .live(ageMs: 1300)
        #expect(!aged.differsVisibly(from: desk))
        aged.gates[2].acknowledged = true
        #expect(aged.differsVisibly(from: desk))
        aged = desk
        aged.alerts.rows[0].level = .emergency
        #expect(aged.differsVisibly(from: desk))
        aged = desk
        aged.venues.freshness = .stale(ageMs: 4000)
        #expect(aged.differsVisibly(from: desk))
    }
}
