import Testing

@testable import Dashboard

struct FrameTests {
    @Test func nothingIsWrittenOutside() {
        var frame = Frame(width: 4, height: 2, unicode: true)
        frame.put("abcdef", row: 0, column: 2, role: .text)
        frame.put("abcdef", row: 5, column: 0, role: .text)
        frame.put("abcdef", row: -1, column: 0, role: .text)
        frame.put("abcdef", row: 1, column: -3, role: .text)
        frame.fill(Rect(row: -2, column: -2, width: 100, height: 1), role: .bad)
        #expect(frame.text(row: 0) == "  ab")
        #expect(frame.text(row: 1) == "def ")
    }

    @Test func wideCharactersAreWholeOrAbsent() {
        var frame = Frame(width: 4, height: 1, unicode: true)
        frame.put("a漢字", row: 0, column: 0, role: .text)
        #expect(frame.text(row: 0) == "a漢 ")
        frame.put("x", row: 0, column: 2, role: .text)
        #expect(frame.text(row: 0) == "a x ")
        frame.put("漢", row: 0, column: 0, role: .text)
        frame.put("y", row: 0, column: 0, role: .text)
        #expect(frame.text(row: 0) == "y x ")
        frame.put("漢", row: 0, column: 0, role: .text)
        frame.put("字", row: 0, column: 1, role: .text)
        #expect(frame.text(row: 0) == " 字 ")
        frame.put("漢", row: 0, column: -1, role: .text)
        #expect(frame.text(row: 0).count <= 4)
    }

    @Test func withoutUnicodeEveryCellIsASCII() {
        var frame = Frame(width: 12, height: 1, unicode: false)
        frame.put("■►─é漢…ok", row: 0, column: 0, role: .text)
        #expect(frame.text(row: 0) == "#>-???~ok   ")
    }

    @Test func combiningMarksStayWithTheirLetter() {
        var frame = Frame(width: 3, height: 1, unicode: true)
        frame.put("e\u{301}x", row: 0, column: 0, role: .text)
        #expect(frame.text(row: 0) == "e\u{301}x ")
    }

    @Test(arguments: [("abc def", 3, ["abc", "def"]), ("abcdef", 4, ["abcd", "ef"]), ("", 5, []), ("a", 0, [])])
    func wrappingLosesNothing(_ text: String, _ width: Int, _ lines: [String]) {
        #expect(Text.wrap(text, width) == lines)
    }

    @Test func cutTextIsMarked() {
        #expect(Text.fit("abcdef", 4) == "abc…")
        #expect(Text.fit("漢字漢", 4) == "漢…")
        #expect(Text.fit("abcd", 4) == "abcd")
        #expect(Text.fit("abcd", 0) == "")
    }

    @Test func rolesHaveLettersOfTheirOwn() {
        #expect(Set(Role.allCases.map(\.letter)).count == Role.allCases.count)
    }

    @Test func modesDifferInWordAndInSymbolAlsoInASCII() {
        let all = Status.allCases
        #expect(Set(all.map(\.word)).count == all.count)
        #expect(all.allSatisfy { $0.shortWord.count <= 9 })
        for unicode in [true, false] {
            let symbols = all.map { status -> String in
                var frame = Frame(width: 1, height: 1, unicode: unicode)
                frame.put(status.symbol, row: 0, column: 0, role: .text)
                return frame.text(row: 0)
            }
            #expect(Set(symbols).count == all.count)
        }
    }
}
