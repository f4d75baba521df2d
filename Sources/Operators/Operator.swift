public import KillSwitch

/// Somebody who may resume, as the file has them, without the hash.
public struct Operator: Sendable, Equatable {
    /// The name: 1 to 64 bytes without control characters.
    public let name: String
    /// When they were enrolled: RFC 3339, UTC.
    public let since: String

    /// As JSON: `name` and `since`.
    public var json: JSON { .object([JSON.Member("name", .string(name)), JSON.Member("since", .string(since))]) }

    /// Throws unless it can be an operator's name: one that reads the same on every screen and in every log.
    static func check(name: String) throws(OperatorsError) {
        guard (1...64).contains(name.utf8.count) else {
            throw OperatorsError(.input, "an operator's name has 1 to 64 bytes: use another")
        }
        guard !name.unicodeScalars.contains(where: isHidden) else {
            throw OperatorsError(.input, "an operator's name has no control characters: use another")
        }
        guard name.first?.isWhitespace == false, name.last?.isWhitespace == false else {
            throw OperatorsError(.input, "an operator's name does not begin or end with a blank: use another")
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: true
        default: scalar == "\u{fffd}"
        }
    }
}

/// What a name and a passphrase are worth.
public enum Verdict: Sendable, Equatable {
    /// They belong together.
    case accepted
    /// The passphrase is wrong; so many attempts in a row were.
    case wrong(attempts: Int)
    /// Nobody of that name is enrolled. Tell the person the same as for a wrong passphrase.
    case unknownOperator
}
