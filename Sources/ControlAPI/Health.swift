import KillSwitch
import SafetyEngine

extension APIWorld {
    /// Whether the desk works: the same answer as that of `estop health`.
    var health: DeskHealth { DeskHealth(seen, view, engineProblem: view == nil ? engineProblem : nil) }
}

extension Routes {
    /// Health, in parts. Each path has the whole desk's answer, and its own parts.
    ///
    /// Invariants (ControlAPITests/HealthTests): every path gives the same `healthy` and the same reasons in the same second,
    /// and 503 when it is false.
    static let healthRoutes: [Route] = [
        health("/health", "200 when the desk works, 503 with the reasons when it does not", [.killSwitch, .engine]),
        health("/api/trading/health", "The same, with bots and venues", [.killSwitch, .engine, .trading]),
        health("/api/risk/health", "The same, with breakers and alerts", [.engine, .risk]),
        health("/api/v1/health/detailed", "The same, with every part of the desk", DeskHealth.Area.allCases),
    ]

    private static func health(_ path: String, _ summary: String, _ areas: [DeskHealth.Area]) -> Route {
        Route(
            method: "GET",
            path: path,
            right: .reader,
            summary: summary,
            shape: .init(
                answer: [("status", "string"), ("healthy", "boolean"), ("reasons", "array"), ("mode", "string")],
                statuses: [503]
            ),
            answer: { _, world, _ throws(APIRefusal) in
                let health = world.health
                let parts = health.parts.filter { areas.contains($0.area) }
                let members: [JSON.Member] =
                    health.jsonMembers + [
                        .init("mode", .string(world.seen.mode.name)), .init("desk", .string(world.name)),
                    ] + world.age + [.init("parts", .array(parts.map(\.json)))]
                return APIAnswer(health.isHealthy ? 200 : 503, .object(members))
            }
        )
    }
}
