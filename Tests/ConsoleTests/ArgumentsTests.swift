import Seeds
import Testing

@testable import Console

private let table = CommandTable(
    summary: "the emergency stop",
    commands: [
        CommandTable.Command(
            "activate",
            aliases: ["halt"],
            summary: "halts trading",
            positionals: [CommandTable.Positional("REASON", .optional)],
            options: [
                CommandTable.Option("scope", .text("SCOPE"), summary: "what to halt"),
                CommandTable.Option("mode", .choice(["halted", "paper", "reduce-only"]), summary: "how far"),
                CommandTable.Option("wait", .duration, summary: "how long to wait"),
            ]
        ),
        CommandTable.Command(
            "deactivate",
            aliases: ["resume"],
            summary: "resumes trading",
            positionals: [CommandTable.Positional("REASON", .words)],
            options: [
                CommandTable.Option("override", .pair("CHECK=WHY"), repeatable: true, summary: "override a check"),
                CommandTable.Option("stdin", summary: "read the word from standard input"),
            ]
        ),
        CommandTable.Command(
            "status",
            summary: "shows the mode",
            options: [CommandTable.Option("watch", summary: "again")]
        ),
        CommandTable.Command("operator add", summary: "enrols", positionals: [CommandTable.Positional("NAME")]),
        CommandTable.Command("operator list", summary: "lists"),
        CommandTable.Command(
            "alerts",
            aliases: ["alerts list"],
            summary: "lists",
            options: [CommandTable.Option("history", summary: "old ones")]
        ),
        CommandTable.Command("alerts silence", summary: "tells nobody", positionals: [CommandTable.Positional("RULE")]),
        CommandTable.Command(
            "run",
            summary: "runs a bot",
            positionals: [CommandTable.Positional("PROGRAM", .rest)],
            options: [
                CommandTable.Option("name", .text("N"), required: true, summary: "its name"),
                CommandTable.Option("tries", .integer(1...9), summary: "how often"),
            ]
        ),
    ]
)

private func parse(_ line: String) throws(UsageError) -> Arguments {
    try table.parse(line.split(separator: " ").map(String.init))
}

struct ArgumentsTests {
    @Test func noCommandIsTheDashboard() throws {
        let arguments = try table.parse([])
        #expect(arguments.command == nil)
        #expect(try parse("--state /tmp/x").state == "/tmp/x")
    }

    @Test func aNameMayGoOnBehindAWholeOne() throws {
        #expect(try parse("alerts").command == "alerts")
        #expect(try parse("alerts --history").flag("history"))
        let longer = try parse("alerts silence X")
        #expect(longer.command == "alerts silence" && longer.positional("RULE") == "X")
        // The next word is an argument, whatever it says; and one that is none names the nearest command.
        #expect(try parse("alerts silence alerts").positional("RULE") == "alerts")
        let typo = #expect(throws: UsageError.self) { try parse("alerts silnce X") }
        #expect(typo?.message == "there is no command 'alerts silnce': did you mean estop alerts silence?")
        #expect(throws: UsageError.self) { try parse("alerts silence X --history") }
        #expect(throws: UsageError.self) { try parse("alerts --history silence X") }
    }

    @Test func anAliasNamesItsCommand() throws {
        #expect(try parse("halt").command == "activate")
        #expect(try parse("resume x").command == "deactivate")
        #expect(try parse("alerts list").command == "alerts")
        #expect(try parse("alerts list --history").flag("history"))
    }

    @Test func valuesMayFollowOrBeAttached() throws {
        for line in ["halt --wait 2s --scope venue=kraken", "halt --scope=venue=kraken --wait=2s"] {
            let arguments = try parse(line)
            #expect(arguments.duration("wait") == 2000)
            #expect(arguments.value("scope") == "venue=kraken")
        }
    }

    @Test func globalOptionsStandAnywhere() throws {
        for line in ["--json status --state d", "status --json --state=d", "--state d --json status"] {
            let arguments = try parse(line)
            #expect(arguments.command == "status" && arguments.json && arguments.state == "d")
        }
    }

    @Test func repeatableOptionsKeepTheirOrder() throws {
        let arguments = try table.parse(["resume", "fixed", "--override", "host=we know", "--override=gates=a=b"])
        #expect(arguments.pairs("override").map(\.key) == ["host", "gates"])
        #expect(arguments.pairs("override").map(\.value) == ["we know", "a=b"])
    }

