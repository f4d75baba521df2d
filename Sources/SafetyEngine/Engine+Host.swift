extension HostEvent {
    /// Whether the time before it was watched by nobody.
    var skipsTime: Bool {
        switch self {
        case .started, .stalled: true
        default: false
        }
    }
}

extension Engine {
    mutating func take(_ event: HostEvent, _ receipt: Receipt, _ decisions: inout [Decision]) {
        switch event {
        case .started(let settings):
            self.settings = settings
            calendar.accept(receipt)
            book.hostStarted(at: receipt.atMs)
            for place in halts.indices { halts[place].hostStarted() }
            roster.hostStarted(at: receipt.atMs, settings)
            exits.hostStarted(at: receipt.atMs, &decisions)
            requests.hostStarted()
            breakers.hostStarted(mode)
        case .settings(let settings):
            self.settings = settings
            roster.settingsChanged(at: receipt.atMs, settings)
        case .stalled(let milliseconds):
            roster.engineStalled(milliseconds, at: receipt.atMs, settings, &lastNumber, &decisions)
        case .clock: calendar.read(receipt)
        case .mode(let state):
            breakers.modeChanged(from: mode, to: state, at: receipt.atMs, settings)
            mode = state
        case .halts(let told): take(told, at: receipt.atMs)
        case .process(let name, let isAlive): roster.process(name, isAlive: isAlive, at: receipt.atMs)
        case .outcome(let outcome):
            exits.take(outcome, at: receipt.atMs, &decisions)
            requests.take(outcome, at: receipt.atMs)
            roster.take(outcome, at: receipt.atMs, &decisions)
        case .dropped(let count, _): journal.dropped &+= count
        case .refused(let count, let source):
            journal.refused &+= count
            if count > 0 { journal.refusedMs = receipt.atMs }
            book.refuse(count, from: source, at: receipt.atMs)
        case .journal(let waiting, let problem):
            journal.waiting = waiting
            journal.problem = problem
        case .files(let problems): journal.files = problems.isEmpty ? nil : problems
        }
    }

    mutating func take(_ action: OperatorAction, _ receipt: Receipt, _ decisions: inout [Decision]) {
        let atMs = receipt.atMs
        switch action.change {
        case .acknowledge, .acknowledgeAll, .silence, .endSilence: alarms.take(action, at: atMs, &decisions)
        case .resetBreaker(let name): breakers.reset(name, by: action, at: atMs)
        case .addDust, .removeDust, .clearDust:
            dust.take(action, calendar.wallMs(at: atMs), at: atMs, settings, &decisions)
        case .enforceCap, .carryOut, .liquidate, .stopLiquidation:
            let valuation = book.valuation(at: atMs, settings)
            exits.take(action, book, valuation, dust, at: atMs, settings, &lastNumber, &decisions)
        case .cancelOrder(let venue, let account, let clientID):
            let known = book.orders[OrderKey(venue: venue, account: account, clientID: clientID)]
            lastNumber += 1
            decisions.append(
                .effect(
                    Decision.Effect(
                        number: lastNumber,
                        by: "operator:\(action.name)",
                        reason: action.reason,
                        action: .cancel(
                            venue: venue,
                            account: account,
                            clientID: clientID,
                            venueID: known?.venueID ?? ""
                        )
                    )
                )
            )
        case .setEntryPrice(let venue, let account, let symbol, let price):
            book.setEntryPrice(venue: venue, account: account, symbol: symbol, price: price, by: action)
        case .acceptClock: calendar.accept(receipt)
        case .forgetSupervisor(let name): roster.forget(name, isStopped: action.name == OperatorAction.hostName)
        }
    }
}
