import KillSwitch
import SafetyEngine

/// One scope that is restricted while the rest of the desk is not.
struct ScopedHalt: Equatable {
    var scope: Scope
    /// What its latches leave together.
    var mode: Mode
    /// Its latches, the oldest first.
    var latches: [Latch]

    /// `HALTED venue=kraken`.
    var words: String { "\(mode == .halted ? "HALTED" : mode.name.uppercased()) \(scope)" }
}

extension DeskSnapshot {
    /// The scopes that are restricted by a latch of their own, in the order of their first latches.
    var scopedHalts: [ScopedHalt] {
        var halts: [ScopedHalt] = []
        for latch in latches where !latch.scope.isGlobal {
            if let index = halts.firstIndex(where: { $0.scope == latch.scope }) {
                halts[index].mode = halts[index].mode.combined(with: latch.mode)
                halts[index].latches.append(latch)
            } else {
                halts.append(ScopedHalt(scope: latch.scope, mode: latch.mode, latches: [latch]))
            }
        }
        return halts
    }

    /// Open gates that a scope's halt covers.
    func gates(of halt: ScopedHalt) -> [Gate] { gates.filter { $0.alive && halt.scope.covers($0.tradedScope) } }

    /// What a gate may do: what the desk's mode and every scoped halt that covers it leave together.
    func mode(of gate: Gate) -> Mode { mode(of: gate, scopedHalts) }

    /// The same with the scoped halts at hand.
    func mode(of gate: Gate, _ halts: [ScopedHalt]) -> Mode {
        var mode = mode
        for halt in halts where halt.scope.covers(gate.tradedScope) { mode = mode.combined(with: halt.mode) }
        // Paper permits the paper venue's gates only.
        if mode == .paper, gate.tradedScope.values[.venue] != "paper" { return .halted }
        return mode
    }
}

extension DeskSnapshot {
    /// The halt of everything that came last; nil: there is none.
    var newest: Latch? { latches.filter { $0.scope.isGlobal && !$0.since.isEmpty }.max { $0.last < $1.last } }
}

extension Latch {
    /// Who or what did it.
    var author: String { source.author(op) }

    /// How often it came and who did it last, as the screen writes times; nil: once.
    func times(today: String) -> String? {
        count > 1 ? "\(count) times, last \(Age.time(last, today: today)) by \(source.author(lastBy))" : nil
    }
}

extension DeskSnapshot.Gate {
    /// What it trades; one that does not say it may trade anything.
    var tradedScope: Scope { (try? Scope(scope)) ?? .global }
}
