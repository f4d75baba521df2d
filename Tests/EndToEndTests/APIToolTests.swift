import Foundation
import KillSwitch
import SafetyEngine
import Testing

/// What other people's programs find in the API.
@Suite struct APIToolTests {
    /// Schemathesis makes requests out of openapi.json, good and bad, and holds the answers against it.
    @Test(TestTool.schemathesis.isThere, .timeLimit(.minutes(20)))
    func theServerDoesWhatItsDescriptionSays() throws {
        let api = try APIDesk(bots: 2)
        let wanted = Sandbox.isLong ? 10_000 : 500
        let most = Sandbox.isLong ? 600 : 8
        let checks = [
            "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
            "response_schema_conformance",
        ]
        var made = 0
        // With every right; then with few, and with none: what is refused is described, too.
        // That the desk does not work is an answer of /health, and no error of the server.
        let ofHealth = ["--include-path-regex", "health"]
        let others = ["--exclude-path-regex", "health"]
        for (token, phases, examples, paths) in [
            (try api.token("admin"), "examples,coverage,fuzzing", most, others),
            (try api.token("admin"), "examples,coverage,fuzzing", most / 4, ofHealth),
            (try api.token("viewer"), "fuzzing", most / 4, others), (nil, "fuzzing", most / 4, others),
        ] {
            let checks = paths == ofHealth ? checks.filter { $0 != "not_a_server_error" } : checks
            let ran = try api.sandbox.run(
                "/usr/bin/env",
                [
                    // It leaves a directory where it runs.
                    "-C", api.sandbox.root, TestTool.schemathesis.path, "--no-color", "run", api.base + "/openapi.json",
                    "--checks", checks.joined(separator: ","),
                    "--phases", phases, "--max-examples", String(examples),
                    paths[0], paths[1],
                    // It never ends; the streams' own tests read it.
                    "--exclude-path", "/api/v1/stream", "--generation-database", "none", "--continue-on-failure",
                    "--request-timeout", "20", "--seed", "7",
                ] + (token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []),
                environment: ["HOME": api.sandbox.root]
            )
            #expect(ran.status == 0, "\(ran.output.suffix(6_000)) \(ran.error.suffix(2_000))")
            made += APIToolTests.cases(ran.output)
        }
        #expect(made >= wanted, "only \(made) requests were made")
        // Well, but for the lines that it had to refuse.
        let health = try api.get("/health")
        let reasons = health["reasons"]?.array?.compactMap(\.string) ?? []
        #expect(
            health.status == 200
                || reasons.allSatisfy { $0.hasPrefix("events: ") || $0.hasPrefix("alert INGEST_REFUSED/") },
            "\(health)"
        )
    }

    /// The number in `Test cases:` and, on the next line, `512 generated, 512 passed`.
    private static func cases(_ output: String) -> Int {
        let lines = output.components(separatedBy: "\n")
        guard let place = lines.firstIndex(of: "Test cases:"), lines.indices.contains(place + 1) else { return 0 }
        return Int(lines[place + 1].drop { $0 == " " }.prefix { $0.isNumber }) ?? 0
    }

    @Test(TestTool.promtool.isThere) func prometheusFindsNoFaultInTheMetrics() throws {
        let api = try APIDesk(bots: 3)
        try APIToolTests.check(api, "idle")
        try api.sandbox.wait("it trades") { try api.sandbox.resume("begin").status == 0 }
        // Names that have to be escaped, alerts, a venue that is not well, refused and failed requests.
        try api.desk.ingest(
            #"{"v":1,"type":"heartbeat","source":"bot:a\"b\\c","name":"a\"b\\c ünï","interval_ms":500}"#,
            Line.connected(venue: "kraken"),
            Line.position("BTC-USD", "0.5", entry: "60000"),
            Line.price("BTC-USD", "58000"),
            Line.metric("queue_depth", "101")
        )
        for path in ["/api/v1/snapshot", "/nothing", "/api/orders/recent?limit=x"] { _ = try api.get(path) }
        _ = try api.post("/api/emergency/kill-switch/deactivate")
        for _ in 0..<3 { _ = try api.post("/api/trading/halt") }
        try APIToolTests.check(api, "busy")
    }

    private static func check(_ api: APIDesk, _ what: String) throws {
        let metrics = try api.get("/metrics").text
        let file = api.sandbox.root + "/metrics-" + what
        try metrics.write(toFile: file, atomically: true, encoding: .utf8)
        let ran = try api.sandbox.run("/bin/sh", ["-c", "\(TestTool.promtool.path) check metrics < \(file)"])
        #expect(ran.status == 0 && ran.output.isEmpty && ran.error.isEmpty, "\(what): \(ran.error)\(ran.output)")
        for family in ["process_", "http_request_duration", "trading_", "estop_mode", "estop_halt_duration"] {
            #expect(metrics.contains("\n# TYPE \(family)"), "\(what): \(family)")
        }
    }
}
