import SafetyEngine
import Testing

@testable import Console
@testable import Settings

/// With anything wrong there is no reading at all; and every key, set to another value, is read back.
struct ReadingTests {
    /// Every key, none at its default.
    static let everything = """
        [desk]
        name = "momentum"
        paper = false
        currency = "EUR"
        day_start = "08:30"
        [host]
        run_dir = "/run/estop"
        [stop_file]
        paths = ["/srv/STOP"]
        [dead_man]
        limit = "250ms"
        [resume]
        approvals = 2
        [prices]
        stale_after = "15s"
        [positions]
        stale_after = "16s"
        [balances]
        stale_after = "17s"
        [account_counts]
        stale_after = "18s"
        [bounds]
        orders = 1000
        positions = 1001
        accounts = 1002
        balances = 1003
        prices = 1004
        metrics = 1005
        alerts = 1006
        [venues]
        silent_after = "20s"
        settle = "2s"
        orders = "not watched"
        [venues.kraken]
        settle = "4s"
        [conversion]
        source = "kraken"
        [orders]
        stale_after = "19s"
        timeout = "4m"
        retries = 2
        per_minute = 60
        [cap]
        most = 6
        most_for_users = 4
        users = ["kraken/alice", "bob"]
        every = "30s"
        policy = "observe"
        external_policy = "enforce"
        [cap.accounts]
        "kraken/main" = 12
        plain = 3
        [dust]
        threshold = "2.50"
        comes_back = false
        [exits]
        confirmations = 3
        [exits.stop_loss]
        enabled = false
        percent = 2.5
        policy = "observe"
        external_policy = "enforce"
        [exits.take_profit]
        enabled = false
        percent = 10
        policy = "observe"
        external_policy = "enforce"
        [exits.trailing]
        enabled = false
        percent = "4 %"
        policy = "observe"
        external_policy = "enforce"
        [exits.maximum_hold]
        enabled = false
        time = "36h"
        policy = "observe"
        external_policy = "enforce"
        [reconciliation]
        tolerance_percent = 0.5
        [supervisors."feed kraken"]
        interval = "2s"
        restart = ["/usr/bin/systemctl", "restart", "feed"]
        backoff = "3s"
        most_restarts = 5
        feeds = "kraken"
        [supervisors.scalper]
        interval = "5s"
        [beats]
        late_percent = 200
        stalled_percent = 400
        [engine]
        stall_after = "2s"
        stall_halts = true
        [probation]
        watch = "1h"
        percent = 25
        paper = "10m"
        reduce_only = "5m"
        [rules.ORDER_STUCK]
        enabled = false
        for = "10s"
        confirmations = 2
        cooldown = "1m"
        hold = "3s"
        samples = 3
        reach = "account"
        warning = "2m"
        critical = "4m"
        emergency = "10m"
        kill_at = "20m"
        kill = true
        [rules.PLATFORM_EXPOSURE]
        emergency = 35
        kill_at = 50
        kill = true
        [rules.BALANCE_LOW]
        critical = 75.50
        info = 200
        [rules.HIGH_ERROR_RATE]
        window = "5m"
        [rules.DAILY_DRAWDOWN]
        warning = "off"
        kill = false
        [rules.CONSECUTIVE_LOSSES]
        kill = true
        [rules.QUEUE_DEPTH]
        metric = "queue_depth"
        over = "100"
        level = "critical"
        for = "1m"
        confirmations = 2
        cooldown = "5m"
        reach = "venue"
        kill = true
        enabled = false
        [rules.LOW]
        metric = "signals"
        under = 2.5
        [rules.MANY]
        metric = "errors"
        at_least = 4
        [notify]
        attempts = 5
        backoff = "2s"
        give_up = "12h"
        [notify.ops]
        kind = "slack"
        url = "https://hooks.slack.com/services/T0/secret"
        level = "emergency"
        rules = ["ORDER_STUCK", "QUEUE_DEPTH"]
        tells_resolved = false
        timeout = "3s"
        [notify.pager]
        kind = "command"
        command = ["/usr/local/bin/page", "ops"]
        [journal]
        keep = "30d"
        most = "500MB"
        snapshot_every = 1000
        most_waiting = 2000
        [paper]
        seed = 42
        bots = 7
        balance = 2500.50
        [ingest]
        most_waiting = 1000
        longest_line = "16KiB"
        [api]
        enabled = false
        address = "::1"
        port = 8001
        hosts = ["desk.example.com"]
        behind_tls = true
        open_halt = true
        most_connections = 100
        longest_body = "1MiB"
        longest_head = "16KiB"
        head_time = "3s"
        body_time = "4s"
        idle_time = "5s"
        """

