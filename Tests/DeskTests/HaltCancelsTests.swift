import SafetyEngine
import Testing

@testable import Desk

/// Orders are gone when a venue's list that was made after the halt says so, and not before.
struct HaltCancelsTests {
    @Test func aHaltAsksAtOnceAgainAndUntilALaterListIsEmpty() {
        var cancels = HaltCancels()
        #expect(!cancels.look(permits: true, openOrders: 3, heardSinceMs: 900, atMs: 1_000))
        #expect(cancels.shown(atMs: 1_000) == nil)
        #expect(cancels.look(permits: false, openOrders: 3, heardSinceMs: 900, atMs: 1_250))
        #expect(!cancels.look(permits: false, openOrders: 3, heardSinceMs: 900, atMs: 1_500))
        #expect(cancels.shown(atMs: 1_500) == EngineView.Cancels(askedAgeMs: 250, doneAfterMs: nil, found: 3, left: 3))
        #expect(cancels.look(permits: false, openOrders: 1, heardSinceMs: 900, atMs: 3_250))
        // Empty by a list that was made before the halt: not proof.
        #expect(!cancels.look(permits: false, openOrders: 0, heardSinceMs: 1_200, atMs: 3_500))
        #expect(cancels.shown(atMs: 3_500)?.doneAfterMs == nil)
        #expect(!cancels.look(permits: false, openOrders: 0, heardSinceMs: 3_600, atMs: 3_750))
        #expect(cancels.shown(atMs: 4_000)?.doneAfterMs == 2_500)
        #expect(cancels.shown(atMs: 4_000)?.found == 3)
        #expect(!cancels.look(permits: false, openOrders: 0, heardSinceMs: 9_000, atMs: 60_000))
    }

    @Test func anOrderThatComesUpAfterwardsIsCancelledToo() {
        var cancels = HaltCancels()
        _ = cancels.look(permits: false, openOrders: 0, heardSinceMs: nil, atMs: 100)
        _ = cancels.look(permits: false, openOrders: 0, heardSinceMs: 200, atMs: 300)
        #expect(cancels.shown(atMs: 400)?.doneAfterMs == 200)
        #expect(cancels.look(permits: false, openOrders: 1, heardSinceMs: 5_000, atMs: 5_100))
        #expect(cancels.shown(atMs: 5_100)?.doneAfterMs == nil)
    }

    @Test func whatIsLeftAfterTenSecondsIsAnAlarmWithTheManualWay() {
        var cancels = HaltCancels()
        _ = cancels.look(permits: false, openOrders: 2, heardSinceMs: 0, atMs: 0)
        cancels.failed("kraken", "unreachable")
        cancels.failed("kraken", "unreachable")
        #expect(cancels.shown(atMs: 10_000)?.problem == "kraken: unreachable")
        #expect(
            cancels.shown(atMs: 10_001)?.problem
                == "2 of 2 orders are still open: cancel by hand at the venue (kraken: unreachable)"
        )
    }

    @Test func aResumeForgetsIt() {
        var cancels = HaltCancels()
        _ = cancels.look(permits: false, openOrders: 2, heardSinceMs: 0, atMs: 0)
        _ = cancels.look(permits: true, openOrders: 2, heardSinceMs: 0, atMs: 10)
        #expect(cancels == HaltCancels())
    }

    @Test func onlySoManyOrdersLeaveInAnyMinute() {
        var pace = OrderPace(perMinute: 3)
        #expect(pace.take(nowMs: 0) == nil)
        #expect(pace.take(nowMs: 10) == nil)
        #expect(pace.take(nowMs: 20) == nil)
        #expect(pace.take(nowMs: 30) == 59_970)
        #expect(pace.take(nowMs: 59_999) == 1)
        #expect(pace.take(nowMs: 60_000) == nil)
        #expect(pace.take(nowMs: 60_001) == 9)
    }
}
