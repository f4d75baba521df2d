import Desk
import KillSwitch
import SafetyEngine
public import Settings

/// Every answer but a halt's: from a request and one look at the desk. Knows nothing of sockets.
public final class ControlAPI: Sendable {
    let desk: any APIDesk
    let bearer: any Bearer
    let settings: DeskConfiguration.API
    let meter = RequestMeter()
    let refusals = RefusalBook()
    private let last = LastLook()
    private let shared = SharedAnswers()

    /// Creates it for a desk.
    public init(_ desk: any APIDesk, bearer: any Bearer, settings: DeskConfiguration.API) {
        self.desk = desk
        self.bearer = bearer
        self.settings = settings
    }

    /// The switch was changed by this host itself: what is asked now is answered from a new look.
    func switchChanged() { shared.forget() }

    /// One look at the desk. May wait for the disk.
    func world() -> APIWorld {
        let killSwitch = desk.killSwitch
        let seen = last.look(killSwitch)
        let desk = desk
        var world = APIWorld(
            seen: seen,
            view: nil,
            engineProblem: nil,
            name: killSwitch.settings.name,
            isPaper: killSwitch.settings.paper,
            directory: killSwitch.directory.path,
            wallMs: Clock.wallMilliseconds(),
            orders: { desk.host?.recentOrders() },
            audit: { limit in desk.host.flatMap { try? $0.auditRecords(limit: limit).map(AuditJSON.of) } },
            meter: meter.reading
        )
        switch desk.sight {
        case .view(let view, _): world.view = view
        case .lost(let view, _, let reason): (world.view, world.engineProblem) = (view, reason)
        }
        return world
    }

    /// Answers.
    ///
    /// - Parameters:
    ///   - isLocal: whether it came from this machine itself, from somebody who may read everything.
    ///   - mayRestrict: whether it came from where halting needs no token.
    func answer(_ request: APIRequest, isLocal: Bool, mayRestrict: Bool) -> (answer: APIAnswer, route: String) {
        var found: Route?
        var who: BearerClaims?
        do throws(APIRefusal) {
            let (route, open) = try Routes.find(request.method, request.path)
            found = route
            var request = request
            request.parameters = open
            try checkPlace(request)
            let claims = try claims(request, route.right, isLocal: isLocal, mayRestrict: mayRestrict)
            who = claims
            if let wrong = route.objection(to: request.body) { throw wrong }
            let call = APICall(desk: desk, bearer: bearer, claims: claims)
            guard route.isShared(request) else {
                defer { if request.method != "GET" { shared.forget() } }
                return (try route.answer(request, world(), call), route.path)
            }
            if let answer = shared.answer(route.path) { return (answer, route.path) }
            let round = shared.round
            let answer = try route.answer(request, world(), call)
            shared.keep(answer, of: route.path, madeIn: round)
            return (answer, route.path)
        } catch {
            if let found { refusals.add(error, to: found, request, who ?? error.proved, desk.host) }
            return (APIAnswer(refusing: error), found?.path ?? "unknown")
        }
    }

    /// A halt was refused to somebody from elsewhere, who is told so already.
    func refused(_ refusal: BearerRefusal, _ asker: Asker) {
        meter.add(
            RequestMeter.Key(method: "POST", path: asker.path, status: refusal.status),
            microseconds: (Clock.boottime() - asker.began) / 1_000
        )
        guard let route = Routes.all.first(where: { $0.path == asker.path && $0.method == "POST" }) else { return }
        let request = APIRequest(method: route.method, path: route.path, from: asker.from)
        refusals.add(APIRefusal(refusal), to: route, request, refusal.proved, desk.host)
    }

    /// A page of the web that a browser shows must not read this desk, nor act on it, under a name of its own.
    private func checkPlace(_ request: APIRequest) throws(APIRefusal) {
        guard let host = request.host, HostNames.isOurs(host, settings.hosts) else {
            throw APIRefusal(
                403,
                "foreign_host",
                "this host is not called '\((request.host ?? "").prefix(80))': ask it as localhost, or name it in [api] hosts"
            )
        }
        if let origin = request.origin, !HostNames.isOurs(HostNames.host(ofOrigin: origin), settings.hosts) {
            throw APIRefusal(403, "foreign_origin", "pages of '\(origin.prefix(80))' may not ask this host")
        }
    }

    private func claims(
        _ request: APIRequest,
        _ right: Route.Right,
        isLocal: Bool,
        mayRestrict: Bool
    ) throws(APIRefusal) -> BearerClaims? {
        let found: Result<BearerClaims, BearerRefusal>
        switch right {
        case .anybody:
            // As `HaltHandler` has it for a halt: any good token, and none where halting needs none.
            let isFree = mayRestrict || settings.opensHalt
            guard let token = request.token else {
                if isFree { return nil }
                throw APIRefusal(BearerRefusal.missing)
            }
            found = bearer.identify(token)
            if isFree { return try? found.get() }
        case .reader:
            if isLocal { return nil }
            found = request.token.map { bearer.verify($0, for: .read) } ?? .failure(.missing)
        case .bearer(let needed):
            found = request.token.map { bearer.verify($0, for: needed) } ?? .failure(.missing)
        }
        switch found {
        case .success(let claims): return claims
        case .failure(let refusal): throw APIRefusal(refusal)
        }
    }
}

/// Names under which the host may be asked.
enum HostNames {
    /// Whether a name is one of them; addresses of this machine itself always are.
    static func isOurs(_ name: String, _ configured: [String]) -> Bool {
        let name = name.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || LoopbackAddress.contains(name)
            || configured.contains { $0.lowercased() == name }
    }

    /// The name without its port: `[::1]:5000` is `::1`.
    static func name(_ authority: some StringProtocol) -> String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    /// The name in an origin such as `http://localhost:3000`; empty: it has none.
    static func host(ofOrigin origin: String) -> String {
        guard let mark = origin.firstRange(of: "://") else { return "" }
        return name(origin[mark.upperBound...])
    }
}
