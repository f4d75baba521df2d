import Seeds
import Testing

@testable import SafetyEngine

/// Which positions stay under the cap.
struct CapTests {
    private func held(
        _ symbol: String,
        _ value: String?,
        sinceMs: UInt64 = 0,
        isSellable: Bool = true,
        isLeaving: Bool = false,
        side: Position.Side = .long
    ) -> Cap.Held {
        Cap.Held(
            PositionKey(venue: "paper", account: "main", symbol: symbol, side: side),
            quantity: Decimal(1),
            value: value.flatMap { Decimal($0) },
            isSellable: isSellable,
            sinceMs: sinceMs,
            isLeaving: isLeaving
        )
    }

    /// The runbook's test, row C5.
    @Test func fifteenBecomeEightAndTheSevenSmallestGo() {
        var random = SeededRandom(seed: 15)
        let held = (1...15).map { self.held("S\($0)", "\($0 * 100)") }.shuffled(using: &random)
        let plan = Cap.plan(held, most: 8)
        #expect(plan.excess == 7)
        #expect(plan.sold.map(\.position.symbol) == ["S1", "S2", "S3", "S4", "S5", "S6", "S7"])
        #expect(plan.kept.map(\.position.symbol) == ["S15", "S14", "S13", "S12", "S11", "S10", "S9", "S8"])
        #expect(plan.shortfall == 0)
        #expect(plan.sold.first?.reason == "the smallest of 15 by value")
        #expect(plan.kept.first?.reason == "rank 1 of 15 by value")
    }

    @Test("never more than are over", arguments: [(7, 0), (8, 0), (9, 1), (16, 8)])
    func count(of positions: Int, sold: Int) {
        let plan = Cap.plan((0..<positions).map { held("S\($0)", "\($0 + 1)") }, most: 8)
        #expect(plan.sold.count == sold)
        #expect(plan.kept.count == positions - sold)
    }

    @Test func tiesGoByAgeThenSymbolThenSide() {
        let age = Cap.plan([held("A", "5", sinceMs: 20), held("B", "5.00", sinceMs: 10)], most: 1)
        #expect(age.kept.map(\.position.symbol) == ["B"])
        let symbol = Cap.plan([held("B", "5"), held("A", "5")], most: 1)
        #expect(symbol.kept.map(\.position.symbol) == ["A"])
        let side = Cap.plan([held("A", "5", side: .short), held("A", "5", side: .long)], most: 1)
        #expect(side.kept.map(\.position.side) == [.long])
    }

    @Test func unpricedAndUnsellableCountAndAreNeverSold() {
        let plan = Cap.plan(
            [
                held("NONE", nil), held("STUCK", "1", isSellable: false), held("A", "10"), held("B", "20"),
                held("C", "30"),
            ],
            most: 3
        )
        #expect(plan.count == 5)
        #expect(plan.sold.map(\.position.symbol) == ["A", "B"])
        #expect(plan.kept.map(\.position.symbol) == ["C", "NONE", "STUCK"])
        #expect((plan.unpriced, plan.unsellable) == (1, 1))
    }

    @Test func aPlanThatCannotReachTheCapSaysSo() {
        let plan = Cap.plan((0..<12).map { held("S\($0)", $0 < 10 ? nil : "5") }, most: 8)
        #expect(plan.excess == 4)
        #expect(plan.sold.count == 2)
        #expect(plan.shortfall == 2)
    }

    @Test func whatIsBeingClosedIsNotReplacedByAnother() {
        // S3 is on its way although S0 is smaller by now.
        let plan = Cap.plan((0..<9).map { held("S\($0)", "\($0 + 1)", isLeaving: $0 == 3) }, most: 8)
        #expect(plan.sold.map(\.position.symbol) == ["S3"])
        #expect(plan.toSell == 0)
    }

    @Test("caps that are no caps", arguments: [0, -1, Int.min])
    func strangeCaps(most: Int) {
        let plan = Cap.plan([held("A", "1"), held("B", "2")], most: most)
        #expect(plan.sold.count == 2)
        #expect(plan.most == 0)
    }

    @Test func theOrderOfTheInputDoesNotMatter() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            let held = (0..<Int.random(in: 0...20, using: &random)).map { index in
                self.held(
                    "S\(index)",
                    random.next() % 4 == 0 ? nil : "\(random.next() % 4)",
                    sinceMs: random.next() % 3,
                    isSellable: random.next() % 5 != 0,
                    isLeaving: random.next() % 6 == 0
                )
            }
            let most = Int.random(in: 0...10, using: &random)
            let plan = Cap.plan(held, most: most)
            #expect(Cap.plan(held.shuffled(using: &random), most: most) == plan)
            #expect(plan.kept.count + plan.sold.count == held.count)
            #expect(plan.toSell <= plan.excess)
            #expect(plan.closes.allSatisfy { $0.value != nil })
            let soldMost = plan.closes.compactMap(\.value).max()
            let keptLeast = plan.kept.filter { $0.reason.hasPrefix("rank") }.compactMap(\.value).min()
            if let soldMost, let keptLeast { #expect(soldMost <= keptLeast) }
        }
    }

    @Test func capsByAccount() {
        var cap = EngineSettings.Cap()
        cap.userAccounts = ["user123", "kraken/bob"]
        cap.mostByAccount = ["kraken/own": 2, "user9": 3]
        func most(_ venue: String, _ account: String) -> Int {
            cap.most(for: AccountKey(venue: venue, account: account))
        }
        #expect(most("paper", "main") == 8)
        #expect(most("paper", "user123") == 5)
        #expect(most("kraken", "bob") == 5)
        #expect(most("paper", "bob") == 8)
        #expect(most("kraken", "own") == 2)
        #expect(most("paper", "user9") == 3)
    }
}
