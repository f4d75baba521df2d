extension Engine {
    /// What is known and decided, at a time of the desk.
    public func view(at atMs: UInt64) -> EngineView {
        var view = EngineView()
        view.atMs = atMs
        view.evaluationAgeMs = atMs - min(atMs, evaluatedMs)
        view.counts = book.counts
        view.journal = journal
        view.supervisors = roster.shown(at: atMs, settings: settings)
        return view
    }
}
