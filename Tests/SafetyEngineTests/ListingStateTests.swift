import Testing

@testable import SafetyEngine

/// A list is known only where every account gave it, and none of them too long ago.
struct ListingStateTests {
    private static func venue(_ account: String, orders: UInt64?, positions: UInt64? = 0) -> Venue {
        var venue = Venue(
            name: "kraken",
            account: account,
            state: .connected,
            openOrders: nil,
            lastReplyAgeMs: 1_000,
            latencyMs: nil
        )
        venue.streams.orders = StreamAge(ageMs: orders, limitMs: 60_000)
        venue.streams.positions = StreamAge(ageMs: positions, limitMs: 60_000)
        return venue
    }

    @Test func neverListedEmptyAndOldAreThreeDifferentThings() {
        var view = EngineView()
        #expect(view.orderListing.problem == "no venue has reported to this desk")
        view.venues = [Self.venue("main", orders: 900)]
        #expect(view.orderListing.isKnown && view.orderListing.ageMs == 900)
        view.venues = [Self.venue("main", orders: 900), Self.venue("user", orders: nil)]
        #expect(view.orderListing.problem == "kraken/user never listed its orders")
        view.venues = [Self.venue("main", orders: 86_000)]
        #expect(view.orderListing.problem?.contains("kraken/main last listed orders") == true)
    }

    @Test func noPriceAndNoOtherListMakesAListYounger() {
        var view = EngineView()
        view.venueAgeMs = 0
        view.venues = [Self.venue("main", orders: 86_000, positions: 500)]
        var snapshot = DeskSnapshot(deskName: "desk", paper: false, directory: "/tmp")
        snapshot.take(.view(view, ageMs: 0))
        #expect(snapshot.orders.freshness == .stale(ageMs: 86_000))
        #expect(snapshot.positions.freshness == .live(ageMs: 500))
        view.venues = [Self.venue("main", orders: nil, positions: 500)]
        snapshot.take(.view(view, ageMs: 0))
        #expect(snapshot.orders.freshness == .never)
        #expect(snapshot.orders.hint.contains("never listed its orders"))
        view.venues = [Self.venue("main", orders: 780_000, positions: 500)]
        snapshot.take(.view(view, ageMs: 0))
        guard case .lost(780_000, let reason) = snapshot.orders.freshness else {
            Issue.record("\(snapshot.orders.freshness)")
            return
        }
        #expect(reason.contains("kraken/main"))
    }

    @Test func aListThatCountsForNothingIsNotKnownHoweverYoungItIs() {
        var view = EngineView()
        view.venues = [Self.venue("main", orders: 900)]
        view.venues[0].streams.orders.problem = "the venue is silent"
        #expect(view.orderListing.problem == "kraken/main: the venue is silent")
        var snapshot = DeskSnapshot(deskName: "desk", paper: false, directory: "/tmp")
        snapshot.take(.view(view, ageMs: 0))
        #expect(snapshot.orders.freshness == .stale(ageMs: 900))
    }
}
