import Desk
import KillSwitch
import SafetyEngine

extension Routes {
    /// What a dashboard on another machine needs besides the stream.
    static let screenRoutes: [Route] = [
        Route(
            method: "GET",
            path: "/api/v1/preflight",
            right: .reader,
            summary: "The checks before a resume, as they stand; changes nothing",
            shape: .init(
                answer: [("mode", "string"), ("scope", "string"), ("checks", "array")],
                query: [("mode", "string"), ("scope", "string")],
                statuses: [400]
            ),
            answer: { request, world, call throws(APIRefusal) in try preflight(request, world, call) }
        ),
        Route(
            method: "POST",
            path: "/api/v1/actions",
            right: .bearer(.act),
            summary:
                "One operator's action of the engine, as the dashboard asks for it: acknowledge, silence, cancel, reset",
            shape: .init(
                body: [("change", "object", true), ("reason", "string", false), ("wait", "integer", false)],
                answer: [
                    ("success", "boolean"), ("message", "string"), ("action", "string"), ("requests", "array"),
                ],
                statuses: [202, 207, 400, 409, 503, 504]
            ),
            answer: { request, _, call throws(APIRefusal) in try action(request, call) }
        ),
        Route(
            method: "POST",
            path: "/api/v1/halts/{id}/reason",
            // Whoever may halt says why; it changes nothing.
            right: .anybody,
            summary: "Records why a halt was made; the halt itself does not wait for it",
            shape: .init(
                body: [("reason", "string", true), ("user_id", "string", false)],
                answer: [("success", "boolean"), ("message", "string")],
                statuses: [400, 404, 503]
            ),
            answer: { request, world, call throws(APIRefusal) in try giveReason(request, world, call) }
        ),
    ]

    private static func preflight(
        _ request: APIRequest,
        _ world: APIWorld,
        _ call: APICall
    ) throws(APIRefusal) -> APIAnswer {
        let killSwitch = call.desk.killSwitch
        var mode = killSwitch.settings.resumeMode
        if let name = request.query["mode"] {
            guard let named = Mode(name: name), named.permitsAnything else {
                throw APIRefusal(400, "bad_mode", "'mode' has to be live, paper or reduce-only")
            }
            mode = named
        }
        let scope: Scope
        do { scope = try Scope(request.query["scope"] ?? "") } catch {
            throw APIRefusal(400, "bad_scope", error.message)
        }
        let checks = killSwitch.preflight(world.seen, mode: mode, scope: scope, answers: [])
        return APIAnswer(
            .of([
                "mode": .string(mode.name), "scope": .string(scope.description),
                "checks": .array(
                    checks.map {
                        .object(
                            $0.jsonMembers + [
                                .init("question", .text($0.name.question)),
                                .init("can_be_overridden", .bool($0.name.canBeOverridden)),
                            ]
                        )
                    }
                ),
            ])
        )
    }

    private static func action(_ request: APIRequest, _ call: APICall) throws(APIRefusal) -> APIAnswer {
        guard let json = request.json, let change = json["change"].flatMap(ControlRequest.change) else {
            throw APIRefusal(400, "bad_body", "the body has to be a JSON object with a \"change\" that is understood")
        }
        let reason = json["reason"]?.string ?? ""
        guard !change.spendsOrLoosens || reason.contains(where: { !$0.isWhitespace }) else {
            throw APIRefusal(400, "reason_missing", "a reason is needed: say why")
        }
        return try act(change, reason, request, call)
    }

    private static func giveReason(
        _ request: APIRequest,
        _ world: APIWorld,
        _ call: APICall
    ) throws(APIRefusal) -> APIAnswer {
        guard let reason = request.json?["reason"]?.string, reason.contains(where: { !$0.isWhitespace }) else {
            throw APIRefusal(400, "reason_missing", "a reason is needed: say why it was halted")
        }
        let id = request.parameters["id"] ?? ""
        let isHalt: (Record) -> Bool = { $0.id == id && $0.change == .halt }
        let fold = world.seen.fold
        // A halt of long ago may lie before what is folded.
        guard
            fold.history.contains(where: isHalt)
                || fold.isCut && call.desk.killSwitch.wholeFold().records.contains(where: isHalt)
        else {
            throw APIRefusal(404, "no_such_halt", "there is no record of a halt '\(id.prefix(40))'")
        }
        let said = request.json?["user_id"]?.string
        do {
            let asker = Asker(request, call)
            try call.desk.killSwitch.giveReason(
                reason,
                for: id,
                source: .api,
                identity: Identity(name: asker.name(said), from: asker.place(source: nil, said))
            )
        } catch {
            throw APIRefusal(503, "not_recorded", "not recorded: \(error.message)")
        }
        call.desk.switchChanged()
        return APIAnswer(.of(["success": .bool(true), "message": .string("the reason is recorded")]))
    }
}
