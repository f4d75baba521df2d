import Dashboard
import Foundation
import Testing

@testable import Terminal

/// Theme files as people write them: wrong ones are named with their line and never trap.
struct ThemeFileTests {
    /// What is wrong with a text, by way of the whole loading; nil: nothing.
    func problem(_ text: String) -> String? {
        var shelf = ThemeShelf.shipped
        shelf.add("x", path: "/x.toml", directory: 1, ThemeShelf.parse(Array(text.utf8)))
        let (library, problems) = shelf.library()
        if let problem = problems.first {
            #expect(problems.count == 1)
            #expect(problem.hasSuffix("; the default theme is used"))
            for role in Role.allCases {
                #expect(library["x"]?[role, .many] == library.standardTheme[role, .many], "\(role)")
            }
        }
        return problems.first
    }

    @Test(arguments: [
        ("\nhaltd = \"bold\"", "line 2: unknown role \"haltd\" (did you mean \"halted\"?)"),
        ("\n\n\nzzz = \"bold\"", "line 4: unknown role \"zzz\";"),
        ("inherit = \"light\"", "line 1: unknown role \"inherit\" (did you mean \"inherits\"?)"),
        ("[sixteen]\ninherits = \"light\"", "line 2: unknown role \"inherits\";"),
        ("halted = 7", "line 1: a role's look is text in quotes, not a whole number"),
        ("inherits = true", "line 1: inherits is the name of a theme in quotes, not true or false"),
        ("text = \"\"\nhalted = \"sno\"", "line 2: unknown colour or attribute \"sno\" (did you mean \"snow\"?)"),
        ("halted = \"red on whit\"", "line 1: unknown colour \"whit\" (did you mean \"white\"?)"),
        ("halted = \"red on bold\"", "line 1: unknown colour \"bold\";"),
        ("halted = \"red blod\"", "line 1: unknown colour or attribute \"blod\" (did you mean \"bold\"?)"),
        ("halted = \"red blink\"", "line 1: \"blink\" is no attribute here: nothing on this screen blinks"),
        ("halted = \"red white\"", "line 1: \"white\" is in the wrong place: write COLOUR on COLOUR ATTRIBUTES"),
        ("halted = \"bold red\"", "line 1: \"red\" is in the wrong place"),
        ("halted = \"red on\"", "line 1: there is no colour after \"on\""),
        ("halted = \"red on blue on green\"", "line 1: unknown colour or attribute \"on\""),
        ("halted = \"#ff00\"", "line 1: \"#ff00\" is no colour: write # and six hexadecimal digits"),
        ("halted = \"#-12345\"", "line 1: \"#-12345\" is no colour"),
        ("halted = \"256\"", "line 1: \"256\" is no colour: numbers go from 0 to 255"),
        ("halted = \"99999999999999999999\"", "line 1: \"99999999999999999999\" is no colour"),
        ("[palette]\na = \"#1\"", "line 2: unknown colour \"#1\""),
        ("[palette]\na = \"blu\"", "line 2: unknown colour \"blu\", write \"#rrggbb\" or a number from 0 to 255 (did"),
        ("[palette]\na = 256", "line 2: unknown colour \"256\""),
        ("[palette]\na = [\"red\"]", "line 2: a colour is \"#rrggbb\" or a number from 0 to 255, not an array"),
        ("[palette]\nred = \"#ff0000\"", "line 2: \"red\" has a meaning already"),
        ("[palette]\nbold = \"#ff0000\"", "line 2: \"bold\" has a meaning already"),
        ("[palette]\n\"a b\" = \"#ff0000\"", "line 2: \"a b\" is no name for a colour"),
        ("[mono]\nhalted = \"red reverse\"", "line 2: [mono] has attributes only, and \"red\" is none"),
        (
            "[mono]\nhalted = \"revers\"",
            "line 2: [mono] has attributes only, and \"revers\" is none (did you mean \"rev"
        ),
        ("[sixteen]\nhalted = \"rad\"", "line 2: unknown colour or attribute \"rad\" (did you mean \"red\"?)"),
        ("\n[pallete]\na = \"#000000\"", "line 2: unknown table \"pallete\" (did you mean \"palette\"?)"),
        ("[palette.more]", "line 1: unknown table \"palette.more\""),
        ("a.b.c = \"red\"", "line 1: unknown table \"a.b\""),
        ("colours.red = \"red\"", "line 1: unknown table \"colours\""),
        ("zzz = \"bold\"\n[pallete]", "line 1: unknown role \"zzz\""),
        ("halted = \"red\"\ntext = \"\"\nhalted = \"blue\"", "line 3: 'halted' is there already"),
        ("halted = \"red", "line 1: the string has no end"),
        ("halted\n", "line 1: a key needs = and a value"),
        ("inherits = \"lihgt\"", "line 1: there is no theme \"lihgt\" to inherit (did you mean \"light\"?)"),
        ("text = \"\"\ninherits = \"x\"", "line 2: there is no theme \"x\" to inherit"),
        ("\u{7}", "line 1: there is a control character"),
    ])
    func aMistakeIsNamedWithItsLine(_ text: String, _ expected: String) throws {
        let problem = try #require(self.problem(text))
        #expect(problem.hasPrefix("themes: /x.toml \(expected)"))
    }

