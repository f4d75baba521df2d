import Seeds
import Testing

@testable import Console

private func read(_ text: String) throws(TOML.Problem) -> [String: TOML.Value] {
    var values: [String: TOML.Value] = [:]
    for entry in try TOML(text.utf8).entries { values[entry.path.joined(separator: ".")] = entry.value }
    return values
}

struct TOMLTests {
    @Test(
        arguments: [
            ("", [:]), ("# only a comment", [:]), ("a = 1", ["a": .integer(1)]),
            ("a=-1_000 # x\r\n", ["a": .integer(-1000)]),
            ("a = +0", ["a": .integer(0)]), ("a = true\nb = false", ["a": .boolean(true), "b": .boolean(false)]),
            ("[t]\na.b = 'c:\\d'", ["t.a.b": .string("c:\\d")]), ("\"a.b\" = \"x\"", ["a.b": .string("x")]),
            (#"a = "\t\"\\\u00e9\U0001F600""#, ["a": .string("\t\"\\\u{e9}\u{1F600}")]),
            ("a = []", ["a": .array([])]), ("a = [1, 2,]", ["a": .array([.integer(1), .integer(2)])]),
            (
                "a = [ # x\n 'b', # y\n\n [true],\n]\nc = 1",
                ["a": .array([.string("b"), .array([.boolean(true)])]), "c": .integer(1)]
            ),
            ("[ a . b ]\nc = 1\n[a]\nd = 2", ["a.b.c": .integer(1), "a.d": .integer(2)]),
            ("a.b = 1\na.c = 2", ["a.b": .integer(1), "a.c": .integer(2)]), ("\u{feff}a = 1", ["a": .integer(1)]),
            ("1 = 2", ["1": .integer(2)]), ("a = ''", ["a": .string("")]), ("a = '#'#b", ["a": .string("#")]),
            ("a = -9223372036854775808", ["a": .integer(.min)]),
            ("a = 2.50", ["a": .decimal("2.50")]), ("a = -0.1 # x", ["a": .decimal("-0.1")]),
            ("a = +1_000.000_1", ["a": .decimal("1000.0001")]), ("a = 0.10", ["a": .decimal("0.10")]),
            ("a = 99999999999999999999.5", ["a": .decimal("99999999999999999999.5")]),
            ("a = [1.5, 2]", ["a": .array([.decimal("1.5"), .integer(2)])]),
        ] as [(String, [String: TOML.Value])]
    )
    func theSubsetIsRead(text: String, values: [String: TOML.Value]) throws { #expect(try read(text) == values) }

    @Test(arguments: [
        ("a", 1), ("a =", 1), ("= 1", 1), ("a = 1 b = 2", 1), ("\n[a", 2), ("[]", 1), ("[a]]", 1), ("[[a]]", 1),
        ("a = {}", 1),
        ("a = 1.", 1), ("a = .5", 1), ("a = 1.5.2", 1), ("a = 1e3", 1), ("a = 1.5e3", 1), ("a = 01.5", 1),
        ("a = 1._5", 1), ("a = 1.5_", 1), ("a = 1._", 1), ("a = 1_.5", 1), ("a = -.5", 1), ("a = nan", 1),
        ("a = 0x10", 1), ("a = 1_", 1), ("a = _1", 1), ("a = 1__0", 1), ("a = 01", 1), ("a = +", 1),
        ("a = 99999999999999999999", 1), ("a = 2026-01-01", 1), ("a = inf", 1), ("a = True", 1), ("a = \"", 1),
        ("a = \"x\n\"", 1), ("a = '''x'''", 1), ("a = \"\"\"x\"\"\"", 1), (#"a = "\x41""#, 1), (#"a = "\ud800""#, 1),
        (#"a = "\U00110000""#, 1), (#"a = "\u12""#, 1), ("a = [1 2]", 1), ("a = [1,\n,]", 2), ("a = [\n1", 2),
        ("a = [,]", 1),
        ("a = 1\na = 2", 2), ("[a]\n[a]", 2), ("a = 1\n[a]", 2), ("a = 1\na.b = 2", 2), ("[a.b]\n[a]\nb.c = 1", 3),
        ("a.b = 1\n[a]", 2), ("a = 'x' 'y'", 1), ("a.=1", 1), (".a = 1", 1), ("a = 1 # \u{7}", 1), ("a = 1\rb = 2", 1),
        ("[a] b = 1", 1), ("é = 1", 1), ("a = \u{a0}1", 1), ("\"a\nb\" = 1", 1), ("\"\"\"a\"\"\" = 1", 1),
    ])
    func theRestIsRefusedWithItsLine(text: String, line: Int) {
        let problem = #expect(throws: TOML.Problem.self) { try read(text) }
        #expect(problem?.line == line)
        // Each says what to write instead.
        #expect(problem?.message.contains(": ") == true)
    }

    @Test func invalidUTF8NamesItsLine() {
        let problem = #expect(throws: TOML.Problem.self) { try TOML([0x61, 0x3d, 0x31, 0x0a, 0x23, 0xff]) }
        #expect(problem?.line == 2)
    }

    @Test func deepTextsDoNotOverflowTheStack() {
        #expect(throws: TOML.Problem.self) { try read("a = " + String(repeating: "[", count: 100_000)) }
        #expect(throws: TOML.Problem.self) {
            try read(Array(repeating: "a", count: 100_000).joined(separator: ".") + " = 1")
        }
    }

    @Test func noBytesEverTrap() {
        let pieces = [
            "[", "]", "[[", "a", "b.c", "\"", "'", "\"\"\"", "\\u00e9", "\\", "=", " = ", "1", "-", "_", "true", "#",
            "\n", "\r\n",
            ",", "{", "}", "[desk]\n", "paper = false\n", "limit = \"5s\"\n", "é", "\u{0}",
        ]
        var random = SeededRandom(seed: 2026)
        for _ in 0..<20_000 {
            let bytes = random.bytes(pieces: pieces)
            _ = try? Configuration(bytes: bytes, file: "fuzz")
        }
        let whole = Array("[desk]\nname = \"a\\n\"\npaper = false\n[stop_file]\npaths = ['/a', # x\n '/b']\n".utf8)
        for _ in 0..<20_000 {
            var bytes = random.mutated(whole)
            if Bool.random(using: &random) { bytes = random.mutated(bytes) }
            _ = try? Configuration(bytes: bytes, file: "fuzz")
        }
    }
}
