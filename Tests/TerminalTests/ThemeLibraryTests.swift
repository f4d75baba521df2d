import Console
import Dashboard
import Foundation
import Testing

@testable import Terminal

/// Which themes there are, and where they come from.
struct ThemeLibraryTests {
    /// `themes/` of the repository.
    static let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../themes")
        .standardizedFileURL.path()

    /// Directories with files, removed afterwards.
    func withDirectories<Result>(_ files: [[String: String]], _ body: ([String]) throws -> Result) throws -> Result {
        let root = FileManager.default.temporaryDirectory.appending(path: "estop-themes-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        var directories: [String] = []
        for (index, texts) in files.enumerated() {
            let directory = root.appending(path: "\(index)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            for (name, text) in texts { try Data(text.utf8).write(to: directory.appending(path: name)) }
            directories.append(directory.path())
        }
        return try body(directories)
    }

    func load(_ files: [[String: String]]) throws -> (library: ThemeLibrary, problems: [String]) {
        try withDirectories(files) { ThemeLibrary.load(directories: $0) }
    }

    // MARK: - What is shipped

    @Test func everyShippedThemeLoadsAndIsCompiledIn() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: ThemeLibraryTests.source)
        #expect(Set(files) == Set(ThemeTests.names.map { $0 + ".toml" }))
        #expect(ThemeLibrary.shipped.names == ThemeTests.names)
        #expect(ThemeShelf.shipped.library().problems == [])
        let (installed, problems) = ThemeLibrary.load(directories: [ThemeLibraryTests.source])
        #expect(problems == [])
        #expect(installed.names == ThemeTests.names)
        for name in ThemeTests.names {
            let (one, two) = (try #require(installed[name]), try #require(ThemeLibrary.shipped[name]))
            for role in Role.allCases {
                for depth in Theme.Depth.allCases { #expect(one[role, depth] == two[role, depth], "\(name) \(role)") }
            }
        }
    }

    @Test func everyShippedThemeDefinesOrInheritsEveryRole() throws {
        for (name, books) in ThemeShelf.shipped.books {
            for book in books {
                let entries = try ThemeShelf.shipped.entries(of: book)
                #expect(Set(entries.roles.keys) == Set(Role.allCases), "\(name)")
            }
        }
    }

    @Test func theDefaultDefinesAndExplainsEveryRole() throws {
        let lines = try String(contentsOfFile: ThemeLibraryTests.source + "/default.toml", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        for role in Role.allCases {
            let index = try #require(lines.firstIndex { $0.hasPrefix("\(role.name) = ") }, "\(role.name)")
            #expect(index > 0 && lines[index - 1].hasPrefix("# "), "\(role.name)")
        }
    }

    // MARK: - Directories

    @Test func theUsersOwnComeLast() {
        let usual = ["/usr/share/estop/themes", "/usr/local/share/estop/themes"]
        func directories(_ variables: [String: String], _ executable: String) -> [String] {
            ThemeLibrary.directories(environment: Environment(variables), executable: executable)
        }
        #expect(directories([:], "/usr/bin/estop-desk") == usual)
        #expect(directories([:], "/usr/local/bin/estop-desk") == usual)
        #expect(
            directories(["HOME": "/home/a"], "/opt/estop/bin/estop-desk")
                == usual + ["/opt/estop/share/estop/themes", "/home/a/.config/estop/themes"]
        )
        #expect(
            directories(["HOME": "/home/a", "XDG_CONFIG_HOME": "/c"], "/usr/bin/estop-desk")
                == usual + ["/c/estop/themes"]
        )
        #expect(directories([:], "/e") == usual + ["/share/estop/themes"])
        #expect(ThemeLibrary.directories().count >= 2)
    }

    @Test func aUsersThemeHidesTheInstalledOneAndMayInheritIt() throws {
        let (library, problems) = try load([
            ["light.toml": "good = \"1\"\nbad = \"2\"", "own.toml": "good = \"3\""],
            ["light.toml": "inherits = \"light\"\ngood = \"4\""],
        ])
        #expect(problems == [])
        #expect(library.names == ["default", "colour-blind", "high-contrast", "light", "mono", "own"])
        #expect(library["light"]?[.good, .many] == Look(4))
        #expect(library["light"]?[.bad, .many] == Look(2))
        #expect(library["own"]?[.good, .many] == Look(3))
        #expect(library["own"]?.name == "own")
        #expect(library["none"] == nil)
    }

    @Test func whatIsShippedLooksAsItWasTestedWhateverDefaultIs() throws {
        let (library, problems) = try load([
            ["default.toml": "text = \"red on blue\"\n[palette]\nsnow = \"1\"", "own.toml": ""]
        ])
        #expect(problems == [])
        #expect(library.standardTheme[.text, .many] == Look(1, on: 4))
        #expect(library["own"]?[.text, .many] == Look(1, on: 4))
        #expect(library["own"]?[.halted, .many].foreground == 1, "a name of the palette with another colour")
        #expect(library["light"]?[.halted, .many] == ThemeLibrary.shipped["light"]?[.halted, .many])
    }

    @Test func anEntryHidesWhatWasSaidForSixteenColoursButNotForMono() throws {
        let (library, problems) = try load([
            [
                "one.toml": "trading = \"#ff0000\"",
                "two.toml": "trading = \"#ff0000\"\n[sixteen]\ntrading = \"cyan\"\n[mono]\ntrading = \"dim\"",
            ]
        ])
        #expect(problems == [])
        #expect(library["one"]?[.trading, .sixteen] == Look(1))
        #expect(library["one"]?[.trading, .mono] == library.standardTheme[.trading, .mono])
        #expect(library["two"]?[.trading, .sixteen] == Look(6))
        #expect(library["two"]?[.trading, .mono] == Look(-1, on: -1, LookAttribute.dim.bit))
    }

    // MARK: - What is broken

    @Test func aBrokenFileIsNamedAndTheDefaultIsUsed() throws {
        try withDirectories([[:], ["x.toml": "\n\nhaltd = \"bold\"", "y.toml": "good = \"5\""]]) { directories in
            let (library, problems) = ThemeLibrary.load(directories: directories + ["/nowhere/at/all"])
            #expect(
                problems == [
                    "themes: \(directories[1])/x.toml line 3: unknown role \"haltd\" (did you mean \"halted\"?); "
                        + "the default theme is used"
                ]
            )
            #expect(library.names.contains("x"))
            #expect(library["x"]?[.halted, .many] == library.standardTheme[.halted, .many])
            #expect(library["y"]?[.good, .many] == Look(5))
        }
    }

