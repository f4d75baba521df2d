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
        var path = String(parts.first ?? "/")
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return (path, query)
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum Percent {
    /// The text without it; nil: what is not well formed, or no UTF-8.
    static func decoded(_ text: some StringProtocol, plus: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plus && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
