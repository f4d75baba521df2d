import KillSwitch
import SafetyEngine
import Testing

@testable import ControlAPI

/// Every health path and the metrics have one answer: the one of `DeskHealth`.
struct HealthTests {
    private static let paths = ["/health", "/api/trading/health", "/api/risk/health", "/api/v1/health/detailed"]

    @Test func everyPathAndTheMetricsGiveOneAnswer() throws {
        var view = EngineView()
        view.venues = [
            Venue(
                name: "kraken",
                account: "main",
                state: .disconnected,
                openOrders: nil,
                lastReplyAgeMs: 780_000,
                latencyMs: nil,
                note: "no answer"
            )
        ]
        let api = ControlAPI.of(try Scratch(), view)
        let answers = HealthTests.paths.map { api.ask("GET", $0) }
        #expect(answers.allSatisfy { $0.status == 503 && $0.json?["healthy"] == .bool(false) })
        let names = answers.map { answer in
            (answer.json?["reasons"]?.array ?? []).compactMap {
                $0.string?.split(separator: ":").first.map(String.init)
            }
        }
        #expect(names.allSatisfy { $0 == names[0] && $0.contains("venue kraken/main") }, "\(names)")
        let health = api.world().health
        #expect(names[0] == health.parts.filter { !$0.isHealthy }.map(\.name))
        #expect(Metrics.text(api.world()).contains("estop_healthy 0\n"))
    }
}
