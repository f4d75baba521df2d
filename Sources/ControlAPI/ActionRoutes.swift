import Desk
import KillSwitch
import SafetyEngine

extension Routes {
    /// Whatever acts but halting and resuming.
    static let actionRoutes: [Route] = [
        Route(
            method: "POST",
            path: "/api/v1/mode",
            right: .anybody,
            summary: "Restricts: live to paper, to reduce-only, or to halted. Wider only by a resume",
            shape: .init(
                body: [("mode", "string", true), ("reason", "string", false), ("user_id", "string", false)],
                answer: [
                    ("success", "boolean"), ("mode", "string"), ("durable", "boolean"), ("generation", "integer"),
                    ("message", "string"), ("id", "string"),
                ],
                statuses: [400, 409, 500]
            ),
            answer: { request, world, call throws(APIRefusal) in try restrict(request, world, call) }
        ),
        Route(
            method: "POST",
            path: "/api/risk/reset-ddl",
            right: .bearer(.act),
            summary:
                "Resets the daily drawdown breaker, or the one named; latches stay. Where no reason is given, the audit says so",
            shape: .init(
                body: [("reason", "string", false), ("breaker", "string", false)],
                answer: [("success", "boolean"), ("message", "string"), ("reset", "array")],
                statuses: [400, 409, 503]
            ),
            answer: { request, world, call throws(APIRefusal) in
                let view = try world.engine()
                let breaker = request.json?["breaker"]?.string ?? dailyBreaker(view)
                let known = view.breakers.first { $0.name == breaker }
                if known.map({ !$0.isTripped }) ?? (request.json?["breaker"]?.string == nil) {
                    return reset([], "nothing to reset: \(breaker) is not tripped")
                }
                _ = try act(.resetBreaker(name: breaker), "no reason was given", request, call)
                return reset([breaker], DeskHost.done(.resetBreaker(name: breaker)))
            }
        ),
        Route(
            method: "POST",
            path: "/api/exchange/reconnect",
            right: .bearer(.act),
            summary: "Asks venues for orders and positions afresh",
            shape: .init(
                body: [("venue", "string", false), ("reason", "string", false)],
                answer: [("success", "boolean"), ("message", "string"), ("exchanges", "array")],
                statuses: [207, 400, 404, 409, 502, 503]
            ),
            answer: { request, world, call throws(APIRefusal) in
                let host = try host(call)
                let venue = request.json?["venue"]?.string
                try note("reconnect", venue ?? "all", request, call, host)
                let found = host.reconnect(venue)
                if found.isEmpty {
                    guard let venue else {
                        throw APIRefusal(
                            409,
                            "no_adapter",
                            "no venue has an adapter here, so nothing can be connected: restart the program that feeds it"
                        )
                    }
                    guard world.view?.venues.contains(where: { $0.name == venue }) ?? false else {
                        throw APIRefusal(404, "no_such_venue", "there is no venue \(venue)")
                    }
                    throw APIRefusal(
                        409,
                        "no_adapter",
                        "no adapter is connected to \(venue), so nothing can be connected: restart the program that feeds it"
                    )
                }
                let failed = found.filter { $0.problem != nil }
                let words = failed.map { "\($0.venue): \($0.problem ?? "")" }
                return APIAnswer(
                    failed.isEmpty ? 200 : failed.count < found.count ? 207 : 502,
                    .of([
                        "success": .bool(failed.isEmpty),
                        "message": .string(
                            failed.isEmpty
                                ? "every venue listed its orders and positions" : words.joined(separator: "; ")
                        ),
                        "exchanges": .array(
                            found.map {
                                .of([
                                    "name": .string($0.venue), "connected": .bool($0.problem == nil),
                                    "problem": .text($0.problem),
                                ])
                            }
                        ),
                    ])
                )
            }
        ),
        Route(
            method: "POST",
            path: "/api/v1/agents/restart",
            right: .bearer(.act),
            summary: "Restarts every bot that has a restart command",
            shape: .init(
                body: [
                    ("reason", "string", false), ("agent", "string", false), ("name", "string", false),
                    ("agents", "array", false),
                ],
                answer: [("success", "boolean"), ("agents", "array")],
                statuses: [207, 400, 404, 409, 503]
            ),
            answer: { request, world, call throws(APIRefusal) in
                if let name = request.json?["agent"]?.string ?? request.json?["name"]?.string {
                    return try restart([name], request, call)
                }
                if let named = request.json?["agents"]?.array {
                    return try restart(named.compactMap(\.string), request, call)
                }
                _ = try world.engine()
                let names = try host(call).restartable
                guard !names.isEmpty else {
                    throw APIRefusal(
                        409,
                        "nothing_restartable",
                        "no bot has a restart command: write restart = [...] under its [supervisors.NAME]"
                    )
                }
                return try restart(names, request, call)
            }
        ),
        Route(
            method: "POST",
            path: "/api/v1/agents/{name}/restart",
            right: .bearer(.act),
            summary: "Restarts one bot by its restart command",
            shape: .init(
                body: [("reason", "string", false)],
                answer: [("success", "boolean"), ("agents", "array")],
                statuses: [207, 400, 404, 409, 503]
            ),
            answer: { request, _, call throws(APIRefusal) in
                try restart([request.parameters["name"] ?? ""], request, call)
            }
        ),
        Route(
            method: "POST",
            path: "/api/v1/events",
            right: .bearer(.sendEvents),
            summary: "Takes events: one JSON object, or one a line (NDJSON)",
            shape: .init(
                answer: [("taken", "integer"), ("refused", "array"), ("durable", "boolean")],
                statuses: [400, 503]
            ),
            answer: { request, _, call throws(APIRefusal) in try Ingest.answer(request, call) }
        ),
    ]

