import Foundation
import SafetyEngine

@testable import Simulation

/// One simulated desk as it was journaled: what the tests of the checks doctor.
struct RecordedRun {
    typealias Entry = (event: Event, receipt: Receipt, decisions: [Decision])

    let simulation: Simulation

    /// The first seed whose run has two halts, and alerts that rise and are resolved, the first one that is raised among these.
    static let seed: UInt64 =
        (1...100).first { seed in
            guard let entries = try? RecordedRun(seed: seed).entries() else { return false }
            let decisions = entries.flatMap(\.decisions)
            let changes = decisions.compactMap { if case .alert(let change) = $0 { change } else { nil } }
            func has(_ kind: Decision.AlertChange.Kind, of id: String? = nil) -> Bool {
                changes.contains { $0.kind == kind && (id == nil || $0.alert.id == id) }
            }
            let isHalted = decisions.count { if case .halt = $0 { true } else { false } } > 1
            let first = changes.first { $0.kind == .raised }?.alert.id
            return isHalted && first != nil && has(.escalated) && has(.resolved, of: first)
        } ?? 1

    init() throws { try self.init(seed: RecordedRun.seed) }

    private init(seed: UInt64) throws {
        var plan = Plan(seed: seed)
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
