import CTerminal
import Dashboard
import Glibc

/// The screen's thread: the only one that calls curses. It may wait for a terminal that takes nothing; nobody waits
/// for it.
struct Painter {
    /// What comes from the desk is painted at most this often. Keys are answered at once.
    static let frameMs: UInt64 = 100

    let session: Session
    private var theme: Theme
    private var depth = Theme.Depth.mono
    private var unicode = false
    private var rows = 24
    private var columns = 80
    private var shown: Frame?
    private var paintedMs: UInt64 = 0
    /// When the clock's next second is due.
    private var tickMs: UInt64 = 0

    init(session: Session) {
        self.session = session
        theme = session.options.themes[session.options.theme] ?? session.options.themes.standardTheme
    }

    mutating func run() {
        guard term_open(session.input, session.output) == 0 else {
            session.end(status: Session.noTerminalStatus)
            return
        }
        let options = session.options
        depth = Theme.depth(colors: Int(term_colors()), mono: options.mono)
        unicode = term_is_utf8() != 0 && !options.ascii
        measure()
        session.opened(as: String(cString: term_name()))
        while !session.hasEnded {
            heed(term_drain())
            let now = Clock.monotonicMs()
            let due = shown == nil ? now : session.nextFrame(paintedMs: paintedMs, tickMs: tickMs, nowMs: now)
            if due <= now {
                paint()
            } else {
                var polled = pollfd(fd: term_wake_fd(), events: Int16(POLLIN), revents: 0)
                poll(&polled, 1, Int32(clamping: due - now))
            }
        }
        term_restore()
    }

    /// Does what signals and Ctrl-Z, Ctrl-L ask for.
    private mutating func heed(_ bits: Int32) {
        func has(_ bit: Int) -> Bool { Int(bits) & bit != 0 }
        if has(TERM_CONTINUED) { term_continue() }
        if has(TERM_CONTINUED) || has(TERM_RESIZED) { measure() }
        let asked = session.takeRequests()
        if has(TERM_STOP) || asked.suspend {
            term_stop_here()
            measure()
        }
        if let other = asked.theme {
            theme = other
            shown = nil
        }
        if asked.redraw {
            term_redraw()
            shown = nil
        }
    }

    private mutating func measure() {
        var rows: Int32 = 0
        var columns: Int32 = 0
        term_size(&rows, &columns)
        term_resize(rows, columns)
        self.rows = Int(rows)
        self.columns = Int(columns)
        shown = nil
        session.resized(width: self.columns, height: self.rows)
    }

    private mutating func paint() {
        paintedMs = Clock.monotonicMs()
        let wall = Clock.wallMs()
        tickMs = paintedMs + UInt64(1000 - wall % 1000)
        let (interface, snapshot) = session.scene(nowMs: paintedMs)
        let frame = render(
            interface,
            snapshot: snapshot,
            width: columns,
            height: rows,
            nowMs: paintedMs,
            wallClockMs: wall,
            unicode: unicode
        )
        for row in 0..<frame.height where !isShown(row, of: frame) { put(row, of: frame) }
        if let cursor = frame.cursor {
            term_cursor(Int32(cursor.row), Int32(cursor.column))
        } else {
            term_cursor(-1, 0)
        }
        shown = frame
        term_present()
    }

    private func isShown(_ row: Int, of frame: Frame) -> Bool {
        guard let shown, shown.width == frame.width, shown.height == frame.height else { return false }
        let cells = (row * frame.width)..<((row + 1) * frame.width)
        return shown.cells[cells] == frame.cells[cells]
    }

    /// Hands one row to curses in runs of one role.
    private func put(_ row: Int, of frame: Frame) {
        var column = 0
        while column < frame.width {
            let role = frame[row, column].role
            let start = column
            var cells: [UInt32] = []
            while column < frame.width, frame[row, column].role == role {
                let cell = frame[row, column]
                if !cell.isContinuation { cells += [cell.base, cell.mark, cell.isWide ? 2 : 1] }
                column += 1
            }
            let look = theme[role, depth]
            term_put(
                Int32(row),
                Int32(start),
                cells,
                Int32(cells.count / 3),
                look.foreground,
                look.background,
                look.attributes
            )
        }
    }
}
