import Desk
import KillSwitch
import SafetyEngine
import Settings

@testable import ControlAPI

/// A desk with a switch of its own and an engine that says what it is told to, asked without a socket.
final class ScratchDesk: APIDesk {
    private let scratch: Scratch
    let killSwitch: KillSwitch
    let sight: EngineSight
    let host: DeskHost? = nil

    init(_ view: EngineView = EngineView(), _ scratch: Scratch) {
        self.scratch = scratch
        killSwitch = scratch.killSwitch
        sight = .view(view, ageMs: 0)
    }

    func take(_ pulled: HaltHandle.Pulled, _ request: HaltRequest) {}
    func switchChanged() {}
}

/// Tokens that are called after their roles; "TOKEN" is nobody's.
struct NamedRoles: Bearer {
    static let rights: [String: [BearerPermission]] = [
        "viewer": [.read], "feed": [.sendEvents], "operator": [.read, .sendEvents, .act], "resume": [.read, .resume],
    ]

    func verify(_ token: String, for permission: BearerPermission) -> Result<BearerClaims, BearerRefusal> {
        guard let rights = NamedRoles.rights[token] else {
            return .failure(BearerRefusal(status: 401, code: "token_malformed", message: "this is no token"))
        }
        let claims = BearerClaims(id: "id-\(token)", operatorName: "ann", role: token)
        guard rights.contains(permission) else {
            var refusal = BearerRefusal(status: 403, code: "role_insufficient", message: "\(token) may not")
            refusal.proved = claims
            return .failure(refusal)
        }
        return .success(claims)
    }

    func spend(_ claims: BearerClaims) -> Result<Job, BearerRefusal> { .success(Job {}) }
}

extension ControlAPI {
    static func of(_ scratch: Scratch, _ view: EngineView = EngineView(), opensHalt: Bool = false) -> ControlAPI {
        var settings = DeskConfiguration.API()
        settings.opensHalt = opensHalt
        return ControlAPI(ScratchDesk(view, scratch), bearer: NamedRoles(), settings: settings)
    }

    /// Asks as a request over TCP does.
    func ask(
        _ method: String,
        _ path: String,
        _ body: String = "",
        query: [String: String] = [:],
        token: String? = nil,
        isLocal: Bool = true,
        mayRestrict: Bool = true
    ) -> (status: Int, json: JSON?) {
        var request = APIRequest(method: method, path: path, body: Array(body.utf8), token: token, host: "localhost")
        request.from = "http test"
        request.query = query
        let answer = answer(request, isLocal: isLocal, mayRestrict: mayRestrict).answer
        return (answer.status, JSON(bytes: answer.body))
    }
}
