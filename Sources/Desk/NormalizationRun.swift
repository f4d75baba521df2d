import KillSwitch
import SafetyEngine

/// One normalization, ordered by an operator: planned, sold through the engine as the caps are enforced, waited for, and
/// reported (FEATURES rows C43 to C45).
///
/// Blocks its thread until the positions are gone, or for `patienceMs`.
struct NormalizationRun {
    /// How long closes may take before the report says that they are under way, in milliseconds.
    static let patienceMs: UInt64 = 20_000
    /// Between two looks at what is left, in milliseconds.
    private static let lookMs: UInt64 = 100

    let host: DeskHost
    let operatorName: String
    let reason: String

    /// What a run would do; nil: the engine does not answer.
    static func plan(_ host: DeskHost) -> Normalization? {
        EngineAnswer.of(host) { Normalization.plan($0, at: $1) }
    }

    /// Does it.
    ///
    /// - Returns: what was done; nil: the engine does not answer, and nothing was ordered.
    func carryOut() -> Normalization? {
        guard var run = NormalizationRun.plan(host) else { return nil }
        host.submit(
            run.orders.map { change in
                Event(
                    Event.Origin(source: Event.Source(.operator, operatorName)),
                    .operatorAction(
                        OperatorAction(name: operatorName, reason: "normalization: \(reason)", change: change)
                    )
                )
            }
        )
        let until = Clock.boottime() + NormalizationRun.patienceMs * 1_000_000
        let planned = run
        while let left = EngineAnswer.of(host, { engine, _ in planned.waiting(in: engine) }), left > 0,
            Clock.boottime() < until
        { Clock.sleep(milliseconds: NormalizationRun.lookMs) }
        let settled = EngineAnswer.of(host) { engine, _ in
            var run = planned
            run.settle(in: engine)
            return run
        }
        if let settled { run = settled }
        return run
    }
}
