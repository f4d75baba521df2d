import Seeds
import Testing

@testable import Console

private let halt = CommandTable.Command(
    "activate",
    aliases: ["halt"],
    summary: "halts trading",
    positionals: [.init("REASON", .optionalWords)],
    options: [
        .init("reason", .text("REASON"), summary: "why"),
        .init("scope", .text("SCOPE"), summary: "what to halt"),
        .init("mode", .choice(["halted", "paper", "reduce-only"]), summary: "how far"),
        .init("wait", .duration, summary: "how long to wait"),
    ]
)
private let table = CommandTable(summary: "the emergency stop", commands: [halt])

private func read(_ words: [String]) -> HaltWords { HaltWords(words, of: halt, in: table) }
private func read(_ line: String) -> HaltWords { read(line.split(separator: " ").map(String.init)) }

/// A halt is never refused for its words.
struct HaltWordsTests {
    @Test(arguments: [
        ("halt exchange is down", "exchange is down"),
        ("activate exchange is down --wait 0", "exchange is down"),
        ("halt exchange --wait 1s is --json down", "exchange is down"),
        ("--json halt halt and stay halted", "halt and stay halted"),
        ("halt -- --scope is a word here", "--scope is a word here"),
        ("halt -5 % in a minute", "-5 % in a minute"),
        ("halt --reason maintenance", "maintenance"),
        ("halt --reason=a=b", "a=b"),
        ("halt --reason maintenance of the feed", "maintenance: of the feed"),
    ])
    func wordsAfterHaltAreTheReason(line: String, reason: String) {
        let halt = read(line)
        #expect(halt.reason == reason)
        #expect(halt.problems.isEmpty && !halt.haltsEverything, "\(halt.problems)")
    }

    @Test func oneQuotedReasonAndNoneAreRead() {
        #expect(read(["halt", "fat finger"]).reason == "fat finger")
        #expect(read(["halt"]).reason == nil)
        #expect(read(["halt", ""]).reason == nil && read(["halt", ""]).problems.isEmpty)
    }

    @Test func aScopeAndAModeThatAreRightAreKept() {
        let halt = read("halt --scope venue=kraken --mode paper too many rejects")
        #expect(halt.arguments.value("scope") == "venue=kraken" && halt.arguments.value("mode") == "paper")
        #expect(!halt.haltsEverything && halt.reason == "too many rejects")
    }

    @Test(arguments: [
        "halt --scop venue=kraken", "halt --scope venu=kraken", "halt --scope kraken", "halt --scope", "halt --scope=",
        "halt --mode papr", "halt --mode", "halt --mode paper --all", "halt -x", "halt -scope venue=x", "halt --json=1",
        "halt --scope venue=a --scope venue=b", "halt --scope venue=kraken --force", "halt --state",
        "halt broken --help", "--frobnicate halt",
    ])
    func whatIsNotUnderstoodHaltsEverythingAndSaysSo(line: String) {
        let halt = read(line)
        #expect(halt.haltsEverything, "\(line)")
        #expect(halt.arguments.value("scope") == nil && halt.arguments.value("mode") == nil)
        #expect(!halt.arguments.wantsHelp)
        #expect(halt.warnings.contains { $0.contains("EVERYTHING is halted") })
    }

    @Test func aWaitThatIsNoDurationKeepsTheScopeAndTheWord() {
        let halt = read("halt --scope venue=kraken --wait exchange is down")
        #expect(halt.arguments.value("scope") == "venue=kraken" && halt.arguments.value("wait") == nil)
        #expect(halt.reason == "exchange is down" && halt.problems.count == 1 && !halt.haltsEverything)
    }

    @Test func aMisspeltStateIsTheDeskThatWasMeant() {
        for line in ["halt --stat /srv/desk now", "--stat /srv/desk halt now", "halt --sate=/srv/desk now"] {
            let halt = read(line)
            #expect(halt.arguments.state == "/srv/desk" && halt.reason == "now" && halt.haltsEverything, "\(line)")
        }
    }

    @Test func helpIsShownToWhoAsksForNothingElse() {
        #expect(read("halt --help").arguments.wantsHelp && read("halt -h").arguments.wantsHelp)
        #expect(read("--state /x halt --help").arguments.wantsHelp)
    }

    @Test(arguments: [
        ("halt", true), ("activate now", true), ("--state /x halt", true), ("--stat /x halt", true),
        ("--json halt", true),
        ("--zzz halt", true), ("-- halt", true), ("status", false), ("--state halt status", false),
        ("ingest halt", false),
        ("help halt", false), ("", false), ("--help", false),
        ("HALT now", true), ("Activate", true), ("--halt", true), ("--activate=fire", true), ("--json --HALT", true),
        ("--state halt --halt", true), ("halted", false), ("halt=x", false), ("--halted", false),
    ])
    func aCommandLineHalts(line: String, halts: Bool) {
        let words = line.split(separator: " ").map(String.init)
        #expect(
            HaltWords.halts(words, halt, takesValue: ["--state", "--config"], flags: ["--json", "--help", "-h"])
                == halts
        )
    }

    @Test(
        arguments: [
            (["HALT", "now"], "now"), (["halt now"], "now"),
            (["--json", " Halt  exchange is\tdown "], "exchange is down"),
            (["--halt"], nil), (["--halt", "fire"], "fire"), (["--activate=fire"], "fire"),
            (["--state", "/x", "HALT"], nil), (["halt", "HALT"], "HALT"),
        ] as [([String], String?)]
    )
    func whatIsMeantAsTheCommandIsReadAsTheCommand(words: [String], reason: String?) throws {
        let meant = HaltWords.halting(words, halt, takesValue: ["--state", "--config"], flags: ["--json"])
        let said = read(try #require(meant))
        #expect(said.reason == reason && said.problems.isEmpty, "\(words): \(said.problems)")
    }

    @Test func anyWordsAreRead() {
        let pieces = [
            "halt", "--scope", "--mode", "--wait", "--state", "--reason", "--", "-", "=", "2s", "venue=x", "paper",
            "-h", "",
            "--=", "---", "-5", "\u{301}", "\u{0}", "\u{fffd}", "--json", "--json=", "--scope=venue=y",
        ]
        var random = SeededRandom(seed: 11)
        for _ in 0..<5000 {
            let words = (0..<Int.random(in: 0..<8, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            let halt = read(words)
            #expect(!halt.haltsEverything || !halt.problems.isEmpty)
            #expect(!(halt.haltsEverything && halt.arguments.value("scope") != nil))
        }
    }
}
