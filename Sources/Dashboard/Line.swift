/// A piece of text in one role.
struct Span: Equatable {
    var text: String
    var role: Role
    /// The cells that it takes; nil: as many as its text. What is longer is cut with a mark.
    var cells: Int?
    /// Whether it stands at the right of them.
    var right = false

    init(_ text: String, _ role: Role = .text, cells: Int? = nil, right: Bool = false) {
        self.text = text
        self.role = role
        self.cells = cells
        self.right = right
    }

    var width: Int { cells ?? TextWidth.of(text) }

    /// The same text, with the blanks that it takes.
    var padded: String { cells.map { Text.pad(text, $0, right: right) } ?? text }
}

/// One line of a pane, before it is placed on the screen.
struct Line: Equatable {
    var spans: [Span]

    init(_ spans: [Span]) { self.spans = spans }
    init(_ text: String, _ role: Role = .text) { spans = [Span(text, role)] }

    var text: String { spans.map(\.padded).joined() }

    var width: Int { spans.reduce(0) { $0 + $1.width } }

    /// The same line in another role, for what is stale.
    func all(_ role: Role) -> Line {
        Line(spans.map { Span($0.text, role, cells: $0.cells, right: $0.right) })
    }

    /// The same line under the cursor: what is plain text stands out, what has a meaning of its own keeps it.
    var selected: Line {
        Line(
            spans.map { span in
                let isPlain = span.role == .text || span.role == .dim || span.role == .label
                return Span(span.text, isPlain ? .selected : span.role, cells: span.cells, right: span.right)
            }
        )
    }

    /// The same line in at most so many cells; what is cut is marked.
    func fitting(_ width: Int) -> Line {
        guard self.width > width else { return self }
        var used = 0
        var kept: [Span] = []
        for span in spans {
            let needed = span.width
            if used + needed >= width {
                kept.append(Span(Text.fit(span.padded + "  ", width - used), span.role))
                break
            }
            kept.append(span)
            used += needed
        }
        return Line(kept)
    }

    /// The cells that the brackets of a lost line take.
    static let brackets = 2

    /// The same line in brackets, for last values from before a connection was lost; both stand within `width` cells.
    func bracketed(_ width: Int) -> Line {
        Line([Span("[", .lost)] + all(.lost).fitting(max(0, width - Line.brackets)).spans + [Span("]", .lost)])
    }
}

/// Text cut to its place.
enum Text {
    /// At most `width` cells; what is cut is marked.
    static func fit(_ text: String, _ width: Int) -> String {
        guard TextWidth.of(text) > width else { return text }
        guard width > 0 else { return "" }
        if TextWidth.simple(text) != nil { return String(text.unicodeScalars.prefix(width - 1)) + "…" }
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

    /// At most `width` cells, beginning and end kept: for names whose end tells them apart.
    static func fitMiddle(_ text: String, _ width: Int) -> String {
        guard TextWidth.of(text) > width, width >= 5 else { return fit(text, width) }
        let front = (width - 1) / 2
        var tail: [Character] = []
        var used = 0
        for character in text.reversed() {
            let next = TextWidth.glyph(character).width
            if used + next > width - 1 - front { break }
            tail.append(character)
            used += next
        }
        return prefix(text[...], front) + "…" + String(tail.reversed())
    }

    /// Exactly `width` cells, padded on the right or the left.
    static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let fitted = fit(text, width)
        let blanks = String(repeating: " ", count: max(0, width - TextWidth.of(fitted)))
        return right ? blanks + fitted : fitted + blanks
    }

    /// Without blanks at either end.
    static func trimmed(_ text: some StringProtocol) -> String {
        var slice = text[...]
        while slice.first == " " { slice.removeFirst() }
        while slice.last == " " { slice.removeLast() }
        return String(slice)
    }

    /// Whole words where they fit, cut words where they must be: nothing of the text is lost.
    static func wrap(_ text: String, _ width: Int) -> [String] {
        guard width > 0 else { return [] }
        if let cells = TextWidth.simple(text), cells <= width { return cells == 0 ? [] : [text] }
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

    static func prefix(_ text: Substring, _ width: Int) -> Substring {
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
