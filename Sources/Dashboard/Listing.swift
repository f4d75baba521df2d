/// How a pane is looked at: its filter, its order, and the row that the cursor is on.
struct View: Sendable, Equatable {
    var filter = ""
    /// The column that it is sorted by; nil: the pane's own order, the worst first.
    var sortedBy: Int?
    /// The row under the cursor by what makes it the same row later; nil: the first, whichever that is.
    var id: String?
    /// Where that row was last, for when it is gone.
    var index = 0
    /// The first line shown.
    var top = 0

    /// Puts the cursor on a row.
    mutating func select(_ id: String?, at index: Int) {
        self.id = id
        self.index = index
        if id == nil { top = 0 }
    }
}

/// A pane's contents as they are looked at: filtered, sorted, with a cursor, in so many columns.
struct Listing {
    let content: PaneContent
    /// The rows shown, as indices of the contents.
    let order: [Int]
    /// The row under the cursor, as an index of `order`; nil: there is none.
    private(set) var selected: Int?
    private let fitting: [(column: Int, width: Int)]
    private let width: Int
    private let view: View
    /// What stands above the rows: the loss of the connection, or that there is nothing.
    let notes: [Line]

    init(_ content: PaneContent, _ view: View, width: Int) {
        self.content = content
        self.view = view
        self.width = max(0, width - Listing.margin)
        if let table = content.table {
            fitting = table.fitting(max(0, width - Listing.margin - content.brackets))
            order = table.sorted(by: view.sortedBy).filter { table.matches($0, view.filter) }
        } else {
            fitting = []
            order = Array(0..<content.count)
        }
        notes = Listing.notes(content, isEmpty: order.isEmpty, width: width)
        selected = row(of: view)
    }

    /// The same contents with the cursor elsewhere; nil where the filter or the order is another.
    func looked(at view: View) -> Listing? {
        guard view.filter == self.view.filter, view.sortedBy == self.view.sortedBy else { return nil }
        var copy = self
        copy.selected = row(of: view)
        return copy
    }

    private func row(of view: View) -> Int? {
        guard !order.isEmpty else { return nil }
        guard let id = view.id else {
            let wanted = content.attention
            return order.firstIndex { $0 == wanted } ?? 0
        }
        // Where it was last is where it most likely is.
        if order.indices.contains(view.index), content.id(order[view.index]) == id { return view.index }
        return order.firstIndex { content.id($0) == id } ?? min(max(0, view.index), order.count - 1)
    }

    private static func notes(_ content: PaneContent, isEmpty: Bool, width: Int) -> [Line] {
        var texts = content.notes
        if isEmpty {
            let text = content.count > 0 ? "no row has these words: Esc drops the filter" : content.empty
            if !text.isEmpty { texts.append(Line(text, .dim)) }
        }
        return texts.flatMap { note in
            Text.wrap(note.text, max(1, width - 1)).map { Line([Span(" " + $0, note.spans.first?.role ?? .dim)]) }
        }
    }

    /// The column of the cursor's mark, left of every row.
    static let margin = 1

    /// The row at a place, by what makes it the same row later.
    func id(at place: Int) -> String? { order.indices.contains(place) ? content.id(order[place]) : nil }

    var header: Line? {
        guard let table = content.table, content.count > 0 else { return nil }
        return content.tonedHeader(Line([Span(" ")] + table.header(fitting, sortedBy: view.sortedBy).spans))
    }

    /// How many lines a row takes.
    func height(_ place: Int) -> Int {
        if case .blocks(let blocks) = content.body { return blocks[order[place]].lines.count }
        return 1
    }

    /// Lines of all rows.
    var height: Int {
        if case .blocks = content.body { return order.indices.reduce(0) { $0 + height($1) } }
        return order.count
    }

    /// The lines from one on, at most so many, each with whether it is the first of the row under the cursor.
    func lines(from top: Int, count: Int) -> [(line: Line, isSelected: Bool, isFirst: Bool)] {
        guard count > 0 else { return [] }
        switch content.body {
        case .table(let table):
            return order.indices.dropFirst(top).prefix(count).map {
                (content.toned(table.line(order[$0], fitting), width: width), $0 == selected, true)
            }
        case .blocks(let blocks):
            let all = order.indices.flatMap { place in
                blocks[order[place]].lines.enumerated().map { index, line in
                    (content.toned(line, width: width), place == selected, index == 0)
                }
            }
            return Array(all.dropFirst(top).prefix(count))
        }
    }

    /// The first line to show so that the row under the cursor is in sight, moving as little as possible.
    func top(from top: Int, room: Int) -> Int { self.top(from: top, room: room, for: selected) }

    /// The same for another row.
    func top(from top: Int, room: Int, for selected: Int?) -> Int {
        var top = max(0, min(top, height - room))
        guard let selected else { return top }
        let start = content.table == nil ? (0..<selected).reduce(0) { $0 + height($1) } : selected
        let end = start + height(selected)
        if end > top + room { top = end - room }
        if start < top { top = start }
        return max(0, top)
    }

    /// Rows that it would like to have, its title included.
    var wantedHeight: Int { 1 + notes.count + (header == nil ? 0 : 1) + height }
}
