import KillSwitch
import SafetyEngine
import Testing

@testable import Dashboard

struct PlainLinesTests {
    /// One change of a desk, and what is said of it.
    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var before: @Sendable () -> DeskSnapshot = Fixture.trading
        var change: @Sendable (inout DeskSnapshot) -> Void
        var lines: [String]
        var testDescription: String { name }
    }

    static let changes: [Change] = [
        Change(
            name: "a breaker trips, and the watch is over",
            before: Fixture.engaged,
            change: {
                $0.engine?.probation = nil
                $0.engine?.breakers[0].isTripped = false
                $0.engine?.breakers[0].note = "reset by bob: known"
                $0.engine?.breakers[1].isTripped = true
                $0.engine?.breakers[1].note = "2.6 % lost"
            },
            lines: [
                "breaker DAILY_DRAWDOWN TRIPPED: 2.6 % lost; estop breakers reset puts it back",
                "breaker CONSECUTIVE_LOSSES reset by bob: known", "probation is over: limits as configured",
            ]
        ),
        Change(
            name: "a proposal comes, another is done",
            before: Fixture.engaged,
            change: {
                $0.engine?.proposals[0].state = "done"
                var other = EngineView().proposals
                other.append(
                    EngineView.Proposal(
                        id: "TIME_EXIT:kraken/main/WIF-USD/long",
                        rule: "TIME_EXIT",
                        position: "kraken/main/WIF-USD/long",
                        quantity: Decimal(81_000),
                        reason: "held 25 h, past 24 h",
                        ageMs: 0,
                        state: "proposed"
                    )
                )
                $0.engine?.proposals += other
            },
            lines: [
                "proposal TIME_EXIT to close 81000 of kraken/main/WIF-USD/long: held 25 h, past 24 h",
                "proposal STOP_LOSS to close 0.41870000 of kraken/main/BTC-USD/long: done",
            ]
        ),
        Change(
            name: "an acknowledgement ends, and a bot is brought back",
            change: {
                $0.alerts.rows[2].acknowledgedBy = nil
                $0.supervisors[3].recovery = [
                    Supervisor.Step(kind: .detected, ageMs: 9_000, afterMs: 0),
                    Supervisor.Step(kind: .asked, ageMs: 8_000, afterMs: 1_000, text: "try 1 of 3"),
                ]
            },
            lines: [
                "supervisor grid-bot-2 restart asked, 1 s after it was found: try 1 of 3",
                "alert acknowledged no more: WARNING BALANCE_DROP okx/main",
            ]
        ),
        Change(
            name: "a paper desk is halted",
            before: Fixture.paper,
            change: {
                $0.word = Word(generation: 3, mode: .halted)
                $0.mode = .halted
                $0.gates = []
            },
            lines: ["mode HALTED; PAPER desk"] + (0..<4).map { "gate grid-bot-\($0) closed" }
        ),
        Change(
            name: "a halt whose record is not yet known",
            change: { desk in
                desk.word = Word(generation: 9, mode: .halted)
                desk.mode = .halted
                desk.sinceAgeMs = 3
                desk.steps.key = .done(ms: 0)
                desk.steps.page = .done(ms: 0.02)
                desk.steps.disk = .pending(ms: 3)
                desk.steps.verified = .pending(ms: 3)
                for index in desk.gates.indices { desk.gates[index].acknowledged = false }
                desk.notDurable = "the log does not hold the page's last change yet"
            },
            lines: ["mode HALTING", "halt: key seen", "halt: on the page after 0.02 ms"]
        ),
        Change(
            name: "the record, the gates, the proof",
            before: Fixture.halting,
            change: { $0 = Fixture.halted() },
            lines: [
                "mode HALTED since 12:00:01 UTC by alice (keyboard): Uncontrolled losses",
                "latch added: global, file since 12:02:30 UTC: stop file: maintenance",
                "halt: all 4 open gates acknowledged after 41 ms", "halt: orders gone after 1.3 s",
                "halt: verified after 1.3 s", "gate grid-bot-2 acknowledged",
            ]
        ),
        Change(
            name: "a gate acknowledges within the first minute",
            before: Fixture.halting,
            change: {
                $0.gates[2].acknowledged = true
                $0.sinceAgeMs = 41
            },
            lines: ["gate grid-bot-2 acknowledged within 41 ms"]
        ),
        Change(
            name: "a halt again while halted: the same gates acknowledge anew",
            before: Fixture.halted,
            change: {
                $0.word = Word(generation: 11, mode: .halted)
                $0.gates.removeLast(3)
                $0.steps = DeskSnapshot.HaltSteps()
                $0.steps.disk = .done(ms: 2)
                $0.steps.verified = .done(ms: 2)
            },
            lines: [
                "halt: on disk after 2.0 ms", "halt: verified after 2.0 ms", "gate grid-bot-1 closed",
                "gate grid-bot-2 closed", "gate grid-bot-3 closed", "gate grid-bot-0 acknowledged",
            ]
        ),
        Change(
            name: "a step fails, with the manual way in full and every name",
            before: Fixture.halting,
            change: {
                $0.steps.gates = .alarm("NOT stopped: grid-bot-2 (kill 4102)")
                $0.steps.waitingFor = ["grid-bot-2", "slow-bot"]
            },
            lines: [
                "halt: gates LATE or FAILED: NOT stopped: grid-bot-2 (kill 4102); NOT acknowledged either: slow-bot"
            ]
        ),
        Change(
            name: "gates open, close and die",
            change: {
                $0.gates.append(Fixture.gate(9, mode: .live, acknowledged: true))
                $0.gates[0].alive = false
                $0.gates.remove(at: 1)
            },
            lines: [
                "gate grid-bot-0 died without closing, pid 4100",
                "gate grid-bot-9 opened, pid 4109, scope venue=kraken,strategy=grid9", "gate grid-bot-1 closed",
            ]
        ),
        Change(
            name: "a gate dies without acknowledging",
            before: Fixture.halting,
            change: {
                $0.gates[2].alive = false
                $0.gates[1].alive = false
                $0.gates[1].acknowledged = false
            },
            lines: [
                "gate grid-bot-1 died after it acknowledged, pid 4101",
                "gate grid-bot-2 died without acknowledging, pid 4102",
            ]
        ),
        Change(
            name: "a dead gate is cleared away: said once",
            before: {
                var desk = Fixture.trading()
                desk.gates[0].alive = false
                return desk
            },
            change: { $0.gates.removeFirst() },
            lines: []
        ),
        Change(
            name: "a supervisor is late, another beats again",
            change: {
                $0.supervisors[0].lastBeatAgeMs = 1700
                $0.supervisors[2].lastBeatAgeMs = 10
            },
            lines: [
                "supervisor market-data LATE, last beat 1 s ago (interval 1 s)",
                "supervisor nightly-report OK, it beats (interval 1 min 0 s)",
            ]
        ),
        Change(
            name: "the host falls silent",
            change: { $0.host = .silent(pid: 812, beatAgeMs: 6100) },
            lines: ["host pid 812 SILENT, last beat 6 s ago; gates refuse once it is 5 s silent"]
        ),
        Change(
            name: "the host is gone",
            change: { $0.host = .absent },
            lines: ["NO HOST runs: start one with estop serve"]
        ),
        Change(
            name: "the page cannot be trusted",
            change: {
                $0.word = nil
                $0.mode = .unknown
                $0.pageProblem = "halt.page is a dangling link"
            },
            lines: ["mode UNKNOWN: halt.page is a dangling link; gates refuse"]
        ),
        Change(
            name: "the record is missing",
            change: { $0.notDurable = "no space left on device" },
            lines: ["NOT ON DISK: no space left on device"]
        ),
        Change(
            name: "a latch, a notice, a credential",
            before: Fixture.halted,
            change: {
                $0.latches[1].id = "h3"
                $0.notices = ["port 5000 is taken by pid 77"]
                $0.operatorsEnrolled = false
            },
            lines: [
                "latch added: global, file since 12:02:30 UTC: stop file: maintenance",
                "latch removed: global, file since 12:02:30 UTC: stop file: maintenance",
                "notice: port 5000 is taken by pid 77",
                "no credential is set up: the owner of the state directory may resume (estop operator add NAME)",
            ]
        ),
        Change(
            name: "alerts are raised, escalated and resolved, the gravest first",
            before: PlainLinesTests.desk,
            change: {
                $0.alerts.rows[0].level = .critical
                $0.alerts.rows.remove(at: 1)
                $0.alerts.rows.append(
                    Alert(
                        id: "c",
                        level: .emergency,
                        rule: "PLATFORM_EXPOSURE",
                        subject: "kraken",
                        text: "41 % of equity at one venue",
                        ageMs: 0,
                        policy: "halts at 15m"
                    )
                )
            },
            lines: [
                "alert EMERGENCY PLATFORM_EXPOSURE kraken: 41 % of equity at one venue; halts at 15m",
                "alert escalated from WARNING to CRITICAL FEED_LATE kraken: no tick for long",
                "alert resolved: INFO CLOCK_SKEW",
            ]
        ),
        Change(
            name: "positions open and close, an order sticks by its age alone, another is gone",
            before: PlainLinesTests.desk,
            change: {
                $0.positions.rows[0].symbol = "ETH/USD"
                $0.orders.rows[0].ageMs = 61_000
                $0.orders.rows.remove(at: 1)
            },
            lines: [
                "order stuck: buy 0.50 BTC/USD at 64000, kraken main, order-1, ACKNOWLEDGED for 1 min 1 s",
                "order gone: buy 0.50 BTC/USD at 64000, kraken main, order-2",
                "position opened: long 0.50 ETH/USD at 61000, kraken main",
                "position closed: long 0.50 BTC/USD at 61000, kraken main",
            ]
        ),
        Change(
            name: "a venue is lost",
            before: PlainLinesTests.desk,
            change: {
                $0.venues.rows[0].state = .disconnected
                $0.venues.rows[0].note = "connection refused for 3 s"
            },
            lines: ["venue kraken main DISCONNECTED, was CONNECTED: connection refused for 3 s"]
        ),
        Change(
            name: "a source that is lost closes and resolves nothing",
            before: PlainLinesTests.desk,
            change: {
                $0.positions.freshness = .lost(ageMs: 61_000, reason: "timeout")
                $0.positions.rows = []
                $0.alerts.freshness = .stale(ageMs: 9000)
                $0.alerts.rows = []
            },
            lines: [
                "positions of kraken NOT CONNECTED since 12:03:12 UTC: timeout; what was last known stands",
                "alerts of engine STALE, last true 9 s ago",
            ]
        ),
        Change(
            name: "the desk is lost: what it says besides is no news",
            change: {
                $0.freshness = .lost(ageMs: 42_000, reason: "connection refused")
                $0.gates = []
            },
            lines: [
                "desk NOT CONNECTED since 12:03:31 UTC: connection refused; mode UNKNOWN, last known TRADING; "
                    + "halting works all the same"
            ]
        ),
        Change(
            name: "a demo says so in each line",
            before: {
                var desk = Fixture.trading()
                desk.mark = "DEMO"
                return desk
            },
            change: { $0.host = .absent },
            lines: ["DEMO NO HOST runs: start one with estop serve"]
        ),
    ]

    /// A desk that trades, with every source live.
    static func desk() -> DeskSnapshot {
        var desk = Fixture.trading()
        func order(_ id: String, ageMs: UInt64) -> Order {
            Order(
                clientID: id,
                venueID: "",
                venue: "kraken",
                account: "main",
                strategy: "grid",
                symbol: "BTC/USD",
                side: .buy,
                quantity: Decimal("0.50") ?? Decimal(0),
                filled: Decimal(0),
                price: Decimal(64_000),
                state: .acknowledged,
                ageMs: ageMs,
                stuckAfterMs: 60_000
            )
        }
        desk.alerts = Reading(
            source: "engine",
            freshness: .live(ageMs: 0),
            rows: [
                Alert(
                    id: "a",
                    level: .warning,
                    rule: "FEED_LATE",
                    subject: "kraken",
                    text: "no tick for long",
                    ageMs: 5
                ),
                Alert(id: "b", level: .info, rule: "CLOCK_SKEW", subject: "", text: "40 ms", ageMs: 5),
            ]
        )
        desk.positions = Reading(
            source: "kraken",
            freshness: .live(ageMs: 0),
            rows: [
                Position(
                    venue: "kraken",
                    account: "main",
                    symbol: "BTC/USD",
                    side: .long,
                    quantity: Decimal("0.50") ?? Decimal(0),
                    entryPrice: Decimal(61_000),
                    price: Decimal(64_000),
                    priceAgeMs: 10,
                    value: nil,
                    profit: nil,
                    heldMs: 5
                )
            ]
        )
        desk.orders = Reading(
            source: "kraken",
            freshness: .live(ageMs: 0),
            rows: [order("order-1", ageMs: 59_000), order("order-2", ageMs: 90_000)]
        )
        desk.venues = Reading(
            source: "adapters",
            freshness: .live(ageMs: 0),
            rows: [
                Venue(
                    name: "kraken",
                    account: "main",
                    state: .connected,
                    openOrders: 2,
                    lastReplyAgeMs: 10,
                    latencyMs: 3
                )
            ]
        )
        return desk
    }

    @Test(arguments: changes) func aChangeIsSaidOnce(_ change: Change) {
        var report = PlainReport()
        var desk = change.before()
        _ = report.standing(desk, wallMs: Fixture.wallMs)
        change.change(&desk)
        let lines = report.changes(desk, wallMs: Fixture.wallMs)
        #expect(lines.map(\.text) == change.lines)
        #expect(lines.map(\.gravity) == lines.map(\.gravity).sorted())
        #expect(report.changes(desk, wallMs: Fixture.wallMs + 700).isEmpty)
    }

    @Test func agesAloneSayNothing() {
        for (_, make) in GoldenTests.desks + [("rows", PlainLinesTests.desk)] {
            var report = PlainReport()
            var desk = make()
            _ = report.standing(desk, wallMs: Fixture.wallMs)
            desk.sinceAgeMs = desk.sinceAgeMs.map { $0 + 1000 }
            for index in desk.gates.indices {
                desk.gates[index].checks += 17
                desk.gates[index].lastCheckAgeMs = 900
            }
            for index in desk.alerts.rows.indices { desk.alerts.rows[index].ageMs += 1000 }
            for index in desk.positions.rows.indices { desk.positions.rows[index].priceAgeMs += 1000 }
            switch desk.freshness {
            case .stale(let age): desk.freshness = .stale(ageMs: age + 1000)
            case .lost(let age, let reason): desk.freshness = .lost(ageMs: age + 1000, reason: reason)
            case .live, .never: break
            }
            #expect(report.changes(desk, elapsedMs: 400, wallMs: Fixture.wallMs + 1000).isEmpty)
        }
    }

    @Test func aDeskThatFallsSilentIsStaleThenLostThenLiveAgain() {
        var report = PlainReport()
        let desk = Fixture.trading()
        _ = report.standing(desk, wallMs: Fixture.wallMs)
        func said(after ms: UInt64) -> [String] {
            report.changes(desk, elapsedMs: ms, wallMs: Fixture.wallMs + Int64(ms)).map(\.text)
        }
        #expect(said(after: 2000).isEmpty)
        #expect(said(after: 3000) == ["desk STALE, last true 3 s ago; mode then TRADING"])
        #expect(said(after: 9000).isEmpty)
        let lost = said(after: 15_000)
        #expect(lost.count == 1 && lost[0].contains("NOT CONNECTED since 12:04:12 UTC"), "\(lost)")
        #expect(lost[0].contains("mode UNKNOWN, last known TRADING"))
        #expect(said(after: 60_000).isEmpty)
        let back = report.changes(Fixture.halted(), wallMs: Fixture.wallMs + 61_000).map(\.text)
        #expect(back.first?.hasPrefix("mode HALTED since 12:00:01 UTC") ?? false, "\(back)")
        #expect(back.contains("desk live again; mode HALTED"))
    }

    @Test func aSourceThatComesBackClosesWhatIsGoneThen() {
        var report = PlainReport()
        var desk = PlainLinesTests.desk()
        _ = report.standing(desk, wallMs: Fixture.wallMs)
        desk.positions = Reading(source: "kraken", freshness: .lost(ageMs: 1000, reason: "timeout"), rows: [])
        _ = report.changes(desk, wallMs: Fixture.wallMs)
        desk.positions.freshness = .live(ageMs: 0)
        let lines = report.changes(desk, wallMs: Fixture.wallMs).map(\.text)
        #expect(
            lines == ["positions of kraken live", "position closed: long 0.50 BTC/USD at 61000, kraken main"]
        )
    }

    @Test func theStandingDeskSaysModeWhyWhoHaltsAndWhatIsUnheardOf() {
        var report = PlainReport()
        var desk = Fixture.halted()
        desk.alerts = .never(source: "engine")
        desk.positions = .never(source: "venues")
        desk.orders = .never(source: "venues")
        desk.venues = .never(source: "adapters")
        let lines = report.changes(desk, wallMs: Fixture.wallMs).map(\.text)
        #expect(lines.contains("desk alpha in /var/lib/estop/alpha"))
        #expect(lines.contains("mode HALTED since 12:00:01 UTC by alice (keyboard): Uncontrolled losses"))
        #expect(lines.contains("latch: global, keyboard by alice since 12:00:01 UTC: Uncontrolled losses"))
        #expect(lines.contains("halt: verified after 1.3 s"))
        #expect(lines.contains("4 of 4 open gates acknowledged"))
        #expect(lines.contains("host is pid 812 and beats"))
        #expect(lines.contains("supervisor grid-bot-2 DEAD, last beat 15 min 0 s ago (interval 2 s)"))
        #expect(lines.contains("nothing received yet about alerts, positions, orders, venues"))
        var full = PlainReport()
        let live = full.standing(PlainLinesTests.desk(), wallMs: Fixture.wallMs).map(\.text)
        #expect(live.contains("mode TRADING since 08:30:00 UTC by bob (keyboard): positions reconciled, feed is back"))
        #expect(live.contains("4 gates open: grid-bot-0, grid-bot-1, grid-bot-2, grid-bot-3"))
        #expect(live.contains("1 position held: long 0.50 BTC/USD at 61000, kraken main"))
        #expect(
            live.contains("order stuck: buy 0.50 BTC/USD at 64000, kraken main, order-2, ACKNOWLEDGED for 1 min 30 s")
        )
        #expect(!live.contains { $0.contains("nothing received") })
    }

    @Test func nothingButPlainTextIsSaidOfAnyDesk() {
        for (_, make) in GoldenTests.desks {
            for (_, other) in GoldenTests.desks {
                var report = PlainReport()
                let lines =
                    report.standing(make(), wallMs: Fixture.wallMs) + report.changes(other(), wallMs: Fixture.wallMs)
                for line in lines {
                    let spoken = line.spoken(wallMs: Fixture.wallMs)
                    #expect(spoken.hasPrefix("12:04:13 UTC ") && !line.text.isEmpty)
                    #expect(!spoken.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e }, "\(spoken)")
                    #expect(!spoken.contains { "─│┌┐└┘·…»•✓►◇▽◐■".contains($0) }, "\(spoken)")
                }
                #expect(report.changes(other(), wallMs: Fixture.wallMs).isEmpty)
            }
        }
    }

    @Test(
        arguments: [
            ("no host has beaten for 12 s: refused", "no host has beaten for #: refused"), ("4m12s ago", "## ago"),
            ("grid-bot2 of pid 77, line 3", "grid-bot2 of pid 77, line 3"), ("1.5 s, 250ms", "#, #"),
            ("5 seats", "5 seats"),
        ]
    ) func agesAreToldFromOtherNumbers(_ text: String, _ without: String) {
        #expect(PlainText.withoutAges(text) == without)
    }
}
