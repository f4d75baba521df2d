import Foundation
import Glibc
import KillSwitch
import SafetyEngine
import Testing

/// What acts over HTTP: resumes, restrictions, events.
@Suite struct APIActionTests {
    private static let resume = "/api/emergency/kill-switch/deactivate"

    @Test func aResumeNeedsTokenReasonAndAnswersAndUsesTheTokenUp() throws {
        let api = try APIDesk()
        #expect(try api.post(APIActionTests.resume, APIDesk.confirmed).status == 401)
        #expect(try api.post(APIActionTests.resume, APIDesk.confirmed, token: "nonsense").status == 401)
        let wrong = try api.post(APIActionTests.resume, APIDesk.confirmed, token: api.token("operator"))
        #expect(wrong.status == 403 && wrong["error"]?["code"] == .string("role_insufficient"))
        let token = try api.token("resume")
        #expect(try api.post(APIActionTests.resume, #"{"reason": " "}"#, token: token).status == 400)
        let half = #"{"reason": "Issue resolved", "confirm": ["understood", "resolved"]}"#
        let unasked = try api.post(APIActionTests.resume, half, token: token)
        #expect(unasked.status == 409 && unasked["error"]?["code"] == .string("preflight"))
        #expect(unasked["error"]?["checks"]?.array?.isEmpty == false)
        #expect(api.desk.mode == .halted)
        let resumed = try api.post(APIActionTests.resume, APIDesk.confirmed, token: token)
        #expect(resumed.status == 200 && resumed["mode"] == .string("live"), "\(resumed)")
        #expect(api.desk.mode == .live)
        _ = try api.post("/api/trading/halt")
        let spent = try api.post(APIActionTests.resume, APIDesk.confirmed, token: token)
        #expect(spent.status == 401 && spent["error"]?["code"] == .string("token_spent"))
        #expect(api.desk.mode == .halted)
        let record = try api.sandbox.killSwitch().observe().fold.records.last { $0.change == .resume }
        #expect(record?.op == "ann" && record?.source == .api && record?.reason == "fixed")
        #expect(record?.from.hasSuffix("; answers given in the request") == true)
        let events = try api.get("/api/risk/events").text
        #expect(events.contains("resume_refused") && events.contains("role_insufficient"))
    }

    @Test func aTokenOfTheRoleResumeAnswersWhereTheBodyHasAReasonOnly() throws {
        let api = try APIDesk()
        let body = #"{"reason": "Issue resolved"}"#
        // An admin's token resumes again and again, so it says nothing about this once.
        let admin = try api.post(APIActionTests.resume, body, token: api.token("admin"))
        #expect(admin.status == 409 && admin["error"]?["code"] == .string("preflight"))
        for confirm in ["null", "[]", "{}", "true", #"["understood", "resolved", "verified"]"#] {
            let body = #"{"reason": "Issue resolved", "confirm": \#(confirm)}"#
            #expect([400, 409].contains(try api.post(APIActionTests.resume, body, token: api.token("resume")).status))
        }
        #expect(api.desk.mode == .halted)
        let done = try api.post(APIActionTests.resume, body, token: api.token("resume"))
        #expect(done.status == 200 && done["is_active"] == .bool(false), "\(done)")
        let record = try api.sandbox.killSwitch().observe().fold.records.last { $0.change == .resume }
        #expect(record?.from.contains("; answers given with token ") == true, "\(record?.from ?? "")")
        #expect(try api.get("/api/risk/events").text.contains("answers given with token"))
    }

    @Test func aBreakerThatIsNotTrippedIsNoMistake() throws {
        let api = try APIDesk()
        let token = try api.token("operator")
        let done = try api.post("/api/risk/reset-ddl", token: token)
        #expect(done.status == 200 && done["reset"]?.array?.isEmpty == true, "\(done)")
        #expect(done["message"]?.string?.contains("is not tripped") == true)
        #expect(try api.post("/api/risk/reset-ddl", #"{"breaker": "NO_SUCH"}"#, token: token).status == 409)
    }

    @Test func activateAndDeactivateInTurnInOneProcess() throws {
        let api = try APIDesk()
        let token = try api.token("admin")
        for round in 0..<10 {
            let resumed = try api.post(APIActionTests.resume, APIDesk.confirmed, token: token)
            #expect(resumed.status == 200, "\(round) \(resumed)")
            #expect(try api.post("/api/emergency/kill-switch/activate").status == 200)
        }
        #expect(api.desk.mode == .halted)
        #expect(try api.get("/api/emergency/kill-switch/status")["activation_count"] == .integer(11))
    }

