import Foundation
import SafetyEngine
import Testing

@testable import Simulation

/// Proof that a changed byte would be noticed, and an event that was lost, and a snapshot that is not what it says.
struct ReplayCheckTests {
    private let run: RecordedRun
    private let settings = Plan(seed: RecordedRun.seed).settings

    init() throws { run = try RecordedRun() }

    private func finding(_ history: [DiskJournal.Stored], _ snapshots: [DiskJournal.Snapshot]? = nil) -> Finding? {
        do {
            try Replay.check(
                history,
                snapshots ?? run.simulation.journal.snapshots,
                settings: settings,
                end: run.simulation.engine,
                fromEach: true
            )
            return nil
        } catch {
            return error as? Finding
        }
    }

    @Test func theJournalReplays() { #expect(finding(run.simulation.history) == nil) }

    @Test func aChangedByteOfADecisionIsFound() throws {
        var history = run.simulation.history
        let places = history.indices.filter { !history[$0].decisions.isEmpty }
        let place = try #require(places.last)
        history[place].decisions[0][history[place].decisions[0].count / 2] ^= 1
        #expect(finding(history)?.invariant == .replaysEqual)
    }

    @Test func aLostAndADoubledDecisionAreFound() throws {
        let place = try #require(run.simulation.history.firstIndex { !$0.decisions.isEmpty })
        var history = run.simulation.history
        history[place].decisions.removeLast()
        #expect(finding(history)?.invariant == .replaysEqual)
        history = run.simulation.history
        history[place].decisions.append(history[place].decisions[0])
        #expect(finding(history)?.invariant == .replaysEqual)
    }

    @Test func aLostEventIsFound() throws {
        var history = run.simulation.history
        let place = try #require(
            history.firstIndex { if case .metric(let metric) = $0.event.body { metric.name == "heat" } else { false } }
        )
        history.remove(at: place)
        #expect(finding(history)?.invariant == .replaysEqual)
    }

    @Test func aSnapshotOfAnotherMomentIsFound() throws {
        var snapshots = run.simulation.journal.snapshots
        let first = try #require(snapshots.first)
        var engine = try StoredForm.engine(from: first.bytes)
        let receipt = try #require(engine.last)
        _ = engine.advance(to: Receipt(atMs: receipt.atMs + 1_000, wallMs: receipt.wallMs))
        snapshots[0].bytes = try StoredForm.bytes(of: engine)
        #expect(finding(run.simulation.history, snapshots)?.invariant == .replaysEqual)
    }
}
