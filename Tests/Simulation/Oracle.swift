import SafetyEngine

/// What must be decided, computed a second time in the simplest way from what the desk was told: it shares no code with
/// the engine's book, measures and rules. Where lost and reordered words leave it in doubt it demands nothing.
///
/// A value: a copy is kept with each snapshot, so that it loses what a crash loses.
struct Oracle {
    var settings = EngineSettings()
    var orders = OrdersOracle()
    var money = MoneyOracle()
    var beats = BeatsOracle()
    /// By account: losing trades in a row, and how many trades there were.
    private var losses: [String: (row: Int, count: UInt64)] = [:]
    private var trades: Set<String> = []
    /// The last reading of each metric, when, and how many there were.
    private var metrics: [String: (value: Double, atMs: UInt64, count: UInt64)] = [:]
    private(set) var crossings: [String: Crossing] = [:]
    /// Events' names by source.
    private var names: Set<String> = []
    private var tripped: Set<String> = []
    /// What each alert halted, until that was resumed.
    private var halted: [String: String] = [:]
    private(set) var mode = HostEvent.ModeState(mode: "unknown", generation: 0, latches: 0)
    private(set) var probationUntilMs: UInt64?
    private(set) var modeSinceMs: UInt64 = 0
    private var evaluatedMs: UInt64 = 0
    private var lastMs: UInt64 = 0
    /// The wall clock at desk time 0.
    private var originMs: Int64?
    /// Halts that were demanded and decided, by rule.
    private(set) var kept: [String: Int] = [:]

    /// The wall clock that the desk goes by.
    func wallMs(at atMs: UInt64) -> Int64? { originMs.map { $0 + Int64(atMs) } }

    /// Takes an event. Time up to it has passed (`pass`).
    mutating func take(_ event: Event, _ receipt: Receipt) {
        switch event.body {
        case .host(let host): return take(host, receipt)
        case .operatorAction(let action): return take(action, receipt)
        case .heartbeat(let beat): return beats.take(beat, at: receipt.atMs)
        default: break
        }
        let name = "\(event.origin.source)/\(event.id)"
        guard event.id.isEmpty || names.insert(name).inserted else { return }
        let lateMs = event.happenedMs.flatMap { happened in wallMs(at: receipt.atMs).map { $0 - happened } } ?? 0
        orders.take(event, at: receipt.atMs)
        money.take(event, lateMs: lateMs, at: receipt.atMs, settings)
        switch event.body {
        case .trade(let trade):
            let account = "\(event.origin.venue)/\(event.origin.account)"
            guard trades.insert("\(account)/\(trade.tradeID)").inserted else { return }
            let known = losses[account] ?? (0, 0)
            losses[account] = (trade.profit.isNegative ? known.row + 1 : 0, known.count + 1)
        case .metric(let metric):
            metrics[metric.name] = (metric.value.double, receipt.atMs, (metrics[metric.name]?.count ?? 0) + 1)
        default: break
        }
    }

    private mutating func take(_ host: HostEvent, _ receipt: Receipt) {
        let atMs = receipt.atMs
        switch host {
        case .started(let settings):
            self.settings = settings
            originMs = receipt.wallMs - Int64(atMs)
            money.hostStarted()
            beats.hostStarted(at: atMs, settings)
            if mode.permits { rearm(at: atMs) { _ in true } }
        case .settings(let settings):
            self.settings = settings
            beats.settingsChanged(at: atMs, settings)
        case .stalled(let milliseconds): beats.excuse(milliseconds, at: atMs)
        case .clock:
            let origin = receipt.wallMs - Int64(atMs)
            if abs(origin - (originMs ?? origin)) <= 1_000 { originMs = origin }
        case .mode(let state): change(to: state, at: atMs)
        case .process(let name, let isAlive): beats.process(name, isAlive: isAlive, at: atMs)
        case .outcome(let outcome): beats.take(outcome)
        case .dropped, .refused, .journal, .halts, .files: break
        }
    }

