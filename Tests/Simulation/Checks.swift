import SafetyEngine

/// Everything that is checked of a desk's events and decisions. A value: a crash takes it back to what is on disk.
struct Checks {
    var oracle = Oracle()
    var alerts = AlertBook()
    var permission = PermissionCheck()
    var streams = StreamsOracle()

    /// One event, what was decided before and by it.
    mutating func take(_ event: Event, _ receipt: Receipt, _ decisions: [Decision]) throws(Finding) {
        oracle.pass(to: receipt.atMs, before: event)
        oracle.take(decisions, at: receipt.atMs)
        try alerts.take(decisions)
        try permission.take(event, decisions)
        try streams.take(event, decisions, at: receipt.atMs)
        try ownStall(event, decisions)
        oracle.take(event, receipt)
        try inTime(receipt.atMs)
    }

    /// Time passed without an event, and nothing was decided.
    mutating func pass(to atMs: UInt64) throws(Finding) {
        oracle.pass(to: atMs, before: nil)
        try inTime(atMs)
    }

    /// What a screen sees.
    mutating func compare(_ view: EngineView) throws(Finding) {
        try alerts.compare(view)
        try streams.compare(view)
        try permission.compare(view, oracle)
    }

    private func inTime(_ atMs: UInt64) throws(Finding) {
        guard let (alert, sinceMs) = oracle.missing(at: atMs) else { return }
        throw Finding(.decidedInTime, "\(alert) had to halt at \(sinceMs), it is \(atMs)")
    }

    /// A stall of the engine's own loop halts, where it is meant to.
    private func ownStall(_ event: Event, _ decisions: [Decision]) throws(Finding) {
        guard case .host(.stalled(let milliseconds)) = event.body else { return }
        let beats = oracle.settings.beats
        guard beats.engineStallHalts, milliseconds >= beats.engineStallMs else { return }
        let isDecided = decisions.contains { decision in
            if case .halt(let order) = decision { order.alert == "HEARTBEAT_STALLED/engine" } else { false }
        }
        guard !isDecided else { return }
        throw Finding(.decidedInTime, "a stall of \(milliseconds) ms halts nothing")
    }
}
