import KillSwitch
import SafetyEngine

/// Desks to draw: some of everything, and changing at random.
enum Desks {
    static func random(_ source: inout Seeded) -> DeskSnapshot {
        let names = ["alpha", "部署-東京", "e\u{301}tude", "evil\u{1b}[2J\u{202e}name"]
        var desk = DeskSnapshot(
            deskName: names.randomElement(using: &source) ?? "",
            paper: Bool.random(using: &source),
            directory: "/var/lib/estop/alpha"
        )
        let mode = [Mode.live, .paper, .reduceOnly, .halted].randomElement(using: &source) ?? .halted
        desk.mode = mode
        desk.word = Word(generation: UInt32.random(in: 1...9, using: &source), mode: mode)
        desk.since = "2026-11-21T08:30:00.000Z"
        desk.sinceAgeMs = .random(in: 0...90_000, using: &source)
        desk.by = "bob (keyboard)"
        desk.reason = ["Uncontrolled losses", String(repeating: "漢字 and more ", count: 9)].randomElement(using: &source)
        desk.host = Bool.random(using: &source) ? .running(pid: 812, beatAgeMs: 400) : .absent
        desk.operatorsEnrolled = Bool.random(using: &source)
        desk.notices = Bool.random(using: &source) ? [] : ["port 5000 is taken by pid 77"]
        desk.freshness =
            [.live(ageMs: 120), .live(ageMs: 0), .stale(ageMs: 9000), .lost(ageMs: 60_000, reason: "no page"), .never]
            .randomElement(using: &source) ?? .never
        for index in 0..<Int.random(in: 0...12, using: &source) { desk.gates.append(gate(index, mode, &source)) }
        for index in 0..<Int.random(in: 0...5, using: &source) {
            let age = UInt64.random(in: 0...10_000, using: &source)
            let alive = Bool.random(using: &source)
            desk.supervisors.append(
                Supervisor(name: "risk-\(index)", intervalMs: 1000, lastBeatAgeMs: age, alive: alive)
            )
        }
        if mode == .halted { halt(&desk, &source) }
        fill(&desk, &source)
        return desk
    }

    private static func fill(_ desk: inout DeskSnapshot, _ source: inout Seeded) {
        let ages: [Freshness] = [
            .never, .live(ageMs: 300), .stale(ageMs: 9000), .lost(ageMs: 70_000, reason: "接続 refused"),
        ]
        desk.mark = Bool.random(using: &source) ? "DEMO" : nil
        desk.alerts = Reading(
            source: "engine",
            freshness: ages.randomElement(using: &source) ?? .never,
            rows: (0..<Int.random(in: 0...9, using: &source)).map { index in
                Alert(
                    id: "\(index)",
                    level: Alert.Level.allCases.randomElement(using: &source) ?? .info,
                    rule: "ORDER_STUCK",
                    subject: "kraken/漢字-\(index)",
                    text: String(repeating: "it may still fill, ", count: index),
                    ageMs: .random(in: 0...9_000_000, using: &source)
                )
            }
        )
        desk.positions = Reading(
            source: "venues",
            freshness: ages.randomElement(using: &source) ?? .never,
            rows: (0..<Int.random(in: 0...15, using: &source)).map { index in
                Position(
                    venue: "kraken",
                    account: "main",
                    symbol: "S\(index)/USD",
                    side: Bool.random(using: &source) ? .long : .short,
                    quantity: Decimal(index),
                    entryPrice: nil,
                    price: nil,
                    priceAgeMs: 0,
                    value: Bool.random(using: &source) ? Decimal(.random(in: -99_999...99_999, using: &source)) : nil,
                    profit: Decimal(.random(in: -99...99, using: &source)),
                    heldMs: nil
                )
            }
        )
        desk.venues.rows = [
            Venue(
                name: "okx",
                account: "e\u{301}",
                state: .degraded,
                openOrders: nil,
                lastReplyAgeMs: nil,
                latencyMs: 3
            )
        ]
        desk.venues.freshness = ages.randomElement(using: &source) ?? .never
    }

    private static func gate(_ index: Int, _ mode: Mode, _ source: inout Seeded) -> DeskSnapshot.Gate {
        DeskSnapshot.Gate(
            slot: index,
            name: index == 3 ? "漢字のボット" : "grid-bot-\(index)",
            scope: "venue=kraken,strategy=grid\(index)",
            pid: 4100 + UInt32(index),
            alive: Bool.random(using: &source),
            acknowledged: Bool.random(using: &source),
            mode: mode,
            checks: .random(in: 0...200_000, using: &source),
            refusals: .random(in: 0...9, using: &source),
            checksPerSecond: .random(in: 0...2000, using: &source),
            lastCheckAgeMs: 200
        )
    }

    private static func halt(_ desk: inout DeskSnapshot, _ source: inout Seeded) {
        desk.latches = [
            Latch(
                id: "h1",
                source: .keyboard,
                scope: .global,
                mode: .halted,
                reason: "Uncontrolled losses",
                op: "alice",
                since: "2026-11-21T12:00:01.204Z",
                tag: 1
            )
        ]
        desk.steps.key = .done(ms: 0)
        desk.steps.page = .done(ms: 0.02)
        desk.steps.disk = Bool.random(using: &source) ? .done(ms: 3.14) : .alarm("not on disk: no space left")
        desk.steps.gates = Bool.random(using: &source) ? .done(ms: 41) : .pending(ms: 2300)
        desk.steps.verified = Bool.random(using: &source) ? .done(ms: 1312) : .empty
    }
}
