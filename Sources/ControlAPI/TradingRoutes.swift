import KillSwitch
import SafetyEngine

extension Routes {
    /// Trading: status, money, orders, positions, bots.
    static let tradingRoutes: [Route] = [
        Route(
            method: "GET",
            path: "/api/v1/trading/status",
            right: .reader,
            summary: "Whether anything trades for real, and the mode",
            shape: .init(answer: [("trading_active", "boolean"), ("mode", "string")]),
            answer: { _, world, _ throws(APIRefusal) in
                APIAnswer(
                    .of([
                        "trading_active": .bool(world.seen.mode == .live && world.seen.stopFiles.isEmpty),
                        "mode": .string(world.runbookMode),
                    ])
                )
            }
        ),
        Route(
            method: "GET",
            path: "/api/v1/agents/status",
            right: .reader,
            summary:
                "Every bot: healthy or unhealthy; while trading is halted stopped, stopping until its gate acknowledges, "
                + "or unknown where it holds no gate",
            shape: .init(
                answer: [
                    ("name", "string"), ("status", "string"), ("healthy", "boolean"), ("acknowledged", "boolean"),
                    ("note", "string"),
                ],
                isList: true
            ),
            answer: { _, world, _ throws(APIRefusal) in APIAnswer(.array(world.agents)) }
        ),
        Route(
            method: "GET",
            path: "/api/trading/pnl",
            right: .reader,
            summary: "Profit and loss of the day, realised and not, and fees",
            shape: .init(answer: [("currency", "string"), ("day_profit", "string"), ("realised", "string")]),
            answer: { _, world, _ throws(APIRefusal) in
                guard case .object(let members) = try world.engine().moneyJSON else { return APIAnswer(.null) }
                return APIAnswer(.object(members + world.age))
            }
        ),
        Route(
            method: "GET",
            path: "/api/orders/recent",
            right: .reader,
            summary: "Orders that are open or finished not long ago, the one that changed last first",
            shape: .init(
                answer: [
                    ("orders", "array"), ("total", "integer"), ("next_offset", "integer"),
                    ("orders_problem", "string"), ("orders_age_ms", "integer"),
                ],
                query: [("limit", "integer"), ("offset", "integer")],
                statuses: [400, 503]
            ),
            answer: { request, world, _ throws(APIRefusal) in
                let listing = try world.engine().orderListing
                guard let orders = world.orders() else {
                    throw APIRefusal(503, "engine_busy", "the engine does not answer now: try again")
                }
                let page = try APIWorld.page(orders.map(\.json), request)
                return APIAnswer(
                    .object([.init("orders", .array(page.rows))] + page.members + listing.members + world.age)
                )
            }
        ),
        Route(
            method: "GET",
            path: "/api/v1/portfolio/positions",
            right: .reader,
            summary: "What is held",
            shape: .init(
                answer: [
                    ("positions", "array"), ("total", "integer"), ("positions_problem", "string"),
                    ("positions_age_ms", "integer"),
                ],
                query: [("limit", "integer"), ("offset", "integer")],
                statuses: [400, 503]
            ),
            answer: { request, world, _ throws(APIRefusal) in
                let view = try world.engine()
                let page = try APIWorld.page(view.positions.map(\.json), request)
                let members = page.members + view.positionListing.members + world.age
                return APIAnswer(.object([.init("positions", .array(page.rows))] + members))
            }
        ),
    ]
}

extension ListingState {
    /// Why such a list is not known now (the rows beside it are only what was told), and how old it is; null: it is known, or it
    /// was never given.
    fileprivate var members: [JSON.Member] {
        [.init("\(what)_problem", .text(problem)), .init("\(what)_age_ms", .number(ageMs))]
    }
}

extension APIWorld {
    /// The mode as the runbooks call it.
    var runbookMode: String {
        guard seen.stopFiles.isEmpty else { return "emergency_stopped" }
        return switch seen.mode {
        case .live: "live"
        case .paper: "paper"
        case .reduceOnly: "reduce-only"
        case .halted, .unknown: "emergency_stopped"
        }
    }

    /// Every bot that beats or holds a gate.
    var agents: [JSON] {
        let isStopped = runbookMode == "emergency_stopped"
        // The engine watches itself under this name; it is no bot.
        let supervisors = (view?.supervisors ?? []).filter { $0.name != "engine" }
        var rows: [JSON] = supervisors.map { bot in
            let gate = seen.openGates.first { $0.name == bot.name }
            return agent(bot.name, isHealthy: bot.health == .ok, gate, isStopped, note: bot.note)
        }
        for gate in seen.openGates where !supervisors.contains(where: { $0.name == gate.name }) {
            rows.append(agent(gate.name, isHealthy: true, gate, isStopped, note: ""))
        }
        // Whom a halt ended is stopped, and does not vanish.
        let listed = supervisors.map(\.name) + seen.openGates.map(\.name)
        for name in view?.stopped ?? [] where !listed.contains(name) {
            rows.append(
                .of([
                    "name": .string(name), "status": .string("stopped"), "healthy": .bool(true),
                    "acknowledged": .bool(true), "note": .string("it closed its gate, and has not beaten since"),
                ])
            )
        }
        return rows
    }

    private func agent(_ name: String, isHealthy: Bool, _ gate: GateSlot?, _ isStopped: Bool, note: String) -> JSON {
        let acknowledges = gate.flatMap { gate in seen.word.map { _ in seen.hasAcknowledged(gate) } }
        // The runbooks restart whatever is not `healthy`. A gate that has not seen the halt yet may still have an order on
        // its way, and of what holds no gate nobody knows: neither is a stop.
        let halted = acknowledges.map { $0 ? "stopped" : "stopping" } ?? "unknown"
        let status = isStopped ? halted : isHealthy ? "healthy" : "unhealthy"
        let known = isStopped && acknowledges == nil ? ["it holds no gate: whether it has stopped is not known"] : []
        let note = ([note] + known).filter { !$0.isEmpty }.joined(separator: "; ")
        return .of([
            "name": .string(name), "status": .string(status), "healthy": .bool(isHealthy),
            "acknowledged": acknowledges.map { .bool($0) } ?? .null, "note": .string(note),
        ])
    }
}
