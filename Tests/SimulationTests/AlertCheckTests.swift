import SafetyEngine
import Testing

@testable import Simulation

/// Proof that a lost, doubled or fallen alert would be noticed.
struct AlertCheckTests {
    private let entries: [RecordedRun.Entry]

    init() throws { entries = try RecordedRun().entries() }

    /// The entries with one decision of a kind changed: removed, doubled, or another one.
    private func doctored(
        _ isMeant: @escaping (Decision) -> Bool,
        _ change: (Decision) -> [Decision]
    ) throws -> [RecordedRun.Entry] {
        let found = entries.firstIndex { $0.decisions.contains(where: isMeant) }
        let place = try #require(found)
        let first = entries[place].decisions.firstIndex(where: isMeant)
        let inside = try #require(first)
        var doctored = entries
        let decision = doctored[place].decisions.remove(at: inside)
        doctored[place].decisions.insert(contentsOf: change(decision), at: inside)
        return doctored
    }

    private func isChange(_ decision: Decision, _ kind: Decision.AlertChange.Kind) -> Bool {
        if case .alert(let change) = decision { change.kind == kind } else { false }
    }

    private func isHalt(_ decision: Decision) -> Bool { if case .halt = decision { true } else { false } }

    private func of(_ decision: Decision, level: Alert.Level) -> [Decision] {
        guard case .alert(var change) = decision else { return [decision] }
        change.alert.level = level
        return [.alert(change)]
    }

    @Test func whatWasJournaledIsInOrder() { #expect(RecordedRun.finding(entries) == nil) }

    @Test(arguments: Decision.AlertChange.Kind.allCases.filter { $0 == .raised || $0 == .resolved || $0 == .escalated })
    func aDoubledChangeIsFound(_ kind: Decision.AlertChange.Kind) throws {
        let found = RecordedRun.finding(try doctored({ isChange($0, kind) }, { [$0, $0] }))
        #expect(found?.invariant == .alertsOnce)
    }

    @Test func aLostRaiseIsFound() throws {
        let found = RecordedRun.finding(try doctored({ isChange($0, .raised) }, { _ in [] }))
        #expect(found?.invariant == .alertsOnce)
    }

    @Test func aLostResolutionIsFoundWhereTheScreenIsCompared() throws {
        let doctored = try doctored({ isChange($0, .resolved) }, { _ in [] })
        var checks = Checks()
        var engine = Engine(settings: Plan(seed: RecordedRun.seed).settings)
        #expect(throws: Finding.self) {
            for entry in doctored {
                _ = engine.apply(entry.event, at: entry.receipt)
                try checks.take(entry.event, entry.receipt, entry.decisions)
                try checks.compare(engine.view(at: entry.receipt.atMs))
            }
        }
    }

    @Test func aLevelThatFallsIsFound() throws {
        let found = RecordedRun.finding(try doctored({ isChange($0, .escalated) }, { of($0, level: .info) }))
        #expect(found?.invariant == .alertsOnce)
    }

    @Test func aLevelThatRisesUntoldIsFound() throws {
        let acknowledged = { (decision: Decision) in
            guard case .alert(let change) = decision else { return false }
            return change.kind == .resolved && change.alert.level < .emergency
        }
        let found = RecordedRun.finding(try doctored(acknowledged, { of($0, level: .emergency) }))
        #expect(found?.invariant == .alertsOnce)
    }

    @Test func aNumberTwiceOrNeverIsFound() throws {
        #expect(RecordedRun.finding(try doctored(isHalt, { [$0, $0] }))?.invariant == .alertsOnce)
        let skipped = try doctored(isHalt) { decision in
            guard case .halt(var order) = decision else { return [decision] }
            order.number += 1
            return [.halt(order)]
        }
        #expect(RecordedRun.finding(skipped)?.invariant == .alertsOnce)
    }

    @Test func aHaltOfNoOpenAlertIsFound() throws {
        let found = RecordedRun.finding(
            try doctored(isHalt) { decision in
                guard case .halt(var order) = decision else { return [decision] }
                order.alert = "HEAT/nowhere"
                return [.halt(order)]
            }
        )
        #expect(found?.invariant == .alertsOnce)
    }
}
