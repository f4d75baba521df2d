import Desk
import HTTPTypes

/// The head of a request as far as it can be read by hand: of one that the HTTP decoder refused, or that broke off.
///
/// Invariant (ControlAPITests/BrokenHeadTests): whatever is wrong with the head of a POST to a halting path, it is seen to
/// be one, and whoever asked for it by way of a proxy is not taken for somebody on this machine.
struct BrokenHead {
    /// As it stands in the request line.
    let method: String
    /// What is asked for; empty: it broke off before.
    let target: String
    /// The fields that can be read.
    let fields: [(name: String, value: String)]
    /// The text, if its head has not ended; empty: it has.
    let unfinished: String

    /// The last request of what came; nil: no line begins as a request does.
    init?(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard let first = lines.lastIndex(where: { BrokenHead.isRequestLine($0) }) else { return nil }
        let words = lines[first].split(separator: " ")
        method = String(words[0])
        target = words.count > 1 ? String(words[1]) : ""
        let rest = lines[(first + 1)...]
        // The last piece has no end of line behind it: a blank one there is no blank line.
        let end = rest.dropLast().firstIndex { $0.isEmpty }
        unfinished = end == nil ? lines[first...].joined(separator: "\r\n") : ""
        fields = rest[..<(end ?? rest.endIndex)].compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (
                line[..<colon].lowercased(),
                String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
            )
        }
    }

    /// The halting path that it is for; nil: it asks for something else.
    var haltPath: String? {
        method.uppercased() == "POST" ? HaltPaths.named(by: target) : nil
    }

    /// The same as a request, for whoever asks where it came from.
    var request: HTTPRequest {
        var known = HTTPFields()
        for field in fields {
            guard let name = HTTPField.Name(field.name), HTTPField.isValidValue(field.value) else { continue }
            known.append(HTTPField(name: name, value: field.value))
        }
        return HTTPRequest(method: .post, scheme: nil, authority: nil, path: target, headerFields: known)
    }

    private static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"]

    private static func isRequestLine(_ line: Substring) -> Bool {
        guard let space = line.firstIndex(of: " ") else { return false }
        return methods.contains(line[..<space].uppercased())
    }
}
