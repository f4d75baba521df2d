import Seeds
import Testing

@testable import SafetyEngine

/// What is too little to count.
struct DustTests {
    private func key(_ symbol: String, account: String = "main") -> DustList.Key {
        DustList.Key(venue: "paper", account: account, symbol: symbol)
    }

    @Test(
        "at, just under and just over the threshold",
        arguments: [
            ("1", false), ("1.00", false), ("0.99999999", true), ("1.00000001", false), ("0.50", true), ("0", true),
            ("0.999999999999999999999999999999", true), ("14000", false),
        ]
    )
    func threshold(value: String, isDust: Bool) {
        var stage = ExitStage()
        stage.hold("DUST-USD", price: "100", value: value)
        let made = stage.step()
        #expect(stage.dust.contains(venue: "paper", account: "main", symbol: "DUST-USD") == isDust)
        #expect(made.lines(with: "BLACKLISTED").count == (isDust ? 1 : 0))
    }

    @Test(
        "the threshold is the configured one",
        arguments: [("5", "4.99", true), ("5", "5", false), ("0.001", "0.0009", true)]
    )
    func configured(threshold: String, value: String, isDust: Bool) {
        var stage = ExitStage()
        stage.settings.dust.threshold = Decimal(threshold) ?? Decimal(1)
        stage.hold("DUST-USD", price: "100", value: value)
        stage.step()
        #expect(stage.dust.entries.isEmpty != isDust)
    }

    @Test func anEntrySaysWhyWhatWhereAndSinceWhen() throws {
        var stage = ExitStage()
        stage.hold("DUST-USD", price: "100", value: "0.50")
        let line = try #require(stage.step().lines(with: "BLACKLISTED").first)
        #expect(line.text == "BLACKLISTED: DUST-USD ($0.50) in paper/main - worth less than $1.00")
        let shown = try #require(stage.dust.shown(stage.book, stage.valuation).first)
        #expect(
            shown
                == EngineView.DustEntry(
                    venue: "paper",
                    account: "main",
                    symbol: "DUST-USD",
                    value: Decimal("0.50"),
                    valueNow: Decimal("0.50"),
                    reason: "worth less than $1.00",
                    since: "2026-02-09T22:23:14.000Z"
                )
        )
        for _ in 0..<5 { #expect(stage.step().lines(with: "BLACKLISTED").isEmpty) }
        #expect(stage.dust.listed.values == [1])
    }

    @Test func whatHasNoPriceIsNeverDust() {
        var stage = ExitStage()
        stage.hold("AUT-USD", price: nil)
        stage.step()
        #expect(stage.dust.entries.isEmpty)
    }

    @Test func aClaimOrAClosedPositionIsNeverDust() {
        var stage = ExitStage()
        stage.hold("A-USD", quantity: nil, price: "1", value: "0.1")
        stage.hold("B-USD", quantity: "0", price: "1", value: "0")
        stage.step()
        #expect(stage.dust.entries.isEmpty)
    }

    @Test func bothSidesOfASymbolCountTogether() {
        var stage = ExitStage()
        stage.hold("BTC-USD", side: .long, price: "100", value: "0.50")
        let short = stage.hold("BTC-USD", side: .short, price: "100", value: "900")
        stage.step()
        #expect(stage.dust.entries.isEmpty)
        stage.worth(short, price: nil, value: nil)
        stage.step()
        #expect(stage.dust.entries.isEmpty)
        stage.close(short)
        stage.step()
        #expect(stage.dust.entries.count == 1)
    }

    /// LESSONS 18: a listed symbol later worth $14,000 stayed ignored for ever.
    @Test(
        "it comes back when it is worth the threshold again",
        arguments: [("0.99999999", false), ("1.00", true), ("14000", true)]
    )
    func recovers(value: String, comesBack: Bool) {
        var stage = ExitStage()
        let position = stage.hold("DUST-USD", price: "100", value: "0.50")
        stage.step()
        stage.worth(position, price: nil, value: nil)
        stage.step()
        #expect(stage.dust.entries.count == 1)
        stage.worth(position, price: "100", value: value)
        let made = stage.step()
        #expect(stage.dust.entries.isEmpty == comesBack)
        #expect(made.lines(with: "again").count == (comesBack ? 1 : 0))
        #expect(made.lines(with: "BLACKLISTED").isEmpty)
    }

