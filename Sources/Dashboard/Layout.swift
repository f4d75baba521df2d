/// Where everything goes: a pure function of the size, what the panes would like, and the focus.
///
/// Invariants (DashboardTests/LayoutTests): the bar has the first row at any size; the footer has the last one from
/// two rows on; nothing overlaps; the pane that has the focus is shown wherever any is.
struct Layout: Equatable {
    var bar: Rect
    var info: Rect
    var notices: Rect
    var footer: Rect
    /// Everything between: where panes, dialogs and help are.
    var body: Rect
    var panes: [Pane: Rect] = [:]
    var hidden: [Pane] = []

    /// From this width on the steps and the latches stand side by side.
    static let sideBySide = 76
    /// From this width on so do the gates and the supervisors.
    static let wide = 150

    init(width: Int, height: Int, notices count: Int) {
        let barRows = height >= 16 ? 2 : 1
        let infoRows = height >= 3 ? 1 : 0
        let noticeRows = min(count, height >= 30 ? 3 : height >= 20 ? 2 : height >= 10 ? 1 : 0)
        let footerRows = height >= 2 ? 1 : 0
        bar = Rect(row: 0, column: 0, width: width, height: min(barRows, height))
        info = Rect(row: barRows, column: 0, width: width, height: infoRows)
        notices = Rect(row: barRows + infoRows, column: 0, width: width, height: noticeRows)
        footer = Rect(row: height - footerRows, column: 0, width: width, height: footerRows)
        let top = barRows + infoRows + noticeRows
        body = Rect(row: top, column: 0, width: width, height: height - top - footerRows)
    }

    /// The strips of the body from top to bottom, each one pane or two side by side.
    ///
    /// A step that is an alarm needs the full width: its manual command must not be broken more than it has to be.
    static func strips(width: Int, alarm: Bool) -> [[Pane]] {
        let top: [[Pane]] = alarm || width < sideBySide ? [[.steps], [.latches]] : [[.steps, .latches]]
        let lists: [[Pane]] = width < wide ? [[.gates], [.supervisors]] : [[.gates, .supervisors]]
        return top + lists + [[.history]]
    }

    /// The columns of a pane in its strip.
    static func columns(_ strip: [Pane], width: Int) -> [(column: Int, width: Int)] {
        guard strip.count == 2 else { return [(0, width)] }
        let left = (width - 1) / 2
        return [(0, left), (left + 1, width - left - 1)]
    }

    /// Gives each strip its rows: first the least that it needs, in order (the focused one first), then what it
    /// would like, then what is left to the last one shown.
    mutating func place(focus: Pane, alarm: Bool = false, wanted: (Pane, Int) -> Int) {
        let strips = Layout.strips(width: body.width, alarm: alarm)
        // An alarm is shown in full before any other pane but the focused one is shown at all.
        func least(_ index: Int) -> Int {
            alarm && index == 0 ? max(3, wanted(.steps, body.width)) : 3
        }
        var order = Array(strips.indices)
        if let focused = strips.firstIndex(where: { $0.contains(focus) }) {
            order.removeAll { $0 == focused }
            order.insert(focused, at: 0)
        }
        var rows = Array(repeating: 0, count: strips.count)
        var free = body.height
        for index in order where free > 0 {
            let share = min(free, least(index))
            if share < 3, free < body.height { break }
            rows[index] = share
            free -= share
        }
        for index in strips.indices where rows[index] > 0 && free > 0 {
            let columns = Layout.columns(strips[index], width: body.width)
            let want = zip(strips[index], columns).map { wanted($0, $1.width) }.max() ?? 0
            let more = min(free, max(0, want - rows[index]))
            rows[index] += more
            free -= more
        }
        if let last = strips.indices.last(where: { rows[$0] > 0 }) { rows[last] += free }
        var row = body.row
        for (index, strip) in strips.enumerated() {
            guard rows[index] > 0 else {
                hidden += strip
                continue
            }
            for (pane, place) in zip(strip, Layout.columns(strip, width: body.width)) {
                panes[pane] = Rect(row: row, column: place.column, width: place.width, height: rows[index])
            }
            row += rows[index]
        }
    }
}
