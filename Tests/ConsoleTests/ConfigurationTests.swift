import KillSwitch
import Testing

@testable import Console

private func configuration(_ text: String) throws(ConfigurationError) -> Configuration {
    try Configuration(bytes: text.utf8, file: "/etc/estop.toml")
}

struct ConfigurationTests {
    @Test func withoutAFileItIsAPaperDesk() throws {
        let defaults = try Configuration.load(named: nil, state: "/nonexistent", environment: Environment([:]))
        #expect(defaults == Configuration())
        #expect(defaults.desk.name == "paper" && defaults.desk.isPaper)
        #expect(defaults.deadMan.limitMilliseconds == 5000)
        #expect(defaults.host.runDirectory == nil && defaults.stopFile.paths.isEmpty && defaults.file == nil)
    }

    @Test func everyKeyIsRead() throws {
        let read = try configuration(
            """
            [desk]
            name = "kraken-eu"
            paper = false
            [host]
            run_dir = "/run/estop"
            [stop_file]
            paths = ["/srv/STOP",
              '/mnt/STOP']
            [dead_man]
            limit = "250ms"
            [resume]
            approvals = 2
            """
        )
        #expect(read.desk == Configuration.Desk(name: "kraken-eu", isPaper: false))
        #expect(read.host.runDirectory == "/run/estop")
        #expect(read.stopFile.paths == ["/srv/STOP", "/mnt/STOP"])
        #expect(read.deadMan.limitMilliseconds == 250 && read.resume.approvals == 2)
        #expect(read.warnings.isEmpty && read.file == "/etc/estop.toml")
        let settings = DeskSettings(
            name: "kraken-eu",
            paper: false,
            runDirectory: "/run/estop",
            stopFilePaths: ["/srv/STOP", "/mnt/STOP"],
            deadMan: 250_000_000,
            approvals: 2
        )
        #expect(DeskSettings(read) == settings && DeskSettings(Configuration()) == DeskSettings())
    }

    @Test func aNameAloneStaysAPaperDesk() throws { #expect(try configuration("[desk]\nname = \"x\"").desk.isPaper) }

    @Test func noLimitHasToBeWrittenOut() throws {
        #expect(try configuration("dead_man.limit = \"0\"").deadMan.limitMilliseconds == 0)
        #expect(throws: ConfigurationError.self) { try configuration("dead_man.limit = \"0s\"") }
    }

    @Test(arguments: [
        (
            "[desk]\npaper = \"false\"",
            "2: 'desk.paper' is a string, which it cannot be: write paper = true or paper = false"
        ),
        (
            "[desk]\npaper = 0",
            "2: 'desk.paper' is a whole number, which it cannot be: write paper = true or paper = false"
        ),
        ("desk = 1", "1: 'desk' is a table: write [desk] and name below it"),
        ("desk.paper.x = 1", "1: 'desk.paper.x' is not understood: 'desk.paper' is a value, not a table"),
        (
            "\n[desk]\nname = \"\"",
            "3: 'desk.name' has to be 1 to 64 bytes without control characters: write name = \"kraken-eu\""
        ),
        (
            "[resume]\napprovals = 3",
            "2: 'resume.approvals' has to be 1 or 2: write approvals = 2 to have a second person confirm"
        ),
        (
            "[resume]\napprovals = 0",
            "2: 'resume.approvals' has to be 1 or 2: write approvals = 2 to have a second person confirm"
        ),
        (
            "[resume]\napprovals = -2",
            "2: 'resume.approvals' has to be 1 or 2: write approvals = 2 to have a second person confirm"
        ),
        (
            "[resume]\napprovals = \"2\"",
            "2: 'resume.approvals' is a string, which it cannot be: write approvals = 1 or approvals = 2"
        ),
        (
            "[resume]\napprovals = true",
            "2: 'resume.approvals' is true or false, which it cannot be: write approvals = 1 or approvals = 2"
        ),
        ("[dead_man]\nlimit = 5", "2: 'dead_man.limit' is a whole number, which it cannot be: write limit = \"5s\""),
        (
            "[dead_man]\nlimit = \"5\"",
            "2: 'dead_man.limit' is no duration: write limit = \"5s\" (or 250ms, 1m; \"0\": no limit)"
        ),
        (
            "[dead_man]\nlimit = \"99ms\"",
            "2: 'dead_man.limit' has to be from 100ms to 1h, or \"0\" for no limit: write limit = \"5s\""
        ),
        (
            "[dead_man]\nlimit = \"61m\"",
            "2: 'dead_man.limit' has to be from 100ms to 1h, or \"0\" for no limit: write limit = \"5s\""
        ),
        (
            "[host]\nrun_dir = \"~/run\"",
            "2: 'host.run_dir' needs a path from the root: write it beginning with / (no ~, no variables)"
        ),
        (
            "[stop_file]\npaths = \"/srv/STOP\"",
            "2: 'stop_file.paths' is a string, which it cannot be: write paths = [\"/srv/EMERGENCY_STOP\"]"
        ),
        ("[desk]\npaper = no", "2: 'no' is not understood: write text in quotes, or true, false or a whole number"),
    ])
    func aMistakeNamesFileLineAndWhatToWrite(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
        #expect(error?.message == "/etc/estop.toml:\(message)")
    }

    @Test func whatIsNotKnownIsWarnedAboutOnce() throws {
        let read = try configuration(
            "top = 1\n[desk]\nnmae = \"x\"\n[venue.kraken]\nkey = 1\nother = 2\n[dead_men]"
        )
        #expect(
            read.warnings.map(\.description) == [
                "line 1: 'top' stands outside of every table and changes nothing",
                "line 3: 'desk.nmae' is not known to this version and changes nothing; did you mean name?",
                "line 4: [venue.kraken] is not known to this version and changes nothing; did you mean venues?",
                "line 7: [dead_men] is not known to this version and changes nothing; did you mean dead_man?",
            ]
        )
        #expect(read.desk == Configuration.Desk())
    }

