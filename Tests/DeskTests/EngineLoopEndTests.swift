import KillSwitch
import SafetyEngine
import Synchronization
import Testing

@testable import Desk

/// The end of the engine's thread: what comes in before is done, and what comes after is refused, with nothing in between.
@Suite struct EngineLoopEndTests {
    private final class Counts: Sendable {
        let recorded = Atomic<Int>(0)
        let answered = Atomic<Int>(0)
    }

    private func loop(_ counts: Counts) -> EngineLoop {
        EngineLoop(
            engine: Engine(settings: EngineSettings()),
            time: DeskTime(boot: "boot", boottimeMs: 0, atMs: 0),
            mostWaiting: 1_000_000,
            keepEvery: 1_000_000,
            outlets: EngineLoop.Outlets(
                halt: { _ in },
                record: { entries in
                    let beats = entries.count { if case .metric = $0.event.body { true } else { false } }
                    counts.recorded.add(beats, ordering: .relaxed)
                },
                carryOut: { _ in },
                look: { [] },
                keep: { _ in }
            )
        )
    }

    @Test func whatIsTakenIsRecordedHoweverTheLoopEnds() throws {
        let line = Array(#"{"v":1,"type":"metric","source":"bot:probe","name":"q","value":"1"}"#.utf8)
        let event = try EventLine.parse(line.span)
        for _ in 0..<20 {
            let counts = Counts()
            let loop = loop(counts)
            loop.start(EngineSettings())
            let taken = Atomic<Int>(0)
            let asked = Atomic<Int>(0)
            let ended = Wire()
            let started = ThreadStart.detached {
                while loop.offer([EngineLoop.Incoming(event, line: line)], whenEmptied: {}) == .taken {
                    taken.add(1, ordering: .relaxed)
                    if loop.ask({ _, _ in counts.answered.add(1, ordering: .relaxed) }) {
                        asked.add(1, ordering: .relaxed)
                    }
                }
                ended.pull()
            }
            try #require(started)
            while taken.load(ordering: .relaxed) < 3 { Clock.sleep(milliseconds: 1) }
            loop.stop()
            try #require(ended.wait(milliseconds: 60_000))
            #expect(counts.recorded.load(ordering: .relaxed) == taken.load(ordering: .relaxed))
            #expect(counts.answered.load(ordering: .relaxed) == asked.load(ordering: .relaxed))
            #expect(!loop.ask({ _, _ in }) && !loop.submit([EngineLoop.host(.clock)]))
            #expect(loop.offer([], whenEmptied: {}) == .notNow(EngineLoop.hasEnded))
        }
    }
}
