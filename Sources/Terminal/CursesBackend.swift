import CTerminal

/// The real terminal, by way of ncursesw. A process has one: its state is in C, where signal handlers find it.
struct CursesBackend: Backend {
    func open() -> Capabilities? {
        guard term_open() == 0 else { return nil }
        return Capabilities(
            name: String(cString: term_name()),
            colors: Int(term_colors()),
            isUTF8: term_is_utf8() != 0
        )
    }

    func close() { term_restore() }

    func takeSignals() -> TerminalSignals {
        let bits = Int(term_drain())
        var signals: TerminalSignals = []
        if bits & TERM_RESIZED != 0 { signals.insert(.resized) }
        if bits & TERM_CONTINUED != 0 { signals.insert(.continued) }
        if bits & TERM_STOP != 0 { signals.insert(.stop) }
        return signals
    }

    func measure() -> (rows: Int, columns: Int) {
        var rows: Int32 = 0
        var columns: Int32 = 0
        term_size(&rows, &columns)
        term_resize(rows, columns)
        return (Int(rows), Int(columns))
    }

    func suspend() { term_stop_here() }

    func resume() { term_continue() }

    func put(_ cells: [UInt32], row: Int, column: Int, look: Look) {
        term_put(
            Int32(row),
            Int32(column),
            cells,
            Int32(cells.count / 3),
            look.foreground,
            look.background,
            look.attributes
        )
    }

    func place(cursor: (row: Int, column: Int)?) {
        term_cursor(Int32(cursor?.row ?? -1), Int32(cursor?.column ?? 0))
    }

    func entitle(_ title: String) { term_title(title) }

    func redraw() { term_redraw() }

    func present() -> Int { Int(term_present()) }

    func ask() { term_query() }

    func flush() -> Int { Int(term_flush()) }

    func wait(ms: UInt64) { term_wait(Int32(clamping: ms)) }
}
