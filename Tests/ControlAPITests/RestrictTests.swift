import KillSwitch
import Testing

@testable import ControlAPI

/// `POST /api/v1/mode`: whatever restricts needs no right, and every reason for it is kept.
@Suite struct RestrictTests {
    private static let mode = "/api/v1/mode"

    @Test(arguments: ["halted", "paper"]) func aSecondReasonIsALatchOfItsOwn(_ mode: String) throws {
        let scratch = try Scratch()
        let api = ControlAPI.of(scratch)
        let first = api.ask("POST", RestrictTests.mode, #"{"mode": "\#(mode)", "reason": "first"}"#)
        let second = api.ask("POST", RestrictTests.mode, #"{"mode": "\#(mode)", "reason": "second", "user_id": "bob"}"#)
        #expect(first.status == 200 && second.status == 200 && second.json?["mode"] == .string(mode))
        #expect(second.json?["durable"] == .bool(true) && second.json?["id"] == .string(scratch.halts.last?.id ?? ""))
        #expect(scratch.halts.suffix(2).map(\.reason) == ["first", "second"])
        #expect(scratch.halts.last?.op == "bob (unproved)")
        let latches = scratch.killSwitch.observe().latches.map(\.reason)
        #expect(latches.contains("first") && latches.contains("second"))
        let generations = [first, second].compactMap { $0.json?["generation"]?.integer }
        #expect(generations.count == 2 && generations[0] < generations[1])
    }

    @Test func whatIsWiderNeedsAResume() throws {
        let scratch = try Scratch()
        let api = ControlAPI.of(scratch)
        #expect(api.ask("POST", RestrictTests.mode, #"{"mode": "live"}"#).status == 409)
        _ = api.ask("POST", RestrictTests.mode, #"{"mode": "halted"}"#)
        let count = scratch.halts.count
        for mode in ["live", "paper", "reduce-only"] {
            let answer = api.ask("POST", RestrictTests.mode, #"{"mode": "\#(mode)"}"#)
            #expect(answer.status == 409 && answer.json?["error"]?["code"] == .string("needs_resume"))
        }
        #expect(scratch.halts.count == count && scratch.mode == .halted)
    }

    @Test func aMisspeltWordRestrictsNothing() throws {
        let scratch = try Scratch()
        let api = ControlAPI.of(scratch)
        for body in [#"{"mode": "halted", "scope": "venue=kraken"}"#, #"{"mode": "halted", "Reason": "x"}"#] {
            #expect(api.ask("POST", RestrictTests.mode, body).status == 400)
        }
        #expect(scratch.halts.allSatisfy { $0.source != .api } && scratch.mode == .paper)
    }

    /// From estop.sock another local user; from elsewhere with a token, or through a door that is open.
    @Test(
        arguments: [
            (nil, true, false, 200), ("TOKEN", true, false, 200), (nil, false, false, 401),
            ("TOKEN", false, false, 401),
            ("viewer", false, false, 200), ("feed", false, false, 200), ("operator", false, false, 200),
            (nil, false, true, 200),
        ] as [(String?, Bool, Bool, Int)]
    )
    func whoeverMayHaltMayRestrict(_ token: String?, _ mayRestrict: Bool, _ isOpen: Bool, _ status: Int) throws {
        let scratch = try Scratch()
        let api = ControlAPI.of(scratch, opensHalt: isOpen)
        let body = #"{"mode": "halted", "user_id": "mallory"}"#
        let answer = api.ask(
            "POST",
            RestrictTests.mode,
            body,
            token: token,
            isLocal: false,
            mayRestrict: mayRestrict
        )
        #expect(answer.status == status)
        #expect(scratch.mode == (status == 200 ? .halted : .paper))
        guard status == 200 else { return }
        let isProved = token.flatMap { NamedRoles.rights[$0] } != nil
        #expect(scratch.halts.last?.op == (isProved ? "ann" : "mallory (unproved)"))
        #expect(!isProved || scratch.halts.last?.from.contains("token id-\(token ?? "")") == true)
        // Reading is another thing.
        #expect(token != nil || api.ask("GET", "/api/v1/trading/status", isLocal: false).status == 401)
    }

    @Test func aReasonThatCameLaterIsTheAPIsAndStandsInTheHistory() throws {
        let scratch = try Scratch()
        let api = ControlAPI.of(scratch)
        _ = scratch.killSwitch.halt(HaltRequest(reason: "Emergency halt", source: .api))
        let id = try #require(scratch.halts.last?.id)
        let said = api.ask("POST", "/api/v1/halts/\(id)/reason", #"{"reason": "the feed is wrong", "user_id": "bob"}"#)
        #expect(said.status == 200)
        let note = try #require(scratch.killSwitch.observe().fold.records.last { $0.kind == .reason })
        #expect(note.source == .api && note.op == "bob (unproved)" && note.from.hasPrefix("http test"))
        let history = api.ask("GET", "/api/emergency/kill-switch/status").json?["recent_history"]?.array
        #expect(history?.last?["reason"] == .string("the feed is wrong"))
        let proved = api.ask(
            "POST",
            "/api/v1/halts/\(id)/reason",
            #"{"reason": "again"}"#,
            token: "feed",
            isLocal: false,
            mayRestrict: false
        )
        #expect(proved.status == 200)
        #expect(scratch.killSwitch.observe().fold.records.last { $0.kind == .reason }?.op == "ann")
    }
}
