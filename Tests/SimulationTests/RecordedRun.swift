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
        var simulation = Simulation(Plan(seed: RecordedRun.seed))
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

    /// The entries with their decisions' numbers counted anew, as if one had never been there.
    static func renumbered(_ entries: [Entry]) -> [Entry] {
        var last: UInt64 = 0
        return entries.map { entry in
            let decisions = entry.decisions.map { decision in
                switch decision {
                case .halt(var order):
                    last += 1
                    order.number = last
                    return Decision.halt(order)
                case .effect(var effect):
                    last += 1
                    effect.number = last
                    return .effect(effect)
                case .alert, .log: return decision
                }
            }
            return (entry.event, entry.receipt, decisions)
        }
    }
}
