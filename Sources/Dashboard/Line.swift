/// A piece of text in one role.
struct Span: Equatable {
    var text: String
    var role: Role

    init(_ text: String, _ role: Role = .text) {
        self.text = text
        self.role = role
    }
}

/// One line of a pane, before it is placed on the screen.
struct Line: Equatable {
    var spans: [Span]

    init(_ spans: [Span]) { self.spans = spans }
    init(_ text: String, _ role: Role = .text) { spans = [Span(text, role)] }

    var width: Int { spans.reduce(0) { $0 + TextWidth.of($1.text) } }

    /// The same line in another role, for what is stale.
    func all(_ role: Role) -> Line { Line(spans.map { Span($0.text, role) }) }

    /// The same line in brackets, for last values from before a connection was lost.
    var bracketed: Line { Line([Span("[", .lost)] + all(.lost).spans + [Span("]", .lost)]) }
}

/// Text cut to its place.
enum Text {
    /// At most `width` cells; what is cut is marked.
    static func fit(_ text: String, _ width: Int) -> String {
        guard TextWidth.of(text) > width else { return text }
        guard width > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let next = TextWidth.glyph(character).width
            if used + next > width - 1 { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }

    /// Exactly `width` cells, padded on the right or the left.
    static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let fitted = fit(text, width)
        let blanks = String(repeating: " ", count: max(0, width - TextWidth.of(fitted)))
        return right ? blanks + fitted : fitted + blanks
    }

    /// Whole words where they fit, cut words where they must be: nothing of the text is lost.
    static func wrap(_ text: String, _ width: Int) -> [String] {
        guard width > 0 else { return [] }
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            var word = word
            if !line.isEmpty, TextWidth.of(line) + 1 + TextWidth.of(word) <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            while TextWidth.of(word) > width {
                let piece = prefix(word, width)
                lines.append(String(piece))
                word = word.dropFirst(max(1, piece.count))
            }
            line = String(word)
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    private static func prefix(_ text: Substring, _ width: Int) -> Substring {
        var used = 0
        var end = text.startIndex
        while end < text.endIndex {
            used += TextWidth.glyph(text[end]).width
            if used > width { break }
            end = text.index(after: end)
        }
        return text[..<end]
    }
}

/// Rows in columns. Columns that do not fit are left out, the least important first.
struct Table {
    struct Column {
        var title: String
        var width: Int
        /// The most that it takes of what is left over: on a wide screen what belongs together stays together.
        var most = 0
        /// Numbers stand on the right.
        var right = false
        /// The greater, the sooner it is left out.
        var rank: Int
    }

    var columns: [Column]
    var rows: [[Span]]

    /// The header and the rows in so many cells.
    func lines(width: Int) -> (header: Line, rows: [Line]) {
        let (shown, widths) = fitting(width)
        let header = Line(
            shown.map { Span(Text.pad(columns[$0].title, widths[$0], right: columns[$0].right) + " ", .label) }
        )
        let lines = rows.map { row in
            Line(
                shown.map { index in
                    let text = Text.pad(row[index].text, widths[index], right: columns[index].right)
                    return Span(text + " ", row[index].role)
                }
            )
        }
        return (header, lines)
    }

    private func fitting(_ width: Int) -> (shown: [Int], widths: [Int]) {
        var shown = Array(columns.indices)
        func needed() -> Int { shown.reduce(0) { $0 + columns[$1].width + 1 } - 1 }
        while shown.count > 1, needed() > width,
            let least = shown.max(by: { columns[$0].rank < columns[$1].rank })
        {
            shown.removeAll { $0 == least }
        }
        var widths = columns.map(\.width)
        let spare = width - needed()
        let growing = shown.filter { columns[$0].most > columns[$0].width }
        if spare > 0, !growing.isEmpty {
            for (position, index) in growing.enumerated() {
                let share = spare / growing.count + (position < spare % growing.count ? 1 : 0)
                widths[index] = min(columns[index].most, widths[index] + share)
            }
        } else if spare < 0, let only = shown.first {
            widths[only] = max(0, width)
        }
        return (shown, widths)
    }
}
