import Desk
import KillSwitch
import Testing

@testable import ControlAPI

/// What the answer to a halt over HTTP says of a body that was not understood.
@Suite struct HaltAnswerTests {
    private func answer(_ body: String, coversAll: Bool) -> HaltAnswer {
        HaltAnswer(
            body: HaltBody(Array(body.utf8)),
            isTaken: true,
            isDurable: true,
            isActive: true,
            generation: 3,
            gates: nil,
            id: "1",
            coversAll: coversAll
        )
    }

    @Test(arguments: [
        #"{"scope": "vnue=kraken"}"#, #"{"scope": 7}"#, #"{"scope": ["venue=kraken"]}"#, #"{"scope": "venue=kraken""#,
        "[]", "halt",
    ])
    func aBodyThatIsNotUnderstoodHaltsEverythingAndSaysSo(_ body: String) {
        let made = answer(body, coversAll: true)
        #expect(made.scope.isGlobal && made.note?.contains("all trading was halted") == true, "\(body)")
    }

    @Test(arguments: ["", "{}", #"{"scope": null}"#, #"{"scope": ""}"#, #"{"reason": "fat finger"}"#])
    func aBodyThatAsksForEverythingNeedsNoNote(_ body: String) {
        #expect(answer(body, coversAll: true).note == nil, "\(body)")
    }

    @Test func aScopeThatThePageCouldNotTakeIsAHaltOfEverything() {
        let kept = answer(#"{"scope": "venue=kraken"}"#, coversAll: false)
        #expect(kept.note == nil && kept.scope.description == "venue=kraken")
        let widened = answer(#"{"scope": "venue=kraken"}"#, coversAll: true)
        #expect(widened.scope.isGlobal && widened.note?.contains("venue=kraken") == true)
        #expect(JSON(bytes: widened.answer.body)?["message"]?.string?.contains("all trading is halted") == true)
    }
}
