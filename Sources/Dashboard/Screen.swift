import KillSwitch
public import SafetyEngine

/// Draws the screen: a pure function of what is passed in.
///
/// - Parameters:
///   - interface: the state of the screen.
///   - snapshot: the desk, as it was when it was last observed.
///   - width: columns, from 1 on.
///   - height: rows, from 1 on.
///   - nowMs: the monotonic clock that `interface` was given.
///   - wallClockMs: Unix time in milliseconds, for the clock.
///   - unicode: whether anything but ASCII may be drawn.
public func render(
    _ interface: Interface,
    snapshot: DeskSnapshot,
    width: Int,
    height: Int,
    nowMs: UInt64,
    wallClockMs: Int64,
    unicode: Bool
) -> Frame {
    let scene = interface.scene(snapshot, nowMs: nowMs, wallClockMs: wallClockMs)
    let screen = Screen(interface, scene, width: width, height: height)
    var frame = Frame(width: width, height: height, unicode: unicode)
    screen.draw(into: &frame)
    return frame
}

/// The screen at one moment: where everything is, and what each pane shows.
struct Screen {
    private(set) var interface: Interface
    let scene: Scene
    let layout: Layout
    private(set) var listings: [Pane: Listing]
    private let notices: [Span]

    init(_ interface: Interface, _ scene: Scene, width: Int, height: Int) {
        self.interface = interface
        self.scene = scene
        notices = ModeBar.notices(scene)
        var layout = Layout(width: width, height: height, notices: notices.count)
        let steps = scene.steps
        let demand = Layout.Demand(
            focus: interface.focus,
            zoomed: interface.isZoomed,
            halting: !scene.snapshot.mode.permitsAnything || scene.unanswered != nil,
            alarm: steps.hasAlarm
        )
        var listings: [Pane: Listing] = [:]
        for (pane, width) in layout.widths(demand) {
            listings[pane] = Listing(pane.content(scene, width: width), interface.view(of: pane), width: width)
        }
        layout.place(demand, wanted: listings.mapValues(\.wantedHeight))
        self.layout = layout
        self.listings = listings
    }

    func draw(into frame: inout Frame) {
        ModeBar.draw(scene, layout: layout, into: &frame)
        ModeBar.drawInfo(scene, layout: layout, into: &frame)
        ModeBar.drawNotices(notices, layout: layout, into: &frame)
        for (pane, rect) in layout.panes {
            // What a pane draws outside its own rectangle does not exist.
            frame.within(rect) { draw(pane, in: rect, into: &$0) }
        }
        drawSeams(into: &frame)
        var body = layout.body
        // The message line lies on the last row of the body: layers stay above it.
        if interface.message != nil { body.height = max(0, body.height - 1) }
        for layer in interface.layers {
            frame.within(body) { layer.draw(into: &$0, body: body, scene: scene) }
        }
        drawMessage(into: &frame)
        Footer.draw(interface, scene, layout, into: &frame)
    }

    /// Looks at the panes in another way, draws those again that this changes, and says which rows that touched.
    mutating func look(_ interface: Interface, into frame: inout Frame) -> Range<Int> {
        let before = self.interface
        self.interface = interface
        var touched: Range<Int>?
        for (pane, rect) in layout.panes {
            let view = interface.view(of: pane)
            guard view != before.view(of: pane), let listing = listings[pane] else { continue }
            listings[pane] = listing.looked(at: view) ?? Listing(listing.content, view, width: rect.width)
            frame.within(rect) {
                $0.fill(rect, role: .text)
                draw(pane, in: rect, into: &$0)
            }
            let rows = rect.row..<(rect.row + rect.height)
            touched = touched.map { min($0.lowerBound, rows.lowerBound)..<max($0.upperBound, rows.upperBound) } ?? rows
        }
        // It may lie on one of them.
        drawMessage(into: &frame)
        return touched ?? 0..<0
    }

    // MARK: - Panes

    /// Rows of a pane's rectangle that are left to its list.
    static func room(_ listing: Listing, _ rect: Rect) -> Int {
        max(0, rect.height - 1 - listing.notes.count - (hasHeader(listing, rect) ? 1 : 0))
    }

    /// Where there is one row only, it is for a row of the list and not for the names of its columns.
    private static func hasHeader(_ listing: Listing, _ rect: Rect) -> Bool {
        listing.content.table != nil && listing.content.count > 0 && rect.height - 1 - listing.notes.count >= 2
    }

    /// Rows of a pane's list on this screen.
    func room(of pane: Pane) -> Int {
        guard let listing = listings[pane], let rect = layout.panes[pane] else { return 0 }
        return Screen.room(listing, rect)
    }

    private func draw(_ pane: Pane, in rect: Rect, into frame: inout Frame) {
        guard let listing = listings[pane] else { return }
        let focused = interface.focus == pane && interface.layers.isEmpty
        let room = Screen.room(listing, rect)
        let top = listing.top(from: interface.view(of: pane).top, room: room)
        PaneTitle(pane: pane, listing: listing, view: interface.view(of: pane), isFocused: focused)
            .draw(in: rect, first: top, room: room, into: &frame)
        if focused { frame.cursor = (rect.row, rect.column) }
        var row = rect.row + 1
        let header = Screen.hasHeader(listing, rect) ? listing.header : nil
        for line in listing.notes + [header].compactMap({ $0 }) {
            frame.put(line, row: row, column: rect.column, limit: rect.width)
            row += 1
        }
        for (line, isSelected, isFirst) in listing.lines(from: top, count: room) {
            if isSelected, isFirst, interface.focus == pane {
                frame.put("»", row: row, column: rect.column, limit: 1, role: .selected)
                if focused { frame.cursor = (row, rect.column) }
            }
            let shown = isSelected && interface.focus == pane ? line.selected : line
            frame.put(shown, row: row, column: rect.column + Listing.margin, limit: rect.width - Listing.margin)
            row += 1
        }
    }

    /// The lines between panes that stand side by side.
    private func drawSeams(into frame: inout Frame) {
        for rect in layout.panes.values where rect.column > 0 {
            for row in rect.row..<(rect.row + rect.height) {
                let mark = row == rect.row ? "─" : "│"
                frame.put(mark, row: row, column: rect.column - 1, limit: 1, role: .border)
            }
        }
    }

    /// What was just said, on the last row of the body.
    private func drawMessage(into frame: inout Frame) {
        guard let message = interface.message, layout.body.height > 0 else { return }
        let row = layout.body.row + layout.body.height - 1
        frame.fill(Rect(row: row, column: 0, width: layout.body.width, height: 1), role: message.span.role)
        frame.put(Text.fit(" " + message.span.text, layout.body.width), row: row, column: 0, role: message.span.role)
    }
}
