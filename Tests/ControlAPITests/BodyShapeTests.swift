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

    private static let resume = "/api/emergency/kill-switch/deactivate"

    @Test(arguments: [
        (resume, #"{"reason": "only kraken", "Scope": "venue=kraken"}"#), (resume, #"{"reason": "x", "Approve": "a"}"#),
        (resume, #"{"reason": "x", "override": {}}"#), (resume, #"{"scope": "venue=a", "scope": "venue=b"}"#),
        ("/api/v1/mode", #"{"mode": "paper", "scope": "venue=kraken"}"#), ("/api/v1/mode", #"{"Mode": "paper"}"#),
    ])
    func aResumeOrRestrictionIsNeverWiderThanItWasMeant(_ path: String, _ body: String) throws {
        let refusal = try Routes.find("POST", path).route.objection(to: Array(body.utf8))
        #expect(refusal?.status == 400 && refusal?.code == "bad_body")
    }

    @Test(arguments: [
        (resume, #"{"reason": "x", "mode": null, "scope": null, "overrides": null, "approve": null}"#),
        (resume, #"{"reason": 5}"#), (resume, #"{"reason": "x", "confirm": true}"#), (resume, ""),
        ("/api/v1/mode", #"{"mode": "paper", "reason": null}"#), ("/api/trading/halt", #"{"Scope": "x"}"#),
        ("/api/trading/halt", "nonsense"), ("/api/v1/events", "nonsense\n"),
    ])
    func whatTheAnswerJudgesItselfIsLeftToIt(_ path: String, _ body: String) throws {
        #expect(try Routes.find("POST", path).route.objection(to: Array(body.utf8)) == nil)
    }

    @Test func theDescriptionSaysWhereAnUnknownNameIsRefused() {
        let document = OpenAPI.document(Routes.all)
        for route in Routes.all where route.method == "POST" && !route.shape.body.isEmpty {
            let schema = document["paths"]?[route.path]?["post"]?["requestBody"]?["content"]?["application/json"]?[
                "schema"
            ]
            let isClosed = schema?["additionalProperties"] == .bool(false)
            let body = Array(#"{"no such name": 1}"#.utf8)
            #expect(isClosed == (route.objection(to: body) != nil), "\(route.path)")
        }
    }
}
