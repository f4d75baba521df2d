/// Where everything goes: a pure function of the size, what the panes would like, and what matters now.
///
/// Invariants (DashboardTests/LayoutTests): the bar has the first row at any size; the footer has the last one from
/// two rows on; nothing overlaps; the pane that has the focus is shown wherever any is; every other pane keeps at least
/// its title with its counts as long as there are rows, and which ones have none is known (`hidden`).
struct Layout: Equatable {
    /// What decides how the rows are shared.
    struct Demand {
        /// The pane that has the focus.
        var focus: Pane
        /// The focused pane has everything.
        var zoomed = false
        /// A halt is in force or under way: its steps come before everything else.
        var halting = false
        /// A step of the halt failed: it needs the full width, since its manual command must not be broken more than it
        /// has to be.
        var alarm = false
    }

    var bar: Rect
    var info: Rect
    var notices: Rect
    var footer: Rect
    /// Everything between: where panes, dialogs and help are.
    var body: Rect
    var panes: [Pane: Rect] = [:]
    var hidden: [Pane] = []

    /// From this width on panes stand side by side.
    static let sideBySide = 76
    /// From this width on up to three of them do, where there are not rows enough for the other way: a list in its full
    /// width has all its columns.
    static let wide = 150
    /// Rows of the body from which on two side by side are enough.
    static let high = 36

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

    /// A pane and its share of its strip's width.
    typealias Part = (pane: Pane, weight: Int)

    /// The strips of the body from top to bottom, each one pane or several side by side.
    static func strips(width: Int, height: Int, _ demand: Demand) -> [[Part]] {
        if demand.zoomed { return [[(demand.focus, 1)]] }
        if width < sideBySide { return Pane.allCases.map { [($0, 1)] } }
        let steps: [[Part]]
        let lists: [[Part]]
        if width < wide || height >= high {
            steps = demand.alarm ? [[(.steps, 1)], [(.latches, 1)]] : [[(.steps, 1), (.latches, 1)]]
            lists = [
                [(.alerts, 1)], [(.gates, 1), (.supervisors, 1)], [(.positions, 1)], [(.orders, 1), (.venues, 1)],
            ]
        } else {
            steps =
                demand.alarm
                ? [[(.steps, 1)], [(.latches, 2), (.alerts, 3)]] : [[(.steps, 3), (.latches, 3), (.alerts, 5)]]
            lists = [[(.gates, 1), (.supervisors, 1), (.venues, 1)], [(.positions, 1), (.orders, 1)]]
        }
        return steps + lists + [[(.history, 1)]]
    }

    /// The columns of the panes of a strip; one column between two is left to a line.
    static func columns(_ strip: [Part], width: Int) -> [(pane: Pane, column: Int, width: Int)] {
        let total = max(1, strip.reduce(0) { $0 + $1.weight })
        let room = width - (strip.count - 1)
        var result: [(pane: Pane, column: Int, width: Int)] = []
        var column = 0
        for (index, part) in strip.enumerated() {
            let share = index == strip.count - 1 ? width - column : room * part.weight / total
            result.append((part.pane, column, max(0, share)))
            column += share + 1
        }
        return result
    }

    /// The panes with their widths, before it is known how high they are.
    func widths(_ demand: Demand) -> [(pane: Pane, width: Int)] {
        Layout.strips(width: body.width, height: body.height, demand).flatMap { strip in
            Layout.columns(strip, width: body.width).map { ($0.pane, $0.width) }
        }
    }

    /// Gives each strip its rows.
    ///
    /// First the focused one three, so that the cursor has a place; then the steps of a halt all they want, since that is
    /// what the operator is looking for; then each strip its title; then, in the order of the strips and the focused one
    /// first, three rows each; then what they want, row by row.
    mutating func place(_ demand: Demand, wanted: [Pane: Int]) {
        let strips = Layout.strips(width: body.width, height: body.height, demand)
        let wants = strips.map { strip in strip.map { wanted[$0.pane] ?? 1 }.max() ?? 1 }
        var order = Array(strips.indices)
        if let focused = strips.firstIndex(where: { strip in strip.contains { $0.pane == demand.focus } }) {
            order.removeAll { $0 == focused }
            order.insert(focused, at: 0)
        }
        var rows = Array(repeating: 0, count: strips.count)
        var free = body.height
        func grow(_ index: Int, to height: Int) {
            let more = min(free, max(0, height - rows[index]))
            rows[index] += more
            free -= more
        }
        if let first = order.first { grow(first, to: min(3, wants[first])) }
        if demand.halting, let steps = strips.firstIndex(where: { strip in strip.contains { $0.pane == .steps } }) {
            // The steps themselves; a long list of latches beside them waits.
            grow(steps, to: wanted[.steps] ?? 1)
        }
        for index in order { grow(index, to: 1) }
        for index in order { grow(index, to: min(3, wants[index])) }
        while free > 0 {
            let before = free
            for index in order where rows[index] < wants[index] { grow(index, to: rows[index] + 1) }
            if free == before { break }
        }
        if let last = demand.zoomed ? strips.indices.first : strips.indices.last(where: { rows[$0] > 0 }) {
            rows[last] += free
        }
        var row = body.row
        for (index, strip) in strips.enumerated() {
            guard rows[index] > 0 else {
                hidden += strip.map(\.pane)
                continue
            }
            for (pane, column, width) in Layout.columns(strip, width: body.width) {
                panes[pane] = Rect(row: row, column: column, width: width, height: rows[index])
            }
            row += rows[index]
        }
    }
}
