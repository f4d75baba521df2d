import Testing

@testable import Console

struct VisibleTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("\u{1b}[31mTRADING", "\\x1b[31mTRADING"), ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u{9b}2J", "\\x9b2J"), ("\u{7f}", "\\x7f"), ("a\u{202e}b", "a\\u{202e}b"), ("\u{feff}x", "\\u{feff}x"),
        ("größe 口 👩‍💻", "größe 口 👩‍💻"), ("\r\n", "\\r\\n"), ("\u{0}", "\\x00"), ("\u{e0041}", "\\u{e0041}"),
    ])
    func whatCouldSteerATerminalIsShown(text: String, shown: String) {
        #expect(VisibleText.line(text) == shown)
        #expect(VisibleText.hasControls(text) == (text != shown))
    }

    @Test func severalLinesKeepTheirEnds() { #expect(VisibleText.lines("a\n\u{7}b\n") == "a\n\\x07b\n") }
}

struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("größe", 5), ("e\u{301}", 1), ("口座", 4), ("👩‍💻", 2), ("✓", 1), ("⚠\u{fe0f}", 2), ("한", 2),
        ("\u{301}", 0), ("…", 1), ("🇩🇪", 2),
    ])
    func columnsAreCountedAsTerminalsDo(text: String, width: Int) { #expect(DisplayWidth.of(text) == width) }

    @Test(arguments: [("abcdef", 4, "abc…"), ("abc", 3, "abc"), ("口座口", 4, "口…"), ("abc", 1, "…"), ("abc", 0, "")])
    func whatDoesNotFitIsCut(text: String, width: Int, fitted: String) {
        #expect(DisplayWidth.fitted(text, to: width) == fitted)
    }
}

struct TextTableTests {
    @Test func columnsLineUpByWidthAndNumbersAtTheRight() {
        var table = TextTable([TextTable.Column("BOT"), TextTable.Column("CHECKS", .right), TextTable.Column("STATE")])
        table.add(["grid", "12", "ok"])
        table.add(["口座", "1234567", TextTable.Cell("late", .bad)])
        table.add(["x"])
        #expect(
            table.text() == """
                BOT    CHECKS  STATE
                grid       12  ok
                口座  1234567  late
                x

                """
        )
    }

    @Test func aNameCannotDrawOnTheScreen() {
        var table = TextTable([TextTable.Column("BOT"), TextTable.Column("X")])
        table.add(["a\u{1b}[2J\nTRADING", "1"])
        #expect(table.text().split(separator: "\n").count == 2)
        #expect(!table.text(style: .plain).contains("\u{1b}"))
    }

    @Test func coloursDoNotMoveColumns() {
        var table = TextTable([TextTable.Column("A"), TextTable.Column("B")])
        table.add([TextTable.Cell("x", .good), "y"])
        #expect(table.text(style: TextStyle(hasColour: true)).contains("\u{1b}[32mx\u{1b}[0m  y\n"))
    }
}

struct TextStyleTests {
    @Test(
        arguments: [
            (true, ["TERM": "xterm"], true), (false, ["TERM": "xterm"], false), (true, ["TERM": "dumb"], false),
            (true, [:], false),
            (true, ["TERM": "xterm", "NO_COLOR": "1"], false), (true, ["TERM": "xterm", "NO_COLOR": ""], true),
        ] as [(Bool, [String: String], Bool)]
    )
    func colourFollowsTerminalAndEnvironment(isTerminal: Bool, variables: [String: String], hasColour: Bool) {
        #expect(TextStyle(isTerminal: isTerminal, environment: Environment(variables)).hasColour == hasColour)
    }
}

struct SuggestionTests {
    @Test(
        arguments: [
            ("stauts", "status"), ("statu", "status"), ("resum", "resume"), ("chek", "check"), ("x", nil), ("", nil),
            ("qqqq", nil),
            ("deact", "deactivate"),
        ] as [(String, String?)]
    )
    func onlyWhatIsNearIsSuggested(word: String, meant: String?) {
        #expect(Suggestion.nearest(to: word, among: ["status", "resume", "check", "deactivate", "halt"]) == meant)
    }
}
