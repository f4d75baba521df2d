import KillSwitch
import SafetyEngine
import Testing

@testable import Desk

/// What is said of a halt's orders.
struct HaltOrdersTests {
    private func order(_ venue: String, _ id: String) -> Order {
        Order(
            clientID: id,
            venueID: "",
            venue: venue,
            account: "main",
            strategy: "",
            symbol: "BTC/USD",
            side: .buy,
            quantity: Decimal(1),
            filled: Decimal(0),
            price: nil,
            state: .acknowledged,
            ageMs: 0,
            stuckAfterMs: 0
        )
    }

    private func orders(
        _ orders: [Order],
        listed: [String: UInt64?],
        reached: Set<String> = ["paper"],
        looks: Int = 2,
        problem: String? = nil
    ) -> HaltOrders {
        var view = EngineView()
        view.orders = orders
        view.openOrders = orders.count
        view.venues = listed.keys.sorted().map {
            Venue(name: $0, account: "main", state: .connected, openOrders: nil, lastReplyAgeMs: nil, latencyMs: nil)
        }
        var cancels = HaltCancels()
        for look in 0..<looks {
            _ = cancels.look(
                permits: false,
                openOrders: orders.count,
                listings: listed.keys.sorted().map { .init(account: "\($0)/main", atMs: listed[$0] ?? nil) },
                atMs: 100 + UInt64(look) * 100,
                reaches: !reached.isEmpty,
                generation: 7
            )
        }
        if let problem { cancels.failed("paper", problem) }
        return HaltOrders(cancels, view, reached: reached, atMs: 200)
    }

    @Test func goneIsSaidWithTheVenues() {
        let gone = orders([], listed: ["paper": 150, "kraken": 160])
        #expect(gone.isGone == true && gone.text == "gone at kraken, paper" && gone.generation == 7)
        #expect(gone.json["gone"] == .bool(true) && gone.json["left"]?.integer == 0)
        #expect(orders([], listed: [:], reached: []).text == "none: no venue is known to this desk")
    }

    @Test func whatIsLeftIsNamedAndAVenueThatNobodyReachesToo() {
        let left = orders([order("kraken", "k1")], listed: ["paper": 150, "kraken": nil])
        #expect(left.isGone == false)
        #expect(left.text == "NOT gone: 1 at kraken (client id k1), no adapter")
        #expect(left.json["orders"]?.array?.first?["client_id"]?.string == "k1")
        let many = orders(
            (0..<5).map { order("paper", "p\($0)") } + [order("kraken", "k1")],
            listed: ["paper": 150],
            problem: "unreachable"
        )
        #expect(
            many.text == "NOT gone: 1 at kraken (client id k1), no adapter; "
                + "5 at paper (client ids p0, p1, p2 and 2 more) (paper: unreachable)"
        )
    }

    @Test func aVenueThatDidNotListIsNotTakenForEmpty() {
        let silent = orders([], listed: ["paper": 150, "kraken": nil])
        #expect(silent.isGone == false)
        #expect(silent.text == "NOT known to be gone: no list since from kraken/main, no adapter")
    }

    @Test func aHaltThatNobodyLookedAtIsNeitherGoneNorLeft() {
        let unknown = orders([], listed: ["paper": 150], looks: 0)
        #expect(unknown.isGone == nil && unknown.json["gone"] == .null)
    }
}
