import KillSwitch

/// Why a desk could not be asked, in one line for the screen.
///
/// Invariant (RemoteTests/LinkProblemTests): each of a wrong certificate, a missing or refused token, a name that is not
/// served, something that is no estop, and silence is told apart, with what to do.
enum LinkProblem {
    /// Why an exchange without an answer failed.
    static func of(_ end: Ended, place: String) -> String {
        switch end.kind {
        case .certificate:
            return "the certificate of \(place) is not trusted (\(end.error)): nothing was sent. Is it the right host? "
                + "--ca-file names whom to trust"
        case .timedOut: return "\(place) did not answer in time"
        case .notFound: return "there is no host of that name (\(end.error))"
        case .tooLarge: return "\(place) sent more than any estop does: is it one?"
        case .failed, .complete:
            return end.error.isEmpty ? "\(place) closed the connection" : withoutTimes(end.error)
        }
    }

    /// Without how long it took: the same problem has the same words each time.
    static func withoutTimes(_ text: String) -> String {
        guard let mark = text.firstRange(of: " after "), let end = text[mark.upperBound...].firstRange(of: " ms"),
            !text[mark.upperBound..<end.lowerBound].isEmpty,
            text[mark.upperBound..<end.lowerBound].allSatisfy(\.isNumber)
        else { return text }
        return String(text[..<mark.lowerBound] + text[end.upperBound...])
    }

    /// Why an answer is not what was asked for.
    ///
    /// - Parameters:
    ///   - status: its HTTP status.
    ///   - body: what came with it.
    static func of(status: Int, _ body: [UInt8], place: String) -> String {
        let error = JSON(bytes: body)?["error"]
        guard let code = error?["code"]?.string, let message = error?["message"]?.string else {
            if status == 401 || status == 403 {
                return "\(place) refuses (HTTP \(status)), and not as estop does: is a proxy before it?"
            }
            if status == 502 || status == 503 || status == 504 {
                return "a proxy answers at \(place) (HTTP \(status)), and no estop behind it"
            }
            return "\(place) is no estop, or one without a control API (HTTP \(status))"
        }
        switch status {
        case 401 where code == "token_missing":
            return
                "\(place) asks for a token: --token-file names the file that holds one (estop token issue, on its machine)"
        case 401: return "the token is not accepted (\(code)): \(message)"
        case 403 where code.hasPrefix("foreign"): return message
        case 403: return "the token may not do this (\(code)): \(message)"
        case 404, 405: return "\(place) is another version of estop: \(message)"
        default: return message
        }
    }
}

/// How an exchange ended.
struct Ended: Sendable, Equatable {
    /// What kind of end.
    enum Kind: Sendable, Equatable {
        case complete
        case failed
        case certificate
        case timedOut
        case notFound
        case tooLarge
    }

    var kind: Kind
    /// The HTTP status; 0: none came.
    var status: Int
    var error: String
}
