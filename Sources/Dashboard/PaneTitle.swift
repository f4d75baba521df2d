/// The first row of a pane: its key and name, counts, how it is looked at, and at the right whose it is and how fresh.
///
/// Where not all fits, the freshness is the last thing to be cut and the source the first.
struct PaneTitle {
    let pane: Pane
    let listing: Listing
    let view: View
    let isFocused: Bool

    func draw(in rect: Rect, first: Int, room: Int, into frame: inout Frame) {
        let border: Role = isFocused ? .borderFocused : .border
        frame.rule("─", row: rect.row, column: rect.column, width: rect.width, role: border)
        let left = left(first: first, room: room)
        let mark = listing.content.mark
        var right = Line([Span(" \(listing.content.source) · ", .dim), Span("\(mark.text) ", mark.role)])
        if left.width + right.width > rect.width { right = Line([Span(" \(mark.text) ", mark.role)]) }
        let begin = max(0, rect.width - right.width)
        frame.put(left.fitting(begin), row: rect.row, column: rect.column, limit: begin)
        frame.put(right, row: rect.row, column: rect.column + begin, limit: rect.width - begin)
    }

    private func left(first: Int, room: Int) -> Line {
        let role: Role = isFocused ? .titleFocused : .title
        var spans = [Span(isFocused ? "»" : " ", role)]
        if !pane.key.isEmpty { spans += [Span(pane.key, isFocused ? role : .key), Span(" ", role)] }
        spans.append(Span(pane.name + " ", role))
        // First: whoever looks must know that rows are hidden.
        if !view.filter.isEmpty {
            spans.append(Span("/\(view.filter) \(listing.order.count) of \(listing.content.count) ", .warning))
        }
        if !listing.content.summary.spans.isEmpty {
            spans += [Span("· ", .dim)] + listing.content.summary.spans + [Span(" ", .dim)]
        }
        let lines = listing.height
        if lines > room, room > 0 {
            spans.append(Span("\(first + 1)-\(min(first + room, lines)) of \(lines) ", .dim))
        } else if lines > 0, room == 0, listing.content.count > 0 {
            spans.append(Span("▼ ", .dim))
        }
        return Line(spans)
    }
}
