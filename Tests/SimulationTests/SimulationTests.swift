import Foundation
import XCTest

@testable import Simulation

/// Desks from seeds. `ESTOP_SEED=N` runs one of them, `ESTOP_SEEDS=N` so many, `ESTOP_LONG` 10,000; else 200.
final class SimulationTests: XCTestCase {
    private static let environment = ProcessInfo.processInfo.environment
    private static let first = UInt64(environment["ESTOP_FIRST_SEED"] ?? "") ?? 1

    private static var seeds: [UInt64] {
        if let seed = environment["ESTOP_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["ESTOP_SEEDS"].flatMap { UInt64($0) } ?? (environment["ESTOP_LONG"] == nil ? 200 : 10_000)
        return (0..<count).map { first + $0 }
    }

    func testNoSeedBreaksAnInvariant() {
        var tally = Simulation.Tally()
        var broken = 0
        let began = Date()
        for seed in Self.seeds {
            var simulation = Simulation(Plan(seed: seed))
            do {
                try simulation.run()
            } catch {
                XCTFail(simulation.report(error))
                broken += 1
                if broken == 5 { return }
            }
            tally.add(simulation.tally)
        }
        let seconds = Date().timeIntervalSince(began)
        print("\(Self.seeds.count) seeds in \(String(format: "%.1f", seconds)) s")
        for (name, count) in tally.counts.sorted(by: { $0.key < $1.key }) { print("  \(count) \(name)") }
    }
}
