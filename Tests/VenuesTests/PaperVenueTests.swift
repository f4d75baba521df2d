import SafetyEngine
import Testing

@testable import Venues

struct PaperVenueTests {
    @Test("A market order is submitted, acknowledged or filled in parts, and filled")
    func fillsMarketOrder() throws {
        var venue = PaperVenue(.plain(), wallMs: 5_000)
        let name = try venue.place(.test("one", .buy, "0.5"))
        #expect(name.clientID == "one" && !name.venueID.isEmpty)
        let events = venue.finish("one")
        let states = events.states("one")
        #expect(states.first == .submitted && states.last == .filled)
        #expect(states.contains(.partiallyFilled), "1,600 of money does not trade in one step: \(states)")
        let reports = events.reports("one")
        #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.filled <= $1.filled })
        let sum = events.fills.reduce(Decimal(0)) { $0.adding($1.fill.quantity) ?? Decimal(-1) }
        #expect(sum == decimal("0.5"))
        let position = try venue.positions(account: "main").first
        #expect(position?.symbol == "ETH/USD" && position?.quantity == decimal("0.5"))
        #expect(try venue.openOrders(account: "main").isEmpty)
        #expect(try venue.inquire(OrderName(clientID: "one"), account: "main")?.state == .filled)
        #expect(try venue.inquire(OrderName(clientID: "", venueID: name.venueID), account: "main")?.state == .filled)
        #expect(try venue.inquire(OrderName(clientID: "two"), account: "main") == nil)
    }

