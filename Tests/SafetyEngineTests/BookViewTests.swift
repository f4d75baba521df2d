import Foundation
import Testing

@testable import SafetyEngine

/// What screens are told of the book.
struct BookViewTests {
    @Test func positionsSayWhatIsPeculiarAboutThem() {
        var desk = BookDesk()
        var locked = held("2")
        locked.isSellable = false
        locked.note = "staked"
        desk.bot(.position(held("3")))
        desk.venue(.positions([locked]))
        let shown = desk.book.shown(desk.worth, at: desk.atMs, desk.settings)
        #expect(
            shown.positions.map(\.note) == ["adopted, no entry price, unpriced, unsellable, bot says 3, staked"]
        )
        #expect(shown.positions[0].id == desk.book.positions.keys[0].description)
    }

    @Test func theOldestOpenOrdersFirstAndNotTooMany() {
        var desk = BookDesk()
        desk.venue(.order(report(.filled, "done")))
        for number in 0..<(EngineView.mostOrders + 5) {
            desk.venue(.order(report(.acknowledged, "o\(number)")))
            desk.atMs += 1
        }
        desk.bot(.order(report(.canceled, "o0")))
        let shown = desk.book.shown(desk.worth, at: desk.atMs, desk.settings)
        #expect(shown.openOrders == EngineView.mostOrders + 5)
        #expect(shown.orders.count == EngineView.mostOrders)
        #expect(shown.orders[0].clientID == "o0" && shown.orders[0].note == "bot says CANCELED")
        #expect(shown.orders[0].ageMs == UInt64(EngineView.mostOrders + 5))
        #expect(shown.orders[0].stuckAfterMs == 300_000)
        // Its venue never listed them: so many there are at least.
        #expect(shown.venues.map(\.openOrders) == [nil])
        #expect(shown.venues.map(\.openOrdersSeen) == [EngineView.mostOrders + 5])
    }

    @Test func aSilentVenueIsNotConnected() {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.atMs += 75_000
        desk.pass(0)
        let shown = desk.book.shown(desk.worth, at: desk.atMs, desk.settings)
        #expect(shown.venues[0].state == .disconnected && shown.venues[0].note == "silent for 75 s")
        #expect(shown.venueAgeMs == 75_000)
    }

    @Test func theBookIsTheSameAfterItWasWrittenAndRead() throws {
        var desk = BookDesk()
        desk.venue(balance("1000"))
        desk.venue(.positions([held("2"), held("1", "ETH/USD", .short)]), id: "1")
        desk.price("BTC/USD", "100")
        desk.venue(.order(report(.partiallyFilled, "a", venueID: "V1", filled: 2)), id: "2")
        desk.venue(.fill(fill(.buy, "1", "100", id: "f", order: "a")))
        desk.bot(.position(held("3")))
        desk.bot(.apiResult(APIResult(endpoint: "/", isSuccess: false, latencyMs: 30, error: "no")))
        desk.bot(.signals(count: 3))
        desk.pass()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let written = try encoder.encode(desk.book)
        let read = try JSONDecoder().decode(Book.self, from: written)
        #expect(read == desk.book)
        #expect(try encoder.encode(read) == written)
        // And goes on as if nothing had been.
        var (before, after) = (desk, desk)
        after.book = read
        before.venue(.order(report(.canceled, "a", venueID: "V1", filled: 2)), id: "2")
        after.venue(.order(report(.canceled, "a", venueID: "V1", filled: 2)), id: "2")
        before.pass()
        after.pass()
        #expect(before.book == after.book)
        #expect(after.book.counts.duplicate == 1)
    }
}
