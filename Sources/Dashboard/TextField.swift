/// A line of text being typed.
struct TextField: Sendable, Equatable {
    private(set) var characters: [Character] = []
    private(set) var cursor = 0
    /// Shown as stars.
    var masked = false
    /// Longer input is refused, not cut later: nobody should lose words without seeing it.
    var capacity = 300

    var text: String { String(characters) }
    var trimmed: String {
        var slice = characters[...]
        while slice.first == " " { slice.removeFirst() }
        while slice.last == " " { slice.removeLast() }
        return String(slice)
    }

    /// Handles an editing key; false for a key that edits nothing.
    mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .character(let character):
            insert([character])
        case .backspace, .control("h"):
            if cursor > 0 {
                cursor -= 1
                characters.remove(at: cursor)
            }
        case .delete:
            if cursor < characters.count { characters.remove(at: cursor) }
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .control("u"):
            characters.removeFirst(cursor)
            cursor = 0
        case .control("w"):
            var start = cursor
            while start > 0, characters[start - 1] == " " { start -= 1 }
            while start > 0, characters[start - 1] != " " { start -= 1 }
            characters.removeSubrange(start..<cursor)
            cursor = start
        default:
            return false
        }
        return true
    }

    /// Inserts pasted text: its first line, without control characters.
    mutating func paste(_ text: String) {
        let line = text.prefix { !$0.isNewline }
        insert(
            line.filter { character in character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } }
        )
    }

    mutating func clear() { self = TextField(masked: masked, capacity: capacity) }

    private mutating func insert(_ new: some Sequence<Character>) {
        for character in new where characters.count < capacity {
            characters.insert(character, at: cursor)
            cursor += 1
        }
    }

    init(masked: Bool = false, capacity: Int = 300) {
        self.masked = masked
        self.capacity = capacity
    }

    /// The part around the cursor that fits, and the cursor's column in it.
    func visible(width: Int) -> (text: String, cursor: Int) {
        guard width > 0 else { return ("", 0) }
        let shown = masked ? characters.map { _ in Character("*") } : characters
        var start = cursor
        var before = 0
        while start > 0 {
            let next = TextWidth.glyph(shown[start - 1]).width
            if before + next > width - 1 { break }
            before += next
            start -= 1
        }
        var text = ""
        var used = 0
        for character in shown[start...] {
            let next = TextWidth.glyph(character).width
            if used + next > width { break }
            text.append(character)
            used += next
        }
        return (text, before)
    }
}
