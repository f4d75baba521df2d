import Testing

@testable import SafetyEngine

/// Who is late is late by the desk's own time, and nobody is for what nobody heard.
struct RosterLatenessTests {
    @Test(
        arguments: [
            (UInt64(0), Supervisor.Health.ok, 0), (999, .ok, 99), (1_499, .ok, 149), (1_500, .late, 150),
            (1_501, .late, 150), (2_999, .late, 299), (3_000, .stalled, 300), (3_001, .stalled, 300),
            (900_000, .stalled, 90_000),
        ]
    )
    func healthFollowsTheIntervals(silence: UInt64, health: Supervisor.Health, percent: Int) {
        var desk = RosterDesk()
        desk.beat(at: 10_000)
        #expect(desk.health(at: 10_000 + silence) == health)
        #expect(desk.percent(at: 10_000 + silence) == percent)
    }

    @Test(arguments: [(UInt64(1_999), Supervisor.Health.ok), (2_000, .late), (4_999, .late), (5_000, .stalled)])
    func theLimitsAreConfigured(silence: UInt64, health: Supervisor.Health) {
        var desk = RosterDesk()
        desk.settings.beats.latePercent = 200
        desk.settings.beats.stalledPercent = 500
        desk.beat(at: 0)
        #expect(desk.health(at: silence) == health)
    }

    @Test func theConfiguredIntervalGoesBeforeThePromise() {
        var desk = RosterDesk([RosterDesk.expected(intervalMs: 1_000)])
        desk.beat(at: 0, intervalMs: 3_600_000)
        #expect(desk.health(at: 3_000) == .stalled)
        #expect(desk.shown(at: 3_000)?.intervalMs == 1_000)
    }

    @Test func whoPromisedNothingIsNeverLate() {
        var desk = RosterDesk()
        desk.beat(at: 0, intervalMs: 0)
        #expect(desk.health(at: 1_000_000_000) == .ok)
        #expect(desk.percent(at: 1_000_000_000) == 0)
    }

    @Test func anEndlessPromiseNeverOverflows() {
        var desk = RosterDesk()
        desk.beat(at: 5, intervalMs: .max)
        #expect(desk.percent(at: .max) == 100)
        desk.beat("short", at: 6, intervalMs: 1)
        #expect(desk.roster.lateness(at: .max, desk.settings).last?.percent ?? 0 > 1_000_000)
        #expect(desk.shown("short", at: .max)?.health == .stalled)
    }

    @Test(
        arguments: [
            (UInt64(0), Supervisor.Health.ok, 0), (1_000, .ok, 100), (1_499, .ok, 149), (1_500, .stalled, 300),
            (5_000, .stalled, 500),
        ]
    )
    func whoIsConfiguredAndNeverBeatHasAnIntervalOfGrace(after: UInt64, health: Supervisor.Health, percent: Int) {
        let desk = RosterDesk([RosterDesk.expected()], startedMs: 7_000)
        #expect(desk.health(at: 7_000 + after) == health)
        #expect(desk.percent(at: 7_000 + after) == percent)
    }

    @Test(arguments: [(UInt64(1_499), Supervisor.Health.ok), (1_500, .late), (3_000, .stalled)])
    func aHostsStartExcusesTheTimeBefore(after: UInt64, health: Supervisor.Health) {
        var desk = RosterDesk()
        desk.beat(at: 0)
        desk.roster.hostStarted(at: 3_600_000, desk.settings)
        let at = 3_600_000 + after
        #expect(desk.health(at: at) == health)
        // What is shown as its last beat is its last beat all the same.
        #expect(desk.shown(at: at)?.lastBeatAgeMs == at)
        #expect(desk.percent(at: at) == Int(after / 10))
    }

    @Test func aDeadOneIsDeadAfterAHostsStartToo() {
        var desk = RosterDesk()
        desk.beat(at: 0)
        desk.process(isAlive: false, at: 100)
        desk.roster.hostStarted(at: 1_000, desk.settings)
        #expect(desk.health(at: 1_001) == .dead)
    }

    @Test func aStallOfTheEngineIsNobodysSilence() {
        var desk = RosterDesk()
        desk.beat(at: 1_000)
        desk.roster.engineStalled(9_000, at: 10_500, desk.settings, &desk.lastNumber, &desk.decisions)
        // 500 ms of the 9,500 were listened to.
        #expect(desk.percent(at: 10_500) == 50)
        #expect(desk.health(at: 12_500) == .late || desk.health(at: 12_500) == .ok)
        #expect(desk.health(at: 13_000) == .stalled)
    }

