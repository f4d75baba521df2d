@testable import SafetyEngine

/// A desk whose rules are evaluated step by step, with a book made by hand.
struct RuleBench {
    var engine: Engine
    var valuation = Valuation()
    /// Everything that was decided so far.
    var decisions: [Decision] = []

    init(_ rules: [Rule] = Rule.defaults) {
        var settings = EngineSettings()
        settings.rules = rules
        engine = Engine(settings: settings)
        engine.mode = HostEvent.ModeState(mode: "live", generation: 2, latches: 0)
    }

    var atMs: UInt64 { engine.evaluatedMs }

    /// Evaluates one step.
    @discardableResult
    mutating func step() -> [Decision] {
        engine.evaluatedMs += Engine.stepMs
        var made: [Decision] = []
        engine.breakers.evaluate(engine.mode, at: engine.evaluatedMs, engine.settings)
        engine.evaluateRules(at: engine.evaluatedMs, valuation, &made)
        decisions += made
        return made
    }

    /// Evaluates the steps of so many milliseconds.
    @discardableResult
    mutating func run(_ milliseconds: UInt64) -> [Decision] {
        let before = decisions.count
        for _ in 0..<milliseconds / Engine.stepMs { step() }
        return Array(decisions.dropFirst(before))
    }

    mutating func act(
        _ change: OperatorAction.Change,
        reason: String = "drill",
        by name: String = "alice"
    ) -> [Decision] {
        var made: [Decision] = []
        let action = OperatorAction(name: name, reason: reason, change: change)
        engine.take(action, Receipt(atMs: atMs, wallMs: 0), &made)
        decisions += made
        return made
    }

    /// A reading of the metric that `RuleBench.probe` rules watch: a new sample each time.
    mutating func read(_ value: Decimal, _ name: String = "probe") {
        var metric = engine.book.metrics[name] ?? BookMetric()
        metric.name = name
        metric.value = value
        metric.seenMs = atMs + Engine.stepMs
        metric.version += 1
        engine.book.metrics[name] = metric
    }

    mutating func mode(_ mode: String, latches: Int = 0) {
        let new = HostEvent.ModeState(mode: mode, generation: engine.mode.generation + 1, latches: latches)
        engine.breakers.modeChanged(from: engine.mode, to: new, at: atMs, engine.settings)
        engine.mode = new
    }

    mutating func order(_ id: String, venue: String = "kraken", sinceMs: UInt64 = 0, state: Order.State = .acknowledged)
    {
        var order = BookOrder()
        order.symbol = "BTC-USD"
        order.quantity = Decimal(1)
        order.sinceMs = sinceMs
        order.state = state
        engine.book.orders[OrderKey(venue: venue, account: "main", clientID: id)] = order
    }

    /// A rule over the metric `probe`.
    static func probe(
        _ steps: [Rule.Step],
        _ comparison: Rule.Comparison = .over,
        name: String = "PROBE",
        forMs: UInt64 = 0,
        confirmations: Int = 1,
        cooldownMs: UInt64 = 0,
        holdMs: UInt64 = 0
    ) -> Rule {
        Rule(
            name,
            measure: "metric:probe",
            comparison,
            steps: steps,
            forMs: forMs,
            confirmations: confirmations,
            cooldownMs: cooldownMs,
            holdMs: holdMs
        )
    }
}

extension [Decision] {
    var changes: [Decision.AlertChange] {
        compactMap { if case .alert(let change) = $0 { change } else { nil } }
    }
    var kinds: [Decision.AlertChange.Kind] { changes.map(\.kind) }
    var halts: [Decision.HaltOrder] {
        compactMap { if case .halt(let halt) = $0 { halt } else { nil } }
    }
}