    @Test func everyKeyIsReadBack() throws {
        let reading = try Hand.read(ReadingTests.everything)
        #expect(reading.console.desk == .init(name: "momentum", isPaper: false))
        #expect(reading.console.host.runDirectory == "/run/estop" && reading.console.stopFile.paths == ["/srv/STOP"])
        #expect(reading.console.deadMan.limitMilliseconds == 250 && reading.console.warnings.isEmpty)
        #expect(reading.console.resume.approvals == 2)

        var engine = EngineSettings()
        engine.deskName = "momentum"
        engine.isPaper = false
        engine.baseCurrency = "EUR"
        engine.dayStartMinute = 510
        engine.priceStaleMs = 15_000
        engine.streams.ordersMs = 19_000
        engine.streams.positionsMs = 16_000
        engine.streams.balancesMs = 17_000
        engine.streams.accountCountsMs = 18_000
        engine.bounds.orders = 1_000
        engine.bounds.positions = 1_001
        engine.bounds.accounts = 1_002
        engine.bounds.balances = 1_003
        engine.bounds.prices = 1_004
        engine.bounds.metrics = 1_005
        engine.bounds.alerts = 1_006
        engine.settleMs = 2_000
        engine.ordersAreNotWatched = true
        engine.settleByVenue = ["kraken": 4_000]
        engine.venueSilentMs = 20_000
        engine.conversionSource = "kraken"
        engine.orders.timeoutMs = 240_000
        engine.orders.retries = 2
        engine.orders.perMinute = 60
        engine.cap.most = 6
        engine.cap.mostForUsers = 4
        engine.cap.userAccounts = ["kraken/alice", "bob"]
        engine.cap.everyMs = 30_000
        engine.cap.policy = .observe
        engine.cap.externalPolicy = .enforce
        engine.cap.mostByAccount = ["kraken/main": 12, "plain": 3]
        engine.dust.threshold = Hand.number("2.5")
        engine.dust.comesBack = false
        engine.exits.confirmations = 3
        engine.exits.stopLoss.at = Hand.number("2.5")
        engine.exits.takeProfit.at = Decimal(10)
        engine.exits.trailing.at = Decimal(4)
        engine.exits.maximumHold.at = 129_600_000
        for place in [\EngineSettings.exits.stopLoss, \.exits.takeProfit, \.exits.trailing] {
            engine[keyPath: place].isEnabled = false
            engine[keyPath: place].policy = .observe
            engine[keyPath: place].externalPolicy = .enforce
        }
        engine.exits.maximumHold.isEnabled = false
        engine.exits.maximumHold.policy = .observe
        engine.exits.maximumHold.externalPolicy = .enforce
        engine.reconciliationTolerance = Hand.number("0.5")
        var feed = EngineSettings.ExpectedSupervisor(name: "feed kraken", intervalMs: 2_000)
        feed.restart = ["/usr/bin/systemctl", "restart", "feed"]
        feed.backoffMs = 3_000
        feed.mostRestarts = 5
        feed.feeds = "kraken"
        engine.supervisors = [feed, .init(name: "scalper", intervalMs: 5_000)]
        engine.beats.latePercent = 200
        engine.beats.stalledPercent = 400
        engine.beats.engineStallMs = 2_000
        engine.beats.engineStallHalts = true
        engine.probation.watchMs = 3_600_000
        engine.probation.percent = 25
        engine.probation.paperMs = 600_000
        engine.probation.reduceOnlyMs = 300_000
        engine.rules = rules
        #expect(reading.desk.engine == engine)

        var desk = DeskConfiguration()
        desk.engine = engine
        desk.notify.attempts = 5
        desk.notify.backoffMs = 2_000
        desk.notify.giveUpMs = 43_200_000
        var ops = DeskConfiguration.Notify.Target(name: "ops", kind: .slack)
        ops.url = "https://hooks.slack.com/services/T0/secret"
        ops.level = .emergency
        ops.rules = ["ORDER_STUCK", "QUEUE_DEPTH"]
        ops.tellsResolved = false
        ops.timeoutMs = 3_000
        var pager = DeskConfiguration.Notify.Target(name: "pager", kind: .command)
        pager.command = ["/usr/local/bin/page", "ops"]
        desk.notify.targets = [ops, pager]
        desk.journal.keepMs = 30 * 86_400_000
        desk.journal.mostBytes = 500_000_000
        desk.journal.snapshotEvery = 1_000
        desk.journal.mostWaiting = 2_000
        desk.paper.seed = 42
        desk.paper.bots = 7
        desk.paper.balance = Hand.number("2500.5")
        desk.ingest.mostWaiting = 1_000
        desk.ingest.longestLine = 16_384
        desk.api.isEnabled = false
        desk.api.address = "::1"
        desk.api.port = 8_001
        desk.api.hosts = ["desk.example.com"]
        desk.api.isBehindTLS = true
        desk.api.opensHalt = true
        desk.api.mostConnections = 100
        desk.api.longestBody = 1_048_576
        desk.api.longestHead = 16_384
        desk.api.headTimeMs = 3_000
        desk.api.bodyTimeMs = 4_000
        desk.api.idleTimeMs = 5_000
        #expect(reading.desk == desk)
    }