    @Test func whereItDoesNotComeBackItIsToldOnceAndShown() {
        var stage = ExitStage()
        stage.settings.dust.comesBack = false
        let position = stage.hold("DUST-USD", price: "100", value: "0.50")
        stage.step()
        stage.worth(position, price: "100", value: "14000")
        #expect(stage.step().lines(with: "$14000.00 again, and stays on the list").count == 1)
        #expect(stage.step().lines(with: "again").isEmpty)
        #expect(stage.dust.shown(stage.book, stage.valuation).map(\.valueNow) == [Decimal(14_000)])
        stage.worth(position, price: "100", value: "0.40")
        stage.step()
        stage.worth(position, price: "100", value: "2")
        #expect(stage.step().lines(with: "again").count == 1)
    }

    @Test func anOperatorsAdditionStaysUntilItIsRemoved() {
        var stage = ExitStage()
        stage.hold("SPAM-USD", price: "100", value: "500")
        let made = stage.order(.addDust(venue: "paper", account: "main", symbol: "SPAM-USD", value: Decimal("0.50")))
        #expect(made.lines(with: "BLACKLISTED: SPAM-USD ($0.50) in paper/main - as agreed (by alice)").count == 1)
        for _ in 0..<3 { stage.step() }
        #expect(stage.dust.entries.values.map(\.isByOperator) == [true])
        #expect(stage.decisions.lines(with: "stays on the list").count == 1)
        stage.order(.removeDust(venue: "paper", account: "main", symbol: "SPAM-USD"))
        stage.step()
        #expect(stage.dust.entries.isEmpty)
    }

    @Test func anOperatorMayAddWhatIsNotHeldOrHasNoValue() {
        var stage = ExitStage()
        stage.order(.addDust(venue: "paper", account: "main", symbol: "DUST-USD", value: nil))
        #expect(stage.dust.contains(venue: "paper", account: "main", symbol: "DUST-USD"))
        #expect(!stage.dust.contains(venue: "paper", account: "other", symbol: "DUST-USD"))
        #expect(stage.decisions.lines(with: "value unknown").count == 1)
    }

    @Test func whatCannotBeAddedOrRemovedIsRefusedInWords() {
        var stage = ExitStage()
        stage.order(.addDust(venue: "paper", account: "main", symbol: "", value: nil))
        stage.order(.addDust(venue: "paper", account: "main", symbol: "A", value: Decimal("-1")))
        stage.order(.removeDust(venue: "paper", account: "main", symbol: "B"))
        #expect(stage.dust == DustList())
        #expect(stage.decisions.lines(with: "refused to alice").count == 3)
        #expect(stage.decisions.lines(with: "BLACKLISTED").isEmpty)
    }

    @Test func aRemovalHoldsUntilTheValueHasRecoveredOnce() {
        var stage = ExitStage()
        let position = stage.hold("DUST-USD", price: "100", value: "0.50")
        stage.step()
        stage.order(.removeDust(venue: "paper", account: "main", symbol: "DUST-USD"))
        for _ in 0..<5 { stage.step() }
        #expect(stage.dust.entries.isEmpty)
        stage.worth(position, price: "100", value: "3")
        stage.step()
        stage.worth(position, price: "100", value: "0.50")
        stage.step()
        #expect(stage.dust.entries.count == 1)
    }

    @Test func clearingEmptiesOneAccountOrAll() {
        var stage = ExitStage()
        for account in ["main", "user1", "user2"] {
            stage.hold("DUST-USD", price: "100", value: "0.50", account: account)
        }
        stage.step()
        stage.order(.clearDust(account: "user1"))
        stage.step()
        #expect(stage.dust.entries.keys.map(\.account).sorted() == ["main", "user2"])
        stage.order(.clearDust(account: "paper/user2"))
        #expect(stage.dust.entries.keys.map(\.account) == ["main"])
        stage.order(.clearDust(account: nil))
        stage.step()
        #expect(stage.dust.entries.isEmpty)
    }