    @Test func aProcessThatIsGoneIsDeadAtOnce() {
        var desk = RosterDesk()
        desk.beat(at: 1_000, pid: 7)
        desk.process(isAlive: false, at: 1_100)
        #expect(desk.health(at: 1_100) == .dead)
        #expect(desk.roster.lateness(at: 1_100, desk.settings).last?.isDead == true)
        desk.process(isAlive: true, at: 1_200)
        #expect(desk.health(at: 1_200) == .ok)
    }

    @Test(arguments: [(UInt32(7), Supervisor.Health.dead), (8, .ok), (0, .ok)])
    func aLastBeatOfAGoneProcessDoesNotBringItBack(pid: UInt32, health: Supervisor.Health) {
        var desk = RosterDesk()
        desk.beat(at: 1_000, pid: 7)
        desk.process(isAlive: false, at: 1_100)
        desk.beat(at: 1_150, pid: pid)
        #expect(desk.health(at: 1_150) == health)
    }

    @Test func aProcessThatNobodyKnewIsShown() {
        var desk = RosterDesk()
        desk.process("worker", isAlive: false, at: 10)
        #expect(desk.health("worker", at: 10) == .dead)
    }

    @Test func gapsAreInPercentOfTheInterval() {
        var desk = RosterDesk()
        for at in [0, 1_000, 1_500, 4_500, 5_500] as [UInt64] { desk.beat(at: at) }
        #expect(desk.shown(at: 5_500)?.gaps == [100, 50, 300, 100])
        desk.roster.hostStarted(at: 60_000, desk.settings)
        desk.beat(at: 60_200)
        // What nobody listened to is no gap.
        #expect(desk.shown(at: 60_200)?.gaps == [100, 50, 300, 100])
        for beat in 1...40 as ClosedRange<UInt64> { desk.beat(at: 60_200 + beat * 900) }
        #expect(desk.shown(at: 100_000)?.gaps == Array(repeating: 90, count: 24))
    }

    @Test func whoIsForgottenIsGoneAndTheOthersKeepTheirOrder() {
        var desk = RosterDesk([RosterDesk.expected("configured")])
        for name in ["a", "b", "c"] { desk.beat(name, at: 0) }
        desk.roster.forget("a")
        desk.roster.forget("nobody")
        #expect(desk.roster.shown(at: 0, settings: desk.settings).map(\.name) == ["engine", "configured", "b", "c"])
        // The configuration still expects it: it starts anew, with its grace.
        desk.advance(to: 10_000)
        #expect(desk.health("configured", at: 10_000) == .stalled)
        desk.roster.forget("configured")
        #expect(desk.health("configured", at: 10_000) == .ok)
        desk.advance(to: 10_250)
        #expect(desk.health("configured", at: 11_749) == .ok)
        #expect(desk.health("configured", at: 11_750) == .stalled)
    }

    @Test func theConfigurationAddsAndRemoves() {
        var desk = RosterDesk([RosterDesk.expected("old"), RosterDesk.expected("beating")])
        desk.beat("beating", at: 500, intervalMs: 60_000)
        desk.settings.supervisors = [RosterDesk.expected("new", feeds: "kraken"), RosterDesk.expected("engine")]
        desk.roster.settingsChanged(at: 1_000, desk.settings)
        desk.advance(to: 1_500)
        let all = desk.roster.lateness(at: 1_500, desk.settings)
        #expect(all.map(\.name) == ["engine", "beating", "new"])
        #expect(all.map(\.feeds) == ["", "", "kraken"])
        #expect(all.map(\.percent) == [0, 1, 50])
        #expect(all.map(\.ageMs) == [0, 1_000, 500])
    }

    @Test func namesFromOutsideDoNotFillTheMemory() {
        var desk = RosterDesk()
        for number in 0..<Roster.most + 5 { desk.beat("bot-\(number)", at: 0) }
        desk.beat("bot-1", at: 100)
        desk.advance(to: 1_000)
        #expect(desk.roster.members.count == Roster.most)
        #expect(desk.log == ["heartbeat registration fails: there are 10000 supervisors, new names are turned away"])
    }

    @Test func nobodyBeatsUnderTheEnginesName() {
        var desk = RosterDesk()
        desk.beat(Roster.engineName, at: 0, intervalMs: 1)
        desk.process(Roster.engineName, isAlive: false, at: 1)
        #expect(desk.roster.members.isEmpty)
    }

    @Test func aThousandAreReadInTheirOrder() {
        var desk = RosterDesk()
        for number in 0..<1_000 { desk.beat("bot-\(number)", at: 0, intervalMs: 1_000 + UInt64(number)) }
        desk.advance(to: 2_000)
        let all = desk.roster.lateness(at: 2_000, desk.settings)
        #expect(all.dropFirst().map(\.name) == (0..<1_000).map { "bot-\($0)" })
        let late = all.dropFirst().filter { $0.percent >= 150 }.count
        #expect(late == 334)
        #expect(desk.log.count == 334)
    }
}
