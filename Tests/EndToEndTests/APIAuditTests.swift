import Foundation
import KillSwitch
import SafetyEngine
import Testing

/// Who asked is on record, and what is described is what comes, on a real host.
@Suite struct APIAuditTests {
    private static let elsewhere = ["-H", "X-Forwarded-For: 203.0.113.7"]

    private func audit(_ api: APIDesk) throws -> [JSON] {
        try api.get("/api/risk/events?limit=200").json?["events"]?.array ?? []
    }

    @Test func haltsFromElsewhereAreOnRecordWithTheirOperatorRefusedOnesToo() throws {
        let api = try APIDesk()
        let (halt, claim) = (api.base + "/api/trading/halt", #"{"user_id": "mallory", "reason": "fire"}"#)
        let refused = try api.curl(APIAuditTests.elsewhere + ["-X", "POST", halt, "-d", claim])
        #expect(refused.status == 401 && refused["error"]?["code"] == .string("token_missing"))
        let viewer = ["-H", "Authorization: Bearer \(try api.token("viewer"))"]
        let halted = try api.curl(APIAuditTests.elsewhere + viewer + ["-X", "POST", halt, "-d", claim])
        #expect(halted.status == 200, "\(halted)")
        let record = try #require(try api.sandbox.killSwitch().observe().fold.records.last { $0.change == .halt })
        #expect(record.op == "ann" && record.reason == "fire")
        #expect(record.from.contains("203.0.113.7; token ") && record.from.hasSuffix("says it is mallory"))
        // Through a tunnel it comes from this machine, with a token that is not needed.
        #expect(try api.curl(viewer + ["-X", "POST", halt]).status == 200)
        let second = try #require(try api.sandbox.killSwitch().observe().fold.records.last { $0.change == .halt })
        #expect(second.op == "ann")
        try api.sandbox.wait("the refusal is in the audit") {
            try audit(api).contains { entry in
                entry["type"] == .string("refused") && entry["details"]?["path"] == .string("/api/trading/halt")
                    && entry["details"]?["code"] == .string("token_missing")
                    && entry["details"]?["from"]?.string?.contains("203.0.113.7") == true
            }
        }
        let metrics = try api.get("/metrics").text
        for status in ["200", "401"] {
            #expect(metrics.contains(#"path="/api/trading/halt",status="\#(status)""#), "\(status)")
        }
        // A good token whose role is not enough has proved who asks.
        let mayNot = try api.post("/api/risk/reset-ddl", token: api.token("viewer", operator: "bob"))
        #expect(mayNot.status == 403)
        try api.sandbox.wait("bob is in the audit") {
            try audit(api).contains {
                $0["who"] == .string("operator:bob") && $0["details"]?["code"] == .string("role_insufficient")
                    && $0["details"]?["claims_to_be"] == nil
            }
        }
    }

    @Test func whatRestartsIsWhatCanBeRestartedAndOnce() throws {
        let calls = NSTemporaryDirectory() + "estop-calls-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: calls) }
        let configuration = """
            [supervisors.scalper]
            interval = "10m"
            restart = ["/bin/sh", "-c", "echo x >> \(calls)"]

            [supervisors.silent]
            interval = "10m"

            """
        let api = try APIDesk(configuration)
        let token = try api.token("operator")
        func count() -> Int { (try? String(contentsOfFile: calls, encoding: .utf8))?.utf8.count { $0 == 0x78 } ?? 0 }
        let halted = try api.post("/api/v1/agents/restart", token: token)
        #expect(halted.status == 409 && halted["error"]?["code"] == .string("halted") && count() == 0, "\(halted)")
        try #require(try api.sandbox.resume("begin").status == 0)
        let all = try api.post("/api/v1/agents/restart", token: token)
        #expect(all.status == 200 && all["success"] == .bool(true), "\(all)")
        #expect(all["agents"]?.array?.map { $0["name"]?.string } == ["scalper"] && count() == 1)
        let twice = try api.post("/api/v1/agents/restart", #"{"agents": ["scalper", "scalper"]}"#, token: token)
        #expect(twice.status == 200 && twice["agents"]?.array?.count == 1 && count() == 2)
        let mixed = try api.post("/api/v1/agents/restart", #"{"agents": ["scalper", "silent"]}"#, token: token)
        #expect(
            mixed.status == 207 && mixed["success"] == .bool(false) && mixed["agents"]?.array?.count == 2
                && count() == 3
        )
        // What only a host has, with every name that is described.
        for path in ["/api/risk/events", "/api/orders/recent"] {
            let answer = try api.get(path)
            let described = try #require(
                try api.get("/openapi.json").json?["paths"]?[path]?["get"]?["responses"]?["200"]?["content"]
            )
            guard case .object(let names)? = described["application/json"]?["schema"]?["properties"] else {
                Issue.record("\(path) is not described")
                continue
            }
            for name in names { #expect(answer[name.key] != nil, "\(path) \(name.key)") }
        }
    }

    @Test func whereNothingCanBeRestartedThatIsSaid() throws {
        let api = try APIDesk()
        let none = try api.post("/api/v1/agents/restart", token: api.token("operator"))
        #expect(none.status == 409 && none["error"]?["code"] == .string("nothing_restartable"), "\(none)")
    }

    @Test func aBreakerIsResetWithAReasonOrWithTheWordThatThereIsNone() throws {
        let rule = """
            [rules.QUEUE_DEPTH]
            metric = "queue_depth"
            over = 100
            level = "critical"
            kill = true

            """
        let api = try APIDesk(rule)
        let token = try api.token("operator")
        for (body, reason) in [
            (#"{"breaker": "QUEUE_DEPTH"}"#, "no reason was given"),
            (#"{"breaker": "QUEUE_DEPTH", "reason": " "}"#, "no reason was given"),
            (#"{"breaker": "QUEUE_DEPTH", "reason": "checked"}"#, "checked"),
        ] {
            try api.desk.ingest(Line.metric("queue_depth", "500"))
            try api.desk.wait("it trips") { $0.breakers.contains { $0.name == "QUEUE_DEPTH" && $0.isTripped } }
            // What tripped it is over first: else it trips again before it is looked at.
            try api.desk.ingest(Line.metric("queue_depth", "1"))
            let reset = try api.post("/api/risk/reset-ddl", body, token: token)
            #expect(reset.status == 200 && reset["reset"]?.array?.count == 1, "\(reset)")
            let entry = try audit(api).first { $0["type"] == .string("request") }
            #expect(entry?["details"]?["reason"] == .string(reason) && entry?["who"] == .string("operator:ann"))
            try api.desk.wait("it is reset") { $0.breakers.contains { $0.name == "QUEUE_DEPTH" && !$0.isTripped } }
        }
    }

    @Test func connectionsEndWhenTheirClientSaysSo() throws {
        let api = try APIDesk()
        func ended(_ text: String) -> Bool {
            let began = Clock.boottime()
            let got = api.raw(text, seconds: 20)
            #expect(got.hasPrefix("HTTP/1.1 "), "\(text) \(got)")
            return Clock.boottime() - began < 10_000_000_000
        }
        #expect(ended("GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n"))
        #expect(ended("POST /api/trading/halt HTTP/1.0\r\n\r\n"))
        for path in ["GET /health", "POST /api/trading/halt"] {
            #expect(ended("\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, close\r\n\r\n"))
        }
        #expect(api.raw("GET /health HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
        #expect(
            api.raw("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n").hasPrefix("HTTP/1.1 400 ")
        )
        let halted = api.raw("POST /api/trading/halt HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n")
        #expect(halted.hasPrefix("HTTP/1.1 200 "))
    }

    @Test func aStreamThatIsOnlyAskedAboutHasNoBody() throws {
        let api = try APIDesk()
        let got = api.raw(
            "HEAD /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /health HTTP/1.1\r\nHost: localhost\r\n"
                + "Connection: close\r\n\r\n"
        )
        #expect(got.components(separatedBy: "HTTP/1.1 200 OK").count == 3, "\(got)")
        #expect(got.contains("text/event-stream") && !got.contains("retry:"))
    }
}
