import SafetyEngine
import Testing

@testable import Console
@testable import Settings

/// The table itself: one key once, and one truth with the small executable's table.
struct TableTests {
    @Test func everyKeyIsThereOnceAndSaysWhatItIs() {
        let paths = SettingTable.all.map(\.path)
        #expect(Set(paths).count == paths.count)
        for setting in SettingTable.all {
            #expect(setting.summary.hasSuffix("."), "\(setting.path)")
            #expect(!setting.summary.contains("\n"))
            #expect(!setting.unit(Draft(builtIn: Hand.rules), "ORDER_STUCK").isEmpty)
        }
        // Keys of one table stand together: each table has one group.
        let tables = SettingTable.groups.compactMap { $0.first?.table }
        #expect(Set(tables).count == tables.count)
    }

    /// The small executable leaves to the desk just what the desk has.
    @Test func consoleKnowsWhatIsTheDesks() {
        let own = Configuration.keys.map(\.path)
        let ownTables = Set(own.map { $0[0] })
        var wanted: [[String]] = []
        for setting in SettingTable.all where !own.contains(setting.path) {
            let path = ownTables.contains(setting.path[0]) ? setting.path : [setting.path[0]]
            if !wanted.contains(path) { wanted.append(path) }
        }
        #expect(Set(wanted) == Set(Configuration.deskPaths))
        #expect(wanted.count == Configuration.deskPaths.count)
        #expect(own.allSatisfy { path in SettingTable.all.contains { $0.path == path } })
    }

    /// A halt never waits for what only the desk checks.
    @Test func whatTheDeskRefusesNeverKeepsAHaltAway() throws {
        let read = try Configuration(bytes: ReadingTests.everything.utf8, file: "/etc/estop.toml")
        #expect(read.warnings.isEmpty)
        _ = try Configuration(bytes: "[cap]\nmost = 0\n[rules.x]\na = 1".utf8, file: "/etc/estop.toml")
    }
}

struct ExampleTests {
    private let text = ConfigurationExample.text(builtIn: Hand.rules)

    @Test func asItIsItChangesNothing() throws {
        let reading = try Hand.read(text)
        #expect(reading.desk == Hand.defaults)
        #expect(reading.origins.isEmpty)
    }

    /// Every `#key` without its mark, and every `#[table]`.
    @Test func withoutItsMarksEveryKeyHasItsDefault() throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
        }
        let reading = try Hand.read(lines.joined(separator: "\n"))
        var desk = reading.desk
        #expect(desk.engine.supervisors.map(\.name) == ["scalper"] && desk.notify.targets.map(\.name) == ["on-call"])
        #expect(desk.engine.cap.mostByAccount == ["kraken/main": 12])
        #expect(desk.engine.rules.map(\.name) == Hand.rules.map(\.name) + ["QUEUE_DEPTH"])
        #expect(desk.engine.settleByVenue.values.map { $0 } == [3_000])
        desk.engine.settleByVenue = [:]
        desk.engine.supervisors = []
        desk.engine.cap.mostByAccount = [:]
        desk.notify.targets = []
        desk.engine.rules.removeLast()
        #expect(desk == Hand.defaults)
        // All of them were among the lines, but for those that exclude others or have no default.
        let given = Set(reading.origins.keys.compactMap { SettingTable.place($0)?.setting.path })
        let left = SettingTable.all.map(\.path).filter { !given.contains($0) }.map { $0.joined(separator: ".") }
        #expect(left == ["rules.*.under", "rules.*.at_least", "rules.*.info", "notify.*.command"])
    }

    /// What `estop config example` prints is about the engine's own rules.
    @Test func withTheEnginesRulesItIsSoundToo() throws {
        let text = ConfigurationExample.text()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
        }
        for text in [text, lines.joined(separator: "\n")] {
            let reading = try DeskConfiguration.read(Array(text.utf8), file: nil, environment: Environment([:]))
            #expect(Array(reading.desk.engine.rules.prefix(Rule.defaults.count)) == Rule.defaults)
        }
    }

    @Test func itNamesEveryKeyWithItsUnit() {
        for setting in SettingTable.all where setting.path.first != "rules" {
            #expect(text.contains("# \(setting.summary)\n# "), "\(setting.path)")
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 160 })
    }
}

struct DifferencesTests {
    @Test func eachKeyIsOneLine() throws {
        let old = try Hand.read("[cap]\nmost = 8\n[notify.a]\nkind = \"slack\"\nurl = \"https://h/1\"").desk
        let new = try Hand.read(
            """
            [desk]
            name = "b"
            [cap]
            most = 6
            accounts."kraken/main" = 2
            [notify.a]
            kind = "slack"
            url = "https://h/2"
            [rules.ORDER_STUCK]
            kill_at = "15m"
            kill = true
            [supervisors.s]
            interval = "5s"
            """
        ).desk
        let lines = DeskConfiguration.differences(from: old, to: new, builtIn: Hand.rules)
        #expect(
            lines == [
                "[desk] name: \"paper\" -> \"b\"",
                "[cap] most: 8 -> 6",
                "[rules.ORDER_STUCK] kill: false -> true",
                "[notify.a] url: \"https://h/...\" -> another that looks the same",
                "[cap.accounts] \"kraken/main\": none -> 2",
                "[supervisors.s] interval: none -> \"5s\"",
                "[supervisors.s] restart: none -> []",
                "[supervisors.s] backoff: none -> \"1s\"",
                "[supervisors.s] most_restarts: none -> 3",
                "[supervisors.s] feeds: none -> \"\"",
            ]
        )
        #expect(DeskConfiguration.differences(from: new, to: new, builtIn: Hand.rules).isEmpty)
    }

    @Test func anotherOrderIsADifference() throws {
        let a = "[notify.a]\nkind = \"slack\"\nurl = \"https://h/1\"\n"
        let b = "[notify.b]\nkind = \"slack\"\nurl = \"https://h/1\"\n"
        let lines = DeskConfiguration.differences(
            from: try Hand.read(a + b).desk,
            to: try Hand.read(b + a).desk,
            builtIn: Hand.rules
        )
        #expect(lines == ["[notify]: another order: b, a"])
    }

    @Test func whatTakesEffectAtTheStartWaitsForIt() throws {
        let started = try Hand.read("")
        let changed = try Hand.read(
            "[desk]\nname = \"b\"\npaper = false\ncurrency = \"EUR\"\n[cap]\nmost = 6\n[paper]\nbots = 9"
        )
        let live = started.live(changed)
        var wanted = Hand.defaults
        wanted.engine.cap.most = 6
        #expect(live == wanted)
        #expect(
            started.differencesAtStart(to: changed) == [
                "[desk] name: \"paper\" -> \"b\"", "[desk] paper: true -> false", "[desk] currency: \"USD\" -> \"EUR\"",
                "[paper] bots: 3 -> 9",
            ]
        )
        #expect(started.differences(to: changed).contains("[cap] most: 8 -> 6"))
    }
}
