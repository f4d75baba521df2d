import SafetyEngine

/// What a column of rows is sorted by.
enum SortKey: Comparable {
    /// Nothing is known: stands last, whichever way.
    case missing
    case count(UInt64)
    case amount(Decimal)
    case text(String)

    static func of(_ count: UInt64?) -> SortKey { count.map { .count($0) } ?? .missing }
    static func of(_ amount: Decimal?) -> SortKey { amount.map { .amount($0) } ?? .missing }
}

/// One figure of a row: what is printed, what it means, and what it is sorted by.
struct Value {
    var span: Span
    var key: SortKey

    init(_ text: String, _ role: Role = .text, key: SortKey? = nil) {
        span = Span(text, role)
        self.key = key ?? .text(text)
    }
}

/// One thing known about a row, for its details.
struct Fact: Sendable, Equatable {
    var label: String
    var text: String
    var role: Role = .dialog

    init(_ label: String, _ text: String, _ role: Role = .dialog) {
        self.label = label
        self.text = text
        self.role = role
    }
}

/// Rows under a header, in columns. Columns that do not fit are left out, the least important first.
struct Table {
    enum Order {
        case ascending
        case descending
    }

    struct Column {
        var title: String
        var width: Int
        /// The most that it takes of what is left over: on a wide screen what belongs together stays together.
        var most = 0
        /// Numbers stand on the right.
        var right = false
        /// The greater, the sooner it is left out.
        var rank: Int
        /// Which end of it comes first when rows are sorted by it; nil: never sorted by it.
        var order: Order?
        /// Numbers and ids whose end matters too are cut in the middle.
        var middle = false
    }

    struct Row {
        /// What makes it the same row in the next snapshot.
        var id: String
        var values: [Value]
        /// What its details say beyond the columns; made only when somebody looks.
        var facts: @Sendable () -> [Fact] = { [] }
        /// Whether they say what the columns say, too, in an order of their own.
        var factsAreWhole = false
    }

    var columns: [Column]
    var rows: [Row]

    /// The columns that `s` walks through.
    var sortable: [Int] { columns.indices.filter { columns[$0].order != nil } }

    /// The order of rows by a column; nil: as they are.
    func sorted(by column: Int?) -> [Int] {
        let all = Array(rows.indices)
        guard let column, columns.indices.contains(column), let order = columns[column].order else { return all }
        // Stable, so that rows that are alike do not change places from one second to the next.
        return all.sorted { left, right in
            let (a, b) = (rows[left].values[column].key, rows[right].values[column].key)
            if a == b { return left < right }
            if a == .missing || b == .missing { return b == .missing }
            return order == .ascending ? a < b : b < a
        }
    }

    /// Which columns are shown in so many cells, and how wide.
    func fitting(_ width: Int) -> [(column: Int, width: Int)] {
        var shown = Array(columns.indices)
        func needed() -> Int { shown.reduce(0) { $0 + columns[$1].width + 1 } - 1 }
        while shown.count > 1, needed() > width,
            let least = shown.max(by: { columns[$0].rank < columns[$1].rank })
        {
            shown.removeAll { $0 == least }
        }
        var widths = columns.map(\.width)
        let spare = width - needed()
        if spare > 0 {
            // The modest ones first: what they do not take is left to the others.
            let growing = shown.filter { columns[$0].most > columns[$0].width }.sorted {
                columns[$0].most - columns[$0].width < columns[$1].most - columns[$1].width
            }
            var rest = spare
            for (position, index) in growing.enumerated() {
                let more = min(columns[index].most - columns[index].width, rest / (growing.count - position))
                widths[index] += more
                rest -= more
            }
        } else if spare < 0, let only = shown.first {
            widths[only] = max(0, width)
        }
        return shown.map { ($0, widths[$0]) }
    }

    /// The header in these columns, the one that is sorted by marked.
    func header(_ fitting: [(column: Int, width: Int)], sortedBy: Int?) -> Line {
        var spans: [Span] = []
        for (index, width) in fitting {
            let column = columns[index]
            let isSorted = index == sortedBy
            let title = isSorted ? column.title + (column.order == .descending ? "▼" : "▲") : column.title
            spans.append(Span(title, isSorted ? .key : .label, cells: width, right: column.right))
            spans.append(Table.gap)
        }
        // Between columns only: behind the last one a closing bracket may stand.
        if !spans.isEmpty { spans.removeLast() }
        return Line(spans)
    }

    /// One row in these columns.
    func line(_ row: Int, _ fitting: [(column: Int, width: Int)]) -> Line {
        var spans: [Span] = []
        spans.reserveCapacity(fitting.count * 2)
        for (index, width) in fitting {
            let column = columns[index]
            let span = rows[row].values[index].span
            let text = column.middle ? Text.fitMiddle(span.text, width) : span.text
            spans.append(Span(text, span.role, cells: width, right: column.right))
            spans.append(Table.gap)
        }
        // Between columns only: behind the last one a closing bracket may stand.
        if !spans.isEmpty { spans.removeLast() }
        return Line(spans)
    }

    /// Between two columns.
    private static let gap = Span("", .text, cells: 1)

    /// Whether a row has all the words of a filter, and none that it excludes with `!`.
    func matches(_ row: Int, _ filter: String) -> Bool {
        if filter.isEmpty { return true }
        let words = filter.lowercased().split(separator: " ")
        let text = rows[row].values.map(\.span.text).joined(separator: " ").lowercased()
        return words.allSatisfy { word in
            let isExcluded = word.hasPrefix("!")
            let wanted = isExcluded ? word.dropFirst() : word
            return wanted.isEmpty || text.contains(wanted) != isExcluded
        }
    }

    /// All that is known of a row: its columns, then what goes beyond them.
    func facts(_ row: Int) -> [Fact] {
        if rows[row].factsAreWhole { return rows[row].facts() }
        return zip(columns, rows[row].values).map { column, value in
            Fact(column.title, value.span.text.isEmpty ? "-" : value.span.text, value.span.role)
        } + rows[row].facts()
    }
}