    static func host(_ call: APICall) throws(APIRefusal) -> DeskHost {
        guard let host = call.desk.host else {
            throw APIRefusal(503, "engine_down", "the engine does not run now: try again. Halting works")
        }
        return host
    }

    private static func reset(_ breakers: [String], _ message: String) -> APIAnswer {
        APIAnswer(
            .of([
                "success": .bool(true), "message": .string(message),
                "reset": .array(breakers.map { .string($0) }),
            ])
        )
    }

    private static func dailyBreaker(_ view: EngineView) -> String {
        let names = view.breakers.map(\.name)
        return names.first { $0.contains("DAILY") } ?? names.first { $0.contains("DRAWDOWN") } ?? "DAILY_LOSS"
    }

    private static func from(_ request: APIRequest, _ call: APICall) -> [JSON.Member] {
        [
            .init("from", .string(request.from)), .init("token", .text(call.claims?.id)),
            .init("role", .text(call.claims?.role)),
        ]
    }

    /// How long an action over HTTP is waited for, in milliseconds; a body's `wait` (seconds) says otherwise.
    private static let longestWaitMs: UInt64 = 60_000

    private static func waitMs(_ request: APIRequest) throws(APIRefusal) -> UInt64 {
        guard let said = request.json?["wait"] else { return ControlRequest.waitMs }
        guard let seconds = said.integer, seconds >= 0, UInt64(seconds) * 1_000 <= longestWaitMs else {
            throw APIRefusal(400, "bad_wait", "wait is a whole number of seconds from 0 to \(longestWaitMs / 1_000)")
        }
        return UInt64(seconds) * 1_000
    }

    /// Has an operator's action done, and waits for what becomes of it.
    static func outcome(
        _ change: OperatorAction.Change,
        _ fallback: String,
        _ request: APIRequest,
        _ call: APICall
    ) throws(APIRefusal) -> (outcome: ActionOutcome, waitedMs: UInt64) {
        let host = try host(call)
        let name = call.claims?.operatorName ?? ""
        let said = request.json?["reason"]?.string ?? ""
        let reason = said.contains { !$0.isWhitespace } ? said : fallback
        let action = OperatorAction(name: name, reason: reason, change: change)
        let waitMs = try waitMs(request)
        let outcome = host.perform(action, from: from(request, call), waitMs: waitMs)
        if !outcome.problem.isEmpty { throw APIRefusal(409, "not_done", outcome.problem) }
        return (outcome, waitMs)
    }

    /// The same as an answer: 200 all of it is done, 207 some of it, 202 it is on its way, 409 nothing was done, 504 nobody
    /// answered.
    static func act(
        _ change: OperatorAction.Change,
        _ fallback: String,
        _ request: APIRequest,
        _ call: APICall
    ) throws(APIRefusal) -> APIAnswer {
        let (outcome, waitedMs) = try outcome(change, fallback, request, call)
        return APIAnswer(status(of: outcome), outcome.json(done: DeskHost.done(change), waitedMs: waitedMs))
    }

