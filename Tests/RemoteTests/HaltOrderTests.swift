import SafetyEngine
import Testing

@testable import Remote

@Suite struct HaltOrderTests {
    @Test func itIsSentAtOnceAndThenOnlyOneAtATime() {
        var order = HaltOrder(askedMs: 1_000, reason: "x")
        #expect(order.isDue(atMs: 1_000))
        order.began(atMs: 1_000)
        #expect(!order.isDue(atMs: 60_000))
        order.hurry(atMs: 60_000)
        #expect(!order.isDue(atMs: 60_000))
        #expect(order.tries == 1)
    }

    @Test func itIsTriedUntilItIsConfirmedWhateverComesInBetween() {
        var order = HaltOrder(askedMs: 0, reason: "x")
        var now: UInt64 = 0
        for round in 0..<5_000 {
            #expect(order.isDue(atMs: now))
            order.began(atMs: now)
            let answer: HaltOrder.Answer = round % 7 == 3 ? .onPage(id: "h", problem: "no disk") : .failed("refused")
            order.ended(answer, atMs: now)
            #expect(order.nextMs - now <= HaltOrder.diskMs)
            #expect(order.limitMs <= 10_000)
            #expect(order.shown(atMs: now) != nil)
            now = order.nextMs
        }
        order.began(atMs: now)
        order.ended(.confirmed(id: "h", generation: 9), atMs: now + 3)
        #expect(order.isConfirmed && order.confirmedMs == now + 3 && order.id == "h")
        #expect(!order.isDue(atMs: .max))
        #expect(order.shown(atMs: now + 4) == nil)
    }

    @Test func aLinkThatIsBackIsUsedAtOnce() {
        var order = HaltOrder(askedMs: 0, reason: "x")
        for _ in 0..<10 {
            order.began(atMs: 0)
            order.ended(.failed("refused"), atMs: 0)
        }
        #expect(!order.isDue(atMs: 10))
        order.hurry(atMs: 10)
        #expect(order.isDue(atMs: 10))
    }

    @Test func whatTheScreenSaysHasItsAgeTriesAndReason() throws {
        var order = HaltOrder(askedMs: 1_000, reason: "x")
        order.began(atMs: 1_000)
        order.ended(.failed("connection refused"), atMs: 1_010)
        let shown = try #require(order.shown(atMs: 4_000))
        #expect(shown.askedAgeMs == 3_000 && shown.tries == 1 && shown.problem == "connection refused")
        #expect(!shown.isOnPage)
        order.began(atMs: 4_000)
        order.ended(.onPage(id: "h", problem: "not on its disk"), atMs: 4_100)
        #expect(order.shown(atMs: 4_200)?.isOnPage == true)
        #expect(!order.isConfirmed)
    }

    @Test(arguments: [
        (
            200, #"{"success":true,"is_active":true,"id":"h","generation":9,"durable":true}"#,
            HaltOrder.Answer.confirmed(id: "h", generation: 9)
        ),
        (
            200, #"{"success":true,"is_active":true,"id":"h","generation":9,"durable":false}"#,
            .onPage(id: "h", problem: "halted there, and not on its disk yet")
        ),
        (200, #"{"success":true}"#, .failed("place answered, but not as estop confirms a halt")),
        (
            200, #"{"success":true,"is_active":false,"id":"h","generation":9,"durable":true}"#,
            .failed("place answered, but not as estop confirms a halt")
        ),
        (200, "<html>It works!</html>", .failed("place answered, but not as estop confirms a halt")),
        (
            500, #"{"success":false,"message":"NOT HALTED","is_active":false,"id":"h","generation":9,"durable":false}"#,
            .failed("place: NOT HALTED")
        ),
        (
            401, #"{"error":{"code":"token_spent","message":"used up"}}"#,
            .failed("the token is not accepted (token_spent): used up")
        ),
        (502, "<html>Bad Gateway</html>", .failed("a proxy answers at place (HTTP 502), and no estop behind it")),
        (0, "", .failed("place did not answer in time")),
    ])
    func onlyEstopsOwnWordConfirmsAHalt(status: Int, body: String, answer: HaltOrder.Answer) {
        let ended = Ended(kind: status == 0 ? .timedOut : .complete, status: status, error: "")
        #expect(HaltReply.answer(ended, Array(body.utf8), place: "place") == answer)
    }
}
