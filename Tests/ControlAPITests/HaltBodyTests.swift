import Desk
import KillSwitch
import Testing

@testable import ControlAPI

/// What is read of the body of a request to halt: whatever can be, and never a reason not to halt.
@Suite struct HaltBodyTests {
    @Test(arguments: [
        (#"{"scope": "venue=kraken"}"#, "venue=kraken", false), (#"{"scope": "vnue=kraken"}"#, "global", true),
        (#"{"scope": 5}"#, "global", true), (#"{"scope": null}"#, "global", false), ("{}", "global", false),
        ("", "global", false), ("no JSON at all", "global", true),
    ])
    func aScopeThatCannotBeReadHaltsEverythingAndTheAnswerSaysSo(_ text: String, _ scope: String, _ isUnread: Bool) {
        let body = HaltBody(text.utf8)
        #expect(body.scope.description == scope)
        let answer = HaltAnswer(
            body: body,
            isTaken: true,
            isDurable: true,
            isActive: true,
            generation: 3,
            gates: nil,
            id: "1",
            orders: nil
        )
        #expect((answer.note?.contains("all trading was halted") ?? false) == isUnread)
    }

    @Test func aMissingOrEmptyReasonIsAnEmergencyHalt() {
        for text in ["", "{}", #"{"reason": "  "}"#, #"{"reason": 5}"#] {
            #expect(HaltBody(text.utf8).reason == "Emergency halt", "\(text)")
        }
        #expect(HaltBody(#"{"reason": "exchange is down"}"#.utf8).reason == "exchange is down")
    }
}
