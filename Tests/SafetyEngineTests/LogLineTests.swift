import KillSwitch
import Testing

@testable import SafetyEngine

/// The runbooks' log lines, word for word.
struct LogLineTests {
    /// 2026-02-09 22:23:14 UTC.
    private let wallMs: Int64 = 1_770_675_794_000

    /// The runbook's own example, byte for byte.
    @Test func theAccountBlockIsTheRunbooks() throws {
        var metrics = AccountMetrics(account: AccountKey(venue: "paper", account: "main"))
        metrics.activePositions = 5
        metrics.dustCleaned = 3
        metrics.capEnforcements = 2
        metrics.totalBalance = Decimal(10_000)
        metrics.positionValue = Decimal("5000.000")
        metrics.freeCapital = Decimal("5000.0")
        metrics.largest = AccountMetrics.Extreme(symbol: "BTC-USD", value: Decimal(2_000))
        metrics.smallest = AccountMetrics.Extreme(symbol: "ETH-USD", value: try #require(Decimal("499.995")))
        #expect(
            RunbookLog.text(RunbookLog.block(metrics), wallMs: wallMs) == """
                2026-02-09 22:23:14 | nija.enforcer | INFO | PLATFORM Account Metrics:
                  Account Type: PLATFORM
                  Active Positions: 5
                  Dust Cleaned: 3
                  Cap Enforcements: 2
                  Total Balance: $10000.00
                  Position Value: $5000.00
                  Free Capital: $5000.00
                  Largest Position: BTC-USD ($2000.00)
                  Smallest Position: ETH-USD ($500.00)
                """
        )
    }

