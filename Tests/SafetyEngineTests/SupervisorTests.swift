import Testing

@testable import SafetyEngine

@Suite struct SupervisorTests {
    @Test(
        "health by age",
        arguments: [
            (UInt64(1000), UInt64(0), true, Supervisor.Health.ok), (1000, 1499, true, .ok), (1000, 1500, true, .late),
            (1000, 2999, true, .late), (1000, 3000, true, .stalled), (1000, 0, false, .dead), (0, 99_999, true, .ok),
        ]
    )
    func healthFollowsTheAge(interval: UInt64, age: UInt64, alive: Bool, health: Supervisor.Health) {
        #expect(Supervisor(name: "s", intervalMs: interval, lastBeatAgeMs: age, alive: alive).health == health)
    }

    @Test func whoNeverBeatHasStalled() {
        #expect(Supervisor(name: "s", intervalMs: 1000, lastBeatAgeMs: nil, alive: nil).health == .stalled)
    }

    @Test func missedCountsWholeIntervals() {
        #expect(Supervisor(name: "s", intervalMs: 1000, lastBeatAgeMs: 2500, alive: nil).missed == 2)
        #expect(Supervisor(name: "s", intervalMs: 0, lastBeatAgeMs: 2500, alive: nil).missed == 0)
    }

    @Test func anEndlessIntervalNeverOverflows() {
        #expect(Supervisor(name: "s", intervalMs: .max, lastBeatAgeMs: .max, alive: true).health != .dead)
    }
}
