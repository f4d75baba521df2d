import SafetyEngine
import Testing

@testable import Venues

/// What an account must be worth, from nothing but the fills and prices that the venue told.
private struct Tally {
    var cash: [String: Decimal] = [:]
    var held: [String: Decimal] = [:]
    var prices: [String: Decimal] = [:]
    var problems: [String] = []
    var balances = 0
    var fills = 0

    init(_ accounts: [String], cash: Decimal) { for account in accounts { self.cash[account] = cash } }

    mutating func take(_ event: Event) {
        let account = event.origin.account
        switch event.body {
        case .price(let report): prices[report.symbol] = report.price
        case .fill(let fill): take(fill, account)
        case .balance(let report): check(report, account)
        case .positions(let reports): check(reports, account)
        default: break
        }
    }

    private mutating func take(_ fill: FillReport, _ account: String) {
        fills += 1
        let signed = fill.side == .buy ? fill.quantity : exact(Decimal(0).subtracting(fill.quantity))
        let worth = exact(signed.multiplied(by: fill.price))
        cash[account] = exact(exact(cash[account]?.subtracting(worth)).subtracting(fill.fee ?? Decimal(0)))
        held["\(account) \(fill.symbol)"] = exact((held["\(account) \(fill.symbol)"] ?? Decimal(0)).adding(signed))
        // At the market's price no trade is a gain: money comes from price moves alone.
        let price = prices[fill.symbol] ?? Decimal(0)
        if fill.side == .buy ? fill.price < price : fill.price > price {
            problems.append("\(fill.side) at \(fill.price) while the market was at \(price)")
        }
    }

    private mutating func check(_ report: BalanceReport, _ account: String) {
        balances += 1
        var equity = cash[account] ?? Decimal(0)
        for symbol in PaperVenue.symbols {
            guard let held = held["\(account) \(symbol)"], let price = prices[symbol] else { continue }
            equity = exact(equity.adding(exact(held.multiplied(by: price))))
        }
        let money = cash[account] ?? Decimal(0)
        if report.total != money { problems.append("\(account): \(report.total) is not \(money)") }
        if report.equity != equity { problems.append("\(account): worth \(report.equity as Any), not \(equity)") }
        if report.total.isNegative { problems.append("\(account): \(report.total) of money") }
        if (report.free ?? Decimal(-1)).isNegative || (report.free ?? Decimal(0)) > report.total {
            problems.append("\(account): \(report.free as Any) free of \(report.total)")
        }
    }

    private mutating func check(_ reports: [PositionReport], _ account: String) {
        for symbol in PaperVenue.symbols {
            let told = reports.filter { $0.symbol == symbol }
            let sum = told.reduce(Decimal(0)) {
                exact($1.side == .long ? $0.adding($1.quantity) : $0.subtracting($1.quantity))
            }
            let held = held["\(account) \(symbol)"] ?? Decimal(0)
            if sum != held || told.count > 1 { problems.append("\(account) \(symbol): \(sum) told, \(held) traded") }
        }
    }

    private func exact(_ value: Decimal?) -> Decimal { value ?? Decimal(-999_999_999) }
}

struct PaperVenueEquityTests {
    @Test("Equity is money and positions at every step, and only prices and fees move it", arguments: UInt64(1)...24)
    func equityIdentity(seed: UInt64) throws {
        var settings = PaperSettings(seed: seed, bots: Int(seed % 5), balance: Decimal(5_000))
        settings.beginsHeld = false
        settings.allowsShorting = seed % 2 == 0
        settings.stuckPerMille = 50
        settings.listsEveryMs = 1_000
        var world = PaperWorld(settings, wallMs: 0)
        var tally = Tally(settings.accounts, cash: Decimal(5_000))
        var random = PaperRandom(seed: seed &* 977)
        for step in UInt64(1)...10_000 {
            if random.below(8) == 0 { act(&world.venue, &random, step) }
            for event in world.advance(to: step * PaperVenue.stepMs, permits: { _, _ in true }) { tally.take(event) }
            guard tally.problems.isEmpty else { break }
            if !settings.allowsShorting {
                let holds = world.venue.accounts.allSatisfy { $0.holdings.allSatisfy { $0.lots >= 0 } }
                #expect(holds, "seed \(seed), step \(step): sold what was not held")
            }
            #expect(world.venue.accounts.allSatisfy { $0.cash >= 0 }, "seed \(seed), step \(step)")
        }
        #expect(tally.problems.isEmpty, "seed \(seed): \(tally.problems.prefix(3))")
        #expect(tally.balances > 5_000 && tally.fills > 100, "\(tally.balances) balances, \(tally.fills) fills")
    }

    /// Any request there is, sensible or not.
    private func act(_ venue: inout PaperVenue, _ random: inout PaperRandom, _ step: UInt64) {
        let index = random.below(PaperSymbol.all.count)
        let symbol = PaperSymbol.all[index]
        let account = venue.settings.accounts[random.below(venue.settings.accounts.count)]
        let lots = Int64(1 + random.below(Int(symbol.lots(for: 3_000_000_000, ticks: symbol.anchor))))
        let near = venue.market.ticks(index) * Int64(990 + random.below(21)) / 1_000
        switch random.below(10) {
        case 0: _ = try? venue.cancelAll(CancelScope(account: account))
        case 1...2:
            let request = CloseRequest(
                account: account,
                symbol: symbol.name,
                side: random.below(2) == 0 ? .long : .short,
                quantity: symbol.quantity(lots),
                clientID: "close-\(step)"
            )
            _ = try? venue.close(request)
        default:
            let request = PaperRequest(
                clientID: "any-\(step)",
                account: account,
                strategy: "any",
                symbol: symbol.name,
                side: random.below(2) == 0 ? .buy : .sell,
                quantity: symbol.quantity(lots),
                price: random.below(2) == 0 ? nil : symbol.price(max(1, near)),
                reduceOnly: random.below(5) == 0
            )
            _ = try? venue.place(request)
        }
    }

    @Test("An average entry price is what was paid for what is held")
    func entryPrice() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        var paid = Decimal(0)
        var bought = Decimal(0)
        for round in 0..<5 {
            _ = try venue.place(.test("b\(round)", .buy, "0.1"))
            for (_, fill) in venue.finish("b\(round)").fills {
                let worth = try #require(fill.price.multiplied(by: fill.quantity))
                paid = try #require(paid.adding(worth))
                bought = try #require(bought.adding(fill.quantity))
            }
            let position = try #require(try venue.positions(account: "main").first)
            let entry = try #require(position.entryPrice)
            // Rounded down in its fourth place.
            let low = try #require(entry.multiplied(by: bought))
            let next = try #require(entry.adding(decimal("0.0001")))
            let high = try #require(next.multiplied(by: bought))
            #expect(low <= paid && paid < high, "\(entry)")
        }
        let positionBefore = try venue.positions(account: "main").first
        let before = try #require(positionBefore?.entryPrice)
        _ = try venue.place(.test("s", .sell, "0.2"))
        _ = venue.finish("s")
        let positionAfter = try venue.positions(account: "main").first
        let after = try #require(positionAfter?.entryPrice)
        let difference = try #require(before.subtracting(after))
        #expect(difference.magnitude <= decimal("0.0001"), "selling a part does not change what the rest cost")
    }
}
