/// A table of text with aligned columns.
public struct TextTable: Sendable {
    /// One column.
    public struct Column: Sendable {
        /// The side on which its cells line up.
        public enum Alignment: Sendable {
            /// Text.
            case left
            /// Numbers.
            case right
        }

        /// The heading.
        public var title: String
        /// The side on which its cells line up.
        public var alignment: Alignment

        /// Creates a column.
        public init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    /// One cell.
    public struct Cell: Sendable, ExpressibleByStringLiteral {
        /// The text; control characters are made visible when the table is written.
        public var text: String
        /// What it means.
        public var role: TextRole

        /// Creates a cell.
        public init(_ text: String, _ role: TextRole = .plain) {
            self.text = text
            self.role = role
        }

        /// Creates a plain cell.
        public init(stringLiteral value: String) { self.init(value) }
    }

    /// The columns.
    public let columns: [Column]
    /// The rows so far.
    public private(set) var rows: [[Cell]] = []

    /// Creates an empty table.
    public init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; missing cells are empty, surplus ones are dropped.
    public mutating func add(_ cells: [Cell]) {
        let missing = max(0, columns.count - cells.count)
        rows.append(Array(cells.prefix(columns.count)) + [Cell](repeating: "", count: missing))
    }

    /// The table as lines, each ended by a newline: a heading, then the rows, two blanks between columns, none at ends.
    ///
    /// - Parameter style: Whether with colours.
    public func text(style: TextStyle = .plain) -> String {
        let heading = columns.map { Cell($0.title, .strong) }
        let lines = ([heading] + rows).map { row in row.map { Cell(VisibleText.line($0.text), $0.role) } }
        let widths = columns.indices.map { column in lines.map { DisplayWidth.of($0[column].text) }.max() ?? 0 }
        var out = ""
        for line in lines {
            let last = line.lastIndex { !$0.text.isEmpty }
            for (index, cell) in line.enumerated() {
                guard let last, index <= last else { break }
                if index > 0 { out += "  " }
                let padding = String(repeating: " ", count: widths[index] - DisplayWidth.of(cell.text))
                let painted = style.paint(cell.text, cell.role)
                switch columns[index].alignment {
                case .right: out += padding + painted
                case .left: out += painted + (index < last ? padding : "")
                }
            }
            out += "\n"
        }
        return out
    }
}
