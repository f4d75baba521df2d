import Desk
import KillSwitch

/// One request, as far as an answer depends on it.
struct APIRequest: Sendable {
    /// Its method, as in `GET`.
    var method: String
    /// Its path, without query.
    var path: String
    /// What follows the question mark, decoded; of a name that is there twice, the first.
    var query: [String: String] = [:]
    /// Parts of the path that the route leaves open, by name.
    var parameters: [String: String] = [:]
    /// Its body.
    var body: [UInt8] = []
    /// The bearer token; nil: none.
    var token: String?
    /// The name under which it was asked, without port.
    var host: String?
    /// The page of a browser that sent it; nil: none said.
    var origin: String?
    /// Where it came from, for records.
    var from = "http"
    /// Who is on the other side, where it is `estop.sock`.
    var peer: Peer?

    /// The body as JSON; nil: it is none.
    var json: JSON? { JSON(bytes: body) }

    /// A number of the query, within bounds.
    func number(_ name: String, default fallback: Int, _ range: ClosedRange<Int>) throws(APIRefusal) -> Int {
        guard let text = query[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw APIRefusal(
                400,
                "bad_query",
                "'\(name)' has to be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// Takes a target such as `/a/b?c=d` apart.
    static func split(_ target: some StringProtocol) -> (path: String, query: [String: String]) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [String: String] = [:]
        if parts.count > 1 {
            for pair in parts[1].split(separator: "&") {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = Percent.decoded(sides[0], plus: true)
                if let name, query[name] == nil {
                    query[name] = sides.count > 1 ? Percent.decoded(sides[1], plus: true) ?? "" : ""
                }
            }
        }
        var path = RequestPath.path(of: parts.first ?? "/")
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return (path, query)
    }
}
