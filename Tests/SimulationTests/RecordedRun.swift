import Foundation
import SafetyEngine

@testable import Simulation

/// One simulated desk as it was journaled: what the tests of the checks doctor.
struct RecordedRun {
    typealias Entry = (event: Event, receipt: Receipt, decisions: [Decision])

    let simulation: Simulation

    /// A seed whose run has halts, alerts that rise and fall, and snapshots.
    static let seed: UInt64 = 3

    init() throws {
        var plan = Plan(seed: RecordedRun.seed)
        plan.faults.keepEvery = 60
        (plan.faults.stop, plan.faults.fullDisk) = (0, 0)
        var simulation = Simulation(plan)
        try simulation.run()
        self.simulation = simulation
    }

    func entries() throws -> [Entry] {
        try simulation.history.map { stored in
            let decisions = try stored.decisions.map { try JSONDecoder().decode(Decision.self, from: Data($0)) }
            return (stored.event, stored.receipt, decisions)
        }
    }

    /// What the checks say of entries; nil: nothing.
    static func finding(_ entries: [Entry]) -> Finding? {
        var checks = Checks()
        do {
            for entry in entries { try checks.take(entry.event, entry.receipt, entry.decisions) }
            return nil
        } catch {
            return error
        }
    }
}