    @Test func itSurvivesARestart() throws {
        var stage = ExitStage()
        stage.hold("DUST-USD", price: "100", value: "0.50")
        stage.step()
        stage.order(.addDust(venue: "paper", account: "main", symbol: "SPAM-USD", value: nil))
        stage.order(.removeDust(venue: "paper", account: "main", symbol: "DUST-USD"))
        #expect(stage.dust.entries.count == 1)
        #expect(try recoded(stage.dust) == stage.dust)
    }

    @Test func theEngineShowsItAndKeepsItOverARestart() throws {
        var engine = Engine()
        let wallMs: Int64 = 1_770_675_794_000
        _ = engine.apply(
            Event(Event.Origin(source: Event.Source(.host, "desk")), .host(.started(EngineSettings()))),
            at: Receipt(atMs: 1_000, wallMs: wallMs)
        )
        let action = OperatorAction(
            name: "alice",
            reason: "test dust",
            change: .addDust(venue: "paper", account: "main", symbol: "DUST-USD", value: Decimal("0.50"))
        )
        let made = engine.apply(
            Event(Event.Origin(source: Event.Source(.operator, "alice")), .operatorAction(action)),
            at: Receipt(atMs: 2_000, wallMs: wallMs + 1_000)
        )
        #expect(made.lines(with: "BLACKLISTED: DUST-USD ($0.50)").count == 1)
        let shown = engine.view(at: 2_000).dust
        #expect(shown.map(\.symbol) == ["DUST-USD"])
        #expect(shown.map(\.since) == ["2026-02-09T22:23:15.000Z"])
        #expect(try recoded(engine).view(at: 2_000).dust == shown)
    }

    /// LESSONS 18: a corrupt list became an empty one.
    @Test(
        "what is no list is refused",
        arguments: [
            "", "{}", "null", "[]", #"{"entries":{"keys":[],"values":[]}}"#,
            #"{"entries":{"keys":[{"venue":"v","account":"a","symbol":"S"}],"values":[]},"pardoned":{"keys":[],"values":[]},"listed":{"keys":[],"values":[]}}"#,
        ]
    )
    func corruption(text: String) {
        #expect(throws: (any Error).self) { try decoded(DustList.self, text) }
    }

    @Test(
        "an entry that no list ever had is refused",
        arguments: [
            ("\"0.50\"", "\"-0.50\""), ("\"0.50\"", "\"much\""), ("\"0.50\"", "0.5"), ("\"0.50\"", "null"),
            ("\"sinceMs\"", "\"since\""),
        ]
    )
    func corruptEntry(good: String, bad: String) throws {
        var stage = ExitStage()
        stage.hold("DUST-USD", price: "100", value: "0.50")
        stage.step()
        let text = try encoded(stage.dust)
        #expect(try decoded(DustList.self, text) == stage.dust)
        let broken = text.replacing(good, with: bad)
        #expect(broken != text)
        #expect(throws: (any Error).self) { try decoded(DustList.self, broken) }
        #expect(throws: (any Error).self) { try decoded(DustList.self, String(text.dropLast())) }
    }

    @Test func aLimitSaysTheSameAsLess() {
        var random = SeededRandom(seed: 18)
        func number() -> Decimal {
            let digits = Int128(Int64(truncatingIfNeeded: random.next()) >> Int64(random.next() % 64))
            let wide = random.next() % 4 == 0 ? digits << 60 : digits
            return Decimal(digits: wide, scale: Int(random.next() % 31)) ?? Decimal(0)
        }
        for _ in 0..<20_000 {
            let (limit, other) = (number(), random.next() % 8 == 0 ? Decimal(1) : number())
            #expect(DecimalLimit(limit).isAbove(other) == (other < limit), "\(other) < \(limit)")
            #expect(!DecimalLimit(limit).isAbove(limit))
        }
    }
}
