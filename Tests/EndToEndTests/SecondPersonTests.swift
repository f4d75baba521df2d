import Emulator
import Foundation
import Operators
import Testing

@testable import KillSwitch

/// A desk that takes two operators for a resume, by command, over HTTP and on two terminals.
@Suite struct SecondPersonEndToEndTests {
    static let configuration = "[resume]\napprovals = 2\n"
    static let phrases = ["ann": "correct horse battery", "ben": "another horse battery"]
    private static let resume = "/api/emergency/kill-switch/deactivate"
    private static let status = "/api/emergency/kill-switch/status"

    static func enrol(_ state: String, _ names: [String] = ["ann", "ben"]) throws {
        let store = OperatorStore(directory: state)
        for name in names { try store.add(name: name, passphrase: Passphrase(phrases[name] ?? "")) }
    }

    /// `estop resume` as that operator, by a wrapper that has asked.
    static func command(_ desk: EngineDesk, _ name: String, _ words: [String]) throws -> Sandbox.Result {
        try desk.sandbox.run(
            "estop",
            ["resume", "--operator", name, "--stdin", "--confirm", "understood,resolved,verified,safe"] + words,
            input: "RESUME\n\(phrases[name] ?? "")\n"
        )
    }

    static func waiting(_ desk: EngineDesk) throws -> JSON? {
        let answer = try JSON(desk.run("status", "--json").output)?["waiting"]
        return answer == .null ? nil : answer
    }

    static func token(_ api: APIDesk, _ name: String, role: String = "resume") throws -> String {
        let issued = try api.sandbox.run(
            "estop",
            ["token", "issue", "--operator", name, "--role", role, "--ttl", "15m", "--stdin"],
            input: "\(phrases[name] ?? "")\n"
        )
        try #require(issued.status == 0, "\(issued.error)")
        return issued.output.trimmingCharacters(in: .newlines)
    }

    // MARK: - By command

