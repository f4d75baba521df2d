extension Engine {
    /// What is known and decided, at a time of the desk.
    public func view(at atMs: UInt64) -> EngineView {
        var view = EngineView()
        view.atMs = atMs
        view.evaluationAgeMs = atMs - min(atMs, evaluatedMs)
        view.take(book.shown(book.valuation(at: atMs, settings), at: atMs, settings))
        view.counts = book.counts
        view.journal = journal
        view.supervisors = roster.shown(at: atMs, settings: settings)
        view.proposals = exits.shown(book, at: atMs, settings)
        view.dust = dust.shown(book, book.valuation(at: atMs, settings))
        return view
    }
}
