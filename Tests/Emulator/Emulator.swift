/// The look of a cell. Colours are numbers of the 256-colour palette; -1: the terminal's own.
public struct Style: Sendable, Hashable {
    /// Attributes that programs use.
    public struct Flags: OptionSet, Sendable, Hashable {
        /// The bits.
        public let rawValue: UInt8
        /// From bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// SGR 1.
        public static let bold = Flags(rawValue: 1)
        /// SGR 2.
        public static let dim = Flags(rawValue: 2)
        /// SGR 4.
        public static let underline = Flags(rawValue: 4)
        /// SGR 7.
        public static let reverse = Flags(rawValue: 8)
    }

    /// The colour of the letters.
    public var foreground = -1
    /// The colour behind them.
    public var background = -1
    /// Bold, dim and so on.
    public var flags: Flags = []

    /// The terminal's own look.
    public init() {}
}

/// One cell: a character with at most one combining mark.
public struct ScreenCell: Sendable, Hashable {
    /// The character; a space where nothing is.
    public var base: UInt32 = 0x20
    /// A mark over it; 0: none.
    public var mark: UInt32 = 0
    /// Whether it is the right half of the character to its left.
    public var isContinuation = false
    /// How it looks.
    public var style = Style()

    /// A blank.
    public init() {}

    init(_ base: UInt32, isContinuation: Bool = false, _ style: Style) {
        self.base = base
        self.isContinuation = isContinuation
        self.style = style
    }
}

/// A terminal for tests: takes what a program writes, and has a screen. Written from the documentation of xterm and
/// ECMA-48, with no line in common with what it tests. What it does not know it does not guess: it is in `unknown`.
public struct Emulator: Sendable {
    /// Rows of cells, and what belongs to one of the two screens.
    struct Screen: Sendable {
        var cells: [ScreenCell]
        var row = 0
        var column = 0
        /// A character was put into the last column: the next one begins the next line.
        var wraps = false
    }

    struct Saved: Sendable {
        var row = 0
        var column = 0
        var pen = Style()
        var graphics = [false, false]
        var shift = 0
    }

    /// Columns.
    public private(set) var width: Int
    /// Rows.
    public private(set) var height: Int
    var screen: Screen
    var main: Screen?
    var saved = Saved()
    var pen = Style()
    /// Whether G0 and G1 hold line-drawing characters, and which is in use.
    var graphics = [false, false]
    var shift = 0
    var top = 0
    var bottom: Int
    var tabs: Set<Int>
    var last: UInt32 = 0
    var inserts = false
    var wrapsAround = true

    /// Whether the cursor is shown.
    public internal(set) var isCursorShown = true
    /// Whether pastes are bracketed.
    public internal(set) var bracketsPastes = false
    /// Whether cursor keys send ESC O.
    public internal(set) var hasApplicationKeys = false
    /// Whether the keypad is in application mode.
    public internal(set) var hasApplicationKeypad = false
    /// Private modes that are on besides those named above (mouse, focus, 2026).
    public internal(set) var modes: Set<Int> = []
    /// The window's title.
    public internal(set) var title = ""
    /// Titles that were pushed and not popped.
    public internal(set) var titles: [String] = []
    /// Sequences that this terminal does not know, and what cannot be in an output.
    public internal(set) var unknown: [String] = []
    /// What it answers; whoever plays the terminal sends it and empties this.
    public var replies: [UInt8] = []
    /// How often it was asked whether it is there.
    public internal(set) var questions = 0
    /// How often it was told to ring.
    public internal(set) var bells = 0

    enum State: Sendable {
        case ground
        case escape
        case control([UInt8])
        case command([UInt8])
        case commandEscape([UInt8])
        case charset(Int)
    }

    var state = State.ground
    var partial: [UInt8] = []

