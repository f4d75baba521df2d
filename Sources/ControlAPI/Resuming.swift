import Desk
import KillSwitch

/// A resume over HTTP: the same questions as in the dialog, the same checks, and a token that is used up by it.
enum Resuming {
    static func answer(_ request: APIRequest, _ world: APIWorld, _ call: APICall) throws(APIRefusal) -> APIAnswer {
        guard let claims = call.claims else { throw APIRefusal(BearerRefusal.missing) }
        let killSwitch = call.desk.killSwitch
        let confirmed = try Approving.wanted(request, world, call, claims)
        let asked = if let confirmed { confirmed } else { try wanted(request, killSwitch, claims) }
        let failing = killSwitch.preflight(world.seen, mode: asked.mode, scope: asked.scope, answers: asked.answers)
            .filter { !$0.passed && !($0.name.canBeOverridden && asked.overrides[$0.name] != nil) }
        guard failing.isEmpty else { throw refused(failing, call, claims, request) }
        let giveBack: @Sendable () -> Void
        switch call.bearer.spend(claims) {
        case .success(let undo): giveBack = undo
        case .failure(let refusal): throw APIRefusal(refusal)
        }
        switch killSwitch.resume(asked) {
        case .resumed(let word):
            call.desk.switchChanged()
            return done("trading is resumed: \(word.mode.name)", word)
        case .already(let word):
            giveBack()
            return done("nothing to resume: the desk is \(word.mode.name)", word)
        case .waiting(let waiting):
            // The first of two people has had their part of a resume: the token is used up.
            call.desk.switchChanged()
            return Approving.asked(waiting, world)
        case .unapproved(let refusal):
            giveBack()
            call.desk.switchChanged()
            throw Approving.refused(refusal)
        case .refused(let why):
            giveBack()
            note(why, call, claims, request)
            throw APIRefusal(409, "refused", "not resumed: \(why)")
        }
    }

    /// What is asked, or what is wrong with it.
    static func wanted(
        _ request: APIRequest,
        _ killSwitch: KillSwitch,
        _ claims: BearerClaims
    ) throws(APIRefusal) -> ResumeRequest {
        guard let json = request.json, case .object = json else {
            throw APIRefusal(400, "bad_body", "the body has to be a JSON object with a \"reason\"")
        }
        guard let reason = json["reason"]?.string, reason.contains(where: { !$0.isWhitespace }) else {
            throw APIRefusal(400, "reason_missing", "a reason is needed: say why it is safe to resume")
        }
        var mode = killSwitch.settings.resumeMode
        if let value = json["mode"], value != .null {
            guard let name = value.string, let named = Mode(name: name), named.permitsAnything else {
                throw APIRefusal(400, "bad_mode", "\"mode\" has to be live, paper or reduce-only")
            }
            mode = named
        }
        var scope = Scope.global
        if let value = json["scope"], value != .null {
            guard let text = value.string else { throw APIRefusal(400, "bad_scope", "\"scope\" has to be a string") }
            do { scope = try Scope(text) } catch { throw APIRefusal(400, "bad_scope", error.message) }
        }
        var answers: Set<PreflightCheck.Name> = []
        for entry in json["confirm"]?.array ?? [] {
            guard let name = entry.string.flatMap(PreflightCheck.Name.init(rawValue:)), name.question != nil else {
                throw APIRefusal(
                    400,
                    "bad_confirm",
                    "\"confirm\" is a list of understood, resolved, verified, safe: what a person has answered with yes"
                )
            }
            answers.insert(name)
        }
        return ResumeRequest(
            mode: mode,
            scope: scope,
            reason: reason,
            op: claims.operatorName,
            from: request.from,
            source: .api,
            answers: answers,
            overrides: try overrides(json),
            credential: claims.credential
        )
    }

    private static func overrides(_ json: JSON) throws(APIRefusal) -> [PreflightCheck.Name: String] {
        guard let value = json["overrides"], value != .null else { return [:] }
        guard case .object(let members) = value else {
            throw APIRefusal(400, "bad_overrides", "\"overrides\" is an object of checks, each with a reason")
        }
        var overrides: [PreflightCheck.Name: String] = [:]
        for member in members {
            guard let name = PreflightCheck.Name(rawValue: member.key), name.canBeOverridden else {
                throw APIRefusal(400, "bad_overrides", "the check '\(member.key.prefix(40))' cannot be overridden")
            }
            guard let why = member.value.string, why.contains(where: { !$0.isWhitespace }) else {
                throw APIRefusal(400, "bad_overrides", "the override of '\(member.key)' needs a reason")
            }
            overrides[name] = why
        }
        return overrides
    }

    private static func done(_ message: String, _ word: Word) -> APIAnswer {
        APIAnswer(
            .of([
                "success": .bool(true), "message": .string(message), "is_active": .bool(!word.mode.permitsAnything),
                "mode": .string(word.mode.name), "generation": .number(word.generation),
            ])
        )
    }

    private static func refused(
        _ failing: [PreflightCheck],
        _ call: APICall,
        _ claims: BearerClaims,
        _ request: APIRequest
    ) -> APIRefusal {
        let names = failing.map(\.name.rawValue).joined(separator: ", ")
        note("preflight: \(names)", call, claims, request)
        return APIRefusal(
            409,
            "preflight",
            "not resumed: \(names) did not pass. Answer the questions in \"confirm\", mend what fails, or override it with "
                + "a reason in \"overrides\"",
            details: [
                .init(
                    "checks",
                    .array(
                        failing.map {
                            .of([
                                "name": .string($0.name.rawValue), "detail": .string($0.detail),
                                "question": .text($0.name.question),
                                "can_be_overridden": .bool($0.name.canBeOverridden),
                            ])
                        }
                    )
                )
            ]
        )
    }

    static func note(_ why: String, _ call: APICall, _ claims: BearerClaims, _ request: APIRequest) {
        _ = call.desk.host?.record(
            "operator:\(claims.operatorName)",
            "resume_refused",
            .of(["why": .string(why), "from": .string(request.from), "token": .string(claims.id)])
        )
    }
}
