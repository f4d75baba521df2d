import SafetyEngine
import Testing

@testable import Desk

/// Orders are gone when a venue's list that was made after the halt says so, and not before.
struct HaltCancelsTests {
    /// Looks, and says whether every venue is to be asked.
    private func asks(
        _ cancels: inout HaltCancels,
        permits: Bool = false,
        open: Int,
        heard: UInt64?,
        at atMs: UInt64
    ) -> Bool {
        cancels.look(
            permits: permits,
            openOrders: open,
            listings: [.init(account: "kraken/main", atMs: heard)],
            atMs: atMs
        )
    }

    @Test func aHaltAsksAtOnceAgainAndUntilALaterListIsEmpty() {
        var cancels = HaltCancels()
        #expect(asks(&cancels, permits: true, open: 3, heard: 900, at: 1_000) == false)
        #expect(cancels.shown(atMs: 1_000) == nil)
        #expect(asks(&cancels, open: 3, heard: 900, at: 1_250) == true)
        #expect(asks(&cancels, open: 3, heard: 900, at: 1_500) == false)
        #expect(cancels.shown(atMs: 1_500) == EngineView.Cancels(askedAgeMs: 250, doneAfterMs: nil, found: 3, left: 3))
        #expect(asks(&cancels, open: 1, heard: 900, at: 3_250) == true)
        // Empty by a list that was made before the halt: not proof.
        #expect(asks(&cancels, open: 0, heard: 1_200, at: 3_500) == false)
        #expect(cancels.shown(atMs: 3_500)?.doneAfterMs == nil)
        #expect(asks(&cancels, open: 0, heard: 3_600, at: 3_750) == false)
        #expect(cancels.shown(atMs: 4_000)?.doneAfterMs == 2_500)
        #expect(cancels.shown(atMs: 4_000)?.found == 3)
        #expect(asks(&cancels, open: 0, heard: 9_000, at: 60_000) == false)
    }

    @Test func anOrderThatComesUpAfterwardsIsCancelledToo() {
        var cancels = HaltCancels()
        _ = cancels.look(permits: false, openOrders: 0, listings: [.init(account: "kraken/main")], atMs: 100)
        _ = cancels.look(permits: false, openOrders: 0, listings: [.init(account: "kraken/main", atMs: 200)], atMs: 300)
        #expect(cancels.shown(atMs: 400)?.doneAfterMs == 200)
        #expect(asks(&cancels, open: 1, heard: 5_000, at: 5_100) == true)
        #expect(cancels.shown(atMs: 5_100)?.doneAfterMs == nil)
    }

    @Test func whatIsLeftAfterTenSecondsIsAnAlarmWithTheManualWay() {
        var cancels = HaltCancels()
        _ = cancels.look(permits: false, openOrders: 2, listings: [], atMs: 0)
        cancels.failed("kraken", "unreachable")
        cancels.failed("kraken", "unreachable")
        #expect(cancels.shown(atMs: 10_000)?.problem == "kraken: unreachable")
        #expect(
            cancels.shown(atMs: 10_001)?.problem
                == "2 of 2 orders are still open: cancel by hand at the venue (kraken: unreachable)"
        )
    }

    @Test func oneAccountThatDidNotListItsOrdersLeavesItUnprovedAndIsNamed() {
        var cancels = HaltCancels()
        for (atMs, paper) in [(100, 50), (400, 300), (12_000, 11_000)] as [(UInt64, UInt64)] {
            let listings = [
                HaltCancels.Listing(account: "paper/main", atMs: paper), HaltCancels.Listing(account: "kraken/main"),
            ]
            _ = cancels.look(permits: false, openOrders: 0, listings: listings, atMs: atMs)
        }
        #expect(cancels.shown(atMs: 12_000)?.doneAfterMs == nil)
        #expect(
            cancels.shown(atMs: 12_000)?.problem
                == "kraken/main did not list its orders since: cancel by hand at the venue"
        )
    }

    @Test func anotherHaltAfterAResumeThatNobodySawIsAnotherHalt() {
        var cancels = HaltCancels()
        func look(_ generation: UInt32, _ resumed: String?, heard: UInt64, at atMs: UInt64) -> Bool {
            cancels.look(
                permits: false,
                openOrders: 0,
                listings: [.init(account: "kraken/main", atMs: heard)],
                atMs: atMs,
                generation: generation,
                resumed: resumed
            )
        }
        #expect(look(3, nil, heard: 50, at: 100))
        #expect(!look(3, nil, heard: 200, at: 300) && cancels.isDone(with: 3) && !cancels.isDone(with: 5))
        // A second halt on top of the first: what is gone is gone, as soon as somebody has looked.
        #expect(!look(5, nil, heard: 200, at: 400) && cancels.isDone(with: 5))
        #expect(look(9, "r", heard: 200, at: 500) && !cancels.isDone(with: 9))
        #expect(!look(9, "r", heard: 600, at: 700) && cancels.isDone(with: 9))
    }

    @Test func aDeskThatReachesNoVenueGoesByALookMadeAfterTheHalt() {
        var cancels = HaltCancels()
        func look(open: Int, viewMs: UInt64, at atMs: UInt64) {
            _ = cancels.look(
                permits: false,
                openOrders: open,
                listings: [.init(account: "kraken/main")],
                atMs: atMs,
                viewMs: viewMs,
                reaches: false
            )
        }
        look(open: 0, viewMs: 90, at: 100)
        look(open: 0, viewMs: 100, at: 150)
        #expect(!cancels.isDone)
        look(open: 0, viewMs: 200, at: 250)
        #expect(cancels.isDone && cancels.shown(atMs: 250) == nil)
        look(open: 1, viewMs: 300, at: 350)
        #expect(!cancels.isDone && cancels.shown(atMs: 350)?.left == 1)
        look(open: 0, viewMs: 400, at: 450)
        #expect(cancels.isDone && cancels.shown(atMs: 450)?.doneAfterMs == 350)
    }

    @Test func aResumeForgetsIt() {
        var cancels = HaltCancels()
        _ = cancels.look(permits: false, openOrders: 2, listings: [], atMs: 0)
        _ = cancels.look(permits: true, openOrders: 2, listings: [], atMs: 10)
        #expect(cancels == HaltCancels())
    }

    private func take(_ pace: inout OrderPace, _ nowMs: UInt64) -> UInt64? { pace.take(nowMs: nowMs) }

    @Test func onlySoManyOrdersLeaveInAnyMinute() {
        var pace = OrderPace(perMinute: 3)
        #expect(take(&pace, 0) == nil)
        #expect(take(&pace, 10) == nil)
        #expect(take(&pace, 20) == nil)
        #expect(take(&pace, 30) == 59_970)
        #expect(take(&pace, 59_999) == 1)
        #expect(take(&pace, 60_000) == nil)
        #expect(take(&pace, 60_001) == 9)
    }
}
