extension Engine {
    /// What is known and decided, at a time of the desk.
    public func view(at atMs: UInt64) -> EngineView {
        var view = EngineView()
        view.atMs = atMs
        view.evaluationAgeMs = atMs - min(atMs, evaluatedMs)
        let valuation = book.valuation(at: atMs, settings)
        view.take(book.shown(valuation, at: atMs, settings))
        for index in view.orders.indices {
            guard let note = requests.note(of: view.orders[index]) else { continue }
            view.orders[index].note += view.orders[index].note.isEmpty ? note : "; \(note)"
        }
        view.counts = book.counts
        view.journal = journal
        view.supervisors = roster.shown(at: atMs, settings: settings)
        view.proposals = exits.shown(book, at: atMs, settings)
        view.liquidation = exits.liquidation?.shown(at: atMs)
        view.dust = dust.shown(book, valuation)
        let reader = reader(at: atMs, valuation)
        view.stopped = roster.stopped.names
        view.exitsDue = reader.due.count
        view.areExitsOff = mode.mode == "halted" || mode.mode == "unknown"
        let scene = ExitScene(book, valuation, dust, mode, at: atMs, settings)
        for index in view.positions.indices {
            view.positions[index].details = exits.details(of: view.positions[index], scene)
        }
        for index in view.venues.indices {
            view.venues[index].streams.prices = reader.prices(of: view.venues[index].name)
            view.venues[index].books = reader.books(of: view.venues[index])
        }
        view.alerts = openAlerts(reader)
        view.resolved = resolvedAlerts(at: atMs)
        view.silences = silencesInForce(at: atMs)
        view.breakers = breakersInView(reader)
        view.probation = probationInView(at: atMs)
        view.stage = stageInView(at: atMs)
        view.halts = halts.map { ordersProof($0, at: atMs) }
        return view
    }

    /// Open alerts and silences alone, or the resolved ones: what `estop alerts` asks for. Positions and orders are not walked
    /// through one by one for it.
    public func alertsView(at atMs: UInt64, isHistory: Bool) -> EngineView {
        var view = EngineView()
        view.atMs = atMs
        view.evaluationAgeMs = atMs - min(atMs, evaluatedMs)
        view.journal = journal
        view.counts = book.counts
        if isHistory {
            view.resolved = resolvedAlerts(at: atMs)
        } else {
            view.alerts = openAlerts(reader(at: atMs))
            view.silences = silencesInForce(at: atMs)
        }
        return view
    }
}
