/// One cell of the screen: one character, its role, and whether it is the right half of a wide one.
public struct Cell: Sendable, Equatable {
    /// The character's scalar.
    public internal(set) var base: UInt32 = 0x20
    /// A combining mark over it; 0: none.
    public internal(set) var mark: UInt32 = 0
    /// What it means.
    public internal(set) var role: Role = .text
    /// True for the right half of the wide character to its left: nothing is printed for it.
    public internal(set) var isContinuation = false
    /// True for the left half of a wide character.
    public internal(set) var isWide = false
}

/// A part of a frame, in cells.
public struct Rect: Sendable, Equatable {
    /// The first row.
    public var row: Int
    /// The first column.
    public var column: Int
    /// Columns.
    public var width: Int
    /// Rows.
    public var height: Int

    /// Creates a rectangle.
    public init(row: Int, column: Int, width: Int, height: Int) {
        self.row = row
        self.column = column
        self.width = max(0, width)
        self.height = max(0, height)
    }
}

extension Rect {
    /// What of it lies in another; empty where they do not meet.
    func intersection(_ other: Rect) -> Rect {
        let top = max(row, other.row)
        let left = max(column, other.column)
        return Rect(
            row: top,
            column: left,
            width: min(column + width, other.column + other.width) - left,
            height: min(row + height, other.row + other.height) - top
        )
    }
}

/// A screen as a value: rows of cells, and where the cursor is.
///
/// Invariants (DashboardTests/FrameTests): nothing is ever written outside; a wide character is whole or absent;
/// without Unicode every cell is ASCII. Clipping is done here, so that no view has to.
public struct Frame: Sendable, Equatable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Whether anything but ASCII may be drawn.
    public let unicode: Bool
    /// All cells, row by row.
    public private(set) var cells: [Cell]
    /// Row and column of the hardware cursor; nil: hidden.
    public internal(set) var cursor: (row: Int, column: Int)? {
        get { cursorAt.map { ($0.row, $0.column) } }
        set {
            cursorAt = newValue.flatMap { place in
                let isInside = (0..<height).contains(place.row) && (0..<width).contains(place.column)
                return isInside ? Rect(row: place.row, column: place.column, width: 1, height: 1) : nil
            }
        }
    }

    private var cursorAt: Rect?
    /// Nothing is written outside this.
    private var clip: Rect

    /// An empty frame.
    public init(width: Int, height: Int, unicode: Bool) {
        self.width = max(0, width)
        self.height = max(0, height)
        self.unicode = unicode
        cells = Array(repeating: Cell(), count: self.width * self.height)
        clip = Rect(row: 0, column: 0, width: self.width, height: self.height)
    }

    /// Draws inside a rectangle: whatever is written beyond it is lost.
    mutating func within(_ rect: Rect, _ draw: (inout Frame) -> Void) {
        let before = clip
        clip = clip.intersection(rect)
        draw(&self)
        clip = before
    }

    /// The cell at a place inside the frame.
    public subscript(row: Int, column: Int) -> Cell { cells[row * width + column] }

    /// All of it as a rectangle.
    var bounds: Rect { Rect(row: 0, column: 0, width: width, height: height) }

    /// Blanks a rectangle in a role.
    mutating func fill(_ rect: Rect, role: Role) {
        let area = clip.intersection(rect)
        for row in area.row..<(area.row + area.height) {
            for column in area.column..<(area.column + area.width) { set(Cell(role: role), row: row, column: column) }
        }
    }

    /// Writes text from a place, at most `limit` cells of it, and says how many columns it took.
    @discardableResult
    mutating func put(_ text: String, row: Int, column: Int, limit: Int = .max, role: Role) -> Int {
        var used = 0
        if TextWidth.simple(text) != nil {
            for scalar in text.unicodeScalars {
                if used >= limit { break }
                var glyph = TextWidth.Glyph(base: scalar.value)
                if !unicode { glyph = TextWidth.ascii(glyph) }
                place(glyph, row: row, column: column + used, role: role)
                used += 1
            }
            return used
        }
        for character in text {
            let glyph = TextWidth.glyph(character)
            if glyph.width > limit - used { break }
            if unicode {
                place(glyph, row: row, column: column + used, role: role)
            } else {
                // As many cells as the character would take: columns stay where they are.
                for cell in 0..<glyph.width {
                    place(TextWidth.ascii(glyph), row: row, column: column + used + cell, role: role)
                }
            }
            used += glyph.width
        }
        return used
    }

    /// Writes the same character over so many cells.
    mutating func rule(_ character: Character, row: Int, column: Int, width: Int, role: Role) {
        var glyph = TextWidth.glyph(character)
        if !unicode { glyph = TextWidth.ascii(glyph) }
        for cell in 0..<max(0, width) { place(glyph, row: row, column: column + cell, role: role) }
    }

    /// Writes a line of spans.
    mutating func put(_ line: Line, row: Int, column: Int, limit: Int) {
        var used = 0
        for span in line.spans where used < limit {
            let begin = column + used
            guard let cells = span.cells else {
                used += put(span.text, row: row, column: begin, limit: limit - used, role: span.role)
                continue
            }
            let width = TextWidth.of(span.text)
            let text = width > cells ? Text.fit(span.text, cells) : span.text
            let blanks = span.right ? max(0, cells - width) : 0
            put(text, row: row, column: begin + blanks, limit: limit - used - blanks, role: span.role)
            used += cells
        }
    }

    private mutating func place(_ glyph: TextWidth.Glyph, row: Int, column: Int, role: Role) {
        let end = clip.column + clip.width
        guard row >= clip.row, row < clip.row + clip.height, column < end, column + glyph.width > clip.column else {
            return
        }
        if glyph.width == 2 {
            // Half of a wide character is no character: at an edge a space stands for it.
            guard column >= clip.column, column + 1 < end else {
                set(Cell(role: role), row: row, column: max(clip.column, column))
                return
            }
            set(Cell(base: glyph.base, mark: glyph.mark, role: role, isWide: true), row: row, column: column)
            set(Cell(role: role, isContinuation: true), row: row, column: column + 1, joined: true)
        } else {
            set(Cell(base: glyph.base, mark: glyph.mark, role: role), row: row, column: column)
        }
    }

    private mutating func set(_ cell: Cell, row: Int, column: Int, joined: Bool = false) {
        let index = row * width + column
        if cells[index].isContinuation, !joined, column > 0 { cells[index - 1] = Cell(role: cells[index - 1].role) }
        if cells[index].isWide, column + 1 < width { cells[index + 1] = Cell(role: cells[index + 1].role) }
        cells[index] = cell
    }

    /// One row as text.
    public func text(row: Int) -> String {
        var text = ""
        for column in 0..<width {
            let cell = self[row, column]
            if cell.isContinuation { continue }
            for value in [cell.base, cell.mark] where value != 0 {
                if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
            }
        }
        return text
    }

    /// One row as the letters of its roles.
    public func roles(row: Int) -> String {
        String((0..<width).map { self[row, $0].role.letter })
    }

    /// Two frames are equal when their cells and cursors are.
    public static func == (left: Frame, right: Frame) -> Bool {
        left.width == right.width && left.height == right.height && left.cursorAt == right.cursorAt
            && left.cells == right.cells
    }
}