    @Test func afterTwoDashesNothingIsAnOption() throws {
        #expect(try table.parse(["halt", "--", "--state"]).positional("REASON") == "--state")
        #expect(try table.parse(["halt", "--", "-5 %"]).positional("REASON") == "-5 %")
        let run = try parse("run --name a -- bot --name b -- -x")
        #expect(run.rest == ["bot", "--name", "b", "--", "-x"])
        #expect(run.value("name") == "a")
    }

    @Test func wordsAfterAReasonAreThatReason() throws {
        let arguments = try table.parse(["resume", "feed", "is", "--override", "host=x", "back"])
        #expect(arguments.positional("REASON") == "feed is back")
        #expect(throws: UsageError.self) { try table.parse(["resume", "", ""]) }
    }

    @Test func anEmptyOptionalReasonNeverRefusesAHalt() throws {
        #expect(try table.parse(["halt", ""]).positional("REASON") == nil)
    }

    @Test func aReasonWithBrokenBytesNeverRefusesAHalt() throws {
        #expect(try table.parse(["halt", "a\u{fffd}b"]).positional("REASON") == "a\u{fffd}b")
        #expect(throws: UsageError.self) { try table.parse(["halt", "--state", "a\u{fffd}b"]) }
    }

    @Test func commandsMayHaveSeveralWords() throws {
        let arguments = try parse("operator --json add ann")
        #expect(arguments.command == "operator add")
        #expect(arguments.positional("NAME") == "ann")
    }

    @Test func helpNeedsNothingElse() throws {
        for line in [
            "--help", "-h", "help", "resume --help", "help resume", "run -h", "operator --help", "help operator",
        ] {
            #expect(try parse(line).wantsHelp, "\(line)")
        }
    }

    @Test(arguments: [
        ("halt --wiat 2s", "unknown option '--wiat' of estop activate: did you mean --wait?"),
        ("halt --zzz", "unknown option '--zzz' of estop activate: type estop activate --help for those there are"),
        ("hlat", "there is no command 'hlat': did you mean estop halt?"),
        ("frobnicate", "there is no command 'frobnicate': type estop --help for all of them"),
        ("halt --wait", "--wait needs a value: type --wait TIME"),
        ("halt --wait --json", "--wait needs a value: type --wait TIME (or --wait=VALUE for one that begins with -)"),
        ("halt --wait=", "--wait has an empty value: type --wait TIME"),
        ("halt --wait 2", "--wait '2' is no duration: type one like 2s, 250ms, 5m or 0"),
        ("halt --wait 1s --wait 2s", "--wait is given twice: type it once"),
        ("status --json --json", "--json is given twice: type it once"),
        ("status --json=1", "--json takes no value: type --json"),
        ("halt --mode papr", "--mode 'papr' is none of halted, paper, reduce-only: did you mean --mode paper?"),
        ("halt --mode x", "--mode 'x' is none of them: type one of halted, paper, reduce-only"),
        ("run --name a --tries 10 -- b", "--tries '10' is no whole number from 1 to 9: type one"),
        ("resume x --override host", "--override 'host' is incomplete: type --override CHECK=WHY"),
        ("--wait 2s halt", "--wait goes after its command: type estop activate --wait"),
        ("halt -wait 2s", "'-wait' has one dash: type --wait"),
        ("halt -5", "unknown option '-5': text that begins with - goes after -- (estop --help)"),
        ("operator", "'operator' is not a whole command: type estop operator add|list"),
        ("operator ad", "there is no command 'operator ad': did you mean estop operator add?"),
        ("run -- bot", "estop run needs --name N: type estop run --name N [--tries N] -- PROGRAM..."),
        ("run --name a", "estop run needs PROGRAM after --: type estop run --name N [--tries N] -- PROGRAM..."),
        (
            "run --name a bot",
            "estop run needs PROGRAM after --: type estop run --name N [--tries N] -- PROGRAM..."
        ),
        ("resume", "estop deactivate needs REASON: type estop deactivate REASON [--override CHECK=WHY]... [--stdin]"),
        ("status now", "'now' is one argument too many: type estop status [--watch]"),
    ])
    func aMistakeIsOneLineThatSaysWhatToType(line: String, message: String) {
        #expect(throws: UsageError(message)) { try parse(line) }
    }