    /// The rules of `everything`.
    private var rules: [Rule] {
        var rules = Hand.rules
        rules[0].isEnabled = false
        rules[0].forMs = 10_000
        rules[0].confirmations = 2
        rules[0].cooldownMs = 60_000
        rules[0].holdMs = 3_000
        rules[0].minimumSamples = 3
        rules[0].reach = .account
        rules[0].steps = [
            .init(Decimal(120), .warning), .init(Decimal(240), .critical), .init(Decimal(600), .emergency),
            .init(Decimal(1_200), .emergency, kills: true),
        ]
        rules[1].steps = [.init(Decimal(35), .emergency), .init(Decimal(50), .emergency, kills: true)]
        rules[2].steps = [.init(Decimal(200), .info), .init(Hand.number("75.5"), .critical)]
        rules[3].windowMs = 300_000
        rules[4].steps = [.init(Hand.number("2"), .critical), .init(Hand.number("2.5"), .emergency)]
        rules[5].steps[1].kills = true
        return rules + [
            Rule(
                "QUEUE_DEPTH",
                measure: "metric:queue_depth",
                .over,
                steps: [.init(Decimal(100), .critical, kills: true)],
                forMs: 60_000,
                confirmations: 2,
                cooldownMs: 300_000,
                reach: .venue,
                isEnabled: false
            ),
            Rule("LOW", measure: "metric:signals", .under, steps: [.init(Hand.number("2.5"), .warning)]),
            Rule("MANY", measure: "metric:errors", .atLeast, steps: [.init(Decimal(4), .warning)]),
        ]
    }