    @Test("A limit order rests until the market comes to it, and trades at its own price")
    func rests() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        _ = venue.run(1_000)
        let mid = try #require(venue.price(of: "ETH/USD"))
        let limit = try #require(mid.subtracting(decimal("2.50")))
        var request = PaperRequest.test("low", .buy, "0.1", at: limit)
        request.restsForMs = 3_600_000
        _ = try venue.place(request)
        let events = venue.finish("low")
        #expect(events.states("low").contains(.acknowledged))
        #expect(events.states("low").last == .filled)
        #expect(events.fills.allSatisfy { $0.fill.price == limit } && !events.fills.isEmpty)
    }

    @Test("A limit order that the market does not come to runs out")
    func expires() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        var request = PaperRequest.test("far", .buy, "0.1", at: decimal("1000.00"))
        request.restsForMs = 7_000
        _ = try venue.place(request)
        #expect(venue.run(6_500).states("far") == [.submitted, .acknowledged])
        #expect(venue.run(1_000).states("far") == [.expired])
    }

    @Test("An order that cannot be paid is rejected; one that cannot be covered too")
    func rejectsUnfunded() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        _ = try venue.place(.test("dear", .buy, "4"))
        _ = try venue.place(.test("naked", .sell, "0.0001"))
        let events = venue.run(3_000)
        for name in ["dear", "naked"] {
            #expect(events.states(name) == [.submitted, .rejected])
            #expect(events.reports(name).last?.note.hasPrefix("EOrder:Insufficient funds") == true)
        }
        #expect(venue.equity(of: "main") == Decimal(10_000))
    }

    @Test("Two orders cannot spend the same money, nor sell the same holding")
    func reservesFunds() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        _ = try venue.place(.test("first", .buy, "3", at: decimal("3000.00")))
        _ = venue.run(2_000)
        _ = try venue.place(.test("second", .buy, "1", at: decimal("3000.00")))
        #expect(venue.run(2_000).states("second") == [.submitted, .rejected])
        _ = try venue.cancel(OrderName(clientID: "first"), account: "main")
        _ = try venue.place(.test("held", .buy, "1"))
        _ = venue.finish("held")
        _ = try venue.place(.test("dear", .sell, "0.7", at: decimal("9000.00")))
        _ = venue.run(2_000)
        _ = try venue.place(.test("dearer", .sell, "0.4", at: decimal("9000.00")))
        #expect(venue.run(2_000).states("dearer") == [.submitted, .rejected])
    }

    @Test("The same client id is the same order, also when it is finished")
    func isIdempotent() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        let first = try venue.place(.test("one", .buy, "0.01"))
        #expect(try venue.place(.test("one", .buy, "0.01")) == first)
        _ = venue.finish("one")
        #expect(try venue.place(.test("one", .buy, "0.01")) == first)
        #expect(venue.run(5_000).fills.isEmpty)
        #expect(try venue.positions(account: "main").first?.quantity == decimal("0.01"))
    }

    @Test(
        "What cannot be an order is refused at once",
        arguments: [
            (PaperRequest.test("a", .buy, "0"), "whole number"), (.test("a", .buy, "-1"), "whole number"),
            (.test("a", .buy, "0.00001"), "whole number"),
            (.test("a", .buy, "1", "NO/USD"), "EQuery:Unknown asset pair"),
            (.test("a", .buy, "1", at: decimal("0")), "price"), (.test("a", .buy, "1", at: decimal("-5")), "price"),
            (.test("a", .buy, "1", at: decimal("1.001")), "price"), (.test("", .buy, "1"), "client id"),
            (.test("a", .buy, "99999999999"), "larger"),
            (.test("a", .buy, "1", at: decimal("9999999999999")), "larger"),
        ]
    )
    func refuses(request: PaperRequest, words: String) {
        var venue = PaperVenue(.plain(), wallMs: 0)
        let error = #expect(throws: VenueError.self) { try venue.place(request) }
        #expect(error?.code == .refused && error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(venue.orders.isEmpty)
    }

    @Test("An unknown account is refused everywhere")
    func refusesUnknownAccount() {
        var venue = PaperVenue(.plain(), wallMs: 0)
        var request = PaperRequest.test("a")
        request.account = "nobody"
        #expect(throws: VenueError.self) { try venue.place(request) }
        #expect(throws: VenueError.self) { try venue.openOrders(account: "nobody") }
        #expect(throws: VenueError.self) { try venue.positions(account: "nobody") }
        #expect(throws: VenueError.self) {
            try venue.close(
                CloseRequest(account: "nobody", symbol: "ETH/USD", side: .long, quantity: Decimal(1), clientID: "x")
            )
        }
    }

    @Test("A cancel is accepted first and done later; one of a finished order is refused")
    func cancels() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        let name = try venue.place(.test("one", .buy, "0.1", at: decimal("1000.00")))
        _ = venue.run(2_000)
        #expect(try venue.cancel(OrderName(clientID: "", venueID: name.venueID), account: "main").accepted == [name])
        #expect(try venue.openOrders(account: "main").count == 1, "accepted is not done")
        #expect(venue.run(2_000).states("one") == [.canceled])
        #expect(try venue.openOrders(account: "main").isEmpty)
        #expect(throws: VenueError.self) { try venue.cancel(name, account: "main") }
    }

    @Test("cancelAll leaves nothing open, whatever state orders are in: the listing says so, not the answer")
    func cancelsAll() throws {
        for seed in UInt64(0)..<50 {
            var settings = PaperSettings(seed: seed)
            settings.stuckPerMille = 300
            var world = PaperWorld(settings, wallMs: 0)
            _ = world.advance(to: 20_000 + seed * 250) { _, _ in true }
            // One that is on its way, and one that is being filled.
            _ = try? world.venue.place(.test("late", .buy, "0.3"))
            let open = world.venue.orders.count
            let answer = try world.venue.cancelAll(CancelScope())
            #expect(answer.count == open && answer.accepted.count == open && open > 0)
            let events = world.advance(to: world.venue.nowMs + 2_500) { _, _ in false }
            for account in settings.accounts {
                #expect(try world.venue.openOrders(account: account).isEmpty, "seed \(seed)")
            }
            let all = answer.accepted.map(\.clientID)
            #expect(all.allSatisfy { events.states($0).last.map { $0.isFinal } ?? false }, "seed \(seed)")
        }
    }

    @Test("A scope cancels its own and leaves the rest")
    func cancelsScope() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        let cheap = decimal("1.00")
        for (name, account, symbol) in [
            ("a", "main", "ETH/USD"), ("b", "main", "SOL/USD"), ("c", "other", "ETH/USD"),
        ] {
            var request = PaperRequest.test(name, .buy, "1", symbol, at: cheap)
            request.account = account
            request.strategy = name
            _ = try venue.place(request)
        }
        #expect(try venue.cancelAll(CancelScope(account: "main", symbol: "ETH/USD")).accepted.map(\.clientID) == ["a"])
        #expect(try venue.cancelAll(CancelScope(strategy: "c")).accepted.map(\.clientID) == ["c"])
        _ = venue.run(3_000)
        #expect(venue.orders.map(\.clientID) == ["b"])
    }

    @Test("A stuck order stays unanswered and says that it is simulated; it can be cancelled, and ends by itself")
    func getsStuck() throws {
        var settings = PaperSettings.plain()
        settings.stuckPerMille = 1_000
        var venue = PaperVenue(settings, wallMs: 0)
        _ = try venue.place(.test("one", .buy, "0.1"))
        _ = try venue.place(.test("two", .buy, "0.1"))
        let events = venue.run(400_000)
        #expect(events.states("one") == [.submitted])
        #expect(events.reports("one").first?.note.contains("simulated fault") == true)
        #expect(try venue.openOrders(account: "main").map(\.state) == [.submitted, .submitted])
        _ = try venue.cancel(OrderName(clientID: "one"), account: "main")
        #expect(venue.run(2_000).states("one") == [.canceled])
        #expect(venue.run(30_000).states("two") == [.expired])
    }

    @Test("Luck is as rare as it is set up to be")
    func luckIsRare() throws {
        var settings = PaperSettings.plain()
        settings.rejectsPerMille = 50
        settings.stuckPerMille = 20
        var venue = PaperVenue(settings, wallMs: 0)
        var rejected = 0
        var stuck = 0
        for round in 0..<4_000 {
            _ = try venue.place(.test("o\(round)", .buy, "0.0001", at: decimal("1000.00")))
            if venue.orders.last?.isUnlucky == true { rejected += 1 }
            if venue.orders.last?.isStuck == true { stuck += 1 }
            if round % 100 == 99 {
                _ = try venue.cancelAll(CancelScope())
                _ = venue.run(1_500)
            }
        }
        #expect((140...260).contains(rejected) && (50...110).contains(stuck), "\(rejected), \(stuck)")
    }

    @Test("The first step has everything that a pane shows")
    func firstStep() {
        var world = PaperWorld(wallMs: 1_700_000_000_000)
        let events = world.advance(to: 2_000) { _, _ in true }
        var priced: [String] = []
        var beating: [String] = []
        var positions: [PositionReport] = []
        var orders: [OrderReport] = []
        var venues: [String] = []
        var balances: [String] = []
        for event in events {
            switch event.body {
            case .price(let report) where !priced.contains(report.symbol): priced.append(report.symbol)
            case .heartbeat(let beat) where !beating.contains(beat.name): beating.append(beat.name)
            case .positions(let reports): positions += reports
            case .openOrders(let reports): orders += reports
            case .venue(let report) where report.state == .connected: venues.append(event.origin.account)
            case .balance: balances.append(event.origin.account)
            default: break
            }
        }
        #expect(priced.sorted() == PaperVenue.symbols.sorted())
        #expect(beating.sorted() == ["paper-maker", "paper-momentum", "paper-reversion"])
        #expect(positions.count == 4 && positions.count { $0.entryPrice == nil && $0.openedMs == nil } == 1)
        let ages = positions.compactMap(\.openedMs)
        #expect(
            Set(ages).count == 3 && ages.allSatisfy { $0 < 1_700_000_000_000 && $0 > 1_700_000_000_000 - 86_400_000 }
        )
        #expect(orders.count >= 4)
        #expect(venues == ["main", "reserve"] && balances.prefix(2) == ["main", "reserve"])
        #expect(events.allSatisfy { $0.origin.venue == "paper" && $0.origin.desk == "paper" })
        #expect(
            events.allSatisfy { $0.origin.source.description == "venue:paper" || $0.origin.source.kind == .bot }
        )
    }

    @Test("The names of a venue's events are unique, also over a restart that lost the last seconds")
    func namesAreUnique() {
        var world = PaperWorld(wallMs: 1_700_000_000_000)
        _ = world.advance(to: 10_000) { _, _ in true }
        var restarted = world
        let lost = world.advance(to: 60_000) { _, _ in true }
        restarted.resume(wallMs: 1_700_000_100_000)
        let after = restarted.advance(to: 60_000) { _, _ in true }
        func names(_ events: [Event]) -> [String] {
            events.compactMap { $0.origin.source.kind == .venue ? $0.id : nil }
                + events.fills.map { "fill \($0.fill.fillID)" }
        }
        let all = names(lost) + names(after)
        #expect(Set(all).count == all.count && !all.contains(""))
        let orders = lost.fills.map(\.fill.clientID)
        let later = after.fills.map(\.fill.clientID)
        #expect(!orders.isEmpty && !later.isEmpty)
    }
}
