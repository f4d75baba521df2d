import KillSwitch
import SafetyEngine

extension Routes {
    /// Breakers, the audit, venues.
    static let riskRoutes: [Route] = [
        Route(
            method: "GET",
            path: "/api/risk/circuit-breakers",
            right: .reader,
            summary: "Every circuit breaker: state, value, limit, since when",
            shape: .init(answer: [("circuit_breakers", "array"), ("tripped", "integer")], statuses: [503]),
            answer: { _, world, _ throws(APIRefusal) in
                let breakers = try world.engine().breakers
                return APIAnswer(
                    .object(
                        [
                            .init("circuit_breakers", .array(breakers.map(\.json))),
                            .init("tripped", .number(breakers.filter(\.isTripped).count)),
                        ] + world.age
                    )
                )
            }
        ),
        Route(
            method: "GET",
            path: "/api/risk/events",
            right: .reader,
            summary: "The audit: halts, resumes and what operators did, the newest first",
            shape: .init(
                answer: [
                    ("events", "array"), ("limit", "integer"), ("offset", "integer"), ("next_offset", "integer"),
                ],
                query: [("limit", "integer"), ("offset", "integer")],
                statuses: [400, 503]
            ),
            answer: { request, world, _ throws(APIRefusal) in
                let limit = try request.number("limit", default: 100, APIWorld.limits)
                let offset = try request.number("offset", default: 0, APIWorld.offsets)
                guard let rows = world.audit(offset + limit + 1) else {
                    throw APIRefusal(503, "journal_down", "the journal cannot be read now")
                }
                let shown = Array(rows.dropFirst(offset).prefix(limit))
                let next: Int? = rows.count > offset + limit ? offset + limit : nil
                return APIAnswer(
                    .object([
                        .init("events", .array(shown)), .init("limit", .number(limit)),
                        .init("offset", .number(offset)),
                        .init("next_offset", .number(next)),
                    ])
                )
            }
        ),
        Route(
            method: "GET",
            path: "/api/exchange/status",
            right: .reader,
            summary: "Every venue: its link, latency, open orders",
            shape: .init(answer: [("exchanges", "array"), ("connected", "boolean")], statuses: [503]),
            answer: { _, world, _ throws(APIRefusal) in
                let venues = try world.engine().venues
                let isConnected = !venues.isEmpty && venues.allSatisfy { $0.state == .connected }
                return APIAnswer(
                    .object(
                        [.init("exchanges", .array(venues.map(\.json))), .init("connected", .bool(isConnected))]
                            + world.age
                    )
                )
            }
        ),
    ]
}