    @Test func whatIsForTheDeskIsLeftToIt() throws {
        let read = try configuration(
            "[desk]\ncurrency = 1\nday_start = \"x\"\n[cap]\nmots = 0\n[rules.ORDER_STUCK]\nfor = 1\n[notify.a]\n[exits]\na.b = 2"
        )
        #expect(read.warnings.isEmpty && read.desk == Configuration.Desk())
        let near = try configuration("[desk]\ncurrncy = 1\n[cpa]")
        #expect(
            near.warnings.map(\.description) == [
                "line 2: 'desk.currncy' is not known to this version and changes nothing; did you mean currency?",
                "line 3: [cpa] is not known to this version and changes nothing; did you mean cap?",
            ]
        )
    }

    @Test func whatItWritesItReads() throws {
        var configuration = Configuration()
        configuration.desk = .init(name: "a \"b\" \\ \u{e9}\u{1F600}", isPaper: false)
        configuration.host.runDirectory = "/run/e'stop"
        configuration.stopFile.paths = ["/a", "/b#c"]
        configuration.deadMan.limitMilliseconds = 1500
        let text = Configuration.keys.map { key in
            "\(TOMLText.path(key.path)) = \(key.written(configuration) ?? key.example)"
        }
        var read = try Configuration(bytes: text.joined(separator: "\n").utf8, file: "/etc/estop.toml")
        read.file = nil
        #expect(read == configuration)
        for key in Configuration.keys {
            var changed = Configuration()
            let value = try TOML("a = \(key.example)".utf8).entries[0].value
            try key.apply(TOML.Entry(path: key.path, value: value, line: 1), &changed)
        }
    }

    @Test(arguments: ["", "a\"b\\c", "\n\t\r\u{7}\u{7f}\u{202e}", "é\u{1F600}", "'#=[]"])
    func everyTextSurvivesWritingAndReading(text: String) throws {
        let document = try TOML("\(TOMLText.path(["a", text])) = \(TOMLText.strings([text, "b"]))".utf8)
        #expect(document.entries == [.init(path: ["a", text], value: .array([.string(text), .string("b")]), line: 1)])
    }

    @Test func theFirstPlaceThatHasOneWins() throws {
        let directory = TemporaryDirectory()
        func load(_ named: String? = nil, _ variables: [String: String] = [:]) throws(ConfigurationError) -> String {
            var variables = variables
            variables["HOME"] = "\(directory.path)/home"
            return try Configuration.load(
                named: named,
                state: "\(directory.path)/state",
                environment: Environment(variables)
            ).desk.name
        }
        #expect(try load() == "paper")
        directory.write("desk.name = \"home\"", to: "home/.config/estop/estop.toml")
        #expect(try load() == "home")
        directory.write("desk.name = \"xdg\"", to: "xdg/estop/estop.toml")
        #expect(try load(nil, ["XDG_CONFIG_HOME": "\(directory.path)/xdg"]) == "xdg")
        #expect(try load(nil, ["XDG_CONFIG_HOME": "xdg"]) == "home")
        directory.write("desk.name = \"state\"", to: "state/estop.toml")
        #expect(try load() == "state")
        directory.write("desk.name = \"variable\"", to: "variable.toml")
        let variable = ["ESTOP_CONFIG": "\(directory.path)/variable.toml"]
        #expect(try load(nil, variable) == "variable")
        directory.write("desk.name = \"named\"", to: "named.toml")
        #expect(try load("\(directory.path)/named.toml", variable) == "named")
    }

    @Test func aNamedFileHasToExist() {
        for (named, variables) in [("/nonexistent/a", [:]), (nil, ["ESTOP_CONFIG": "/nonexistent/a"])]
            as [(String?, [String: String])]
        {
            let error = #expect(throws: ConfigurationError.self) {
                try Configuration.load(named: named, state: "/nonexistent", environment: Environment(variables))
            }
            #expect(error?.message.hasPrefix("/nonexistent/a: there is no such file") == true)
        }
    }

    @Test func whatIsThereAndUnreadableIsNotAbsent() {
        let directory = TemporaryDirectory()
        directory.write("x", to: "estop.toml/inside")
        #expect(throws: ConfigurationError.self) {
            try Configuration.load(named: nil, state: directory.path, environment: Environment([:]))
        }
        #expect(throws: ConfigurationError.self) {
            try Configuration.load(named: "/dev/zero", state: directory.path, environment: Environment([:]))
        }
    }
}

