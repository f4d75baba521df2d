import KillSwitch
import SafetyEngine

/// When venues are asked to cancel what a halt found and to list what is open: at once, and again until nothing is left.
///
/// A value: the host tells it which halts are in force and what is proved of each, and does what it says.
///
/// Invariants (DeskTests/HaltCancelsTests): each halt's venues are asked at once and again as long as its orders are not proved to
/// be gone, once they were and one appears again, too; what a resume ended is asked for no more.
struct HaltCancels: Sendable, Equatable {
    /// Between two demands to cancel while orders are left, in milliseconds.
    static let againMs: UInt64 = 2_000
    /// Between two listings that are asked for while nothing is proved, in milliseconds.
    static let listsMs: UInt64 = 250
    /// Orders left after so long are an alarm, in milliseconds.
    static let alarmMs: UInt64 = 10_000

    /// What is to be asked of every venue now.
    struct Demand: Sendable, Equatable {
        /// Cancel what is open in this scope.
        var cancels: [Scope] = []
        /// List what is open.
        var lists = false
    }

    private struct Asked: Sendable, Equatable {
        var scope: Scope
        var period: UInt32
        var atMs: UInt64
    }

    private var asked: [Asked] = []
    private var listedMs: UInt64?
    /// Why a venue did not take a demand, the last ones.
    private(set) var problems: [String] = []

    /// Takes what is seen now.
    ///
    /// - Parameters:
    ///   - halts: the halts in force.
    ///   - proofs: what the engine has proved of them.
    ///   - atMs: the desk's time.
    mutating func look(_ halts: [HaltInForce], _ proofs: [OrdersProof], atMs: UInt64) -> Demand {
        var demand = Demand()
        asked.removeAll { known in !halts.contains { $0.scope == known.scope && $0.period == known.period } }
        var isOpen = false
        for halt in halts {
            let proof = proofs.first { $0.id == halt.id }
            if proof?.standing == .gone { continue }
            isOpen = true
            if let place = asked.firstIndex(where: { $0.scope == halt.scope && $0.period == halt.period }) {
                guard atMs >= asked[place].atMs + HaltCancels.againMs else { continue }
                asked[place].atMs = atMs
            } else {
                asked.append(Asked(scope: halt.scope, period: halt.period, atMs: atMs))
            }
            demand.cancels.append(halt.scope)
        }
        guard isOpen else {
            problems = []
            listedMs = nil
            return demand
        }
        // Often while it is fresh; whoever does not prove it then is asked as often as to cancel.
        let isFresh = proofs.allSatisfy { $0.ageMs < HaltCancels.alarmMs }
        if listedMs.map({ atMs >= $0 + (isFresh ? HaltCancels.listsMs : HaltCancels.againMs) }) ?? true {
            listedMs = atMs
            demand.lists = true
        }
        return demand
    }

    /// Takes why a venue did not accept the demand.
    mutating func failed(_ venue: String, _ problem: String) {
        let text = "\(venue): \(problem)"
        if !problems.contains(text) { problems = Array((problems + [text]).suffix(5)) }
    }

    /// What a screen shows of the orders of a halt.
    ///
    /// - Parameter reached: venues where a halt cancels.
    func shown(_ proof: OrdersProof, reached: Set<String>) -> EngineView.Cancels {
        var problem = problems.joined(separator: "; ")
        switch proof.standing {
        case .gone: problem = ""
        case .unlisted, .notWatched: problem = proof.text(reached: reached)
        case .open, .waiting:
            if proof.ageMs > HaltCancels.alarmMs || proof.new > 0 {
                problem =
                    "\(proof.text(reached: reached)): cancel by hand at the venue"
                    + (problem.isEmpty ? "" : " (\(problem))")
            }
        }
        return EngineView.Cancels(
            askedAgeMs: proof.ageMs,
            doneAfterMs: proof.goneAfterMs,
            found: proof.found,
            left: proof.open,
            problem: problem,
            new: proof.new,
            standing: proof.standing
        )
    }
}
