import KillSwitch
import SafetyEngine

/// Whether a desk works, part by part. A halted desk is healthy: halting is what it is for.
///
/// Invariants (ControlAPITests/HealthTests): a part that nothing is known of is not healthy; each unhealthy part says why.
struct Health: Sendable, Equatable {
    /// One part.
    struct Part: Sendable, Equatable {
        var name: String
        var isHealthy: Bool
        /// What is known, or what is wrong.
        var detail: String

        var json: JSON {
            .of([
                "name": .string(name), "status": .string(isHealthy ? "healthy" : "unhealthy"),
                "detail": .string(detail),
            ])
        }
    }

    var parts: [Part] = []

    /// Whether all of it works.
    var isHealthy: Bool { parts.allSatisfy(\.isHealthy) }

    /// What does not.
    var reasons: [String] { parts.filter { !$0.isHealthy }.map { "\($0.name): \($0.detail)" } }

    /// The switch: page, record, host.
    static func ofSwitch(_ world: APIWorld) -> [Part] {
        let seen = world.seen
        let page = seen.pageProblem?.description ?? seen.modeProblem
        return [
            Part(name: "page", isHealthy: seen.word != nil && page == nil, detail: page ?? "mode \(seen.mode.name)"),
            Part(name: "record", isHealthy: seen.notDurable == nil, detail: seen.notDurable ?? "on disk"),
            Part(name: "host", isHealthy: seen.hostBeats, detail: "beat \(seen.beatAgeMs) ms ago"),
        ]
    }

    /// The engine and its journal.
    static func ofEngine(_ world: APIWorld) -> [Part] {
        guard let view = world.view, world.engineProblem == nil else {
            return [Part(name: "engine", isHealthy: false, detail: world.engineProblem ?? "it does not run")]
        }
        let isFresh = view.evaluationAgeMs < 3_000
        return [
            Part(name: "engine", isHealthy: isFresh, detail: "evaluated \(view.evaluationAgeMs) ms ago"),
            Part(
                name: "journal",
                isHealthy: view.journal.problem == nil,
                detail: view.journal.problem ?? "\(view.journal.waiting) events wait"
            ),
            Part(
                name: "files",
                isHealthy: view.journal.files == nil,
                detail: view.journal.files?.joined(separator: "; ") ?? "as the host opened them"
            ),
        ]
    }

    /// Bots and venues.
    static func ofTrading(_ world: APIWorld) -> [Part] {
        guard let view = world.view else { return [] }
        return view.supervisors.map {
            Part(name: "supervisor \($0.name)", isHealthy: $0.health == .ok, detail: $0.health.rawValue)
        }
            + view.venues.map { venue in
                Part(
                    name: "venue \(venue.id)",
                    isHealthy: venue.state == .connected,
                    detail: venue.note.isEmpty ? venue.state.rawValue : venue.note
                )
            }
    }

    /// Breakers, and alerts that call for somebody at once.
    static func ofRisk(_ world: APIWorld) -> [Part] {
        guard let view = world.view else { return [] }
        let grave = view.alerts.filter { $0.level == .emergency }
        return view.breakers.filter(\.isEnabled).map {
            Part(name: "breaker \($0.name)", isHealthy: !$0.isTripped, detail: $0.isTripped ? $0.note : "armed")
        } + [
            Part(
                name: "alerts",
                isHealthy: grave.isEmpty,
                detail: grave.isEmpty ? "no emergency" : grave.map(\.text).joined(separator: "; ")
            )
        ]
    }

    /// What a health path answers.
    func json(_ world: APIWorld) -> JSON {
        .object(
            [
                .init("status", .string(isHealthy ? "healthy" : "unhealthy")), .init("healthy", .bool(isHealthy)),
                .init("reasons", .array(reasons.map { .string($0) })), .init("mode", .string(world.seen.mode.name)),
                .init("desk", .string(world.name)),
            ] + world.age
        )
    }
}

extension Routes {
    /// Health, in parts.
    static let healthRoutes: [Route] = [
        health("/health", "200 when the desk works, 503 with the reasons when it does not", tells: true) { world in
            Health.ofSwitch(world) + Health.ofEngine(world)
        },
        health("/api/trading/health", "Bots and venues", tells: false) { world in
            Health.ofSwitch(world) + Health.ofEngine(world) + Health.ofTrading(world)
        },
        health("/api/risk/health", "Breakers and alerts", tells: false) { world in
            Health.ofEngine(world) + Health.ofRisk(world)
        },
        health("/api/v1/health/detailed", "Every part of the desk", tells: false) { world in
            Health.ofSwitch(world) + Health.ofEngine(world) + Health.ofTrading(world) + Health.ofRisk(world)
        },
    ]

    private static func health(
        _ path: String,
        _ summary: String,
        tells: Bool,
        _ parts: @escaping @Sendable (APIWorld) -> [Health.Part]
    ) -> Route {
        Route(
            method: "GET",
            path: path,
            right: .reader,
            summary: summary,
            shape: .init(
                answer: [("status", "string"), ("healthy", "boolean"), ("reasons", "array"), ("mode", "string")],
                statuses: tells ? [503] : []
            ),
            answer: { _, world, _ throws(APIRefusal) in
                let health = Health(parts: parts(world))
                guard case .object(var members) = health.json(world) else { return APIAnswer(.null) }
                members.append(.init("parts", .array(health.parts.map(\.json))))
                return APIAnswer(tells && !health.isHealthy ? 503 : 200, .object(members))
            }
        )
    }
}
