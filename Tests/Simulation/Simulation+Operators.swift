import KillSwitch
import SafetyEngine
import Seeds

/// What people do to the desk, and what the desk does outside.
extension Simulation {
    /// Now and then an operator does something.
    mutating func operate(at atMs: UInt64) {
        if random.chance(8) {
            settings.change(&random)
            inbox.append(EngineTurns.host(.settings(settings)))
            tally.add("configurations")
        }
        if random.chance(8) { halt(at: atMs) }
        if hand.killSwitch.word.mode != .live || !hand.killSwitch.latches.isEmpty, random.chance(40) {
            resume(at: atMs)
        }
        guard random.chance(40), let change = change(at: atMs) else { return }
        tally.add("operators' actions")
        let reason = random.chance(900) ? "drill" : ""
        if case .resetBreaker(let name) = change { hand.killSwitch.forgetAlerts(of: name) }
        let action = OperatorAction(name: "alice", reason: reason, change: change)
        inbox.append(Event(Event.Origin(source: Event.Source(.operator, "alice")), .operatorAction(action)))
    }

    private mutating func halt(at atMs: UInt64) {
        let scope = random.one(of: ["global", "global", "venue=v0,account=main"])
        let mode = random.one(of: [Mode.halted, .halted, .reduceOnly, .paper])
        hand.halt(scope: scope, mode, "drill", at: atMs)
        if scope != "global", random.chance(500) {
            hand.halt(scope: "venue=v1,account=main", mode, "drill", at: atMs)
            tally.add("halts of two accounts at once")
        }
        tally.add("operators' halts")
    }

    /// By the record, and no sooner than its stage allows: what the engine permits is compared with what the record says.
    private mutating func resume(at atMs: UInt64) {
        if random.chance(200) {
            hand.liftScoped(at: atMs)
            return
        }
        // The engine is asked once it knows of the last change.
        guard engine.mode == hand.killSwitch.state else { return }
        let wanted = random.one(of: [Mode.paper, .reduceOnly, .live, .live])
        guard engine.stageProblem(for: wanted.name, at: atMs) == nil else {
            tally.add("resumes refused")
            return
        }
        if let objection = hand.stage.objection(to: wanted, at: atMs, settings.probation) {
            failure = failure ?? Finding(.neverWider, "the engine lets the desk resume: \(objection)")
        }
        hand.resume(to: wanted, at: atMs)
        tally.add("resumes")
    }

    private mutating func change(at atMs: UInt64) -> OperatorAction.Change? {
        let view = engine.view(at: atMs)
        let alert = view.alerts.isEmpty ? nil : random.one(of: view.alerts)
        let position = view.positions.isEmpty ? nil : random.one(of: view.positions)
        switch random.of(0...15) {
        case 0, 1, 2: return alert.map { .acknowledge(alert: $0.id, forMs: random.one(of: [nil, 500, 3_000])) }
        case 3: return alert.map { .silence(rule: $0.rule, subject: $0.subject, forMs: UInt64(random.of(500...8_000))) }
        case 4: return view.silences.first.map { .endSilence(rule: $0.rule, subject: $0.subject) }
        case 5, 6, 7: return view.breakers.first { $0.isTripped }.map { .resetBreaker(name: $0.name) }
        case 8: return .acceptClock
        case 9: return random.chance(300) ? .forgetSupervisor(name: random.one(of: ["grid", "scalp"])) : nil
        case 10: return .enforceCap(account: nil, most: random.of(1...3))
        case 11: return view.proposals.first.map { .carryOut(proposal: $0.id) }
        case 12:
            if view.liquidation?.isActive ?? false { return random.chance(300) ? .stopLiquidation : nil }
            let cap = Decimal(digits: Int128(random.of(1...20)), scale: 2) ?? Decimal(1)
            return .liquidate(account: nil, maxSlippage: cap, withinMs: UInt64(random.of(2...30)) * 1_000)
        case 13:
            return position.map {
                .addDust(venue: $0.venue, account: $0.account, symbol: $0.symbol, value: nil)
            }
        default:
            return position.map {
                .setEntryPrice(venue: $0.venue, account: $0.account, symbol: $0.symbol, price: Decimal(100))
            }
        }
    }

    // MARK: - What the desk decided is done

    mutating func carryOut() {
        for effect in hand.effects { carryOut(effect) }
        hand.effects = []
    }

    private mutating func carryOut(_ effect: Decision.Effect) {
        tally.add("effects")
        var isDone = false
        switch effect.action {
        case .close(let venue, _, let symbol, _, let quantity, let limit):
            guard let number = self.number(of: venue) else { return }
            if let limit {
                tally.add("slices")
                isDone = world.sell(number, symbol, quantity, noWorseThan: limit, effect.clientID, at: nowMs)
            } else {
                isDone = world.close(number, symbol, at: nowMs)
            }
        case .cancel(let venue, _, let clientID, _):
            guard let number = self.number(of: venue) else { return }
            isDone = world.cancel(number, clientID, at: nowMs)
        case .restart(let name, _):
            guard let place = world.processes.firstIndex(where: { $0.name == name }) else { return }
            isDone = random.chance(700)
            if isDone { world.revive(place, at: nowMs) }
        case .inquire: return
        }
        guard !random.chance(100) else { return }
        let outcome = HostEvent.Outcome(number: effect.number, isDone: isDone, text: isDone ? "" : "refused")
        network.post(EngineTurns.host(.outcome(outcome)), at: nowMs + random.of(10...1_500), isLocal: true)
    }

    private func number(of venue: String) -> Int? {
        world.venues.firstIndex { "v\($0.number)" == venue }
    }
}
