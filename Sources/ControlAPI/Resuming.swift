import Desk
import KillSwitch

/// A resume over HTTP: the same questions as in the dialog, the same checks, and a token that is used up by it.
enum Resuming {
    static func answer(_ request: APIRequest, _ world: APIWorld, _ call: APICall) throws(APIRefusal) -> APIAnswer {
        guard let claims = call.claims else { throw APIRefusal(BearerRefusal.missing) }
        let killSwitch = call.desk.killSwitch
        let confirmed = try Approving.wanted(request, world, call, claims)
        var asked = if let confirmed { confirmed } else { try wanted(request, killSwitch, claims) }
        // A halt from here on was in nobody's mind when this was asked.
        asked.seen = world.seen.word
        let checks = killSwitch.preflight(world.seen, mode: asked.mode, scope: asked.scope, answers: asked.answers)
        let refusing = KillSwitch.refusing(checks, asked, permits: asked.seen?.mode.permitsAnything ?? false)
        guard refusing.isEmpty else { throw refused(refusing) }
        let giveBack: Job
        switch call.bearer.spend(claims) {
        case .success(let undo): giveBack = undo
        case .failure(let refusal): throw APIRefusal(refusal)
        }
        switch killSwitch.resume(asked) {
        case .resumed(let word):
            call.desk.switchChanged()
            call.desk.host?.note(
                "operator:\(claims.operatorName)",
                "resumed",
                .of([
                    "reason": .string(asked.reason), "from": .string(asked.from), "token": .string(claims.id),
                    "mode": .string(word.mode.name),
                ])
            )
            return done("trading is resumed: \(word.mode.name)", word)
        case .already(let word):
            giveBack.run()
            return done("nothing to resume: the desk is \(word.mode.name)", word)
        case .waiting(let waiting):
            // The first of two people has had their part of a resume: the token is used up.
            call.desk.switchChanged()
            return Approving.asked(waiting, world)
        case .unapproved(let refusal):
            giveBack.run()
            call.desk.switchChanged()
            throw Approving.refused(refusal)
        case .refused(let why):
            giveBack.run()
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
        let (answers, whose) = try answers(json, claims)
        return ResumeRequest(
            mode: mode,
            scope: scope,
            reason: reason,
            op: claims.operatorName,
            from: "\(request.from); \(whose)",
            source: .api,
            answers: answers,
            overrides: try overrides(json),
            credential: claims.credential
        )
    }

    /// The four answers, and words for where they are from.
    ///
    /// The runbooks' call has a reason only. It stands where the token is its operator's own, short-lived and used up by
    /// the resume: whoever had it issued was told that its use gives the answers. What names answers has to name them all.
    private static func answers(
        _ json: JSON,
        _ claims: BearerClaims
    ) throws(APIRefusal) -> (Set<PreflightCheck.Name>, String) {
        guard let value = json["confirm"] else {
            guard claims.givesAnswers else { return ([], "no question answered") }
            return (Set(PreflightCheck.Name.answers), "answers given with token \(claims.id)")
        }
        let bad = APIRefusal(
            400,
            "bad_confirm",
            "\"confirm\" is a list of understood, resolved, verified, safe: what a person has answered with yes"
        )
        guard let entries = value.array else { throw bad }
        var answers: Set<PreflightCheck.Name> = []
        for entry in entries {
            guard let name = entry.string.flatMap(PreflightCheck.Name.init(rawValue:)), name.question != nil else {
                throw bad
            }
            answers.insert(name)
        }
        return (answers, "answers given in the request")
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
            guard let why = member.value.string else {
                throw APIRefusal(400, "bad_overrides", "the override of '\(member.key)' needs a reason")
            }
            if let problem = OverrideReason.problem(why, for: name) { throw APIRefusal(400, "bad_overrides", problem) }
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

    private static func refused(_ failing: [PreflightCheck]) -> APIRefusal {
        let names = failing.map(\.name.rawValue).joined(separator: ", ")
        return APIRefusal(
            409,
            "preflight",
            "not resumed: \(names) did not pass. Answer the questions in \"confirm\", mend what fails, look yourself at what "
                + "was not checked, or override it with a reason in \"overrides\"",
            details: [
                .init(
                    "checks",
                    .array(
                        failing.map {
                            .object(
                                $0.jsonMembers + [
                                    .init("question", .text($0.name.question)),
                                    .init("can_be_overridden", .bool($0.name.canBeOverridden)),
                                ]
                            )
                        }
                    )
                )
            ]
        )
    }
}