    /// What an outcome's status is.
    static func status(of outcome: ActionOutcome) -> Int {
        if outcome.isDone { return 200 }
        if outcome.isNothingDone { return 409 }
        if outcome.count(.done) > 0 { return 207 }
        return outcome.count(.accepted) > 0 ? 202 : 504
    }

    /// Puts on disk who asks for something that spends, before it is done.
    private static func note(
        _ what: String,
        _ about: String,
        _ request: APIRequest,
        _ call: APICall,
        _ host: DeskHost
    ) throws(APIRefusal) {
        let body: [JSON.Member] = [
            .init("about", .string(about)), .init("reason", .text(request.json?["reason"]?.string)),
        ]
        let who = "operator:\(call.claims?.operatorName ?? "")"
        guard host.record(who, what, .object(body + from(request, call))) else {
            throw APIRefusal(503, "not_recorded", "not done: it could not be recorded on disk")
        }
    }

    private static func restart(
        _ names: [String],
        _ request: APIRequest,
        _ call: APICall
    ) throws(APIRefusal) -> APIAnswer {
        let host = try host(call)
        var names = names
        for (place, name) in names.enumerated().reversed() where names[..<place].contains(name) {
            names.remove(at: place)
        }
        try note("restart", names.joined(separator: ", "), request, call, host)
        guard !names.isEmpty else { throw APIRefusal(400, "no_agent", "no bot is named: leave \"agents\" out for all") }
        if call.desk.killSwitch.observe().mode.permitsAnything == false {
            throw APIRefusal(
                409,
                "halted",
                "nothing was restarted: trading is halted, and a bot is started again after the resume"
            )
        }
        let rows = names.map { name in (name: name, problem: host.restart(name)) }
        if rows.count == 1, let why = rows[0].problem {
            throw APIRefusal(why.hasPrefix("there is no") ? 404 : 409, "not_restarted", why)
        }
        let failed = rows.count { $0.problem != nil }
        return APIAnswer(
            failed == 0 ? 200 : failed < rows.count ? 207 : 409,
            .of([
                "success": .bool(rows.allSatisfy { $0.problem == nil }),
                "agents": .array(
                    rows.map {
                        .of([
                            "name": .string($0.name), "restarted": .bool($0.problem == nil),
                            "problem": .text($0.problem),
                        ])
                    }
                ),
            ])
        )
    }

    private static func restrict(
        _ request: APIRequest,
        _ world: APIWorld,
        _ call: APICall
    ) throws(APIRefusal) -> APIAnswer {
        let name = request.json?["mode"]?.string ?? ""
        guard let mode = Mode(name: name), mode != .unknown else {
            throw APIRefusal(400, "bad_mode", "\"mode\" has to be paper, reduce-only or halted")
        }
        // Modes combine. A second reason for the same mode is a latch of its own, and a new generation: only what would
        // widen is none. A page that is not known is halted on any asking.
        let current = world.seen.mode
        let isOpen = mode == .live && current == .live
        guard mode == .halted || mode != .live && (mode == current || current.permitsAnything) || isOpen else {
            throw APIRefusal(
                409,
                "needs_resume",
                "the desk is \(current.name), and \(name) is wider: only a resume makes it wider "
                    + "(POST /api/emergency/kill-switch/deactivate)"
            )
        }
        if isOpen {
            return APIAnswer(
                .of([
                    "success": .bool(true), "mode": .string(name), "durable": .bool(world.seen.notDurable == nil),
                    "generation": .number(world.seen.word?.generation), "message": .string("the desk is live already"),
                ])
            )
        }
        let (asker, said) = (Asker(request, call), request.json?["user_id"]?.string)
        let report = call.desk.killSwitch.halt(
            HaltRequest(
                mode: mode,
                reason: request.json?["reason"]?.string ?? "switched to \(name)",
                source: .api,
                op: asker.name(said),
                from: asker.place(source: nil, said)
            )
        )
        call.desk.switchChanged()
        guard report.taken else { throw APIRefusal(500, "not_taken", "the page could not be written: halt by hand") }
        return APIAnswer(
            .of([
                "success": .bool(true), "mode": .string(report.state.mode.name),
                "durable": .bool(report.durable), "generation": .number(report.state.generation),
                "message": .string("the desk is \(report.state.mode.name)"), "id": .string(report.id),
            ])
        )
    }
}