    private mutating func change(to state: HostEvent.ModeState, at atMs: UInt64) {
        let isFirst = mode.mode == "unknown" && mode.generation == 0
        // Also where the halt in between was never seen: the record tells of the last resume.
        let isResumed = state.permits && !isFirst && (!mode.permits || (state.resumed ?? 0) > (mode.resumed ?? 0))
        let lifted = (mode.kept ?? []).filter { !(state.kept ?? []).contains($0) }
        if !lifted.isEmpty { rearm(at: atMs) { $0.reach != .global } }
        halted = halted.filter { _, scope in !lifted.contains { $0.scope == scope || $0.scope == "global" } }
        if isResumed { rearm(at: atMs) { _ in true } }
        if isResumed || state.mode != mode.mode { modeSinceMs = atMs }
        if !state.permits { probationUntilMs = nil }
        if isResumed { probationUntilMs = settings.probation.watchMs > 0 ? atMs + settings.probation.watchMs : nil }
        mode = state
    }

    private mutating func take(_ action: OperatorAction, _ receipt: Receipt) {
        switch action.change {
        case .resetBreaker(let name):
            guard !action.reason.isEmpty, tripped.remove(name) != nil else { return }
            halted = halted.filter { !$0.key.hasPrefix(name + "/") }
            rearm(at: receipt.atMs) { $0.name == name }
        case .acceptClock: originMs = receipt.wallMs - Int64(receipt.atMs)
        case .forgetSupervisor(let name): beats.forget(name)
        default: break
        }
    }

    /// What was decided at an event.
    mutating func take(_ decisions: [Decision], at atMs: UInt64) {
        for decision in decisions {
            switch decision {
            case .halt(let order):
                if crossings[order.alert]?.missingSinceMs != nil { kept[order.rule, default: 0] += 1 }
                crossings[order.alert, default: Crossing(atMs: atMs)].decided(at: atMs)
                halted[order.alert] = order.scope
                // A stall's own halt trips no breaker: what a reset of that one arms again is not certain.
                if order.rule != "HEARTBEAT_STALLED" { tripped.insert(order.rule) }
            case .effect(let effect): beats.take(effect)
            case .alert, .log: break
            }
        }
    }

    private mutating func rearm(at atMs: UInt64, _ isMeant: (Rule) -> Bool) {
        for (id, crossing) in crossings {
            guard let rule = settings.rules.first(where: { id.hasPrefix($0.name + "/") }), isMeant(rule) else {
                continue
            }
            var crossing = crossing
            crossing.rearm(at: atMs)
            crossings[id] = crossing
        }
    }

    /// Whether what an alert halted is still halted: it need not halt it again.
    private func isHeld(_ alert: String) -> Bool {
        guard let scope = halted[alert] else { return false }
        return mode.kept?.contains { $0.scope == scope } ?? false
    }

    /// The first halt that is missing for a second or more, and since when.
    func missing(at atMs: UInt64) -> (alert: String, sinceMs: UInt64)? {
        var first: (alert: String, sinceMs: UInt64)?
        for (id, crossing) in crossings {
            guard let sinceMs = crossing.missingSinceMs, sinceMs + 1_000 <= atMs, !isHeld(id) else { continue }
            if let known = first, (known.sinceMs, known.alert) <= (sinceMs, id) { continue }
            first = (id, sinceMs)
        }
        return first
    }
}

// MARK: - Time

extension Oracle {
    /// Time passes up to an event, or up to now (nil).
    mutating func pass(to atMs: UInt64, before event: Event?) {
        let atMs = max(atMs, lastMs)
        lastMs = atMs
        if case .host(let host)? = event?.body {
            switch host {
            case .started: evaluatedMs = max(evaluatedMs, atMs - atMs % 250)
            case .stalled(let milliseconds):
                step(to: atMs - min(atMs, milliseconds))
                evaluatedMs = max(evaluatedMs, atMs - atMs % 250)
            default: break
            }
        }
        step(to: atMs)
    }

