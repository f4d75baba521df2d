import Desk
import KillSwitch
import SafetyEngine

extension Routes {
    /// Selling everything: ordered, stopped, looked at (FEATURES rows F7 and F8).
    static let liquidationRoutes: [Route] = [
        Route(
            method: "POST",
            path: "/api/v1/emergency/liquidate_all",
            right: .bearer(.act),
            summary:
                "Sells every position, or those of an account, in slices: at most max_slippage (a fraction, 0.05) worse "
                + "than the market at the start, within time_limit seconds (300). Works while halted",
            shape: .init(
                body: [
                    ("reason", "string", true), ("account", "string", false), ("max_slippage", "decimal", false),
                    ("time_limit", "number", false), ("wait", "integer", false),
                ],
                answer: [
                    ("success", "boolean"), ("message", "string"), ("id", "string"), ("reason", "string"),
                    ("positions", "integer"), ("max_slippage", "number"), ("time_limit", "number"),
                    ("requests", "array"),
                ],
                statuses: [202, 207, 400, 409, 503, 504]
            ),
            answer: { request, world, call throws(APIRefusal) in try liquidate(request, world, call) }
        ),
        Route(
            method: "POST",
            path: "/api/v1/portfolio/liquidation_stop",
            right: .bearer(.act),
            summary: "Stops the liquidation that runs: nothing more of it is sent",
            shape: .init(
                body: [("reason", "string", true)],
                answer: [("success", "boolean"), ("message", "string")],
                statuses: [400, 409, 503]
            ),
            answer: { request, _, call throws(APIRefusal) in
                _ = try needReason(request)
                return try act(.stopLiquidation, "", request, call)
            }
        ),
        Route(
            method: "GET",
            path: "/api/v1/portfolio/liquidation_status",
            right: .reader,
            summary: "How far the liquidation that runs, or the last one, has come",
            shape: .init(
                answer: [
                    ("status", "string"), ("active", "boolean"), ("id", "string"), ("done", "integer"),
                    ("left", "integer"), ("slippage", "number"), ("time_left", "number"), ("positions", "array"),
                    ("positions_left", "integer"), ("under_way", "integer"), ("closes", "array"),
                ]
            ),
            answer: { _, world, call throws(APIRefusal) in
                var view = try world.engine()
                // The view is up to a second old: whoever has just ordered one looks for that one.
                if let now = call.desk.host?.liquidation() { view.liquidation = now }
                return APIAnswer(.object(LiquidationJSON.status(view) + world.age))
            }
        ),
    ]

    private static func needReason(_ request: APIRequest) throws(APIRefusal) -> String {
        guard let reason = request.json?["reason"]?.string, reason.contains(where: { !$0.isWhitespace }) else {
            throw APIRefusal(400, "reason_missing", "a reason is needed: say why")
        }
        return reason
    }

    private static func liquidate(
        _ request: APIRequest,
        _ world: APIWorld,
        _ call: APICall
    ) throws(APIRefusal) -> APIAnswer {
        let host = try host(call)
        let reason = try needReason(request)
        let limits = try LiquidationLimits(request.json)
        let account = request.json?["account"]?.string
        let (outcome, waitedMs) = try outcome(
            .liquidate(account: account, maxSlippage: limits.maxSlippage, withinMs: limits.withinMs),
            reason,
            request,
            call
        )
        guard let state = host.liquidation() else {
            throw APIRefusal(503, "engine_busy", "ordered, but the engine does not answer now: look at its status")
        }
        // Between the look for one that runs and the order, another one may have begun.
        guard state.by == call.claims?.operatorName ?? "", state.reason == reason, state.account == account,
            state.maxSlippage == limits.maxSlippage, state.withinMs == limits.withinMs
        else {
            throw APIRefusal(409, "not_done", "\(state.id) of \(state.by) runs already: \(state.reason)")
        }
        let started = LiquidationJSON.started(state, reachable: host.reachableVenues, isHalted: world.isHalted)
        guard case .object(let members) = outcome.json(done: "nothing is held", waitedMs: waitedMs) else {
            return APIAnswer(.object(started))
        }
        // It has begun, which is what was asked for; what is sold is told by the requests and by its status.
        let status = Self.status(of: outcome)
        let success = JSON.Member("success", .bool(status == 200 || status == 202))
        let requests = members.filter { $0.key == "requests" }
        // Refused so far, and tried again until its time is up: whoever reads 409 would think that nothing runs.
        let goesOn = status == 409 && state.isActive
        return APIAnswer(goesOn ? 202 : status, .object([success] + requests + started.filter { $0.key != "success" }))
    }
}

/// The figures of an order to liquidate, exactly as they were written.
struct LiquidationLimits: Sendable, Equatable {
    /// The cap, as a fraction.
    var maxSlippage = Liquidation.defaultSlippage
    /// The time, in milliseconds.
    var withinMs = Liquidation.defaultMs

