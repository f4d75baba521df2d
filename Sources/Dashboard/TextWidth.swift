/// How many cells a character takes. The one place that decides it; the terminal checks it against the C library's
/// opinion and prints `?` where the two differ.
enum TextWidth {
    /// The cells of a text, after the same cleaning as `Frame.put` does.
    static func of(_ text: some StringProtocol) -> Int {
        simple(text) ?? text.reduce(0) { $0 + glyph($1).width }
    }

    /// The cells of a text of which every scalar is one character and one cell; nil for any other. Nearly all text on the
    /// screen is so, and finding the characters of the rest is what drawing would spend most of its time with.
    static func simple(_ text: some StringProtocol) -> Int? {
        var count = 0
        for scalar in text.unicodeScalars {
            guard isSimple(scalar.value) else { return nil }
            count += 1
        }
        return count
    }

    /// Printable ASCII, lines, blocks and shapes, and our own symbols: narrow, and joining with nothing.
    private static func isSimple(_ value: UInt32) -> Bool {
        switch value {
        case 0x20..<0x7f, 0x2500...0x25fc: true
        case 0xb7, 0xbb, 0x2022, 0x2026, 0x2190...0x2193, 0x2713: true
        default: false
        }
    }

    /// One character as a cell can hold it: a base, at most one combining mark, and its width of 1 or 2.
    struct Glyph: Equatable {
        var base: UInt32
        var mark: UInt32 = 0
        var width = 1
    }

    /// What is drawn for a character. Names of bots come from outside: whatever could move the cursor, turn the
    /// direction of writing or join with its neighbour becomes a question mark.
    static func glyph(_ character: Character) -> Glyph {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return Glyph(base: 0x3f) }
        if first.value >= 0x20, first.value < 0x7f, scalars.count == 1 { return Glyph(base: first.value) }
        guard isPrintable(first) else { return Glyph(base: 0x3f) }
        let mark = scalars.dropFirst().first.flatMap { isMark($0) ? $0.value : nil } ?? 0
        return Glyph(base: first.value, mark: mark, width: isWide(first.value) ? 2 : 1)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .nonspacingMark, .enclosingMark, .spacingMark:
            false
        default:
            !(0x1f1e6...0x1f1ff).contains(scalar.value) && !(0x1160...0x11ff).contains(scalar.value)
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .nonspacingMark && !(0xfe00...0xfe0f).contains(scalar.value)
    }

    private static func isWide(_ value: UInt32) -> Bool {
        guard value >= 0x1100 else { return false }
        return wide.contains { $0.contains(value) }
    }

    /// East Asian wide and full-width characters, and the emoji that terminals draw wide.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x231a...0x231b, 0x2329...0x232a, 0x23e9...0x23ec, 0x23f0...0x23f0, 0x23f3...0x23f3,
        0x25fd...0x25fe, 0x2614...0x2615, 0x2648...0x2653, 0x267f...0x267f, 0x2693...0x2693, 0x26a1...0x26a1,
        0x26aa...0x26ab, 0x26bd...0x26be, 0x26c4...0x26c5, 0x26ce...0x26ce, 0x26d4...0x26d4, 0x26ea...0x26ea,
        0x26f2...0x26f3, 0x26f5...0x26f5, 0x26fa...0x26fa, 0x26fd...0x26fd, 0x2705...0x2705, 0x270a...0x270b,
        0x2728...0x2728, 0x274c...0x274c, 0x274e...0x274e, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
        0x27b0...0x27b0, 0x27bf...0x27bf, 0x2b1b...0x2b1c, 0x2b50...0x2b50, 0x2b55...0x2b55, 0x2e80...0x303e,
        0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff,
        0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f004...0x1f004, 0x1f0cf...0x1f0cf,
        0x1f18e...0x1f18e, 0x1f191...0x1f19a, 0x1f200...0x1f320, 0x1f32d...0x1f335, 0x1f337...0x1f37c,
        0x1f37e...0x1f393, 0x1f3a0...0x1f3ca, 0x1f3cf...0x1f3d3, 0x1f3e0...0x1f3f0, 0x1f3f4...0x1f3f4,
        0x1f3f8...0x1f43e, 0x1f440...0x1f440, 0x1f442...0x1f4fc, 0x1f4ff...0x1f53d, 0x1f54b...0x1f54e,
        0x1f550...0x1f567, 0x1f57a...0x1f57a, 0x1f595...0x1f596, 0x1f5a4...0x1f5a4, 0x1f5fb...0x1f64f,
        0x1f680...0x1f6c5, 0x1f6cc...0x1f6cc, 0x1f6d0...0x1f6d2, 0x1f6d5...0x1f6d7, 0x1f6eb...0x1f6ec,
        0x1f6f4...0x1f6fc, 0x1f7e0...0x1f7eb, 0x1f90c...0x1f93a, 0x1f93c...0x1f945, 0x1f947...0x1f9ff,
        0x1fa70...0x1faff, 0x20000...0x3fffd,
    ]

    /// What stands for our own symbols where the locale is not UTF-8. Anything else that is not ASCII is a `?`.
    static func ascii(_ glyph: Glyph) -> Glyph {
        guard glyph.base >= 0x7f else { return glyph }
        let scalar = Unicode.Scalar(glyph.base).flatMap { asciiSymbols[$0] } ?? "?"
        return Glyph(base: scalar.value)
    }

    private static let asciiSymbols: [Unicode.Scalar: Unicode.Scalar] = [
        "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "·": "-", "…": "~", "»": ">", "•": "*",
        "✓": "+", "►": ">", "◇": "~", "▽": "v", "◐": "!", "■": "#", "▲": "^", "▼": "v", "←": "<", "→": ">",
        "▁": "_", "▂": "-", "▄": "=", "▅": "+", "▆": "*", "█": "#",
    ]
}