    private mutating func step(to atMs: UInt64) {
        while evaluatedMs + 250 <= atMs {
            evaluatedMs += 250
            evaluate(evaluatedMs)
        }
    }

    private mutating func evaluate(_ atMs: UInt64) {
        if let until = probationUntilMs, until <= atMs { probationUntilMs = nil }
        let worth = money.settle(at: atMs, wallMs: wallMs(at: atMs), settings)
        beats.settle(at: atMs)
        var seen: Set<String> = []
        for rule in settings.rules where rule.isEnabled {
            guard let limit = rule.steps.last(where: \.kills)?.threshold.double else { continue }
            for (subject, reading) in readings(rule, limit, worth, at: atMs) {
                let id = "\(rule.name)/\(subject)"
                seen.insert(id)
                crossings[id, default: Crossing(atMs: atMs)].look(reading, rule, at: atMs)
            }
        }
        for id in crossings.keys where !seen.contains(id) {
            crossings[id]?.look(.calm, settings.rules[0], at: atMs)
        }
    }

    private func readings(
        _ rule: Rule,
        _ limit: Double,
        _ worth: MoneyOracle.Worth,
        at atMs: UInt64
    ) -> [(String, Crossing.Reading)] {
        switch rule.name {
        case "ORDER_STUCK":
            return orders.ages(at: atMs).map { id, seconds in
                (id, compare(seconds, limit, limit * share, margin: 0, sample: nil))
            }
        case "CONSECUTIVE_LOSSES":
            return losses.map { account, known in
                let isPast = Double(known.row) >= limit
                let isNear = Double(known.row) >= max(1, (limit * share).rounded(.up))
                return (account, isPast ? .past(sample: known.count) : isNear ? .unsure : .calm)
            }
        case "PLATFORM_EXPOSURE":
            return worth.shares.map { venue, percent in
                guard let percent else { return (venue, .unsure) }
                return (
                    venue, compare(percent, limit, limit, margin: 0.001, sample: worth.sample, isState: worth.isHeard)
                )
            }
        case "DAILY_DRAWDOWN":
            guard let percent = worth.lossPercent else { return [("desk", .unsure)] }
            let reading = compare(
                percent,
                limit,
                limit * share,
                margin: 0.001,
                sample: worth.sample,
                isState: worth.isHeard
            )
            return [("desk", reading)]
        case "HEARTBEAT_DEAD":
            // 1 where the process is gone: a limit that somebody set above 1 is never met, dead or not.
            return beats.dead.map { ($0, $1 && limit <= 1 ? .past(sample: nil) : .calm) }
        case "HEARTBEAT_STALLED":
            return beats.percents(at: atMs).map { ($0, $1 >= Int(limit) ? .past(sample: nil) : .calm) }
        case "HEAT":
            guard let heat = metrics["heat"] else { return [] }
            guard atMs - heat.atMs <= (rule.windowMs > 0 ? rule.windowMs : 180_000) else { return [("heat", .unknown)] }
            return [("heat", compare(heat.value, limit, limit * share, margin: 0, sample: heat.count))]
        default: return []
        }
    }

    /// What remains of a limit during the watch after a resume.
    private var share: Double { probationUntilMs == nil ? 1 : Double(settings.probation.percent) / 100 }

    private func compare(
        _ value: Double,
        _ limit: Double,
        _ tightened: Double,
        margin: Double,
        sample: UInt64?,
        isState: Bool = false
    ) -> Crossing.Reading {
        if value > limit + margin { return .past(sample: sample, isState: isState) }
        return value > min(limit, tightened) - margin ? .unsure : .calm
    }
}

extension Decimal {
    var double: Double {
        var divisor = 1.0
        for _ in 0..<scale { divisor *= 10 }
        return Double(digits) / divisor
    }
}
