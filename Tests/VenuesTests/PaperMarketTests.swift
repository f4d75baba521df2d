import SafetyEngine
import Testing

@testable import Venues

struct PaperMarketTests {
    @Test("A price stays between half and twice its anchor, but for the swing, and is at least a tick")
    func staysInRange() {
        for seed in UInt64(0)..<8 {
            var market = PaperMarket(seed: seed)
            for _ in 0..<20_000 {
                for (index, symbol) in PaperSymbol.all.enumerated() {
                    market.move(index)
                    let ticks = market.ticks(index)
                    #expect(ticks >= 1 && market.bid(index) >= 1 && market.bid(index) < market.ask(index))
                    #expect(
                        ticks * 100 >= symbol.anchor * 47 && ticks <= symbol.anchor * 3,
                        "seed \(seed): \(symbol.name)"
                    )
                }
            }
            #expect(market.isSound)
        }
    }

    @Test("Prices drift, up and down alike: a walk that rounds one way only would show")
    func hasNoTrend() {
        var sums = PaperSymbol.all.map { _ in Int64(0) }
        let seeds = 40
        var moved = 0
        for seed in 0..<seeds {
            var market = PaperMarket(seed: UInt64(seed))
            for index in PaperSymbol.all.indices {
                let begin = market.ticks(index)
                for _ in 0..<3_600 { market.move(index) }
                let end = market.ticks(index)
                moved += end == begin ? 0 : 1
                sums[index] += (end - begin) * 1_000_000 / begin
            }
        }
        #expect(moved > seeds * PaperSymbol.all.count * 9 / 10)
        // An hour moves a price by about 0.4 %; the mean of 40 such hours by 0.06 %: 0.3 % is five of those.
        for (index, sum) in sums.enumerated() {
            #expect(abs(sum / Int64(seeds)) < 3_000, "\(PaperSymbol.all[index].name): \(sum / Int64(seeds)) millionths")
        }
    }

    @Test("Prices depend on the seed, and on nothing that anybody orders")
    func ignoresOrders() throws {
        var quiet = PaperVenue(.plain(), wallMs: 0)
        var busy = quiet
        for round in 0..<200 {
            _ = try busy.place(.test("o\(round)", round % 2 == 0 ? .buy : .sell, "0.05"))
            #expect(prices(quiet.run(1_000)) == prices(busy.run(1_000)))
        }
        var other = PaperVenue(.plain(seed: 2), wallMs: 0)
        var same = PaperVenue(.plain(seed: 1), wallMs: 0)
        #expect(prices(other.run(5_000)) != prices(same.run(5_000)))
    }

    @Test(
        "Quantities and prices become whole lots and ticks, or nothing",
        arguments: [
            ("1", 10_000 as Int64?, 10_000 as Int64?), ("0.0001", 1, 1), ("0.00010", 1, 1), ("0.00015", nil, 1),
            ("0.00001", nil, nil), ("0", nil, nil), ("-1", nil, nil), ("1e30", nil, nil), ("0.00099", nil, 9),
        ]
    )
    func lots(text: String, exact: Int64?, whole: Int64?) {
        let symbol = PaperSymbol.all[1]
        #expect(symbol.lots(decimal(text)) == exact)
        #expect(symbol.wholeLots(decimal(text)) == whole)
    }

    @Test("Every symbol's worth fits the places of money")
    func placesFit() {
        for symbol in PaperSymbol.all {
            #expect(symbol.pricePlaces + symbol.lotPlaces <= PaperSymbol.moneyPlaces)
            let product = symbol.price(symbol.anchor).multiplied(by: symbol.quantity(7))
            #expect(product == .money(symbol.worth(lots: 7, ticks: symbol.anchor)))
        }
    }

    private func prices(_ events: [Event]) -> [PriceReport] {
        events.compactMap { if case .price(let report) = $0.body { report } else { nil } }
    }
}
