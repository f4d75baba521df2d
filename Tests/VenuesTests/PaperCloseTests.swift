import SafetyEngine
import Testing

@testable import Venues

struct PaperCloseTests {
    @Test(
        "A close takes what is asked for, at most what is held, and never flips",
        arguments: [("0.2", "0.3"), ("0.5", nil), ("7", nil), ("0.49999", "0.0001")] as [(String, String?)]
    )
    func closesLong(quantity: String, left: String?) throws {
        var venue = try holding("0.5")
        _ = try venue.close(request("c", .long, quantity))
        let events = venue.finish("c")
        #expect(events.states("c").last == .filled)
        #expect(try venue.positions(account: "main").first?.quantity == left.map { decimal($0) })
        #expect(events.fills.allSatisfy { $0.fill.side == .sell })
    }

    @Test("A close of nothing, of the other side, or of less than a lot is refused")
    func refusesNothing() throws {
        var venue = try holding("0.5")
        for wrong in [
            request("c", .short, "0.5"), request("c", .long, "0"), request("c", .long, "-1"),
            request("c", .long, "0.00001"),
            CloseRequest(account: "other", symbol: "ETH/USD", side: .long, quantity: Decimal(1), clientID: "c"),
            CloseRequest(account: "main", symbol: "BTC/USD", side: .long, quantity: Decimal(1), clientID: "c"),
            CloseRequest(account: "main", symbol: "NO/USD", side: .long, quantity: Decimal(1), clientID: "c"),
        ] {
            let error = #expect(throws: VenueError.self) { try venue.close(wrong) }
            #expect(error?.code == .refused)
        }
        #expect(venue.orders.isEmpty)
    }

    @Test("A close that is sent twice is one order")
    func isIdempotent() throws {
        var venue = try holding("0.5")
        let first = try venue.close(request("c", .long, "0.2"))
        #expect(try venue.close(request("c", .long, "0.2")) == first)
        _ = venue.finish("c")
        #expect(try venue.close(request("c", .long, "0.2")) == first)
        _ = venue.run(5_000)
        #expect(try venue.positions(account: "main").first?.quantity == decimal("0.3"))
    }

    @Test("Resting sells of the whole holding do not stand in a close's way; they find nothing left afterwards")
    func closesPastRestingSells() throws {
        var venue = try holding("0.5")
        _ = venue.run(1_000)
        let mid = try #require(venue.price(of: "ETH/USD"))
        let above = try #require(mid.adding(decimal("0.50")))
        var request = PaperRequest.test("rest", .sell, "0.5", at: above)
        request.restsForMs = 3_600_000
        _ = try venue.place(request)
        _ = venue.run(500)
        _ = try venue.close(self.request("c", .long, "0.5"))
        #expect(venue.finish("c").states("c").last?.isFinal == true)
        _ = venue.finish("rest")
        #expect(try venue.positions(account: "main").isEmpty, "nothing was sold that is not held")
    }

    @Test("Closes that overlap close once: what is left over is cancelled with a reason")
    func overlapping() throws {
        var venue = try holding("0.5")
        _ = try venue.close(request("a", .long, "0.5"))
        _ = try venue.close(request("b", .long, "0.5"))
        var events = venue.finish("a")
        events += venue.finish("b")
        let sold = events.fills.reduce(Decimal(0)) { $0.adding($1.fill.quantity) ?? Decimal(-1) }
        #expect(sold == decimal("0.5"))
        #expect(try venue.positions(account: "main").isEmpty)
        #expect([events.states("a").last, events.states("b").last].contains(.filled) || sold == decimal("0.5"))
        #expect(["a", "b"].allSatisfy { events.states($0).last?.isFinal == true })
    }

    @Test("Where shorting is allowed, a short is bought back and not flipped")
    func closesShort() throws {
        var settings = PaperSettings.plain()
        settings.allowsShorting = true
        var venue = PaperVenue(settings, wallMs: 0)
        _ = try venue.place(.test("short", .sell, "0.5"))
        _ = venue.finish("short")
        let positions = try venue.positions(account: "main")
        let held = try #require(positions.first)
        #expect(held.side == .short && held.quantity == decimal("0.5"))
        #expect(throws: VenueError.self) { try venue.close(request("x", .long, "0.5")) }
        _ = try venue.close(request("c", .short, "9"))
        let events = venue.finish("c")
        #expect(events.states("c").last == .filled && events.fills.allSatisfy { $0.fill.side == .buy })
        #expect(try venue.positions(account: "main").isEmpty)
    }

    @Test("Shorts are pledged for: no more can be sold than the account is worth")
    func boundsShorts() throws {
        var settings = PaperSettings.plain()
        settings.allowsShorting = true
        var venue = PaperVenue(settings, wallMs: 0)
        _ = try venue.place(.test("short", .sell, "2"))
        _ = venue.finish("short")
        _ = try venue.place(.test("more", .sell, "2"))
        #expect(venue.run(2_000).states("more") == [.submitted, .rejected])
        _ = try venue.place(.test("long", .buy, "0.2", "BTC/USD"))
        #expect(venue.run(2_000).states("long") == [.submitted, .rejected], "what a short brought cannot be spent")
    }

    @Test("An order that is no close may flip where shorting is allowed: both positions are told")
    func flips() throws {
        var settings = PaperSettings.plain()
        settings.allowsShorting = true
        var venue = PaperVenue(settings, wallMs: 0)
        _ = try venue.place(.test("long", .buy, "0.1"))
        _ = venue.finish("long")
        _ = try venue.place(.test("flip", .sell, "0.3"))
        let events = venue.finish("flip")
        let told = events.compactMap { event -> PositionReport? in
            if case .position(let report) = event.body { report } else { nil }
        }
        #expect(told.contains { $0.side == .long && $0.quantity == Decimal(0) })
        #expect(told.last?.side == .short && told.last?.quantity == decimal("0.2"))
        #expect(told.last?.entryPrice != nil)
    }

    private func holding(_ quantity: String) throws -> PaperVenue {
        var venue = PaperVenue(.plain(), wallMs: 0)
        _ = try venue.place(.test("before", .buy, quantity))
        _ = venue.finish("before")
        let held = try venue.positions(account: "main").first
        try #require(held?.quantity == decimal(quantity))
        return venue
    }

    private func request(_ clientID: String, _ side: Position.Side, _ quantity: String) -> CloseRequest {
        CloseRequest(
            account: "main",
            symbol: "ETH/USD",
            side: side,
            quantity: decimal(quantity),
            clientID: clientID
        )
    }
}
