import KillSwitch
import Testing

@testable import ControlAPI

/// What acts is told exactly what it acts on, or does nothing.
@Suite struct BodyShapeTests {
    private static let liquidate = "/api/v1/emergency/liquidate_all"
    private static let restart = "/api/v1/agents/restart"

    @Test(arguments: [
        (liquidate, ""), (liquidate, " \n"), (liquidate, "{}"),
        (liquidate, #"{"reason": "x", "max_slippage": 0.05, "time_limit": 300}"#),
        (liquidate, #"{"reason": "x", "account": "main"}"#), (restart, #"{"agents": ["a", "b"]}"#),
        (restart, #"{"agents": []}"#), (restart, #"{"name": "a"}"#),
    ])
    func whatIsDescribedIsTaken(_ path: String, _ body: String) throws {
        let shape = try Routes.find("POST", path).route.shape
        #expect(shape.objection(to: Array(body.utf8)) == nil)
    }

    @Test(arguments: [
        (liquidate, #"{"reason": "x", "acount": "main"}"#), (liquidate, #"{"reason": "x", "account": 5}"#),
        (liquidate, #"{"reason": "x", "account": null}"#), (liquidate, #"{"account": "a", "account": "b"}"#),
        (liquidate, #"["main"]"#), (liquidate, #"{"account": "main""#), (liquidate, "account=main"),
        (restart, #"{"agents": "sentiment"}"#), (restart, #"{"agents": [5]}"#), (restart, #"{"agents": {"a": 1}}"#),
        (restart, #"{"agent": ["a"]}"#),
    ])
    func whatIsMisunderstoodIsRefusedInsteadOfMeaningAllOfThem(_ path: String, _ body: String) throws {
        let shape = try Routes.find("POST", path).route.shape
        #expect(shape.objection(to: Array(body.utf8))?.status == 400)
    }
}