    @Test func aMistakeNeverReachesTheTerminalRaw() {
        let error = #expect(throws: UsageError.self) { try table.parse(["\u{1b}[2J\nstatus"]) }
        #expect(error?.message.contains("\\x1b[2J\\nstatus") == true)
        #expect(error?.message.unicodeScalars.contains { $0.value < 0x20 } == false)
    }

    @Test func anyWordsAreReadOrRefused() {
        let pieces = [
            "halt", "resume", "operator", "add", "run", "--", "-", "--wait", "=", "2s", "--name", "--state", "-h",
            "help", "",
            "--=", "---", "--override", "a=b", "\u{301}", "\u{0}",
        ]
        var random = SeededRandom(seed: 7)
        for _ in 0..<5000 {
            let words = (0..<Int.random(in: 0..<7, using: &random)).map { _ in
                String(decoding: random.bytes(pieces: pieces).prefix(12), as: UTF8.self)
            }
            let known = (0..<Int.random(in: 0..<7, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            for candidate in [words, known, known + words] {
                do {
                    _ = table.help(for: try table.parse(candidate))
                } catch {
                    #expect(!error.message.contains("\n") && !error.message.isEmpty)
                }
            }
        }
    }
}

struct HelpTests {
    @Test func helpNamesEveryCommandAndOption() throws {
        let help = table.help
        for command in table.commands { #expect(help.contains("  \(command.name) ")) }
        for option in table.options { #expect(help.contains("--\(option.name)")) }
        let activate = table.help(for: try table.parse(["halt", "--help"]))
        #expect(activate.contains("Usage: estop activate [REASON] [--scope SCOPE]"))
        #expect(activate.contains("Also:  estop halt"))
        for word in ["--scope", "--mode halted|paper|reduce-only", "--wait TIME", "--state DIR", "-h, --help"] {
            #expect(activate.contains(word))
        }
    }

    @Test func helpOfAGroupListsItsCommands() throws {
        let help = table.help(for: try table.parse(["operator", "-h"]))
        #expect(help.contains("operator add") && help.contains("operator list") && !help.contains("activate"))
    }
}

struct DurationTextTests {
    @Test(
        arguments: [
            ("0", 0), ("2s", 2000), ("250ms", 250), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0), ("007ms", 7),
        ] as [(String, UInt64)]
    )
    func durationsAreRead(text: String, milliseconds: UInt64) {
        #expect(DurationText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "5", "s", "-1s", "+1s", "1.5s", "1 s", "1S", "1d", "٣s", "99999999999999999999s", "18446744073709551615h",
        "1s ",
        "1s\n", "0x1s",
    ])
    func anythingElseIsNone(text: String) { #expect(DurationText.milliseconds(text) == nil) }

    @Test(arguments: [0, 1, 1500, 2000, 60_000, 90_000, 3_600_000] as [UInt64])
    func whatIsWrittenIsReadAgain(milliseconds: UInt64) {
        #expect(DurationText.milliseconds(DurationText.text(milliseconds: milliseconds)) == milliseconds)
    }
}

/// The command that is meant where none is named.
struct ImpliedCommandTests {
    private let table = CommandTable(
        summary: "a table",
        commands: [
            .init("show", summary: "shows", options: [.init("size", .text("SIZE"), summary: "how large")]),
            .init("other", summary: "does other things"),
        ],
        implied: "show"
    )

    @Test func itsOptionsStandWithoutItsName() throws {
        #expect(try table.parse([]).command == "show")
        let arguments = try table.parse(["--size", "2", "--json"])
        #expect(arguments.command == "show" && arguments.value("size") == "2" && arguments.json)
        #expect(try table.parse(["--size", "2", "show"]).value("size") == "2")
        #expect(try table.parse(["--json"]).command == "show")
    }

    @Test func theyAreNotThoseOfOtherCommands() throws {
        for words in [["--size", "2", "other"], ["other", "--size", "2"], ["--sise", "2"]] {
            #expect(throws: UsageError.self) { try table.parse(words) }
        }
    }

    @Test func helpIsOfTheProgramUnlessItsOptionsStandThere() throws {
        #expect(table.help(for: try table.parse(["--help"])) == table.help)
        #expect(table.help(for: try table.parse(["--size", "2", "--help"])).contains("show [--size SIZE]"))
        #expect(table.help(for: try table.parse(["other", "-h"])).contains("does other things"))
    }
}
