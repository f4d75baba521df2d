import KillSwitch
import SafetyEngine

/// Nothing that the engine decides or believes permits more than the record: it only ever asks to halt, its breakers stay
/// tripped until somebody resets them, limits stay tight while the watch after a resume lasts.
struct PermissionCheck {
    private var tripped: Set<String> = []
    private var isPermitted = false
    private var reset: Set<String> = []

    /// One event with what was decided at it.
    mutating func take(_ event: Event, _ decisions: [Decision]) throws(Finding) {
        for decision in decisions {
            switch decision {
            case .halt(let order):
                guard let mode = Mode(name: order.mode), mode == .halted || mode == .reduceOnly else {
                    throw Finding(.neverWider, "halt \(order.number) asks for \(order.mode)")
                }
                guard (try? Scope(order.scope)) != nil else {
                    throw Finding(.neverWider, "halt \(order.number) has no scope: \(order.scope)")
                }
            case .effect(let effect):
                guard case .close = effect.action, !effect.by.hasPrefix("operator:"), !isPermitted else { continue }
                throw Finding(.neverWider, "\(effect.by) closes by itself while nothing is permitted")
            case .alert, .log: break
            }
        }
        switch event.body {
        case .host(.mode(let state)): isPermitted = state.permits
        case .operatorAction(let action):
            if case .resetBreaker(let name) = action.change, !action.reason.isEmpty { reset.insert(name) }
        default: break
        }
    }

    /// What the engine shows after it.
    mutating func compare(_ view: EngineView, _ oracle: Oracle) throws(Finding) {
        let now = Set(view.breakers.filter(\.isTripped).map(\.name))
        let known = Set(view.breakers.map(\.name))
        for name in tripped.sorted() where known.contains(name) && !now.contains(name) && !reset.contains(name) {
            throw Finding(.neverWider, "the breaker \(name) put itself back")
        }
        (tripped, reset) = (now, [])
        let isDue = oracle.probationUntilMs.map { $0 > view.atMs } ?? false
        guard isDue, view.probation == nil else { return }
        throw Finding(.neverWider, "the watch after a resume ended before \(oracle.probationUntilMs ?? 0)")
    }

    /// What the engine believes of the switch.
    static func compare(believed: HostEvent.ModeState, _ record: RecordedSwitch) throws(Finding) {
        guard record.word.mode.isAtMost(record.allowed) else {
            throw Finding(.neverWider, "the page says \(record.word.mode.name), the record \(record.allowed.name)")
        }
        let mode = Mode(name: believed.mode) ?? .unknown
        guard mode.isAtMost(record.allowed) else {
            throw Finding(.neverWider, "the engine believes \(mode.name), the record says \(record.allowed.name)")
        }
    }
}

/// How long the desk was in each stage without a break, by the record: what a staged resume asks for.
struct StageClock {
    private(set) var mode = Mode.live
    private var sinceMs: UInt64 = 0

    /// The record changed: whatever was there before, a stage begins anew.
    mutating func changed(to mode: Mode, at atMs: UInt64) { (self.mode, sinceMs) = (mode, atMs) }

    /// Why a mode is too early; nil: it is not.
    func objection(to wanted: Mode, at atMs: UInt64, _ probation: EngineSettings.Probation) -> String? {
        let stages: [(Mode, UInt64)] = [(.paper, probation.paperMs), (.reduceOnly, probation.reduceOnlyMs)]
        guard mode != .live, wanted != mode else { return nil }
        let before: (Mode, UInt64)?
        switch wanted {
        case .reduceOnly: before = stages[0]
        case .live:
            if stages[1].1 > 0 { before = stages[1] } else { before = mode == .reduceOnly ? nil : stages[0] }
        default: before = nil
        }
        guard let (stage, leastMs) = before, leastMs > 0 else { return nil }
        guard mode == stage else { return "\(wanted.name) after \(mode.name)" }
        guard atMs - min(atMs, sinceMs) < leastMs else { return nil }
        return "\(wanted.name) \(atMs - sinceMs) ms after \(mode.name) began, of \(leastMs)"
    }
}