struct StateLocationTests {
    private func path(_ option: String?, _ variables: [String: String], in current: String = "/here") throws -> String {
        try StateLocation.choose(option: option, environment: Environment(variables), currentDirectory: current).path
    }

    @Test(
        arguments: [
            ("/a/b/", [:], "/a/b"), ("rel", [:], "/here/rel"), ("./rel/", [:], "/here/rel"), (".", [:], "/here"),
            ("/", [:], "/"),
            ("/a", ["ESTOP_STATE": "/b"], "/a"), (nil, ["ESTOP_STATE": "/b", "HOME": "/h"], "/b"),
            (nil, ["ESTOP_STATE": "", "HOME": "/h"], "/h/.local/state/estop"),
            (nil, ["XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/estop"),
            (nil, ["XDG_STATE_HOME": "x", "HOME": "/h"], "/h/.local/state/estop"),
            (nil, ["HOME": "/"], "/.local/state/estop"),
        ] as [(String?, [String: String], String)]
    )
    func theFirstThatSaysSoWins(option: String?, variables: [String: String], path: String) throws {
        #expect(try self.path(option, variables) == path)
    }

    @Test func aCheckoutHasItsOwnState() throws {
        let directory = TemporaryDirectory()
        directory.write("x", to: "Package.swift")
        #expect(try path(nil, ["HOME": "/h"], in: directory.path) == "/h/.local/state/estop")
        directory.write("x", to: "state/README.md")
        #expect(try path(nil, ["HOME": "/h"], in: directory.path) == "\(directory.path)/state")
        #expect(try path(nil, ["HOME": "/h", "ESTOP_STATE": "/b"], in: directory.path) == "/b")
    }

    @Test func withoutAnythingItAsks() {
        #expect(throws: ConfigurationError.self) { try path(nil, [:]) }
    }
}