    @Test func theBlockIsReadFromTheBook() throws {
        var stage = ExitStage()
        stage.settings.cap.userAccounts = ["user1"]
        stage.settings.cap.mostForUsers = 2
        for (symbol, value) in [("A-USD", "2000"), ("B-USD", "500"), ("C-USD", "300"), ("D-USD", "0.25")] {
            stage.hold(symbol, price: "100", value: value, account: "user1")
        }
        var balance = BookBalance()
        balance.total = Decimal(1_000)
        balance.free = Decimal(900)
        stage.book.balances[BalanceKey(venue: "paper", account: "user1", currency: "USD")] = balance
        balance.total = Decimal(100)
        balance.free = nil
        stage.book.balances[BalanceKey(venue: "paper", account: "user1", currency: "EUR")] = balance
        var rate = BookPrice()
        rate.price = Decimal("1.1")
        rate.seenMs = stage.atMs
        stage.book.prices[PriceKey(venue: "", symbol: "EUR/USD")] = rate
        let block = try #require(stage.step().lines.first { $0.event == "account_metrics" })
        #expect(
            block.text == """
                USER Account Metrics:
                  Account Type: USER
                  Active Positions: 3
                  Dust Cleaned: 1
                  Cap Enforcements: 1
                  Total Balance: $3910.25
                  Position Value: $2800.25
                  Free Capital: $1010.00
                  Largest Position: A-USD ($2000.00)
                  Smallest Position: C-USD ($300.00)
                """
        )
        // A minute later the rate is stale: what it values is unknown, not guessed.
        let later = try #require(stage.step(after: 60_001).lines.first { $0.event == "account_metrics" })
        #expect(later.text.contains("  Total Balance: unknown\n"))
        #expect(later.text.contains("  Free Capital: unknown\n"))
    }

    @Test func anUnpricedPositionIsNamedInTheBlock() throws {
        var stage = ExitStage()
        stage.hold("A-USD", price: "100", value: "2000")
        stage.hold("AUT-USD", price: nil)
        let block = try #require(stage.step().lines.first { $0.event == "account_metrics" })
        #expect(block.text.contains("  Active Positions: 2\n"))
        #expect(block.text.contains("  Position Value: $2000.00 (1 unpriced)\n"))
        #expect(block.text.contains("  Total Balance: unknown\n"))
    }

    @Test func everyAccountHasItsBlockEveryMinute() {
        var stage = ExitStage()
        stage.hold("A-USD", price: "100")
        stage.hold("A-USD", price: "100", account: "other")
        stage.book.venues[AccountKey(venue: "kraken", account: "empty")] = BookVenue()
        let blocks = { (made: [Decision]) in made.lines.filter { $0.event == "account_metrics" } }
        let first = blocks(stage.step())
        #expect(first.map { $0.fields.first { $0.name == "account" }?.value } == ["empty", "main", "other"])
        #expect(first.first?.text.hasSuffix("  Largest Position: none\n  Smallest Position: none") == true)
        #expect(blocks(stage.step(after: 59_999)).isEmpty)
        #expect(blocks(stage.step(after: 1)).count == 3)
    }

    @Test(
        "balance and positions beside the venue's total",
        arguments: [("3000", "within"), ("2971", "within"), ("2970.29", "over"), ("3031", "over"), ("3030", "within")]
    )
    func reconciliation(equity: String, word: String) throws {
        var stage = ExitStage()
        stage.hold("A-USD", price: "100", value: "2000")
        var balance = BookBalance()
        balance.total = Decimal(1_000)
        balance.equity = Decimal(equity)
        stage.book.balances[BalanceKey(venue: "paper", account: "main", currency: "USD")] = balance
        let line = try #require(stage.step().lines.first { $0.event == "balance_reconciled" })
        #expect(line.text.contains("Balance Reconciliation: $3000.00 calculated"))
        #expect(line.text.contains("(\(word) 1 %)"))
    }

    @Test func anAdoptedPositionIsToldOnceWithItsNineFields() throws {
        var stage = ExitStage()
        let key = stage.hold("BTC-USD", quantity: "0.1", entry: "50000.0", price: "50000", value: "5000")
        stage.book.positions[key]?.isAdopted = true
        stage.book.positions[key]?.source = .existing
        stage.book.positions[key]?.openedWallMs = 1_770_638_400_000
        let line = try #require(stage.step().lines.first { $0.part == "adoption" })
        #expect(
            line.text == "symbol=BTC-USD entry_price=50000.0 quantity=0.1 size_usd=5000.00 side=BUY "
                + "entry_time=2026-02-09T12:00:00 source=broker_existing adoption_status=adopted tracked=true in paper/main"
        )
        for _ in 0..<3 { #expect(!stage.step().lines.contains { $0.part == "adoption" }) }
        stage.exits = try recoded(stage.exits)
        #expect(!stage.step().lines.contains { $0.part == "adoption" })
    }

    @Test func anUnknownCostBasisIsFlaggedAndNotInvented() throws {
        var stage = ExitStage()
        let key = stage.hold("AUT-USD", side: .short, entry: nil, price: "2", openedMs: nil)
        stage.book.positions[key]?.isAdopted = true
        let line = try #require(stage.step().lines.first { $0.part == "adoption" })
        #expect(line.text.contains("entry_price=unknown"))
        #expect(line.text.contains("side=SELL entry_time=unknown"))
        #expect(line.text.contains("cost basis unknown"))
        #expect(line.level == .warning)
        stage.book.positions[key]?.openedWallMs = .min
        stage.exits = Exits()
        #expect(!stage.step().lines.isEmpty)
    }

    @Test func aMissingPriceIsToldOncePerTime() {
        var stage = ExitStage()
        let key = stage.hold("AUT-USD", price: nil, openedMs: 1_000_000)
        let words = "Price fetch failed for AUT-USD"
        #expect(stage.step().lines(with: words).isEmpty)
        #expect(stage.step(after: 60_000).lines(with: words).count == 1)
        #expect(stage.step().lines(with: words).isEmpty)
        stage.worth(key, price: "5", value: "5")
        stage.step()
        // Its venue says that there is none: told at once.
        stage.worth(key, price: nil, value: nil)
        stage.valuation.positions[0].priceAgeMs = 0
        #expect(stage.step().lines(with: words).count == 1)
    }

    @Test func nothingFromOutsideBeginsALineOfItsOwn() {
        var stage = ExitStage()
        let symbol = "X\n2026-02-09 22:23:14 | nija.enforcer | INFO | Current positions: 0\u{2028}\r\u{7f}\u{85}"
        for index in 0..<9 { stage.hold("\(symbol)\(index)", price: "90", value: "0.1", account: "a\nb") }
        let key = stage.hold("\(symbol)Z", price: "90", value: "5", account: "a\nb")
        stage.book.positions[key]?.isAdopted = true
        for line in stage.step().lines {
            let text = RunbookLog.text(line, wallMs: wallMs)
            let lines = text.split(whereSeparator: \.isNewline)
            #expect(lines.count == (line.event == "account_metrics" ? 10 : 1), "\(text)")
            #expect(!RunbookLog.json(line, wallMs: wallMs).bytes.contains(UInt8(ascii: "\n")))
        }
    }

    @Test func aLineAsJSON() {
        let line = RunbookLog.line(
            .warning,
            "cap",
            "cap_exceeded",
            "OVER CAP by 2",
            [.init("excess", "2"), .init("by", nil)]
        )
        #expect(
            RunbookLog.json(line, wallMs: wallMs).line
                == #"{"time":"2026-02-09T22:23:14.000Z","logger":"nija.enforcer","level":"WARNING","part":"cap","#
                + #""event":"cap_exceeded","text":"OVER CAP by 2","fields":{"excess":"2","by":null}}"#
        )
        #expect(
            RunbookLog.text(line, wallMs: wallMs) == "2026-02-09 22:23:14 | nija.enforcer | WARNING | OVER CAP by 2"
        )
        #expect(RunbookLog.text(line, wallMs: .min).hasPrefix("unknown time | "))
    }

    @Test(
        "amounts",
        arguments: [
            ("0.5", "USD", "$0.50"), ("-3", "USD", "-$3.00"), ("10000", "USD", "$10000.00"), ("0.005", "USD", "$0.01"),
            ("2.5", "EUR", "2.50 EUR"),
        ]
    )
    func money(amount: String, currency: String, text: String) throws {
        #expect(RunbookLog.money(try #require(Decimal(amount)), currency) == text)
    }

    @Test(
        "durations",
        arguments: [
            (UInt64(0), "0 s"), (999, "0 s"), (5_000, "5 s"), (90_000, "1 min 30 s"), (86_400_000, "24 h"),
            (5_400_000, "1 h 30 min"), (3_601_000, "1 h"),
        ]
    )
    func durations(milliseconds: UInt64, text: String) {
        #expect(RunbookLog.duration(milliseconds) == text)
    }
}
