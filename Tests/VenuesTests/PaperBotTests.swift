import SafetyEngine
import Testing

@testable import Venues

struct PaperBotTests {
    @Test("While its gate refuses, a bot sends nothing at all, from that very step on", arguments: UInt64(0)..<12)
    func refusedGate(seed: UInt64) {
        var world = PaperWorld(PaperSettings(seed: seed, bots: 6), wallMs: 0)
        _ = world.advance(to: 120_000 + seed * 250) { _, _ in true }
        let before = world.venue.lastPlaced
        var asked = 0
        let events = world.advance(to: world.venue.nowMs + 300_000) { _, _ in
            asked += 1
            return false
        }
        #expect(world.venue.lastPlaced == before)
        #expect(asked > 20, "they go on asking")
        let sent = events.contains { event in
            guard case .order(let report) = event.body, event.origin.source.kind == .bot else { return false }
            return report.state == .submitted
        }
        #expect(!sent)
        let beats = events.count { if case .heartbeat = $0.body { true } else { false } }
        #expect(beats > 6 * 140, "a halted bot lives")
        let resumed = world.advance(to: world.venue.nowMs + 120_000) { _, _ in true }
        #expect(!resumed.isEmpty && world.venue.lastPlaced > before)
    }

    @Test("One refused bot stops, the others go on")
    func refusesOne() {
        var world = PaperWorld(wallMs: 0)
        let events = world.advance(to: 600_000) { bot, _ in bot != 2 }
        let strategies = Set(
            events.compactMap { event -> String? in
                guard case .order = event.body, event.origin.source.kind == .bot else { return nil }
                return event.origin.strategy
            }
        )
        #expect(strategies == ["momentum", "reversion"])
    }

    @Test("Reduce-only lets bots sell what they hold and open nothing")
    func reduceOnly() {
        for seed in UInt64(0)..<8 {
            var world = PaperWorld(PaperSettings(seed: seed), wallMs: 0)
            _ = world.advance(to: 300_000) { _, _ in true }
            _ = try? world.venue.cancelAll(CancelScope())
            let held = world.venue.accounts[0].holdings.map(\.lots)
            _ = world.advance(to: 302_500) { _, _ in false }
            let events = world.advance(to: 900_000) { _, reducing in reducing }
            #expect(events.fills.allSatisfy { $0.fill.side == .sell }, "seed \(seed)")
            let after = world.venue.accounts[0].holdings.map(\.lots)
            #expect(zip(held, after).allSatisfy { $1 <= $0 && $1 >= 0 }, "seed \(seed)")
            let isFlat = world.bots.allSatisfy { $0.books.allSatisfy { $0.lots == 0 } }
            #expect(isFlat, "seed \(seed): what they hold, they sell")
        }
    }

    @Test("What a bot holds, it bought: what others hold in the account is left alone")
    func sellsOnlyItsOwn() {
        for seed in UInt64(0)..<8 {
            var settings = PaperSettings(seed: seed, bots: 9)
            settings.stuckPerMille = 30
            var world = PaperWorld(settings, wallMs: 0)
            var bought: [String: Decimal] = [:]
            for event in world.advance(to: 1_800_000, permits: { _, _ in true }) {
                guard case .fill(let fill) = event.body, event.origin.strategy != "by-hand" else { continue }
                let key = "\(event.origin.strategy) \(fill.symbol)"
                let sum = bought[key] ?? Decimal(0)
                let next = fill.side == .buy ? sum.adding(fill.quantity) : sum.subtracting(fill.quantity)
                bought[key] = next
                #expect(next.map { !$0.isNegative } == true, "seed \(seed): \(key) sold more than it bought")
            }
            #expect(bought.count > 9)
        }
    }

    @Test("When somebody else closes what a bot holds, it believes the listing and sells nothing more")
    func desksCloseWins() throws {
        var world = PaperWorld(wallMs: 0)
        var place: Int?
        while place == nil, world.venue.nowMs < 3_600_000 {
            _ = world.advance(to: world.venue.nowMs + 1_000) { _, _ in true }
            place = world.bots[0].books.firstIndex { $0.lots > 0 }
        }
        let index = world.bots[0].symbols[try #require(place)]
        let symbol = PaperSymbol.all[index]
        _ = try world.venue.close(
            CloseRequest(
                account: "main",
                symbol: symbol.name,
                side: .long,
                quantity: Decimal(1_000_000),
                clientID: "desk-1"
            )
        )
        _ = world.advance(to: world.venue.nowMs + 12_000) { _, _ in false }
        #expect(world.venue.accounts[0].holdings[index].lots == 0)
        #expect(world.bots[0].books.allSatisfy { $0.lots == 0 })
    }

    @Test("Beats come within the promised interval, and trades, signals and orders are claims of the bot")
    func reports() {
        var world = PaperWorld(wallMs: 0)
        var last: [String: UInt64] = [:]
        var trades = 0
        var signals = 0
        for step in UInt64(1)...14_400 {
            let nowMs = step * PaperVenue.stepMs
            for event in world.advance(to: nowMs, permits: { _, _ in true }) {
                switch event.body {
                case .heartbeat(let beat):
                    #expect(event.origin.source == Event.Source(.bot, beat.name))
                    #expect((1_000...2_000).contains(beat.intervalMs))
                    #expect(nowMs - (last[beat.name] ?? 0) <= beat.intervalMs)
                    last[beat.name] = nowMs
                case .trade(let trade):
                    trades += 1
                    #expect(event.origin.source.kind == .bot && !trade.tradeID.isEmpty)
                case .signals(let count): signals += count
                default: break
                }
            }
        }
        #expect(last.count == 3 && trades > 30 && signals > 60, "\(trades) trades, \(signals) signals in an hour")
    }

    @Test("What a bot's trades brought is what its fills did")
    func tradesAddUp() {
        var world = PaperWorld(PaperSettings(seed: 5), wallMs: 0)
        var flows: [String: Decimal] = [:]
        var said = 0
        for event in world.advance(to: 7_200_000, permits: { _, _ in true }) {
            let key = event.origin.strategy
            if case .fill(let fill) = event.body {
                let worth = fill.price.multiplied(by: fill.quantity) ?? Decimal(0)
                let flow = flows["\(key) \(fill.symbol)"] ?? Decimal(0)
                let moved = fill.side == .buy ? flow.subtracting(worth) : flow.adding(worth)
                flows["\(key) \(fill.symbol)"] = moved?.subtracting(fill.fee ?? Decimal(0))
            } else if case .trade(let trade) = event.body {
                said += 1
                #expect(flows["\(key) \(trade.symbol)"] == trade.profit)
                flows["\(key) \(trade.symbol)"] = Decimal(0)
            }
        }
        #expect(said > 60)
    }

    @Test("Any number of bots has names, gates' scopes and luck of its own", arguments: [-3, 0, 1, 3, 8, 32, 5_000])
    func numbers(count: Int) {
        let bots = PaperBot.all(PaperSettings(bots: count), wallMs: 0)
        #expect(bots.count == min(max(0, count), 32))
        #expect(Set(bots.map(\.name)).count == bots.count && Set(bots.map(\.scope)).count == bots.count)
        #expect(bots.allSatisfy { $0.isSound && $0.scope.hasPrefix("venue=paper,account=main,strategy=") })
    }
}

extension PaperVenue {
    /// The last order that was placed by a bot, by its place in time: the names of orders rise.
    fileprivate var lastPlaced: UInt64 {
        (orders + finished).filter { $0.strategy != "by-hand" }.compactMap {
            $0.venueID.split(separator: "-").last.flatMap { UInt64($0) }
        }.max() ?? 0
    }
}