    @Test func aModeOnlyEverRestricts() throws {
        let api = try APIDesk()
        #expect(try api.post("/api/v1/mode", #"{"mode": "live"}"#)["error"]?["code"] == .string("needs_resume"))
        try #require(try api.sandbox.resume("begin").status == 0)
        let paper = try api.post("/api/v1/mode", #"{"mode": "paper", "reason": "rehearsal"}"#)
        #expect(paper.status == 200 && paper["mode"] == .string("paper"), "\(paper)")
        #expect(try api.get("/api/v1/trading/status").text.contains(#""trading_active":false,"mode":"paper""#))
        #expect(try api.post("/api/v1/mode", #"{"mode": "live"}"#).status == 409)
        #expect(try api.post("/api/v1/mode", "nonsense").status == 400)
    }

    @Test func eventsComeInWithAFeedToken() throws {
        let api = try APIDesk()
        let line = #"{"v":1,"type":"heartbeat","source":"bot:grid-1","name":"grid-1","interval_ms":5000}"#
        #expect(try api.post("/api/v1/events", line).status == 401)
        let answer = try api.post("/api/v1/events", line + "\nnonsense\n", token: api.token("feed", operator: "grid"))
        #expect(answer.status == 200 || answer.status == 400, "\(answer)")
        let refused = try #require(answer["refused"]?.array)
        #expect(refused.contains { $0["line"] == .integer(2) }, "\(answer)")
    }

    @Test func aVenueSpeaksOnlyWithATokenForIt() throws {
        let api = try APIDesk()
        func send(_ token: String, _ lines: String...) throws -> APIDesk.Answer {
            try api.post("/api/v1/events", lines.joined(separator: "\n"), token: token)
        }
        let bot = Line.metric("queue_depth", "5")
        let (feed, operators) = (try api.token("feed"), try api.token("operator"))
        for token in [feed, operators] {
            #expect(try send(token, bot)["taken"] == .integer(1))
            let refused = try send(token, bot, Line.connected(venue: "kraken"))
            #expect(refused.status == 403 && refused["error"]?["code"] == .string("venue_not_allowed"), "\(refused)")
        }
        let issued = try api.sandbox.estop(
            "token",
            "issue",
            "--operator",
            "grid",
            "--role",
            "feed",
            "--scope",
            "venue=kraken"
        )
        let kraken = issued.output.trimmingCharacters(in: .newlines)
        #expect(try send(kraken, bot, Line.connected(venue: "kraken"))["taken"] == .integer(2))
        #expect(try send(kraken, Line.connected(venue: "coinbase")).status == 403)
        // Speaking as one venue about another.
        let crossed = Line.connected(venue: "coinbase").replacingOccurrences(of: "venue:coinbase", with: "venue:kraken")
        #expect(try send(kraken, crossed).status == 403)
        #expect(try !api.desk.view().venues.contains { $0.name == "coinbase" })
        #expect(try api.get("/api/risk/events").text.contains("venue_not_allowed"))
    }

    @Test func whatSpendsNeedsAnOperator() throws {
        let api = try APIDesk(bots: 1)
        let paths = [
            "/api/risk/reset-ddl", "/api/exchange/reconnect", "/api/v1/agents/restart", "/api/v1/agents/x/restart",
            "/api/v1/emergency/liquidate_all",
        ]
        let viewer = try api.token("viewer")
        for path in paths {
            #expect(try api.post(path, #"{"reason": "x"}"#).status == 401, "\(path)")
            #expect(try api.post(path, #"{"reason": "x"}"#, token: viewer).status == 403, "\(path)")
        }
        let token = try api.token("operator")
        let connected = try api.post("/api/exchange/reconnect", token: token)
        #expect(connected.status == 200 && connected["success"] == .bool(true), "\(connected)")
        #expect(try api.post("/api/v1/agents/nobody/restart", token: token).status == 404)
        #expect(try api.get("/api/risk/events").text.contains("reconnect"))
    }

    @Test func theStreamBeginsWithASnapshotAndTellsOfAHalt() throws {
        let api = try APIDesk()
        try #require(try api.sandbox.resume("begin").status == 0)
        let output = api.sandbox.root + "/stream"
        let reader = api.sandbox.process("/usr/bin/curl", ["-sN", "-o", output, api.base + "/api/v1/stream"])
        try reader.run()
        defer {
            // It was started with its signals blocked.
            kill(reader.processIdentifier, SIGKILL)
            reader.waitUntilExit()
        }
        func text() -> String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
        try api.sandbox.wait("a snapshot") { text().contains("event: snapshot\n") && text().hasSuffix("\n\n") }
        try api.sandbox.wait("a first look") { text().contains("event: heartbeat") }
        _ = try api.post("/api/trading/halt", #"{"reason": "seen on the stream"}"#)
        try api.sandbox.wait("the halt") { text().contains("event: switch\n") && text().contains("seen on the stream") }
    }

    @Test func healthSaysWhatIsWrong() throws {
        let api = try APIDesk()
        #expect(try api.get("/health").status == 200)
        for path in ["/api/trading/health", "/api/risk/health", "/api/v1/health/detailed"] {
            let answer = try api.get(path)
            #expect(answer.status == 200 && answer["status"] == .string("healthy"), "\(path) \(answer)")
        }
        try FileManager.default.removeItem(atPath: api.desk.state + "/kill_switch.log")
        try Data([1]).write(to: URL(fileURLWithPath: api.desk.state + "/kill_switch.log"))
        try api.sandbox.wait("health notices") { try api.get("/health").status == 503 }
        #expect(try api.get("/health")["reasons"]?.array?.isEmpty == false)
    }
}
