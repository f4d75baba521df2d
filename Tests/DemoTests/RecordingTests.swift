import KillSwitch
import SafetyEngine
import Testing

@testable import Demo

/// The wall clock of these tests when the recording begins: 2026-11-21 12:04:13 UTC.
let startWallMs: Int64 = 1_795_262_653_000

extension DemoDesk {
    /// The desk at a time, both clocks running together.
    func at(_ ms: UInt64) -> DeskSnapshot { snapshot(atMs: ms, wallMs: startWallMs + Int64(ms)) }
}

@Suite struct RecordingTests {
    /// One loop, second by second, after it has been running for a while.
    static let loop: [DeskSnapshot] = (0..<300).map { DemoDesk().at(UInt64($0) * 1000) }

    @Test func theSameTimeGivesTheSameSnapshot() {
        for ms: UInt64 in [0, 1, 999, 61_500, 299_999, 300_000, 86_400_000] {
            #expect(DemoDesk().at(ms) == DemoDesk().at(ms))
        }
        #expect(DemoDesk().at(0) != DemoDesk().at(5000))
    }

    @Test func itSaysThatItIsNotReal() {
        for desk in Self.loop {
            #expect(desk.mark == "DEMO")
            #expect(!desk.paper)
            #expect(desk.mode == .live && desk.word?.mode == .live)
            #expect(desk.steps == DeskSnapshot.HaltSteps())
        }
    }

    @Test func everyStateIsThere() {
        let loop = Self.loop
        for level in Alert.Level.allCases {
            #expect(loop.contains { $0.alerts.rows.contains { $0.level == level } }, "\(level)")
        }
        let states: [Order.State] = [
            .new, .submitted, .acknowledged, .partiallyFilled, .canceled, .rejected, .unknown,
        ]
        for state in states { #expect(loop.contains { $0.orders.rows.contains { $0.state == state } }, "\(state)") }
        for state in Venue.State.allCases {
            #expect(loop.allSatisfy { $0.venues.rows.contains { $0.state == state } }, "\(state)")
        }
        for health in Supervisor.Health.allCases {
            #expect(loop.contains { $0.supervisors.contains { $0.health == health } }, "\(health)")
        }
        for side in Position.Side.allCases {
            #expect(loop.allSatisfy { $0.positions.rows.contains { $0.side == side } })
        }
        #expect(loop.allSatisfy { $0.alerts.rows.contains { $0.acknowledgedBy != nil } })
        #expect(
            loop.allSatisfy { $0.positions.rows.contains { $0.price == nil && $0.value == nil && $0.profit == nil } }
        )
        #expect(loop.allSatisfy { $0.positions.rows.contains { $0.entryPrice == nil && $0.value != nil } })
        #expect(loop.allSatisfy { $0.positions.rows.contains { $0.profit?.isNegative == true } })
        #expect(loop.allSatisfy { $0.positions.rows.contains { $0.note == "dust" } })
        #expect(loop.allSatisfy { $0.positions.rows.contains { $0.details?.dust != nil } })
        #expect(loop.allSatisfy { !($0.engine?.proposals ?? []).isEmpty })
    }

    @Test func everythingIsThereInItsNumber() {
        for desk in Self.loop {
            #expect((8...10).contains(desk.gates.count))
            #expect((18...22).contains(desk.supervisors.count))
            #expect((5...10).contains(desk.alerts.rows.count), "\(desk.alerts.rows.map(\.id))")
            #expect((12...14).contains(desk.positions.rows.count))
            #expect((3...5).contains(desk.orders.rows.count))
            #expect(desk.venues.rows.count == 4)
            #expect(Set(desk.positions.rows.map(\.id)).count == desk.positions.rows.count)
            #expect(Set(desk.orders.rows.map(\.clientID)).count == desk.orders.rows.count)
            #expect(Set(desk.alerts.rows.map(\.id)).count == desk.alerts.rows.count)
            #expect(desk.supervisors.allSatisfy { $0.gaps.count <= 24 && $0.gaps.allSatisfy { $0 > 0 } })
            #expect(desk.gates.allSatisfy { (try? Scope($0.scope)) != nil })
        }
    }

    @Test func everyFreshnessIsThereAndComesBack() {
        func isLive(_ freshness: Freshness) -> Bool { if case .live = freshness { true } else { false } }
        func isStale(_ freshness: Freshness) -> Bool { if case .stale = freshness { true } else { false } }
        func isLost(_ freshness: Freshness) -> Bool {
            if case .lost(_, let why) = freshness { !why.isEmpty } else { false }
        }
        let orders = Self.loop.map(\.orders.freshness)
        #expect(isLive(orders[50]) && isStale(orders[62]) && isLost(orders[85]) && isLost(orders[119]))
        #expect(isLive(orders[120]) && isLive(orders[299]))
        #expect(isStale(Self.loop[0].venues.freshness) && isLive(Self.loop[60].venues.freshness))
        #expect(isStale(Self.loop[160].positions.freshness) && isLive(Self.loop[215].positions.freshness))
        #expect(!DemoDesk().at(85_000).orders.rows.isEmpty)
    }

