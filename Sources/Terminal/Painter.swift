import Dashboard

/// The screen's thread: what is painted, and when. The only one that speaks to the backend; it waits for nothing but
/// the next thing to do, and nobody waits for it.
struct Painter {
    /// What comes from the desk is painted at most this often. Keys are answered at once.
    static let frameMs: UInt64 = 100
    /// An answer that is still under way when the screen is left would be typed into the shell: that long it is awaited.
    static let leaveMs: UInt64 = 300

    let session: Session
    let backend: any Backend
    private(set) var theme: Theme
    private(set) var depth = Theme.Depth.mono
    private var unicode = false
    private var rows = 24
    private var columns = 80
    private var drawing = Drawing()
    /// What the terminal was given last; nil: everything has to be put again.
    private(set) var shown: Frame?
    private var title = ""
    private var flow = FlowControl()
    private var paintedMs: UInt64 = 0
    /// When the clock's next second is due.
    private var tickMs: UInt64 = 0

    init(session: Session, backend: any Backend) {
        self.session = session
        self.backend = backend
        theme = session.options.themes[session.options.theme] ?? session.options.themes.standardTheme
    }

    mutating func run() {
        guard open() else {
            session.end(status: Session.noTerminalStatus)
            return
        }
        while !session.hasEnded {
            let now = Clock.monotonicMs()
            let due = step(backend.takeSignals(), nowMs: now)
            if due > now { backend.wait(ms: due - now) }
        }
        awaitAnswers()
        backend.close()
    }

    /// Takes the screen over; false where there is none.
    mutating func open() -> Bool {
        guard let terminal = backend.open() else { return false }
        let options = session.options
        depth = Theme.depth(colors: terminal.colors, mono: options.mono)
        unicode = terminal.isUTF8 && !options.ascii
        measure()
        session.opened(as: terminal.name)
        return true
    }

    /// Does what is due, and says when something is due again.
    ///
    /// - Parameters:
    ///   - signals: what happened to the terminal.
    ///   - nowMs: the monotonic clock.
    ///   - wallMs: Unix time in milliseconds.
    mutating func step(_ signals: TerminalSignals, nowMs: UInt64, wallMs: Int64 = Clock.wallMs()) -> UInt64 {
        heed(signals)
        flow.answered(session.takeAnswers())
        flow.expire(nowMs: nowMs)
        // The terminal has not taken the last frame: it says when it does.
        if backend.flush() > 0 { return nowMs + FlowControl.answerMs }
        let due = shown == nil ? nowMs : session.nextFrame(paintedMs: paintedMs, tickMs: tickMs, nowMs: nowMs)
        if let until = flow.heldUntilMs { return max(due, until) }
        guard due <= nowMs else { return due }
        paint(nowMs, wallMs)
        return nowMs
    }

    /// Does what signals and Ctrl-Z, Ctrl-L ask for.
    private mutating func heed(_ signals: TerminalSignals) {
        if signals.contains(.continued) {
            backend.resume()
            title = ""
        }
        if !signals.isDisjoint(with: [.continued, .resized]) { measure() }
        let asked = session.takeRequests()
        if signals.contains(.stop) || asked.suspend {
            awaitAnswers()
            backend.suspend()
            title = ""
            measure()
        }
        if let other = asked.theme {
            theme = other
            shown = nil
        }
        if asked.redraw {
            backend.redraw()
            shown = nil
        }
    }

    private mutating func measure() {
        (rows, columns) = backend.measure()
        shown = nil
        session.resized(width: columns, height: rows)
    }

    private mutating func awaitAnswers() {
        let end = Clock.monotonicMs() + Painter.leaveMs
        while flow.heldUntilMs != nil, !session.hasHungUp {
            _ = backend.flush()
            flow.answered(session.takeAnswers())
            let now = Clock.monotonicMs()
            if flow.heldUntilMs == nil || now >= end { return }
            backend.wait(ms: end - now)
            _ = backend.takeSignals()
        }
    }

    private mutating func paint(_ nowMs: UInt64, _ wallMs: Int64) {
        paintedMs = nowMs
        tickMs = paintedMs + UInt64(1000 - wallMs % 1000)
        let (interface, snapshot, revision) = session.scene(nowMs: paintedMs)
        drawing.draw(
            interface,
            snapshot: snapshot,
            revision: revision,
            width: columns,
            height: rows,
            nowMs: paintedMs,
            wallClockMs: wallMs,
            unicode: unicode
        )
        let frame = drawing.frame
        for row in shown == nil ? 0..<frame.height : drawing.rows {
            put(row, changed(row, of: frame), of: frame)
        }
        backend.place(cursor: frame.cursor)
        let words = windowTitle(interface, snapshot: snapshot, nowMs: paintedMs)
        if words != title { backend.entitle(words) }
        title = words
        shown = frame
        if flow.painted(backend.present(), nowMs: nowMs) { backend.ask() }
        _ = backend.flush()
        // Behind the frame: nobody waits for it.
        session.drawn(drawing)
    }

    /// The columns of a row that are not as the terminal was given them last.
    private func changed(_ row: Int, of frame: Frame) -> Range<Int> {
        guard let shown, shown.width == frame.width, shown.height == frame.height else { return 0..<frame.width }
        var first = 0
        var end = frame.width
        while first < end, shown[row, first] == frame[row, first] { first += 1 }
        while end > first, shown[row, end - 1] == frame[row, end - 1] { end -= 1 }
        guard first < end else { return 0..<0 }
        // A wide character is put whole.
        while first > 0, frame[row, first].isContinuation { first -= 1 }
        while end < frame.width, frame[row, end].isContinuation { end += 1 }
        return first..<end
    }

    /// Hands columns of one row to curses in runs of one role.
    private func put(_ row: Int, _ columns: Range<Int>, of frame: Frame) {
        var column = columns.lowerBound
        while column < columns.upperBound {
            let role = frame[row, column].role
            let start = column
            var cells: [UInt32] = []
            while column < columns.upperBound, frame[row, column].role == role {
                let cell = frame[row, column]
                if !cell.isContinuation { cells += [cell.base, cell.mark, cell.isWide ? 2 : 1] }
                column += 1
            }
            backend.put(cells, row: row, column: start, look: theme[role, depth])
        }
    }
}