    @Test func theDefaultThatABrokenOneHidesStandsInForIt() throws {
        let (library, problems) = try load([
            ["default.toml": "good = \"7\""], ["default.toml": "good = 7", "x.toml": "bad = \"6\"", "z.toml": "?"],
        ])
        #expect(problems.count == 2)
        #expect(library.standardTheme[.good, .many] == Look(7))
        #expect(library["x"]?[.good, .many] == Look(7))
        #expect(library["x"]?[.bad, .many] == Look(6))
        #expect(library["z"]?[.good, .many] == Look(7))
    }

    @Test func loopsAndBrokenParentsAreNamedInEveryFileThatHasThem() throws {
        var chain = ["start.toml": "text = \"\""]
        for number in 0..<20 {
            chain["n\(number).toml"] = "inherits = \"\(number == 0 ? "start" : "n\(number - 1)")\""
        }
        let (_, long) = try load([chain])
        #expect(long.count == 5)
        for problem in long { #expect(problem.contains(" line 1: more than 16 themes inherit each other; ")) }

        let (library, problems) = try load([
            [
                "a.toml": "\ninherits = \"b\"", "b.toml": "inherits = \"c\"", "c.toml": "inherits = \"a\"",
                "d.toml": "inherits = \"a\"", "e.toml": "\n\ninherits = \"f\"", "f.toml": "inherits = \"none\"",
                "g.toml": "inherits = \"h\"", "h.toml": "inherits = \"i\"", "i.toml": "text = \"nocolour\"",
                "default.toml": "inherits = \"j\"", "j.toml": "",
            ]
        ])
        let expected = [
            "default.toml line 1: the themes \"default\", \"j\" inherit each other in a loop",
            "a.toml line 2: the themes \"a\", \"b\", \"c\" inherit each other in a loop",
            "b.toml line 1: the themes \"b\", \"c\", \"a\" inherit each other in a loop",
            "c.toml line 1: the themes \"c\", \"a\", \"b\" inherit each other in a loop",
            "d.toml line 1: the themes \"d\", \"a\", \"b\", \"c\" inherit each other in a loop",
            "e.toml line 3: inherits \"f\", which is broken",
            "f.toml line 1: there is no theme \"none\" to inherit",
            "g.toml line 1: inherits \"h\", and so \"i\", which is broken",
            "h.toml line 1: inherits \"i\", which is broken",
            "i.toml line 1: unknown colour or attribute \"nocolour\"",
        ]
        #expect(problems.count == expected.count)
        for (problem, expected) in zip(problems, expected) { #expect(problem.contains("/" + expected)) }
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            #expect(library[name]?[.good, .many] == library.standardTheme[.good, .many], "\(name)")
        }
    }

    @Test func onlyRegularFilesOfBoundedSizeAreRead() throws {
        try withDirectories([["large.toml": String(repeating: "# words\n", count: 8193), ".hidden.toml": "?"]]) {
            let directory = $0[0]
            try FileManager.default.createDirectory(
                atPath: directory + "/folder.toml",
                withIntermediateDirectories: true
            )
            #expect(mkfifo(directory + "/pipe.toml", 0o600) == 0)
            #expect(symlink("nowhere", directory + "/link.toml") == 0)
            let (library, problems) = ThemeLibrary.load(directories: [directory])
            let reasons = [
                "folder.toml: this is no regular file: name one; ", "large.toml: the file is larger than 64 KiB: ",
                "link.toml: the link leads nowhere; ", "pipe.toml: this is no regular file: name one; ",
            ]
            #expect(problems.count == reasons.count)
            for (problem, reason) in zip(problems, reasons) {
                #expect(problem.hasPrefix("themes: \(directory)/\(reason)"))
            }
            #expect(library["pipe"] != nil && library[".hidden"] == nil)
        }
    }

    @Test func aDirectoryOfTooManyThemesIsReadInPart() throws {
        var files: [String: String] = [:]
        for number in 0..<260 { files["t\(1000 + number).toml"] = "" }
        let (library, problems) = try load([files])
        #expect(problems.count == 1 && problems[0].hasSuffix(": there are 260 themes, the first 256 are read"))
        #expect(library["t1255"] != nil && library["t1256"] == nil)
    }

    @Test func namesThatCouldDrawOnTheScreenAreRefused() throws {
        let (library, problems) = try load([["a\u{1b}[31m.toml": "text = \"\""]])
        #expect(library.names == ThemeTests.names)
        #expect(
            problems.count == 1
                && problems[0].hasSuffix("/a\\x1b[31m.toml: the name has characters that are not shown: rename it")
        )
    }
}
