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
    var frame = Frame(width: width, height: height, unicode: unicode)
    let scene = Screen.scene(interface, snapshot, nowMs: nowMs, wallClockMs: wallClockMs)
    let notices = ModeBar.notices(scene)
    let layout = Screen.layout(interface, scene, width: width, height: height, notices: notices.count)
    ModeBar.draw(scene, layout: layout, into: &frame)
    ModeBar.drawInfo(scene, layout: layout, into: &frame)
    ModeBar.drawNotices(notices, layout: layout, into: &frame)
    for pane in Pane.allCases {
        guard let rect = layout.panes[pane] else { continue }
        Screen.draw(pane, in: rect, interface, scene, into: &frame)
    }
    var body = layout.body
    // The message line lies on the last row of the body: layers stay above it.
    if interface.message != nil { body = Rect(row: body.row, column: 0, width: body.width, height: body.height - 1) }
    for layer in interface.layers { layer.draw(into: &frame, body: body, scene: scene) }
    Screen.drawMessage(interface, layout, into: &frame)
    Screen.drawFooter(interface, layout, into: &frame)
    return frame
}

/// The parts of `render`.
enum Screen {
    static func scene(
        _ interface: Interface,
        _ snapshot: DeskSnapshot,
        nowMs: UInt64,
        wallClockMs: Int64
    ) -> Scene {
        Scene(
            snapshot: snapshot,
            freshness: interface.freshness(of: snapshot, nowMs: nowMs),
            elapsedMs: interface.observedMs.map { nowMs &- min(nowMs, $0) } ?? 0,
            press: interface.press,
            nowMs: nowMs,
            wallClockMs: wallClockMs
        )
    }

    static func layout(_ interface: Interface, _ scene: Scene, width: Int, height: Int, notices: Int) -> Layout {
        var layout = Layout(width: width, height: height, notices: notices)
        layout.place(focus: interface.focus, alarm: scene.steps.hasAlarm) { pane, columns in
            pane.content(scene, width: columns).wantedHeight
        }
        return layout
    }

    /// How far a pane can be scrolled in a window of that size.
    static func lastOffset(
        of pane: Pane,
        in interface: Interface,
        snapshot: DeskSnapshot,
        width: Int,
        height: Int,
        nowMs: UInt64
    ) -> Int {
        let scene = scene(interface, snapshot, nowMs: nowMs, wallClockMs: 0)
        let count = ModeBar.notices(scene).count
        let layout = layout(interface, scene, width: width, height: height, notices: count)
        guard let rect = layout.panes[pane] else { return 0 }
        let content = pane.content(scene, width: rect.width)
        return max(0, content.lines.count - listHeight(content, rect))
    }

    private static func listHeight(_ content: PaneContent, _ rect: Rect) -> Int {
        max(0, rect.height - 1 - (content.header == nil ? 0 : 1))
    }

    static func draw(_ pane: Pane, in rect: Rect, _ interface: Interface, _ scene: Scene, into frame: inout Frame) {
        let content = pane.content(scene, width: rect.width)
        let focused = interface.focus == pane && interface.layers.isEmpty
        let room = listHeight(content, rect)
        let first = min(interface.offsets[pane] ?? 0, max(0, content.lines.count - room))
        drawTitle(pane, content, in: rect, focused: focused, first: first, room: room, into: &frame)
        var row = rect.row + 1
        if let header = content.header, rect.height > 1 {
            frame.put(header, row: row, column: rect.column, limit: rect.width)
            row += 1
        }
        for line in content.lines.dropFirst(first).prefix(room) {
            frame.put(line, row: row, column: rect.column, limit: rect.width)
            row += 1
        }
        if focused { frame.cursor = (rect.row, rect.column) }
    }

    private static func drawTitle(
        _ pane: Pane,
        _ content: PaneContent,
        in rect: Rect,
        focused: Bool,
        first: Int,
        room: Int,
        into frame: inout Frame
    ) {
        let role: Role = focused ? .titleFocused : .title
        let rule = String(repeating: "─", count: rect.width)
        frame.put(rule, row: rect.row, column: rect.column, limit: rect.width, role: .dim)
        // The mark of freshness is the last thing to be cut.
        let mark = " \(content.mark.text) "
        let markWidth = TextWidth.of(mark)
        let room = room
        var title = focused ? "»\(pane.title) " : " \(pane.title) "
        if !content.summary.isEmpty { title += "· \(content.summary) " }
        if content.lines.count > room, room > 0 {
            title += "· \(first + 1)-\(min(first + room, content.lines.count)) of \(content.lines.count) "
        }
        let left = max(0, rect.width - markWidth)
        frame.put(Text.fit(title, left), row: rect.row, column: rect.column, limit: left, role: role)
        frame.put(mark, row: rect.row, column: rect.column + left, limit: rect.width - left, role: content.mark.role)
    }

    /// What was just said, on the last row of the body.
    static func drawMessage(_ interface: Interface, _ layout: Layout, into frame: inout Frame) {
        guard let message = interface.message, layout.body.height > 0 else { return }
        let row = layout.body.row + layout.body.height - 1
        frame.fill(Rect(row: row, column: 0, width: layout.body.width, height: 1), role: message.span.role)
        frame.put(Text.fit(" " + message.span.text, layout.body.width), row: row, column: 0, role: message.span.role)
    }

    /// The keys, how to halt first: whatever else is cut, that is not.
    static func drawFooter(_ interface: Interface, _ layout: Layout, into frame: inout Frame) {
        guard layout.footer.height > 0 else { return }
        var hints: [(key: String, does: String)] = [(interface.isTyping ? "Ctrl-K" : "K", Action.halt.hint ?? "")]
        if let top = interface.layers.last {
            hints += top.hints
        } else {
            for action in Action.allCases where action != .halt {
                guard let hint = action.hint, let key = action.keys.first else { continue }
                hints.append((key.name, hint))
            }
        }
        let row = layout.footer.row
        var column = 0
        for (index, hint) in hints.enumerated() {
            let needed = hint.key.count + hint.does.count + 3
            if index > 0, column + needed > layout.footer.width { continue }
            column += frame.put(" \(hint.key)", row: row, column: column, role: .key)
            column += frame.put(" \(hint.does) ", row: row, column: column, role: .label)
        }
        if interface.layers.isEmpty, !layout.hidden.isEmpty {
            let text = "hidden: \(layout.hidden.map(\.title).joined(separator: ", ")) "
            let width = TextWidth.of(text)
            if column + width < layout.footer.width {
                frame.put(text, row: row, column: layout.footer.width - width, role: .dim)
            }
        }
    }
}
