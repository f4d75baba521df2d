import Foundation
import KillSwitch
import Testing

/// Every curl command of the operators' five runbooks that names a path of ours, as it is written there; only host, port
/// and tokens are others'.
@Suite struct APIRunbookTests {
    struct Command: Sendable, CustomTestStringConvertible {
        var text: String
        /// What has to come back.
        var status = 200
        var keys: [String] = []
        /// Words of the answer that the runbook promises.
        var says: [String] = []
        /// The role of the token that the command is given.
        var role: String?
        var testDescription: String { text.split(separator: "\n").first.map(String.init) ?? "" }
    }

    static let commands = [
        Command(
            text: """
                curl -X POST http://localhost:5000/api/emergency/kill-switch/activate \\
                  -H "Content-Type: application/json" \\
                  -d '{"reason": "Emergency halt", "source": "MANUAL"}'
                """,
            keys: ["success", "message", "reason", "source", "is_active"],
            says: [#""is_active":true"#, #""source":"MANUAL""#]
        ),
        Command(
            text: "curl http://localhost:5000/api/emergency/kill-switch/status",
            keys: ["is_active", "kill_file_exists", "kill_file_path", "recent_history", "activation_count", "mode"]
        ),
        // It answers no question of the preflight: refused with the questions, which is what it has to be.
        Command(
            text: """
                curl -X POST http://localhost:5000/api/emergency/kill-switch/deactivate \\
                  -H "Content-Type: application/json" \\
                  -H "Authorization: Bearer YOUR_JWT_TOKEN" \\
                  -d '{"reason": "Issue resolved"}'
                """,
            status: 409,
            keys: ["error"],
            says: ["understood", "resolved", "verified", "safe"],
            role: "resume"
        ),
        Command(
            text: """
                curl -X POST https://methtrader.xyz/api/trading/halt \\
                  -H "Authorization: Bearer $ADMIN_TOKEN" \\
                  -H "Content-Type: application/json"
                """,
            says: [#""is_active":true"#],
            role: "admin"
        ),
        Command(
            text: "curl https://methtrader.xyz/api/trading/pnl",
            keys: ["realised", "unrealised", "fees", "day_opening"]
        ),
        Command(text: "curl https://methtrader.xyz/api/risk/circuit-breakers", keys: ["circuit_breakers", "tripped"]),
        // Nothing is tripped on a quiet desk: it says so instead of pretending.
        Command(
            text: """
                curl -X POST https://methtrader.xyz/api/risk/reset-ddl \\
                  -H "Authorization: Bearer $ADMIN_TOKEN"
                """,
            status: 409,
            says: ["is not tripped"],
            role: "admin"
        ),
        Command(text: "curl https://methtrader.xyz/api/exchange/status", keys: ["exchanges", "connected"]),
        Command(
            text: """
                curl -X POST https://methtrader.xyz/api/exchange/reconnect \\
                  -H "Authorization: Bearer $ADMIN_TOKEN"
                """,
            keys: ["success", "exchanges"],
            role: "admin"
        ),
        Command(text: "curl https://methtrader.xyz/health", keys: ["status", "reasons"]),
        Command(text: "curl https://methtrader.xyz/api/trading/health", keys: ["status", "reasons", "parts"]),
        Command(text: "curl https://methtrader.xyz/api/risk/health", keys: ["status", "reasons", "parts"]),
        Command(text: "curl https://methtrader.xyz/metrics", says: ["process_", "http_request_duration", "trading_"]),
        Command(text: "curl https://methtrader.xyz/api/risk/events", keys: ["events", "next_offset"]),
        Command(text: "curl https://methtrader.xyz/api/orders/recent", keys: ["orders", "total"]),
        Command(
            text: """
                curl -X POST http://localhost:8001/api/v1/emergency/kill_switch \\
                  -H "Content-Type: application/json" \\
                  -d '{"reason": "emergency_stop", "user_id": "operator"}'
                """,
            says: [#""is_active":true"#, #""user_id":"operator""#]
        ),
        Command(
            text: "curl http://localhost:8001/api/v1/trading/status",
            says: [#"{"trading_active":false,"mode":"emergency_stopped"}"#]
        ),
        Command(text: "curl http://localhost:8001/api/v1/agents/status", says: ["["]),
        Command(
            text: "curl http://localhost:8001/api/v1/portfolio/liquidation_status",
            keys: ["status", "positions_left", "done"]
        ),
        Command(text: "curl http://localhost:8001/api/v1/portfolio/positions", keys: ["positions", "total"]),
        Command(text: "curl http://localhost:8001/health", keys: ["status"]),
        Command(text: "curl -X POST http://localhost:8001/api/v1/emergency/kill_switch", says: [#""is_active":true"#]),
        Command(text: "curl http://localhost:8001/api/v1/health/detailed", keys: ["status", "parts"]),
    ]

    @Test func everyCommandOfTheRunbooksDoesWhatItSays() throws {
        let api = try APIDesk(bots: 1)
        _ = try api.post("/api/trading/halt")
        for command in APIRunbookTests.commands {
            var text = command.text
            for host in ["http://localhost:5000", "http://localhost:8001", "https://methtrader.xyz"] {
                text = text.replacingOccurrences(of: host, with: api.base)
            }
            if let role = command.role {
                let token = try api.token(role)
                text = text.replacingOccurrences(of: "YOUR_JWT_TOKEN", with: token)
                    .replacingOccurrences(of: "$ADMIN_TOKEN", with: token)
            }
            let run = try api.sandbox.run("/bin/sh", ["-c", text + " -s -w '\n%{http_code}'"])
            let lines = run.output.split(separator: "\n")
            #expect(lines.last.flatMap { Int($0) } == command.status, "\(text): \(run.output) \(run.error)")
            for word in command.says { #expect(run.output.contains(word), "\(text): \(run.output)") }
            guard !command.keys.isEmpty else { continue }
            let answer = try #require(JSON(lines.dropLast().joined(separator: "\n")), "\(text): \(run.output)")
            for key in command.keys { #expect(answer[key] != nil, "\(text): \(key)") }
        }
    }

    /// The runbooks' httpx calls; the one that spends is given the token that it lacks.
    @Test func theirPythonCallsWorkToo() throws {
        let api = try APIDesk(bots: 1)
        let liquidate = #"{"reason": "emergency_liquidation", "max_slippage": 0.05, "time_limit": 300}"#
        #expect(try api.post("/api/v1/emergency/liquidate_all", liquidate).status == 401)
        let done = try api.post("/api/v1/emergency/liquidate_all", liquidate, token: api.token("operator"))
        #expect(done.status == 200 || done["error"]?["code"] == .string("not_done"), "\(done)")
        for agent in try api.get("/api/v1/agents/status").json?.array ?? [] {
            #expect(agent["name"]?.string != nil && agent["status"]?.string != nil)
        }
    }
}