    /// An empty terminal.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
        bottom = height - 1
        screen = Screen(cells: Array(repeating: ScreenCell(), count: width * height))
        tabs = Set(stride(from: 8, to: max(width, 9), by: 8))
    }

    /// Whether the alternate screen is shown.
    public var isAlternate: Bool { main != nil }
    /// The cursor's place.
    public var cursor: (row: Int, column: Int) { (screen.row, screen.column) }
    /// The pen that the next character is written with.
    public var style: Style { pen }

    /// A cell of the screen.
    public subscript(row: Int, column: Int) -> ScreenCell {
        get { screen.cells[row * width + column] }
        set { screen.cells[row * width + column] = newValue }
    }

    /// One row as text, with its trailing blanks.
    public func text(row: Int) -> String {
        var text = ""
        for column in 0..<width where !self[row, column].isContinuation {
            for value in [self[row, column].base, self[row, column].mark] where value != 0 {
                text.unicodeScalars.append(Unicode.Scalar(value) ?? "?")
            }
        }
        return text
    }

    /// All rows.
    public var text: String { (0..<height).map { text(row: $0) }.joined(separator: "\n") }

    /// Gives the window another size; what is outside is lost.
    public mutating func resize(width: Int, height: Int) {
        screen = resized(screen, width, height)
        main = main.map { resized($0, width, height) }
        self.width = width
        self.height = height
        top = 0
        bottom = height - 1
        tabs = Set(stride(from: 8, to: max(width, 9), by: 8))
    }

    private func resized(_ old: Screen, _ width: Int, _ height: Int) -> Screen {
        var new = Screen(cells: Array(repeating: ScreenCell(), count: width * height))
        for row in 0..<min(height, self.height) {
            for column in 0..<min(width, self.width) {
                new.cells[row * width + column] = old.cells[row * self.width + column]
            }
        }
        new.row = min(old.row, height - 1)
        new.column = min(old.column, width - 1)
        return new
    }

    /// Takes what a program wrote.
    public mutating func feed(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { consume(byte) }
    }

    // MARK: - Characters

    private mutating func consume(_ byte: UInt8) {
        switch state {
        case .ground: ground(byte)
        case .escape: escape(byte)
        case .control(let parameters): control(byte, parameters)
        case .command(let text):
            if byte == 0x1b {
                state = .commandEscape(text)
            } else if byte == 0x07 {
                finishCommand(text)
            } else {
                state = .command(text + [byte])
            }
        case .commandEscape(let text):
            finishCommand(text)
            if byte != UInt8(ascii: "\\") { complain("a command cut by ESC \(byte)") }
        case .charset(let set):
            graphics[set] = byte == UInt8(ascii: "0")
            state = .ground
            if byte != UInt8(ascii: "0"), byte != UInt8(ascii: "B") { complain("charset \(byte)") }
        }
    }

    private mutating func ground(_ byte: UInt8) {
        if !partial.isEmpty || byte >= 0x80 {
            partial.append(byte)
            let needed = partial[0] < 0xe0 ? 2 : partial[0] < 0xf0 ? 3 : 4
            guard partial.count == needed else { return }
            let scalar = String(validating: partial, as: UTF8.self)?.unicodeScalars.first
            if scalar == nil { complain("not UTF-8: \(partial)") }
            partial = []
            put(scalar?.value ?? 0xfffd)
            return
        }
        switch byte {
        case 0x1b: state = .escape
        case 0x20..<0x7f: put(graphics[shift] ? Emulator.lines[byte] ?? UInt32(byte) : UInt32(byte))
        case 0x00: break
        case 0x07: bells += 1
        case 0x08: move(toColumn: screen.column - 1)
        case 0x09: move(toColumn: tabs.filter { $0 > screen.column }.min() ?? width - 1)
        case 0x0a: lineFeed()
        case 0x0d: move(toColumn: 0)
        case 0x0e: shift = 1
        case 0x0f: shift = 0
        default: complain("control \(byte)")
        }
    }

    mutating func complain(_ what: String) { unknown.append(what) }

    /// Writes one character where the cursor is.
    mutating func put(_ value: UInt32) {
        if Emulator.isMark(value) {
            var column = screen.wraps ? screen.column : screen.column - 1
            if column > 0, self[screen.row, column].isContinuation { column -= 1 }
            if column >= 0 { self[screen.row, column].mark = value }
            return
        }
        let columns = min(Emulator.isWide(value) ? 2 : 1, width)
        if screen.wraps || screen.column + columns > width {
            if wrapsAround {
                screen.column = 0
                lineFeed()
            } else {
                screen.column = width - columns
            }
        }
        if inserts { insertCells(columns) }
        split(screen.row, screen.column)
        split(screen.row, screen.column + columns)
        self[screen.row, screen.column] = ScreenCell(value, pen)
        if columns == 2 { self[screen.row, screen.column + 1] = ScreenCell(0x20, isContinuation: true, pen) }
        last = value
        screen.wraps = wrapsAround && screen.column + columns >= width
        screen.column = min(width - 1, screen.column + columns)
    }

    /// Half a wide character is none: what is cut at a place becomes blank.
    mutating func split(_ row: Int, _ column: Int) {
        guard column > 0, column < width, self[row, column].isContinuation else { return }
        self[row, column - 1].base = 0x20
        self[row, column - 1].mark = 0
        self[row, column].base = 0x20
        self[row, column].isContinuation = false
    }

    /// DEC's line-drawing characters, as far as programs use them.
    private static let lines: [UInt8: UInt32] = Dictionary(
        uniqueKeysWithValues: zip(
            "`afgjklmnopqrstuvwxyz{|}~".utf8,
            "◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·".unicodeScalars.map(\.value)
        )
    )

    private static func isMark(_ value: UInt32) -> Bool {
        guard value >= 0x300, let scalar = Unicode.Scalar(value) else { return false }
        return [.nonspacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
    }

    private static func isWide(_ value: UInt32) -> Bool {
        value >= 0x1100
            && [
                0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
                0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
            ].contains { $0.contains(value) }
    }
}
