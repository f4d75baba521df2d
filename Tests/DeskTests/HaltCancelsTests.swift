import Testing

@testable import Desk
@testable import KillSwitch
@testable import SafetyEngine

/// Venues are asked to cancel and to list until the engine has proved that nothing is left.
struct HaltCancelsTests {
    private func halt(_ id: String = "h", _ scope: Scope = .global, period: UInt32 = 2) -> HaltInForce {
        HaltInForce(id: id, scope: scope, state: Word(generation: 3, mode: .halted), period: period)
    }

    private func proof(
        _ standing: OrdersProof.Standing,
        id: String = "h",
        ageMs: UInt64 = 0,
        open: [String] = [],
        new: Int = 0
    ) -> OrdersProof {
        var account = OrdersProof.Account(venue: "kraken", account: "main", state: open.isEmpty ? .waiting : .open)
        account.open = open.count
        account.names = open
        account.new = new
        return OrdersProof(
            id: id,
            scope: "global",
            generation: 3,
            ageMs: ageMs,
            goneAfterMs: standing == .gone ? 250 : nil,
            found: 3,
            standing: standing,
            isStopped: true,
            accounts: [account],
            claimed: []
        )
    }

    @Test func aHaltAsksAtOnceAgainAndUntilItIsProved() {
        var cancels = HaltCancels()
        #expect(cancels.look([], [], atMs: 1_000) == HaltCancels.Demand())
        #expect(cancels.look([halt()], [], atMs: 1_250) == HaltCancels.Demand(cancels: [.global], lists: true))
        #expect(cancels.look([halt()], [proof(.waiting)], atMs: 1_300) == HaltCancels.Demand())
        #expect(cancels.look([halt()], [proof(.waiting)], atMs: 1_500) == HaltCancels.Demand(lists: true))
        #expect(
            cancels.look([halt()], [proof(.open)], atMs: 3_250) == HaltCancels.Demand(cancels: [.global], lists: true)
        )
        #expect(cancels.look([halt()], [proof(.gone)], atMs: 9_000) == HaltCancels.Demand())
        // One that appears afterwards is cancelled too.
        #expect(cancels.look([halt()], [proof(.open)], atMs: 9_250).cancels == [.global])
    }

    @Test func aHaltOnTopAsksNoMoreAndOneAfterAResumeAsksAnew() {
        var cancels = HaltCancels()
        _ = cancels.look([halt()], [], atMs: 0)
        #expect(cancels.look([halt("i")], [proof(.waiting, id: "i")], atMs: 100).cancels == [])
        #expect(cancels.look([halt("j", period: 8)], [], atMs: 200).cancels == [.global])
        _ = cancels.look([], [], atMs: 300)
        #expect(cancels.look([halt("j", period: 8)], [], atMs: 400).cancels == [.global])
    }

    @Test func theHaltOfAScopeAsksForItsScope() throws {
        var cancels = HaltCancels()
        let scope = try Scope("venue=kraken,account=main")
        #expect(cancels.look([halt("s", scope)], [], atMs: 0).cancels == [scope])
    }

    @Test func whatIsLeftAfterTenSecondsIsAnAlarmWithTheManualWay() {
        var cancels = HaltCancels()
        cancels.failed("kraken", "unreachable")
        cancels.failed("kraken", "unreachable")
        #expect(
            cancels.shown(proof(.open, ageMs: 10_000, open: ["a"]), reached: ["kraken"]).problem
                == "kraken: unreachable"
        )
        #expect(
            cancels.shown(proof(.open, ageMs: 10_001, open: ["a", "b"]), reached: []).problem
                == "NOT gone: 2 at kraken (client ids a, b), no adapter: cancel by hand at the venue (kraken: unreachable)"
        )
        let done = cancels.shown(proof(.gone), reached: [])
        #expect(done.doneAfterMs == 250 && done.problem.isEmpty && done.standing == .gone)
    }

    @Test func newOrdersAreAnAlarmAtOnceAndAreCountedApart() {
        let shown = HaltCancels().shown(proof(.open, open: ["a"], new: 8), reached: ["kraken"])
        #expect(shown.new == 8 && shown.left == 1)
        #expect(shown.problem.contains("8 new orders at kraken since the halt: something does not ask its gate"))
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
