import Foundation
import Seeds
import Testing

@testable import SafetyEngine

/// Who does not beat is found, told, started again with patience and a limit, each step with its time.
struct RosterRecoveryTests {
    @Test func aStalledOneIsRestartedAfterTheBackoff() {
        var desk = RosterDesk([RosterDesk.expected()])
        desk.beat(at: 1_000)
        desk.advance(to: 4_750)
        #expect(desk.restarts.isEmpty)
        desk.advance(to: 5_000)
        // Found at 4,000; 1 s of backoff.
        #expect(desk.restarts.map(\.attempt) == [1])
        #expect(desk.restarts.map(\.name) == ["bot"])
        desk.outcome(1, isDone: true, at: 5_400)
        desk.beat(at: 6_100)
        desk.advance(to: 6_250)
        let shown = desk.shown(at: 6_250)
        #expect(shown?.recovery.map(\.kind) == [.lastBeat, .detected, .alerted, .asked, .done, .beating])
        #expect(shown?.recovery.map(\.afterMs) == [0, 0, 0, 1_000, 1_400, 2_100])
        #expect(shown?.recovery.map(\.ageMs) == [5_250, 2_250, 2_250, 1_250, 850, 150])
        #expect(shown?.restarts == 1)
        #expect(shown?.note == "beats again since 150 ms, 2.1 s after it was found")
        #expect(
            desk.log == [
                "heartbeat check failed: bot is late: no beat for 1.5 s (interval 1.0 s)",
                "heartbeat check failed: bot stalled: no beat for 3.0 s (interval 1.0 s)",
                "bot is STALLED: restart 1 of 3 is asked for", "bot was restarted in 400 ms; its beat is awaited",
                "bot recovered after 1 restart, 2.1 s after it was found",
            ]
        )
    }

    @Test func aDeadOneIsRestartedWithoutWaitingForThreeIntervals() {
        var desk = RosterDesk([RosterDesk.expected(intervalMs: 60_000, backoffMs: 500)])
        desk.beat(at: 1_000, intervalMs: 60_000, pid: 7)
        desk.process(isAlive: false, at: 2_000)
        desk.advance(to: 2_250)
        #expect(desk.log == ["supervisor thread bot died: its process 7 is gone"])
        #expect(desk.restarts.isEmpty)
        desk.advance(to: 2_750)
        #expect(desk.restarts.map(\.attempt) == [1])
        guard case .effect(let effect) = desk.decisions[1] else {
            Issue.record("no effect")
            return
        }
        #expect(effect.by == "HEARTBEAT_DEAD")
        #expect(effect.reason == "bot is DEAD: restart 1 of 3")
        desk.outcome(1, isDone: true, at: 3_000)
        // It runs again as far as anybody knows, and has its interval to beat.
        #expect(desk.health(at: 3_000) == .ok)
    }

    @Test func theBackoffDoublesAndEndsAtTheLimit() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 2_000)])
        desk.beat(at: 1_000)
        var asked: [UInt64] = []
        for at in stride(from: UInt64(1_250), through: 60_000, by: 250) {
            desk.advance(to: at)
            guard let last = desk.restarts.last, desk.restarts.count > asked.count else { continue }
            asked.append(at)
            desk.outcome(last.number, isDone: false, "exit 1", at: at)
        }
        // Found at 4,000; after 2 s, then 4 s, then 8 s.
        #expect(asked == [6_000, 10_000, 18_000])
        #expect(desk.restarts.map(\.attempt) == [1, 2, 3])
        #expect(desk.log.last == "supervisor thread bot stopped for good: 3 restarts did not help; start it by hand")
        #expect(desk.log.filter { $0 == "restart 2 of bot failed: exit 1" }.count == 1)
        #expect(desk.shown(at: 60_000)?.note == "left alone after 3 of 3 restarts: start it by hand")
        #expect(desk.health(at: 60_000) == .stalled)
    }

    @Test func aRestartedOneHasAsLongAsAnyOtherToBeat() {
        var desk = RosterDesk([RosterDesk.expected(intervalMs: 10_000, backoffMs: 0)])
        desk.beat(at: 0, intervalMs: 10_000)
        desk.advance(to: 30_000)
        #expect(desk.restarts.count == 1)
        desk.outcome(1, isDone: true, at: 31_000)
        desk.advance(to: 60_750)
        #expect(desk.restarts.count == 1)
        // It is still shown as what it is until it beats.
        #expect(desk.health(at: 60_750) == .stalled)
        desk.advance(to: 61_000)
        #expect(desk.restarts.count == 2)
    }

    @Test func aLateOneIsNotRestarted() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 0)])
        desk.beat(at: 0)
        desk.advance(to: 2_750)
        desk.beat(at: 2_900)
        desk.advance(to: 3_500)
        #expect(desk.restarts.isEmpty)
        #expect(
            desk.log == [
                "heartbeat check failed: bot is late: no beat for 1.5 s (interval 1.0 s)", "bot beats on time again",
            ]
        )
        #expect(desk.shown(at: 3_500)?.recovery == [])
    }

    @Test func withoutACommandItIsOnlyTold() {
        var desk = RosterDesk()
        desk.beat(at: 0)
        desk.advance(to: 20_000)
        #expect(desk.restarts.isEmpty)
        #expect(desk.shown(at: 20_000)?.recovery.map(\.kind) == [.lastBeat, .detected, .alerted])
        #expect(desk.shown(at: 20_000)?.note == "no restart is configured: start it by hand")
        desk.beat(at: 20_100)
        desk.advance(to: 20_250)
        #expect(desk.log.last == "bot recovered by itself, 17.1 s after it was found")
    }

    @Test func aLimitOfNoneIsNoRestart() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 0, most: 0)])
        desk.beat(at: 0)
        desk.advance(to: 20_000)
        #expect(desk.restarts.isEmpty)
        #expect(desk.shown(at: 20_000)?.note == "no restart is configured: start it by hand")
    }

    @Test func absurdSettingsNeverTrap() {
        for number in [0, 1, .max - 1, .max] as [UInt64] {
            for percent in [-1, 0, 1, Int.max] {
                var desk = RosterDesk([RosterDesk.expected(intervalMs: number, backoffMs: number, most: .max)])
                desk.settings.beats.engineStallMs = number
                desk.settings.beats.engineStallHalts = true
                desk.settings.beats.latePercent = percent
                desk.settings.beats.stalledPercent = percent
                desk.beat(at: 10, intervalMs: number)
                desk.process(isAlive: false, at: 500)
                desk.advance(to: 2_000)
                desk.outcome(desk.lastNumber, isDone: false, at: 2_000)
                desk.roster.engineStalled(number, at: 2_000, desk.settings, &desk.lastNumber, &desk.decisions)
                desk.advance(to: 3_000)
                #expect(desk.roster.shown(at: .max, settings: desk.settings).count == 2)
                #expect(desk.roster.lateness(at: .max, desk.settings).count == 2)
            }
        }
    }

    @Test func anOutcomeThatNeverComesIsAFailure() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 0)])
        desk.beat(at: 0)
        desk.advance(to: 3_000)
        #expect(desk.restarts.count == 1)
        desk.advance(to: 3_000 + Roster.outcomeWaitMs - 250)
        #expect(desk.restarts.count == 1)
        desk.advance(to: 3_000 + Roster.outcomeWaitMs)
        #expect(desk.log.contains("restart 1 of bot failed: no outcome for 30.0 s"))
        #expect(desk.restarts.count == 2)
    }

    @Test func anotherOnesOutcomeChangesNothing() {
        var desk = RosterDesk([RosterDesk.expected()])
        desk.beat(at: 0)
        desk.advance(to: 4_000)
        let before = desk.roster
        desk.outcome(99, isDone: true, at: 4_000)
        #expect(desk.roster == before)
    }

    @Test func aHostThatStoppedMeanwhileAsksAgain() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 0)])
        desk.beat(at: 0)
        desk.advance(to: 3_000)
        desk.roster.hostStarted(at: 50_000, desk.settings)
        desk.advance(to: 52_750)
        #expect(desk.restarts.count == 1)
        desk.advance(to: 53_000)
        #expect(desk.restarts.map(\.attempt) == [1, 2])
    }

    /// Else a bot that dies after its first beat would be restarted for ever.
    @Test func aBeatInBetweenDoesNotGiveTheRestartsBack() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 0)])
        var pid: UInt32 = 1
        desk.beat(at: 0, pid: pid)
        for at in stride(from: UInt64(250), to: 120_000, by: 250) {
            let asked = desk.restarts.count
            desk.advance(to: at)
            if desk.restarts.count > asked {
                desk.outcome(desk.lastNumber, isDone: true, at: at)
                pid += 1
                desk.beat(at: at, pid: pid)
            } else if at % 5_000 == 0 {
                desk.process(isAlive: false, at: at)
            } else if at % 1_000 == 0, desk.health(at: at) != .dead {
                desk.beat(at: at, pid: pid)
            }
        }
        #expect(desk.restarts.map(\.attempt) == [1, 2, 3])
    }

    @Test func afterTenGoodMinutesTheRestartsAreThereAgain() {
        var desk = RosterDesk([RosterDesk.expected(backoffMs: 0, most: 1)])
        desk.beat(at: 0)
        desk.advance(to: 3_000)
        desk.outcome(1, isDone: true, at: 3_100)
        for at in stride(from: UInt64(3_200), through: 3_500 + Roster.steadyMs, by: 1_000) { desk.beat(at: at) }
        desk.advance(to: 3_500 + Roster.steadyMs)
        #expect(desk.shown(at: 3_500 + Roster.steadyMs)?.restarts == 0)
        desk.advance(to: 10_000 + Roster.steadyMs)
        #expect(desk.restarts.map(\.attempt) == [1, 1])
    }

    @Test func theEnginesStallIsLateOrStalledAndOver() {
        var desk = RosterDesk()
        desk.advance(to: 10_000)
        #expect(desk.health("engine", at: 10_000) == .ok)
        // Watched from outside while it stands still.
        #expect(desk.health("engine", at: 12_499) == .ok)
        #expect(desk.health("engine", at: 12_502) == .late)
        #expect(desk.health("engine", at: 15_002) == .stalled)
        desk.roster.engineStalled(6_200, at: 16_200, desk.settings, &desk.lastNumber, &desk.decisions)
        desk.advance(to: 16_500)
        #expect(desk.percent("engine", at: 16_500) == 372)
        #expect(desk.health("engine", at: 16_500) == .stalled)
        desk.advance(to: 21_250)
        #expect(desk.health("engine", at: 21_250) == .ok)
        #expect(desk.shown("engine", at: 21_250)?.note == "stalled once, last for 6.2 s")
        #expect(desk.log == ["engine loop stalled for 6.2 s: nothing was evaluated meanwhile"])
    }

    @Test(arguments: [(UInt64(4_999), true, 0), (5_000, true, 1), (60_000, true, 1), (60_000, false, 0)])
    func theEnginesStallHaltsIfConfigured(milliseconds: UInt64, halts: Bool, orders: Int) {
        var desk = RosterDesk()
        desk.settings.beats.engineStallHalts = halts
        desk.lastNumber = 41
        desk.roster.engineStalled(milliseconds, at: 100_000, desk.settings, &desk.lastNumber, &desk.decisions)
        let found = desk.decisions.compactMap { if case .halt(let order) = $0 { order } else { nil } }
        #expect(found.count == orders)
        #expect(found.allSatisfy { $0.number == 42 && $0.scope == "global" && $0.mode == "halted" })
    }

    /// The same events give the same decisions, also when the engine was written down and read in between.
    @Test func aRosterThatWasStoredGoesOnAsBefore() throws {
        for seed in 0..<UInt64(20) {
            var random = SeededRandom(seed: seed)
            var desk = RosterDesk([RosterDesk.expected("bot-0"), RosterDesk.expected("bot-1", intervalMs: 700)])
            var stored = desk
            for step in 1...400 as ClosedRange<UInt64> {
                let name = "bot-\(random.next() % 5)"
                let at = step * 173
                let (choice, number, flag) = (random.next() % 10, random.next(), random.next() % 2 == 0)
                for isStored in [false, true] {
                    var one = isStored ? stored : desk
                    switch choice {
                    case 0: one.process(name, isAlive: flag, at: at)
                    case 1: one.outcome(number % (one.lastNumber + 1), isDone: flag, at: at)
                    case 2: one.advance(to: at)
                    case 3 where flag: one.roster.forget(name)
                    default: one.beat(name, at: at, intervalMs: 500, pid: UInt32(number % 3))
                    }
                    if isStored { stored = one } else { desk = one }
                }
                if step % 10 == 0 {
                    let data = try JSONEncoder().encode(stored.roster)
                    stored.roster = try JSONDecoder().decode(Roster.self, from: data)
                }
            }
            #expect(stored.roster == desk.roster, "seed \(seed)")
            #expect(stored.decisions == desk.decisions, "seed \(seed)")
            #expect(!desk.restarts.isEmpty)
        }
    }

    @Test func theEngineShowsItsSupervisors() {
        var engine = Engine()
        var settings = EngineSettings()
        settings.supervisors = [RosterDesk.expected("feed", feeds: "kraken")]
        let host = Event.Origin(source: Event.Source(.host, "desk"))
        _ = engine.apply(Event(host, .host(.started(settings))), at: Receipt(atMs: 0, wallMs: 0))
        let bot = Event.Origin(source: Event.Source(.bot, "a"))
        _ = engine.apply(
            Event(bot, .heartbeat(Heartbeat(name: "a", intervalMs: 1_000))),
            at: Receipt(atMs: 600, wallMs: 600)
        )
        let decisions = engine.advance(to: Receipt(atMs: 2_500, wallMs: 2_500))
        #expect(engine.view(at: 2_500).supervisors.map(\.name) == ["engine", "feed", "a"])
        #expect(engine.view(at: 2_500).supervisors.map(\.health) == [.ok, .stalled, .late])
        let restarts = decisions.filter { if case .effect = $0 { true } else { false } }
        #expect(restarts.count == 1)
    }
}
