import KillSwitch

/// The second person over HTTP: the first deactivate of a desk that takes two is answered with 202 and a name, another
/// operator's deactivate that says `"approve": "NAME"` resumes.
///
/// What is judged here is judged again by the kill switch, under its lock: this only finds the right status sooner.
enum Approving {
    /// What a request with `approve` asks for: what was asked, with the answers of who confirms; nil: it has none.
    static func wanted(
        _ request: APIRequest,
        _ world: APIWorld,
        _ call: APICall,
        _ claims: BearerClaims
    ) throws(APIRefusal) -> ResumeRequest? {
        guard let json = request.json, let value = json["approve"], value != .null else { return nil }
        guard let id = value.string else {
            throw APIRefusal(400, "bad_approve", "\"approve\" is the name of the request, as in \"0a1b2c3d\"")
        }
        if let key = ["mode", "scope", "overrides"].first(where: { json[$0].map { $0 != .null } ?? false }) {
            throw APIRefusal(
                400,
                "bad_approve",
                "\"approve\" confirms what was asked as it was asked: leave \"\(key)\" out, or ask for a resume anew"
            )
        }
        let waiting: WaitingResume
        do throws(KillSwitch.Unapproved) {
            waiting = try call.desk.killSwitch.waiting(id, world.seen)
        } catch {
            throw refused(error.refusal)
        }
        guard waiting.askedBy != claims.operatorName else {
            throw refused(.own(waiting))
        }
        // The answers are read as any resume's; all else is the asker's.
        var asked = request
        var body: [JSON.Member] = [
            .init("reason", .string(waiting.reason)), .init("mode", .string(waiting.mode.name)),
            .init("scope", .string(waiting.scope.description)),
        ]
        if let confirm = json["confirm"] { body.append(.init("confirm", confirm)) }
        asked.body = JSON.object(body).bytes
        var resume = try Resuming.wanted(asked, call.desk.killSwitch, claims)
        resume.overrides = waiting.overrides
        resume.approve = id
        return resume
    }

    /// The answer to who asked.
    static func asked(_ waiting: WaitingResume, _ world: APIWorld) -> APIAnswer {
        let expires = Clock.text(milliseconds: world.wallMs + Int64(clamping: waiting.leftMs))
        return APIAnswer(
            202,
            .of([
                "success": .bool(false),
                "message": .string(
                    "asked: nothing is resumed until another operator confirms it with \"approve\": \"\(waiting.id)\", "
                        + "'\(waiting.command)' or R, by \(expires)"
                ),
                "is_active": .bool(world.isHalted), "mode": .string(world.seen.mode.name),
                "generation": .number(world.seen.word?.generation), "approve": .string(waiting.id),
                "expires_in_ms": .number(waiting.leftMs), "expires_at": .string(expires), "waiting": waiting.json,
            ])
        )
    }

    /// The status of each refusal.
    static func refused(_ refusal: ApprovalRefusal) -> APIRefusal {
        let (status, code): (Int, String) =
            switch refusal {
            case .notProven: (403, "not_proven")
            case .own: (403, "own_approval")
            case .tooFew: (409, "operators_missing")
            case .otherWaits: (409, "resume_waiting")
            case .missing: (409, "approval_missing")
            case .expired: (409, "approval_expired")
            case .void: (409, "approval_void")
            case .notNeeded: (409, "approval_not_needed")
            }
        var details: [JSON.Member] = []
        if case .otherWaits(let waiting) = refusal { details.append(.init("waiting", waiting.json)) }
        return APIRefusal(status, code, "not resumed: \(refusal.message)", details: details)
    }
}