    /// Reads `max_slippage` and `time_limit` (seconds) of a body.
    init(_ body: JSON?) throws(APIRefusal) {
        if let said = body?["max_slippage"] {
            guard let value = LiquidationLimits.decimal(said) else {
                throw APIRefusal(400, "bad_max_slippage", "max_slippage is no number")
            }
            maxSlippage = value
            if let why = Liquidation.objection(maxSlippage: value, withinMs: Liquidation.defaultMs) {
                throw APIRefusal(400, "bad_max_slippage", why)
            }
        }
        if let said = body?["time_limit"] {
            let exact = LiquidationLimits.decimal(said)?.multiplied(by: Decimal(1_000))
            let whole = exact?.rounded(to: 0)
            guard let whole, whole == exact, let milliseconds = UInt64(exactly: whole.digits),
                Liquidation.times.contains(milliseconds)
            else { throw APIRefusal(400, "bad_time_limit", "time_limit is 1 to 86,400 seconds, to the millisecond") }
            withinMs = milliseconds
        }
    }

    private static func decimal(_ json: JSON) -> Decimal? {
        switch json {
        case .integer(let whole): Decimal(String(whole))
        case .decimal(let text), .string(let text): Decimal(text)
        default: nil
        }
    }
}

/// Liquidations on the wire.
enum LiquidationJSON {
    /// What was started.
    static func started(
        _ state: EngineView.LiquidationState,
        reachable: [String],
        isHalted: Bool
    ) -> [JSON.Member] {
        var without: [String] = []
        for holding in state.positions where !reachable.contains(holding.venue) && !without.contains(holding.venue) {
            without.append(holding.venue)
        }
        var notes: [String] = []
        if !without.isEmpty {
            notes.append(
                "no adapter is connected to \(without.joined(separator: ", ")): what is held there cannot be sold from here"
            )
        }
        if !state.unheard.isEmpty {
            notes.append("not heard, so what they hold is not known: \(state.unheard.joined(separator: ", "))")
        }
        if !isHalted { notes.append("trading is not halted: bots may buy again what is sold") }
        return [
            .init("success", .bool(true)),
            .init(
                "message",
                .string(
                    (["\(state.id): closing \(state.positions.count) positions"] + notes).joined(separator: "; ")
                        + ". See /api/v1/portfolio/liquidation_status"
                )
            ),
            .init("id", .string(state.id)), .init("reason", .string(state.reason)),
            .init("positions", .number(state.positions.count)), .init("max_slippage", .exact(state.maxSlippage)),
            .init("time_limit", seconds(state.withinMs)),
            .init("without_adapter", .array(without.map { .string($0) })),
            .init("not_heard", .array(state.unheard.map { .string($0) })),
        ]
    }

    /// How far it has come. Without one: how far the closes of the position cap have come.
    static func status(_ view: EngineView) -> [JSON.Member] {
        let state = view.liquidation
        let closes = view.proposals.filter { $0.rule == "POSITION_CAP" }
        let closing = closes.count { $0.state == "under way" }
        let word =
            closing > 0
            ? "in_progress" : view.positions.isEmpty ? "nothing_held" : closes.isEmpty ? "none" : "idle"
        return [
            .init("status", .string(state?.state.rawValue ?? word)), .init("active", .bool(state?.isActive ?? false)),
            .init("id", .text(state?.id)), .init("by", .text(state?.by)), .init("reason", .text(state?.reason)),
            .init("account", .text(state?.account)), .init("stopped_by", .text(state?.stoppedBy)),
            .init("done", .number(state?.done)),
            .init("left", .number(state?.left)), .init("slippage", .exact(state?.slippage)),
            .init("max_slippage", .exact(state?.maxSlippage)),
            .init("time_left", state.map { seconds($0.timeLeftMs) } ?? .null),
            .init("time_limit", state.map { seconds($0.withinMs) } ?? .null),
            .init("positions", .array((state?.positions ?? []).map(\.json))),
            .init("not_heard", .array((state?.unheard ?? []).map { .string($0) })),
            .init("positions_left", .number(view.positions.count)),
            .init("under_way", .number(state?.positions.count { $0.state == "working" } ?? closing)),
            .init("closes", .array(closes.map(\.json))),
            .init("slippage_so_far", .exact(state?.slippage)),
            .init("time_left_s", state.map { seconds($0.timeLeftMs) } ?? .null),
        ]
    }

    /// Milliseconds as seconds, digit for digit.
    static func seconds(_ milliseconds: UInt64) -> JSON {
        if milliseconds % 1_000 == 0 { return .number(milliseconds / 1_000) }
        return .exact(Decimal(digits: Int128(milliseconds), scale: 3))
    }
}

extension EngineView.LiquidationState.Holding {
    var json: JSON {
        .of([
            "venue": .string(venue), "account": .string(account), "symbol": .string(symbol),
            "side": .string(side.rawValue), "quantity": .digits(quantity), "closed": .digits(closed),
            "left": .digits(left), "reference": .digits(reference), "limit": .digits(limit),
            "average_price": .digits(averagePrice), "slippage": .exact(slippage), "state": .string(state),
            "reason": .string(reason),
        ])
    }
}

extension EngineView.Proposal {
    fileprivate var json: JSON {
        .of([
            "id": .string(id), "position": .string(position), "quantity": .digits(quantity), "state": .string(state),
            "reason": .string(reason), "age_ms": .number(ageMs),
        ])
    }
}
