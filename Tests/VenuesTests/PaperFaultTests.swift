import SafetyEngine
import Testing

@testable import Venues

struct PaperFaultTests {
    @Test("An outage answers nothing and says so; the venue trades on, and tells it afterwards")
    func outage() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        _ = venue.run(1_000)
        _ = try venue.place(.test("under-way", .buy, "1"))
        _ = venue.run(500)
        venue.inject(.outage, forMs: 20_000)
        #expect(failure { try venue.place(.test("x")) } == .unreachable)
        #expect(failure { try venue.cancelAll(CancelScope()) } == .unreachable)
        #expect(failure { try venue.cancel(OrderName(clientID: "under-way"), account: "main") } == .unreachable)
        #expect(failure { try venue.openOrders(account: "main") } == .unreachable)
        #expect(failure { try venue.positions(account: "main") } == .unreachable)
        #expect(failure { try venue.inquire(OrderName(clientID: "x"), account: "main") } == .unreachable)
        let during = venue.run(19_000)
        for event in during {
            switch event.body {
            case .venue(let report):
                #expect(report.state == .disconnected && report.note == "simulated outage")
            case .apiResult(let result): #expect(!result.isSuccess)
            default: Issue.record("said during an outage: \(event.body)")
            }
        }
        #expect(during.count { if case .venue = $0.body { true } else { false } } >= 6, "said again and again")
        let after = venue.run(2_000)
        #expect(after.states("under-way").last == .filled)
        let fill = try #require(after.first { if case .fill = $0.body { true } else { false } })
        #expect(try #require(fill.happenedMs) < 10_000, "told late, with the time at which it happened")
        let last = after.compactMap { if case .venue(let report) = $0.body { report.state } else { nil } }.last
        #expect(last == .connected)
        #expect(after.contains { if case .positions(let list) = $0.body { !list.isEmpty } else { false } })
    }

    @Test("A lost answer is not a lost order: the request arrived, and the same client id does not repeat it")
    func lostAnswers() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        venue.inject(.lostAnswers, forMs: 5_000)
        #expect(failure { try venue.place(.test("one", .buy, "0.1")) } == .unreachable)
        _ = venue.run(6_000)
        #expect(try venue.place(.test("one", .buy, "0.1")).venueID.isEmpty == false)
        _ = venue.finish("one")
        #expect(try venue.positions(account: "main").first?.quantity == decimal("0.1"))
        _ = try venue.place(.test("rest", .buy, "0.1", at: decimal("1.00")))
        _ = venue.run(1_000)
        venue.inject(.lostAnswers, forMs: 1_000)
        #expect(failure { try venue.cancelAll(CancelScope()) } == .unreachable)
        _ = venue.run(3_000)
        #expect(try venue.openOrders(account: "main").isEmpty)
    }

    @Test("A rate limit refuses and says when to come back; nothing was done")
    func rateLimit() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        venue.inject(.rateLimit, forMs: 1_000)
        let error = #expect(throws: VenueError.self) { try venue.place(.test("one")) }
        #expect(error?.code == .rateLimited && error?.retryAfterMs == 1_000)
        #expect(venue.orders.isEmpty)
    }

    @Test("Rejects on request hit every order, and say that they are simulated")
    func rejects() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        venue.inject(.rejects, forMs: 60_000)
        for round in 0..<20 { _ = try venue.place(.test("o\(round)")) }
        let events = venue.run(5_000)
        for round in 0..<20 {
            #expect(events.states("o\(round)") == [.submitted, .rejected])
            #expect(events.reports("o\(round)").last?.note.contains("simulated") == true)
        }
    }

    @Test("Slowness delays orders and shows in latencies; the venue counts as degraded")
    func slow() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        venue.inject(.slow, amount: 4_000, forMs: 60_000)
        _ = try venue.place(.test("one"))
        let early = venue.run(3_750)
        #expect(early.states("one") == [.submitted])
        #expect(early.contains { if case .venue(let report) = $0.body { report.state == .degraded } else { false } })
        let slow = early.contains {
            if case .apiResult(let result) = $0.body { result.latencyMs ?? 0 >= 4_000 } else { false }
        }
        #expect(slow)
        #expect(venue.run(3_000).states("one").last == .filled)
    }

    @Test("Stuck orders on request")
    func stuck() throws {
        var venue = PaperVenue(.plain(), wallMs: 0)
        venue.inject(.stuck, forMs: 1_000)
        _ = try venue.place(.test("one"))
        #expect(venue.run(60_000).states("one") == [.submitted])
    }

    @Test("Duplicates and disorder tell the same things, twice and in any order")
    func spoiled() throws {
        var clean = PaperVenue(.plain(), wallMs: 0)
        var spoiled = clean
        spoiled.inject(.duplicates, amount: 50, forMs: 60_000)
        spoiled.inject(.disorder, forMs: 60_000)
        for round in 0..<10 {
            _ = try clean.place(.test("o\(round)"))
            _ = try spoiled.place(.test("o\(round)"))
        }
        let plain = clean.run(4_000)
        let other = spoiled.run(4_000)
        var seen: [String: Event.Body] = [:]
        var repeated = 0
        for event in other {
            if let known = seen[event.id] {
                repeated += 1
                #expect(known == event.body, "a repeated name is a repeated event")
            }
            seen[event.id] = event.body
        }
        #expect(repeated > 20)
        let numbers = other.compactMap { $0.id.split(separator: "-").last.flatMap { Int($0) } }
        #expect(numbers.count == other.count && numbers != numbers.sorted())
        #expect(Set(other.fills.map(\.fill.fillID)).count == plain.fills.count)
        let held = try clean.positions(account: "main").map(\.quantity)
        #expect(try spoiled.positions(account: "main").map(\.quantity) == held)
    }

    @Test("A bot that hears everything twice and in any order believes what is")
    func botHearsSpoiled() {
        for seed in UInt64(0)..<6 {
            var world = PaperWorld(PaperSettings(seed: seed), wallMs: 0)
            world.venue.inject(.duplicates, amount: 40, forMs: 600_000)
            world.venue.inject(.disorder, forMs: 600_000)
            _ = world.advance(to: 600_000) { _, _ in true }
            _ = world.advance(to: 620_000) { _, _ in false }
            expectAgreement(world, "seed \(seed)")
        }
    }

    @Test("After outages and lost answers bots believe what the venue lists")
    func botReconciles() {
        for seed in UInt64(0)..<6 {
            var world = PaperWorld(PaperSettings(seed: seed), wallMs: 0)
            for round in UInt64(1)...6 {
                world.venue.inject(round % 2 == 0 ? .outage : .lostAnswers, forMs: 40_000)
                _ = world.advance(to: round * 90_000) { _, _ in true }
            }
            _ = world.advance(to: 560_000) { _, _ in false }
            expectAgreement(world, "seed \(seed)")
        }
    }

    private func expectAgreement(_ world: PaperWorld, _ comment: Comment) {
        for bot in world.bots {
            let open = world.venue.orders.filter { $0.strategy == bot.strategy }.map(\.clientID)
            #expect(bot.open.map(\.clientID).sorted() == open.sorted(), comment)
            for (place, index) in bot.symbols.enumerated() {
                let held = world.venue.accounts[0].holdings[index].lots
                #expect(bot.books[place].lots == held, comment)
            }
        }
    }

    private func failure(_ body: () throws -> Any?) -> VenueError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? VenueError)?.code
        }
    }
}