    @Test(arguments: [
        "", "text = \"\"", "halted = \"white on red bold underline\"", "halted = \"\ton  #FFFFFF \"",
        "inherits = \"mono\"\n[palette]\na = 7\nb = \"terminal\"\n[sixteen]\nhalted = \"a on b\"\n[mono]\nhalted = \"dim\"",
        "palette.a = 1\nhalted = \"a\"",
    ])
    func whatIsRightIsTaken(_ text: String) { #expect(problem(text) == nil) }

    @Test func aLookIsReadAsItIsExplained() throws {
        let file = try ThemeFile(
            Array(
                """
                text = "250 on #101010"
                good = "mine"
                bad = "on red underline"
                key = "terminal on terminal bold"
                [palette]
                mine = "#00ff00"
                """.utf8
            )
        )
        var entries = ThemeEntries()
        try entries.overlay(file)
        let theme = Theme(name: "x", entries)
        #expect(theme[.text, .many] == Look(250, on: 233))
        #expect(theme[.good, .many] == Look(46, on: 233), "the background is the text's")
        #expect(theme[.bad, .many] == Look(250, on: 1, LookAttribute.underline.bit))
        #expect(theme[.key, .many] == Look(-1, on: -1, LookAttribute.bold.bit))
        #expect(theme[.good, .sixteen] == Look(2, on: 0))
        #expect(theme[.bad, .sixteen] == Look(7, on: 1, LookAttribute.underline.bit))
        #expect(theme[.bad, .mono] == Look(-1, on: -1, LookAttribute.underline.bit | LookAttribute.reverse.bit))
    }

    @Test func truncatedAndRandomFilesNeverTrap() throws {
        let whole = Array(try String(contentsOfFile: ThemeLibraryTests.source + "/default.toml", encoding: .utf8).utf8)
        var usable = 0
        func load(_ bytes: [UInt8]) {
            var entries = ThemeEntries()
            guard case .success(let file) = ThemeShelf.parse(bytes), (try? entries.overlay(file)) != nil else { return }
            usable += 1
            let theme = Theme(name: "x", entries)
            for depth in Theme.Depth.allCases { #expect(theme[.field, depth].foreground < 256) }
        }
        for length in stride(from: 0, to: whole.count, by: 11) { load(Array(whole.prefix(length))) }
        #expect(usable > 0, "what ends between two lines of looks without names of colours")
        var random = Seeded(state: 20_261_121)
        for _ in 0..<200 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            load(bytes)
            load((0..<200).map { _ in .random(in: 0...255, using: &random) })
            load(
                (0..<200).compactMap { _ in Array("halted=\"on #0\n[]moxteen.,white".utf8).randomElement(using: &random)
                }
            )
        }
    }
}
