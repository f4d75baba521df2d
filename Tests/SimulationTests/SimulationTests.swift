import Foundation
import Testing

@testable import Simulation

/// Desks from seeds. `ESTOP_SEED=N` runs one of them, `ESTOP_SEEDS=N` so many from `ESTOP_FIRST_SEED` (1) on,
/// `ESTOP_LONG` 10,000, `ESTOP_BRIEF` (the sanitizers) 10; else 200.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// Most broken seeds that are told.
    private static let mostTold = 5

    private static var seeds: [UInt64] {
        func number(_ name: String) -> UInt64? { environment[name].flatMap { UInt64($0) } }
        if let seed = number("ESTOP_SEED") { return [seed] }
        let first = number("ESTOP_FIRST_SEED") ?? 1
        let usual: UInt64 = environment["ESTOP_BRIEF"] != nil ? 10 : environment["ESTOP_LONG"] != nil ? 10_000 : 200
        let count = number("ESTOP_SEEDS") ?? usual
        return (0..<count).map { first + $0 }
    }

    /// What became of some seeds.
    private struct Outcome: Sendable {
        var tally = Tally()
        var broken: [String] = []

        mutating func add(_ other: Outcome) {
            tally.add(other.tally)
            broken += other.broken
        }
    }

    /// Trading is never wider than the record allows; no kill condition goes undecided for more than a second; no alert is
    /// lost or doubled; replaying the journal gives the same decisions, byte for byte.
    @Test func noSeedBreaksAnInvariant() async {
        let began = Date()
        let seeds = Self.seeds
        let workers = min(seeds.count, max(1, min(4, ProcessInfo.processInfo.activeProcessorCount)))
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            for worker in 0..<workers {
                group.addTask { Self.run(stride(from: worker, to: seeds.count, by: workers).map { seeds[$0] }) }
            }
            var all = Outcome()
            for await outcome in group { all.add(outcome) }
            return all
        }
        for report in outcome.broken.prefix(Self.mostTold) { Issue.record(Comment(rawValue: report)) }
        #expect(outcome.broken.isEmpty)
        let seconds = Date().timeIntervalSince(began)
        print("\(seeds.count) seeds in \(Int(seconds)) s, \(Int(Double(seeds.count) / max(0.001, seconds))) a second:")
        print(outcome.tally.text)
        if seeds.count >= 100 {
            let absent = Tally.needed.filter { outcome.tally.counts[$0] == nil }
            #expect(absent.isEmpty, "what never happened was not tested")
        }
    }

    private static func run(_ seeds: [UInt64]) -> Outcome {
        var outcome = Outcome()
        for seed in seeds where outcome.broken.count < mostTold {
            var simulation = Simulation(Plan(seed: seed))
            do {
                try simulation.run()
            } catch {
                outcome.broken.append(simulation.report(error))
            }
            outcome.tally.add(simulation.tally)
        }
        return outcome
    }
}
