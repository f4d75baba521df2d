extension Engine {
    /// What is known and decided, at a time of the desk.
    public func view(at atMs: UInt64) -> EngineView {
        var view = EngineView()
        view.atMs = atMs
        view.evaluationAgeMs = atMs - min(atMs, evaluatedMs)
        let valuation = book.valuation(at: atMs, settings)
        view.take(book.shown(valuation, at: atMs, settings))
        view.counts = book.counts
        view.journal = journal
        view.supervisors = roster.shown(at: atMs, settings: settings)
        view.proposals = exits.shown(book, at: atMs, settings)
        view.liquidation = exits.liquidation?.shown(at: atMs)
        view.dust = dust.shown(book, valuation)
        let reader = reader(at: atMs, valuation)
        let scene = ExitScene(book, valuation, dust, mode, at: atMs, settings)
        for index in view.positions.indices {
            view.positions[index].details = exits.details(of: view.positions[index], scene)
        }
        for index in view.venues.indices { view.venues[index].books = reader.books(of: view.venues[index]) }
        view.alerts = openAlerts(reader)
        view.resolved = resolvedAlerts(at: atMs)
        view.silences = silencesInForce(at: atMs)
        view.breakers = breakersInView(reader)
        view.probation = probationInView(at: atMs)
        view.stage = stageInView(at: atMs)
        return view
    }
}
