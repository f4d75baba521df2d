import SafetyEngine
import Testing

@testable import Venues

/// Closes with a limit: at once, at it or better, or not at all.
struct PaperLimitTests {
    private func holding(_ quantity: String, _ symbol: String = "ETH/USD") throws -> PaperVenue {
        var venue = PaperVenue(.plain(), wallMs: 0)
        _ = try venue.place(.test("before", .buy, quantity, symbol))
        _ = venue.finish("before")
        return venue
    }

    private func request(
        _ quantity: String,
        noWorseThan: Decimal?,
        side: Position.Side = .long,
        _ symbol: String = "ETH/USD"
    ) -> CloseRequest {
        CloseRequest(
            account: "main",
            symbol: symbol,
            side: side,
            quantity: decimal(quantity),
            clientID: "c",
            noWorseThan: noWorseThan
        )
    }

    @Test("What the market gives at once at the limit or better is sold, the rest is cancelled")
    func fillsAtOnceOrCancels() throws {
        var venue = try holding("1")
        let price = try #require(venue.price(of: "ETH/USD"))
        let limit = try #require(price.multiplied(by: decimal("0.95")))
        _ = try venue.close(request("1", noWorseThan: limit))
        var reports: [OrderReport] = []
        var steps = 0
        while reports.last?.state.isFinal != true, steps < 40 {
            let events = venue.run(PaperVenue.stepMs)
            #expect(events.fills.allSatisfy { $0.fill.price >= limit })
            reports += events.reports("c")
            steps += 1
        }
        // A step gives at most 600 of money, and one is worth more than 3,000.
        let last = try #require(reports.last)
        #expect(last.state == .canceled && last.filled > Decimal(0) && last.filled < Decimal(1))
        #expect(last.note.hasPrefix("immediate or cancel: no more"))
        #expect(reports.filter { $0.filled > Decimal(0) }.count == 1, "in one step")
        let left = try venue.positions(account: "main").first?.quantity
        #expect(left == Decimal(1).subtracting(last.filled))
        #expect(venue.orders.isEmpty)
    }

    @Test("A small one is filled whole")
    func fillsWhole() throws {
        var venue = try holding("0.02")
        let price = try #require(venue.price(of: "ETH/USD"))
        _ = try venue.close(request("0.02", noWorseThan: price.multiplied(by: decimal("0.99"))))
        #expect(venue.finish("c").states("c").last == .filled)
        #expect(try venue.positions(account: "main").isEmpty)
    }

    @Test("Above the market nothing is sold, and nothing rests")
    func sellsNothingBelowTheLimit() throws {
        var venue = try holding("0.1")
        let price = try #require(venue.price(of: "ETH/USD"))
        _ = try venue.close(request("0.1", noWorseThan: price.multiplied(by: decimal("1.05"))))
        let events = venue.finish("c")
        #expect(events.fills.isEmpty)
        let last = try #require(events.reports("c").last)
        #expect(
            last.state == .canceled && last.note == "immediate or cancel: nothing was to be had at its price or better"
        )
        #expect(try venue.positions(account: "main").first?.quantity == decimal("0.1"))
    }

    @Test("A short is bought back no higher than the limit")
    func buysBack() throws {
        var settings = PaperSettings.plain()
        settings.allowsShorting = true
        var venue = PaperVenue(settings, wallMs: 0)
        _ = try venue.place(.test("short", .sell, "0.05"))
        _ = venue.finish("short")
        let price = try #require(venue.price(of: "ETH/USD"))
        _ = try venue.close(request("0.05", noWorseThan: price.multiplied(by: decimal("0.95")), side: .short))
        #expect(venue.finish("c").fills.isEmpty)
        var again = request("0.05", noWorseThan: price.multiplied(by: decimal("1.05")), side: .short)
        again.clientID = "d"
        _ = try venue.close(again)
        #expect(venue.finish("d").states("d").last == .filled)
    }

    @Test(
        "A limit between two ticks is moved to the better one",
        arguments: [
            ("3.14159", Order.Side.sell, "3.15"), ("3.14159", .buy, "3.14"), ("3.14", .sell, "3.14"),
            ("3.14", .buy, "3.14"),
            ("0", .sell, "0.01"), ("-5", .sell, "0.01"), ("0.001", .sell, "0.01"), ("0.001", .buy, nil),
            ("0", .buy, nil),
            ("99999999999999999999999999999", .sell, nil), ("99999999999999999999999999999", .buy, nil),
        ] as [(String, Order.Side, String?)]
    )
    func keepsTicks(_ price: String, _ side: Order.Side, _ tick: String?) throws {
        let symbol = try #require(PaperSymbol.all.first { $0.name == "ETH/USD" })
        #expect(symbol.tick(noWorseThan: decimal(price), side)?.description == tick)
    }

    @Test("What an older version saved is gone on with: no order of it is immediate")
    func readsOlderOrders() throws {
        var venue = try holding("0.1")
        _ = try venue.close(request("0.1", noWorseThan: nil))
        let saved = try #require(venue.orders.first { $0.clientID == "c" })
        #expect(saved.isImmediate == nil && saved.limit == nil)
        #expect(venue.finish("c").states("c").last == .filled)
    }
}