    /// `everything` leaves out no key of the table, and none keeps its default.
    @Test func everyKeyIsAmongThem() throws {
        let reading = try Hand.read(ReadingTests.everything)
        let standard = Draft(builtIn: Hand.rules)
        var given: Set<[String]> = []
        for path in reading.origins.keys {
            let place = try #require(SettingTable.place(path))
            given.insert(place.setting.path)
            let before = place.setting.written(standard, place.name)
            #expect(place.setting.written(reading.draft, place.name) != before, "\(path)")
        }
        #expect(SettingTable.all.map(\.path).filter { !given.contains($0) } == [])
    }

    /// What `show` prints is what would have to be written to get it.
    @Test func whatIsShownCanBeWritten() throws {
        let reading = try Hand.read(ReadingTests.everything)
        let written = SettingTable.places(reading.draft).compactMap { place -> String? in
            // Nothing is what leaving a key out says: an address or a command of a target that has none.
            guard let value = place.setting.written(reading.draft, place.name) ?? reading.turnedOff(place.path),
                !["\"\"", "[]"].contains(value)
            else { return nil }
            return "\(TOMLText.path(place.path)) = \(value)"
        }
        let again = try Hand.read(written.joined(separator: "\n"))
        #expect(again.desk == reading.desk)
        #expect(again.console == reading.console)
    }

    @Test func theOrderOfTheFileIsTheOrderOfNames() throws {
        let reading = try Hand.read(
            "[supervisors.b]\ninterval = \"1s\"\n[supervisors.a]\ninterval = \"1s\"\n[rules.Z]\nmetric = \"z\"\nover = 1\n"
                + "[rules.A]\nmetric = \"a\"\nover = 1"
        )
        #expect(reading.desk.engine.supervisors.map(\.name) == ["b", "a"])
        #expect(reading.desk.engine.rules.map(\.name) == Hand.rules.map(\.name) + ["Z", "A"])
    }

    @Test func rulesThatAreNotNamedStayAsTheEngineHasThem() throws {
        let reading = try Hand.read("[rules.ORDER_STUCK]\nfor = \"0\"\n[rules.BALANCE_LOW]")
        #expect(reading.desk.engine.rules == Hand.rules)
    }

    @Test func killTurnsOnWhereTheRuleSays() throws {
        let steps = try Hand.rule("PLATFORM_EXPOSURE", in: Hand.read("rules.PLATFORM_EXPOSURE.kill = true").desk).steps
        #expect(steps == [.init(Decimal(30), .emergency), .init(Decimal(45), .emergency, kills: true)])
    }

    @Test func secretsAreShownUpToTheirHost() throws {
        let reading = try Hand.read(ReadingTests.everything)
        #expect(reading.values.contains { $0.table == "notify.ops" && $0.value == "\"https://hooks.slack.com/...\"" })
        #expect(!"\(reading.values)".contains("secret"))
        #expect(!reading.differences(to: try Hand.read("")).joined().contains("secret"))
        #expect(!(try Hand.read("")).differences(to: reading).joined().contains("secret"))
    }

    @Test func eachValueSaysWhereItIsFrom() throws {
        let reading = try Hand.read("[cap]\n\nmost = 6\naccounts.\"kraken/main\" = 2")
        func origin(_ table: String, _ key: String) -> ConfigurationValue.Origin? {
            reading.values.first { $0.table == table && $0.key == key }?.origin
        }
        #expect(origin("cap", "most") == .file(line: 3))
        #expect(origin("cap.accounts", "\"kraken/main\"") == .file(line: 4))
        #expect(origin("cap", "most_for_users") == .standard)
        #expect(reading.file == "/etc/estop.toml")
        let off = try Hand.read("rules.DAILY_DRAWDOWN.warning = \"off\"").values.first {
            $0.table == "rules.DAILY_DRAWDOWN" && $0.key == "warning"
        }
        #expect(off?.value == "\"off\"" && off?.origin == .file(line: 1))
        // A rule that has no such threshold has no such value.
        #expect(origin("rules.ORDER_STUCK", "warning") == nil)
        #expect(origin("rules.ORDER_STUCK", "critical") == .standard)
    }
}
