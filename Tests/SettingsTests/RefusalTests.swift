import SafetyEngine
import Testing

@testable import Console
@testable import Settings

/// What is refused, word for word: file, line, what is wrong, and what to write.
struct RefusalTests {
    @Test(arguments: [
        // Unknown keys and tables, with the nearest that is known.
        ("[cap]\nmots = 8", "2: 'cap.mots' is no key of [cap]; did you mean most?"),
        (
            "[orders]\nzzzzzz = 8",
            "2: 'orders.zzzzzz' is no key of [orders]; it has stale_after, timeout, retries, per_minute"
        ),
        ("[cap]\nthreshold = 8", "2: 'cap.threshold' is no key of [cap]; did you mean dust.threshold?"),
        ("[desk]\ncurrncy = \"USD\"", "2: 'desk.currncy' is no key of [desk]; did you mean currency?"),
        ("[capp]\nmost = 8", "1: [capp] is no table of estop.toml; did you mean [cap]?"),
        ("[exits.stop_los]", "1: [exits.stop_los] is no table of estop.toml; did you mean [exits.stop_loss]?"),
        ("[exitz.stop_loss]", "1: [exitz.stop_loss] is no table of estop.toml; did you mean [exits.stop_loss]?"),
        ("[cap.accounts.x]", "1: 'cap.accounts.x' is a value, not a table"),
        ("most = 8", "1: 'most' stands outside of every table: write it below [cap]"),
        ("cap = 8", "1: 'cap' is a table: write [cap] and most below it"),
        ("supervisors = 8", "1: 'supervisors' is a table: write [supervisors] and NAME below it"),
        ("cap.most.x = 8", "1: 'cap.most.x' is not understood: 'cap.most' is a value, not a table"),
        ("rulez.CPU.for = \"1s\"", "1: 'rulez.CPU.for' is in no table of estop.toml; did you mean [rules.CPU]?"),
        (
            "[rules.ORDER_STUCK]\ncritcal = \"5m\"",
            "2: 'rules.ORDER_STUCK.critcal' is no key of [rules.ORDER_STUCK]; did you mean critical?"
        ),
        (
            "[rules.ORDER_STUK]\nfor = \"5m\"",
            "1: [rules.ORDER_STUK] is no built-in rule; did you mean ORDER_STUCK?; a rule of your own needs "
                + "metric = \"queue_depth\" below it"
        ),
        // Wrong units.
        (
            "[orders]\ntimeout = 300",
            "2: 'orders.timeout' is 300; it has to be a time from 1s to 24h: write timeout = \"5m\""
        ),
        (
            "[orders]\ntimeout = \"300\"",
            "2: 'orders.timeout' is \"300\", a number without a unit; it has to be a time from 1s to 24h: "
                + "write timeout = \"5m\""
        ),
        (
            "[exits.stop_loss]\npercent = \"3s\"",
            "2: 'exits.stop_loss.percent' is \"3s\", a time; it has to be a percentage from 0.01 to 100: write percent = 3"
        ),
        (
            "[dust]\nthreshold = \"5%\"",
            "2: 'dust.threshold' is \"5%\", a percentage; it has to be an amount in the desk's currency from 0 to "
                + "1000000: write threshold = 1"
        ),
        (
            "[journal]\nkeep = \"2GB\"",
            "2: 'journal.keep' is \"2GB\", a size; it has to be a time from 1h to 36500d: write keep = \"90d\""
        ),
        (
            "[journal]\nmost = 2000000000",
            "2: 'journal.most' is 2000000000; it has to be a size from 1MB to 100TB: write most = \"2GB\""
        ),
        (
            "[cap]\nmost = 2.5",
            "2: 'cap.most' is 2.5; it has to be a number of positions from 1 to 10000: write most = 8"
        ),
        (
            "[cap]\npolicy = \"enforced\"",
            "2: 'cap.policy' is \"enforced\"; it has to be observe or enforce: write policy = \"enforce\""
        ),
        (
            "[cap]\npolicy = true",
            "2: 'cap.policy' is true; it has to be observe or enforce: write policy = \"enforce\""
        ),
        (
            "[engine]\nstall_halts = \"yes\"",
            "2: 'engine.stall_halts' is \"yes\"; it has to be true or false: write stall_halts = false"
        ),
        (
            "[rules.ORDER_STUCK]\ncritical = 300",
            "2: 'rules.ORDER_STUCK.critical' is 300; it has to be a time from 1ms to 365d, or \"off\": "
                + "write critical = \"5m\""
        ),
        (
            "[rules.PLATFORM_EXPOSURE]\nemergency = \"5m\"",
            "2: 'rules.PLATFORM_EXPOSURE.emergency' is \"5m\", a time; it has to be a percentage from 0 to 10000, or "
                + "\"off\": write emergency = 30"
        ),
        (
            "[supervisors.scalper]\ninterval = 5",
            "2: 'supervisors.scalper.interval' is 5; it has to be a time from 100ms to 24h: write interval = \"5s\""
        ),
        // Impossible values.
        (
            "[cap]\nmost = 0",
            "2: 'cap.most' is 0; it has to be a number of positions from 1 to 10000: write most = 8"
        ),
        (
            "[cap.accounts]\n\"kraken/main\" = -1",
            "2: 'cap.accounts.\"kraken/main\"' is -1; it has to be a number of positions from 1 to 10000: "
                + "write \"kraken/main\" = 12"
        ),
        (
            "[cap.accounts]\n\"a/b/c\" = 1",
            "2: 'cap.accounts.\"a/b/c\"' has a name that it cannot have: write \"venue/account\" or \"account\""
        ),
        (
            "[desk]\nday_start = \"24:00\"",
            "2: 'desk.day_start' is \"24:00\"; it has to be a time of the day in UTC, from 00:00 to 23:59: "
                + "write day_start = \"00:00\""
        ),
        (
            "[desk]\npaper = \"no\"",
            "2: 'desk.paper' is a string, which it cannot be: write paper = true or paper = false"
        ),
        (
            "[beats]\nlate_percent = 300",
            "2: 'beats.stalled_percent' (300) has to be above late_percent (300): write stalled_percent = 600"
        ),
        (
            "[rules.DAILY_DRAWDOWN]\nwarning = 2",
            "2: 'rules.DAILY_DRAWDOWN' cannot fire so: critical (2.0) has to be above warning (2)"
        ),
        (
            "[rules.BALANCE_LOW]\nwarning = 40",
            "2: 'rules.BALANCE_LOW' cannot fire so: critical (50) has to be below warning (40)"
        ),
        (
            "[rules.ORDER_STUCK]\nkill_at = \"10m\"\nkill = true",
            "2: 'rules.ORDER_STUCK' cannot fire so: kill_at (\"10m\") has to be above emergency (\"15m\")"
        ),
        (
            "[rules.ORDER_STUCK]\nkill_at = \"20m\"",
            "2: 'rules.ORDER_STUCK.kill_at' halts nothing while kill is false: write kill = true below it, or "
                + "kill = false if that is meant"
        ),
        (
            "[rules.HIGH_ERROR_RATE]\ncritical = 100",
            "2: 'rules.HIGH_ERROR_RATE' cannot fire so: critical (100) is never passed, because error_percent is never above 100"
        ),
        (
            "[rules.BALANCE_LOW]\ncritical = \"off\"",
            "2: 'rules.BALANCE_LOW' has no threshold left: write enabled = false to turn the rule off"
        ),
        (
            "[rules.BALANCE_LOW]\nwindow = \"1m\"",
            "2: 'rules.BALANCE_LOW.window' has no use: this rule looks back over no time: leave it out"
        ),
        (
            "[rules.HIGH_ERROR_RATE]\nwindow = \"0\"",
            "2: 'rules.HIGH_ERROR_RATE.window' is \"0\", a number without a unit; it has to be a time from 1s to 30d: write window = \"10m\""
        ),
        (
            "[rules.BALANCE_LOW]\nover = 3",
            "2: 'rules.BALANCE_LOW.over' is for rules of your own, and BALANCE_LOW is built in: write info, warning, "
                + "critical, emergency or kill_at"
        ),
        (
            "[rules.MINE]\nmetric = \"m\"\nover = 3\ncritical = 5",
            "4: 'rules.MINE.critical' is for built-in rules, and MINE is none: write over, under or at_least, and level"
        ),
        ("[rules.MINE]\nmetric = \"m\"", "1: [rules.MINE] has no over: write over = 100 below it"),
        (
            "[rules.MINE]\nmetric = \"m\"\nover = 3\nunder = 2",
            "4: [rules.MINE] has over and under: write one of them, and a second rule for the other"
        ),
        (
            "[rules.mine]\nmetric = \"m\"",
            "1: 'rules.mine' has a name that it cannot have: write capitals, digits and _, as [rules.QUEUE_DEPTH]"
        ),
        ("[supervisors.scalper]", "1: [supervisors.scalper] has no interval: write interval = \"5s\" below it"),
        ("[notify.ops]\nurl = \"https://a/b\"", "1: [notify.ops] has no kind: write kind = \"webhook\" below it"),
        (
            "[notify.ops]\nkind = \"slak\"",
            "2: 'notify.ops.kind' is \"slak\"; it has to be webhook, slack, discord or command: write kind = \"slack\""
        ),
        (
            "[notify.ops]\nkind = \"slack\"",
            "1: [notify.ops] has no url: write url = \"https://hooks.example.com/estop\" below it"
        ),
        (
            "[notify.ops]\nkind = \"command\"",
            "1: [notify.ops] has no command: write command = [\"/usr/local/bin/page-me\"] below it"
        ),
        (
            "[notify.ops]\nkind = \"command\"\ncommand = [\"/bin/a\"]\nurl = \"https://a/secret\"",
            "4: 'notify.ops.url' has no use for kind = \"command\": leave it out"
        ),
        // A secret is not repeated, even where it is wrong.
        (
            "[notify.ops]\nkind = \"slack\"\nurl = \"hooks.slack.com/T0/secret\"",
            "3: 'notify.ops.url': it has to be an address that begins with https:// or http://: "
                + "write url = \"https://hooks.example.com/estop\""
        ),
        (
            "[notify.ops]\nkind = \"slack\"\nurl = \"https://a/b\"\nrules = [\"ORDER_STUK\"]",
            "4: 'notify.ops.rules': there is no rule ORDER_STUK; did you mean ORDER_STUCK?"
        ),
        (
            "[notify.\"a b\"]\nkind = \"slack\"",
            "1: 'notify.\"a b\"' has a name that it cannot have: write letters, digits, - and _, as [notify.on-call]"
        ),
        // Twice, and no TOML.
        ("[cap]\nmost = 8\nmost = 8", "3: 'cap.most' is there already: write it once"),
        ("[cap]\n[dust]\n[cap]", "3: [cap] is there already: write all its keys under one header"),
        (
            "[cap]\nmost = 1e3",
            "2: '1e3' is not understood: write numbers in decimal, as 5 or 2.5, and all else, as a duration, in quotes"
        ),
    ])
    func itNamesTheLineAndWhatToWrite(text: String, problem: String) {
        #expect(Hand.problems(text) == [problem])
    }

