import KillSwitch
import SafetyEngine

extension Routes {
    /// What is ours alone.
    static let ownRoutes: [Route] = [
        Route(
            method: "GET",
            path: "/metrics",
            right: .reader,
            summary: "Prometheus text",
            shape: .init(contentType: "text/plain"),
            answer: { _, world, _ throws(APIRefusal) in
                APIAnswer(text: Metrics.text(world), contentType: "text/plain; version=0.0.4; charset=utf-8")
            }
        ),
        Route(
            method: "GET",
            path: "/api/v1/snapshot",
            right: .reader,
            summary: "Everything that a screen shows",
            shape: .init(answer: [("switch", "object"), ("alerts", "array"), ("positions", "array")]),
            answer: { _, world, _ throws(APIRefusal) in APIAnswer(snapshot(world)) }
        ),
        Route(
            method: "GET",
            path: "/api/v1/stream",
            right: .reader,
            summary: "Server-sent events: a snapshot, then changes, with heartbeats; resumes after Last-Event-ID. "
                + "view=screen: as the dashboard of estop --url reads them",
            shape: .init(query: [("view", "string")], contentType: "text/event-stream"),
            answer: { _, _, _ throws(APIRefusal) in APIAnswer(text: "", contentType: StreamHub.contentType) }
        ),
        Route(
            method: "GET",
            path: "/openapi.json",
            right: .reader,
            summary: "This interface, as OpenAPI 3.1",
            shape: .init(answer: [("openapi", "string"), ("info", "object"), ("paths", "object")]),
            answer: { _, _, _ throws(APIRefusal) in APIAnswer(OpenAPI.document(Routes.all)) }
        ),
    ]

    /// All that is known, as one object.
    static func snapshot(_ world: APIWorld) -> JSON {
        let view = world.view
        return .object(
            [
                .init("desk", .string(world.name)), .init("paper", .bool(world.isPaper)),
                .init("switch", status(world)), .init("gates", gates(world)),
                .init("alerts", .array((view?.alerts ?? []).map(\.json))),
                .init("positions", .array((view?.positions ?? []).map(\.json))),
                .init("orders", .array((view?.orders ?? []).map(\.json))),
                .init("open_orders", .number(view?.openOrders)),
                .init("venues", .array((view?.venues ?? []).map(\.json))),
                .init("supervisors", .array((view?.supervisors ?? []).map(\.json))),
                .init("breakers", .array((view?.breakers ?? []).map(\.json))),
                .init("money", view?.moneyJSON ?? .null),
                .init(
                    "cancels",
                    (view?.cancels).map { cancels in
                        .of([
                            "asked_age_ms": .number(cancels.askedAgeMs), "done_after_ms": .number(cancels.doneAfterMs),
                            "found": .number(cancels.found), "left": .number(cancels.left),
                            "problem": .string(cancels.problem), "new": .number(cancels.new),
                            "standing": .string(cancels.standing.rawValue),
                        ])
                    } ?? .null
                ),
            ] + world.age
        )
    }

    /// Null while nothing is known of them.
    private static func gates(_ world: APIWorld) -> JSON {
        world.seen.gates.map {
            .array($0.map { $0.json(acknowledged: world.seen.hasAcknowledged($0), now: world.seen.now) })
        } ?? .null
    }
}