    @Test func oneAsksByCommandAndAnotherConfirms() throws {
        let desk = try EngineDesk(Self.configuration)
        try desk.serve()
        let nobody = try Self.command(desk, "ann", ["fixed"])
        #expect(nobody.status == 1 && nobody.error.contains("estop operator add"), "\(nobody)")
        try Self.enrol(desk.state, ["ann"])
        let one = try Self.command(desk, "ann", ["fixed"])
        #expect(one.status == 1 && one.error.contains("only one is enrolled"), "\(one)")
        try Self.enrol(desk.state, ["ben"])

        let asked = try Self.command(desk, "ann", ["the feed is back"])
        #expect(asked.status == 1 && asked.output.contains("NOT RESUMED YET"), "\(asked)")
        #expect(desk.mode == .halted)
        let id = try #require(try Self.waiting(desk)?["id"]?.string)
        #expect(asked.output.contains("estop resume --approve \(id)"))
        let shown = try desk.run("status").output
        #expect(shown.contains("ann asked to resume to live (the feed is back)"), "\(shown)")

        let own = try Self.command(desk, "ann", ["--approve", id])
        #expect(own.status == 1 && own.error.contains("another operator"), "\(own)")
        let another = try Self.command(desk, "ben", ["mine"])
        #expect(another.status == 1 && another.error.contains("--approve \(id)"), "\(another)")
        let missing = try Self.command(desk, "ben", ["--approve", "00000000"])
        #expect(missing.status == 1 && missing.error.contains("no request"), "\(missing)")
        #expect(try Self.command(desk, "ben", ["--approve", id, "--mode", "paper"]).status == 64)
        #expect(try Self.command(desk, "ben", ["--approve", id, "--override", "gates=x"]).status == 64)
        #expect(try Self.command(desk, "ben", ["--approve", id, "a reason"]).status == 64)
        #expect(desk.mode == .halted)

        let confirmed = try Self.command(desk, "ben", ["--approve", id])
        #expect(confirmed.status == 0 && confirmed.error.contains("ann asked to resume to live"), "\(confirmed)")
        #expect(desk.mode == .live)
        let record = try #require(try desk.sandbox.killSwitch().observe().fold.lastApplied)
        #expect(record.op == "ben" && record.askedBy == "ann" && record.reason == "the feed is back")
        #expect(try desk.run("history").output.contains("ben (asked by ann)"))
        #expect(try Self.command(desk, "ben", ["--approve", id]).status == 1)
        try desk.sandbox.wait("the audit names both") {
            let audit = try desk.run("audit", "--json").output
            return audit.contains("resume_asked") && audit.contains(#""asked_by":"ann""#)
        }
    }

    @Test func aRequestSurvivesTheHostAndNoHalt() throws {
        let desk = try EngineDesk(Self.configuration)
        try desk.serve()
        try Self.enrol(desk.state)
        try #require(try Self.command(desk, "ann", ["fixed"]).output.contains("NOT RESUMED YET"))
        let id = try #require(try Self.waiting(desk)?["id"]?.string)
        desk.crash()
        try desk.serve()
        #expect(try Self.waiting(desk)?["id"]?.string == id)
        try desk.run("halt", "one more")
        #expect(try Self.waiting(desk) == nil)
        let late = try Self.command(desk, "ben", ["--approve", id])
        #expect(late.status == 1 && late.error.contains("counts no more"), "\(late)")
        #expect(desk.mode == .halted)
    }

    // MARK: - Over HTTP

    @Test func oneAsksOverHTTPAndAnotherConfirms() throws {
        let api = try APIDesk(Self.configuration)
        try Self.enrol(api.desk.state)
        let (ann, ben) = (try Self.token(api, "ann"), try Self.token(api, "ben"))
        let answers = #""confirm": ["understood", "resolved", "verified", "safe"]"#
        let asked = try api.post(Self.resume, APIDesk.confirmed, token: ann)
        #expect(asked.status == 202 && asked["success"] == .bool(false), "\(asked)")
        let id = try #require(asked["approve"]?.string)
        #expect((asked["expires_in_ms"]?.integer ?? 0) > 290_000 && asked["expires_at"]?.string != nil)
        #expect(try api.get(Self.status)["waiting"]?["id"] == .string(id))
        #expect(try api.get("/api/v1/snapshot")["switch"]?["waiting"]?["asked_by"] == .string("ann"))

        func confirm(_ id: String, _ token: String?, _ more: String = "") throws -> APIDesk.Answer {
            try api.post(Self.resume, #"{"approve": "\#(id)", \#(answers)\#(more)}"#, token: token)
        }
        // The first's token has had its part; another one of hers is still hers.
        #expect(try confirm(id, ann).status == 401)
        let own = try confirm(id, Self.token(api, "ann"))
        #expect(own.status == 403 && own["error"]?["code"] == .string("own_approval"), "\(own)")
        let wider = try confirm(id, ben, #", "mode": "live""#)
        #expect(wider.status == 400 && wider["error"]?["code"] == .string("bad_approve"), "\(wider)")
        let missing = try confirm("00000000", ben)
        #expect(missing.status == 409 && missing["error"]?["code"] == .string("approval_missing"), "\(missing)")
        let second = try api.post(Self.resume, APIDesk.confirmed, token: ben)
        #expect(second.status == 409 && second["error"]?["code"] == .string("resume_waiting"), "\(second)")
        #expect(second["error"]?["waiting"]?["id"] == .string(id))
        let unanswered = try api.post(Self.resume, #"{"approve": "\#(id)", "confirm": ["safe"]}"#, token: ben)
        #expect(unanswered.status == 409 && unanswered["error"]?["code"] == .string("preflight"), "\(unanswered)")
        #expect(try confirm(id, nil).status == 401)
        #expect(api.desk.mode == .halted)

        let confirmed = try confirm(id, ben)
        #expect(confirmed.status == 200 && confirmed["mode"] == .string("live"), "\(confirmed)")
        let latest = try api.get(Self.status)["recent_history"]?.array?.last
        #expect(latest?["operator"] == .string("ben") && latest?["asked_by"] == .string("ann"))
        #expect(try api.get(Self.status)["waiting"] == .null)

        _ = try api.post("/api/trading/halt")
        let used = try confirm(id, Self.token(api, "ben"))
        #expect(used.status == 409 && used["error"]?["code"] == .string("approval_void"), "\(used)")
        let events = try api.get("/api/risk/events?limit=100").text
        for part in ["resume_asked", "resume_refused", "the second person has to be another", "no request"] {
            #expect(events.contains(part), "\(part) \(events)")
        }
        #expect(api.desk.mode == .halted)
    }

    @Test func anExpiredRequestIsRefusedOverHTTP() throws {
        let api = try APIDesk(Self.configuration)
        try Self.enrol(api.desk.state)
        let asked = try api.post(Self.resume, APIDesk.confirmed, token: Self.token(api, "ann"))
        let id = try #require(asked["approve"]?.string, "\(asked)")
        let directory = try StateDirectory(api.desk.state)
        var kept = try #require(KeptResumeFile.read(directory))
        kept.askedNs &-= 300_000_000_000
        try KeptResumeFile.write(kept, to: directory)
        let late = try api.post(
            Self.resume,
            #"{"approve": "\#(id)", "confirm": ["understood", "resolved", "verified", "safe"]}"#,
            token: Self.token(api, "ben")
        )
        #expect(late.status == 409 && late["error"]?["code"] == .string("approval_expired"), "\(late)")
        #expect(api.desk.mode == .halted)
    }

    /// Whoever makes tokens without anybody enrolled is one person, whatever names they write on them.
    @Test func twoNamesOfNobodyEnrolledAreNotTwoPeople() throws {
        let api = try APIDesk(Self.configuration)
        for name in ["ann", "ben"] {
            let answer = try api.post(Self.resume, APIDesk.confirmed, token: api.token("resume", operator: name))
            #expect(answer.status == 409 && answer["error"]?["code"] == .string("operators_missing"), "\(answer)")
        }
        #expect(api.desk.mode == .halted)
    }

    // MARK: - On terminals

    @Test func oneAsksOnATerminalAndAnotherConfirmsOnTheirs() throws {
        let desk = try EngineDesk(Self.configuration)
        try desk.serve()
        try Self.enrol(desk.state)
        try desk.run("halt", "bad fills")
        let first = try TerminalProgram(desk.sandbox, height: 60)
        try first.waitForScreen()
        first.type("R")
        try first.wait("the first's checks") { first.shows("takes two operators") && first.shows("checks: 0 failing") }
        Clock.sleep(milliseconds: 350)
        // The mode, the answers, the reason, the word, who, the passphrase, then the button.
        first.type("\t \tyyyyall is well\tRESUME\tann\t\(Self.phrases["ann"] ?? "")\t")
        try first.wait("the word") { first.shows("RESUME") && first.shows("» [ Resume ]") }
        try first.wait("the checks again") { first.shows("checks: 0 failing") }
        first.type("\r")
        try first.wait("that it waits") { first.shows("waiting for a second person (4:") }
        let id = try #require(try Self.waiting(desk)?["id"]?.string)
        #expect(first.shows("estop resume --approve \(id)"))
        #expect(desk.mode == .halted)

        let second = try TerminalProgram(desk.sandbox, height: 60)
        try second.waitForScreen()
        try second.wait("that something waits") { second.shows("ann asked to resume to live") }
        second.type("R")
        try second.wait("who asked what and why") {
            second.shows("ann asked for this") && second.shows("reason: all is well") && second.shows("» [ Cancel ]")
                && second.shows("checks: 0 failing")
        }
        Clock.sleep(milliseconds: 350)
        second.type("\tyyyyRESUME\tben\t\(Self.phrases["ben"] ?? "")\t")
        try second.wait("the button") { second.shows("» [ Resume ]") && second.shows("checks: 0 failing") }
        second.type("\r")
        try second.wait("trading") { second.emulator.text(row: 0).contains("TRADING") }
        try first.wait("the first is told") { first.shows("ben confirmed it") }
        let record = try #require(try desk.sandbox.killSwitch().observe().fold.lastApplied)
        #expect(record.op == "ben" && record.askedBy == "ann" && record.source == .keyboard)
    }
}