    @Test func everythingThatIsWrongIsToldInTheOrderOfTheFile() throws {
        let text = "[cap]\nmost = 0\n[orders]\nretries = -1\nx = 1\n[beats]\nstalled_percent = 120"
        #expect(
            Hand.problems(text, ["MAX_POSITIONS_ALLOWED": "none"]).map { $0.prefix { $0 != " " } } == [
                "2:", "4:", "5:", "7:", "the",
            ]
        )
        let refusal = #expect(throws: ConfigurationRefusal.self) { try Hand.read(text) }
        #expect(refusal?.message.hasPrefix("/etc/estop.toml:2: 'cap.most' is 0; ") == true)
        #expect(refusal?.message.hasSuffix(" (and 3 more: estop config check)") == true)
    }

    @Test func theVariableOverridesTheCap() throws {
        let text = "[cap]\nmost = 6"
        #expect(try Hand.read(text).desk.engine.cap.most == 6)
        let reading = try Hand.read(text, ["MAX_POSITIONS_ALLOWED": "3"])
        #expect(reading.desk.engine.cap.most == 3)
        let value = try #require(reading.values.first { $0.table == "cap" && $0.key == "most" })
        #expect(value.value == "3" && value.origin == .variable("MAX_POSITIONS_ALLOWED"))
        #expect(try Hand.read("", ["MAX_POSITIONS_ALLOWED": "10000"]).desk.engine.cap.most == 10_000)
        // Not set, as a shell's empty variable is not.
        #expect(try Hand.read(text, ["MAX_POSITIONS_ALLOWED": ""]).desk.engine.cap.most == 6)
    }

    @Test(arguments: ["0", "-1", "10001", "eight", "8.0", "+8", "08", " 8", "99999999999999999999"])
    func aVariableThatIsNoCapIsRefused(text: String) {
        #expect(
            Hand.problems("", ["MAX_POSITIONS_ALLOWED": text]) == [
                "the variable MAX_POSITIONS_ALLOWED is '\(text)'; it has to be a number of positions from 1 to 10000: "
                    + "set MAX_POSITIONS_ALLOWED=8, or unset it"
            ]
        )
    }

    @Test func noBytesEverTrap() {
        let pieces = [
            "[", "]", "cap", ".", "most", " = ", "\"", "8", "2.5", "\n", "rules", "ORDER_STUCK", "kill_at", "kill",
            "true", "\"5m\"", "\"off\"", "notify", "x", "url", "critical", "emergency", "[rules.X]\n",
            "metric = \"m\"\n", "over = 1\n", "[notify.a]\n", "kind = \"slack\"\n", "[supervisors.s]\n",
            "interval = \"5s\"\n", "percent", "-", "99999999999999999999999999999999999999999", "[cap.accounts]\n",
            "\"a/b\" = 3\n",
        ]
        var state: UInt64 = 2_026
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(count))
        }
        var accepted = 0
        for _ in 0..<5_000 {
            let text = (0..<next(12)).map { _ in pieces[next(pieces.count)] }.joined()
            if Hand.problems(text) == ["accepted"] { accepted += 1 }
        }
        #expect(accepted > 100)
    }
}
