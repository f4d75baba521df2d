extension Engine {
    /// What is known and decided, at a time of the desk.
    public func view(at atMs: UInt64) -> EngineView {
        var view = EngineView()
        view.atMs = atMs
        view.evaluationAgeMs = atMs - min(atMs, evaluatedMs)
        view.take(book.shown(book.valuation(at: atMs, settings), at: atMs, settings))
        view.counts = book.counts
        view.journal = journal
        let reader = reader(at: atMs)
        view.alerts = openAlerts(reader)
        view.resolved = resolvedAlerts(at: atMs)
        view.silences = silencesInForce(at: atMs)
        view.breakers = breakersInView(reader)
        view.probation = probationInView(at: atMs)
        return view
    }
}