    @Test func aSilentReadingIsFrozenAndAges() {
        let (first, second) = (DemoDesk().at(160_000), DemoDesk().at(190_000))
        #expect(first.positions.rows.map(\.price) == second.positions.rows.map(\.price))
        #expect(zip(first.positions.rows, second.positions.rows).allSatisfy { $1.priceAgeMs == $0.priceAgeMs + 30_000 })
        #expect(DemoDesk().at(100_000).orders.rows.map(\.state) == DemoDesk().at(115_000).orders.rows.map(\.state))
    }

    @Test func moneyIsExact() throws {
        var priced = 0
        for desk in Self.loop {
            for position in desk.positions.rows {
                #expect(!position.quantity.isNegative)
                guard let price = position.price else {
                    #expect(position.value == nil && position.profit == nil)
                    continue
                }
                // In whole digits, by the longest scale of all: nothing is rounded here either.
                let quantity = position.quantity
                let value = try #require(position.value)
                #expect(value.digits == quantity.digits * price.digits && value.scale == quantity.scale + price.scale)
                guard let entry = position.entryPrice else {
                    #expect(position.profit == nil)
                    continue
                }
                #expect(entry.scale == price.scale, "\(position.id): a venue writes all prices alike")
                let gain = position.side == .long ? price.digits - entry.digits : entry.digits - price.digits
                #expect(position.profit == Decimal(digits: gain * quantity.digits, scale: quantity.scale + price.scale))
                priced += 1
            }
        }
        #expect(priced > 1000)
    }

    /// What is proposed is past its limit, and what is past its limit is proposed.
    @Test func proposalsFollowFromThePricesThatAreShown() {
        for desk in Self.loop {
            let proposed = Set((desk.engine?.proposals ?? []).map(\.id))
            for position in desk.positions.rows {
                guard let entry = position.entryPrice, let price = position.price else {
                    #expect(!proposed.contains { $0.hasSuffix(position.id) })
                    continue
                }
                // A loss of more than 3 % of what was paid, in whole digits.
                let loss = position.side == .long ? entry.digits - price.digits : price.digits - entry.digits
                let isPast = loss * 100 > entry.digits * 3
                #expect(proposed.contains("STOP_LOSS:\(position.id)") == isPast, "\(position.id) \(price)")
            }
        }
    }

    @Test func atRestOnlyAgesChange() {
        /// What is drawn again when it changes: everything but ages.
        func still(_ desk: DeskSnapshot) -> [String] {
            desk.positions.rows.map { "\($0.id) \($0.price.debugDescription) \($0.note)" }
                + desk.orders.rows.map { "\($0.clientID) \($0.state) \($0.note)" }
                + desk.venues.rows.map { "\($0.id) \($0.state) \($0.latencyMs ?? 0) \($0.note)" }
                + desk.gates.map { "\($0.name) \($0.checks) \($0.refusals)" }
                + desk.history.map { "\($0.id) \($0.at)" } + [desk.since ?? "", desk.reason ?? ""]
        }
        // Between two steps of the recording, away from the changes of its story.
        for step in [1, 4, 8, 30, 50, 58] as [UInt64] {
            let first = still(DemoDesk().at(step * 5000))
            for ms in stride(from: 0, to: 5000, by: 250) as StrideTo<UInt64> {
                #expect(still(DemoDesk().at(step * 5000 + ms)) == first, "\(step) \(ms)")
            }
        }
    }

    @Test func aStuckOrderGrowsGraver() {
        let levels = Self.loop.compactMap { desk in
            desk.alerts.rows.first { $0.rule == "ORDER_STUCK" && $0.subject == "grid-xbt-0417" }
        }
        #expect(levels.first?.level == .critical && levels.last?.level == .emergency)
        #expect(levels.allSatisfy { !$0.policy.isEmpty })
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $0.level <= $1.level })
    }

    @Test func theRecordingLoops() {
        let (first, next) = (DemoDesk().at(250_000), DemoDesk().at(550_000))
        #expect(first.orders == next.orders)
        #expect(first.positions.rows.map(\.price) == next.positions.rows.map(\.price))
        #expect(first.venues.rows.map(\.state) == next.venues.rows.map(\.state))
    }

    @Test func beatsComeOnTheirIntervals() {
        for second in 0..<299 {
            for (before, after) in zip(Self.loop[second].supervisors, Self.loop[second + 1].supervisors) {
                let (old, new) = (before.lastBeatAgeMs ?? 0, after.lastBeatAgeMs ?? 0)
                #expect(new == old + 1000 || new < 1000, "\(before.name) at \(second) s: \(old), \(new)")
            }
        }
    }
}
