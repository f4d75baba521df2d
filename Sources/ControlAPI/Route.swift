import Desk

/// One row of the table of everything that is served: from it come the answers, the 405s, the check of rights and
/// openapi.json.
struct Route: Sendable {
    /// Who may.
    enum Right: Sendable, Equatable {
        /// Whatever only restricts: where halting needs no token anybody, from elsewhere any good token.
        case anybody
        /// On this machine anybody; from elsewhere with a token that may read.
        case reader
        /// With a token that allows it.
        case bearer(BearerPermission)
    }

    /// What it takes and gives, for openapi.json.
    struct Shape: Sendable {
        /// What the body of the request may say: names and their JSON schema types. `decimal` is a number, or one in a string.
        var body: [(name: String, type: String, isNeeded: Bool)] = []
        /// Names in the answer, with their types.
        var answer: [(name: String, type: String)] = []
        /// Whether the answer is a list of such objects.
        var isList = false
        /// What the query may say.
        var query: [(name: String, type: String)] = []
        /// What the answer is, where it is no JSON.
        var contentType = "application/json"
        /// Whether 202 is an answer, too: asked, and another person has to confirm it.
        var isAlsoAccepted = false
        /// The statuses of answers besides 200.
        var statuses: [Int] = []
    }

    var method: String
    /// With `{name}` for what is left open.
    var path: String
    var right: Right
    var summary: String
    var shape: Shape
    /// Makes the answer. On a thread that may wait.
    var answer: @Sendable (APIRequest, APIWorld, APICall) throws(APIRefusal) -> APIAnswer

    /// What a path leaves open, if it is this route's.
    func match(_ asked: String) -> [String: String]? {
        let (mine, theirs) = (path.split(separator: "/"), asked.split(separator: "/"))
        guard mine.count == theirs.count else { return nil }
        var open: [String: String] = [:]
        for (own, other) in zip(mine, theirs) {
            if own.hasPrefix("{") {
                guard let text = Percent.decoded(other), !text.isEmpty else { return nil }
                open[String(own.dropFirst().dropLast())] = text
            } else if own != other, Percent.decoded(other) != String(own) {
                return nil
            }
        }
        return open
    }
}

/// What an answer may do besides looking.
struct APICall: Sendable {
    var desk: any APIDesk
    var bearer: any Bearer
    /// Who asks; nil: the route needs nobody.
    var claims: BearerClaims?
}

/// All of it.
enum Routes {
    static let all: [Route] =
        switchRoutes + tradingRoutes + riskRoutes + healthRoutes + actionRoutes + liquidationRoutes + ownRoutes
        + screenRoutes

    /// What is asked for: a route with what its path leaves open, or why there is none.
    static func find(_ method: String, _ path: String) throws(APIRefusal) -> (route: Route, open: [String: String]) {
        let found = all.compactMap { route in route.match(path).map { (route, $0) } }
        // A path that is written out wins over one that leaves something open.
        let exact = found.filter { $0.1.isEmpty }
        let candidates = exact.isEmpty ? found : exact
        guard !candidates.isEmpty else {
            throw APIRefusal(404, "not_found", "there is nothing at this path: GET /openapi.json lists what is served")
        }
        let wanted = method == "HEAD" ? "GET" : method
        if let hit = candidates.first(where: { $0.0.method == wanted }) { return hit }
        var allowed: [String] = []
        for candidate in candidates where !allowed.contains(candidate.0.method) {
            allowed.append(candidate.0.method)
            if candidate.0.method == "GET" { allowed.append("HEAD") }
        }
        let list = allowed.joined(separator: ", ")
        throw APIRefusal(
            405,
            "method_not_allowed",
            "\(method.prefix(16)) is not for this path: use \(list)",
            headers: [.init(name: "Allow", value: list)]
        )
    }
}
