/// What a bearer token is for. `TokenRole.table` is the one place that says what each may do.
///
/// Halting is in none of it: it needs no token.
public enum TokenRole: String, Sendable, Equatable, CaseIterable {
    /// Looks: a wall screen, Prometheus, a dashboard that cannot press anything.
    case viewer
    /// Sends events: a bot or a platform that reports, and nothing else.
    case feed
    /// Works the engine: acknowledges, silences, cancels, enforces, exits, restarts.
    case `operator`
    /// Resumes, once.
    case resume
    /// All of it, and tokens.
    case admin

    /// Something that a token can allow.
    public enum Permission: String, Sendable, Equatable, CaseIterable {
        /// Any answer that changes nothing.
        case read
        /// Hands events to the engine.
        case sendEvents = "send events"
        /// Changes what the engine does: whatever spends or loosens but a resume.
        case act
        /// Resumes trading.
        case resume
        /// Issues and revokes tokens, and whatever no other role may.
        case manage = "manage tokens"
    }

    /// What a role may do and how long a token of it may live.
    public struct Rights: Sendable, Equatable {
        /// The role.
        public let role: TokenRole
        /// All that it may do.
        public let permissions: [Permission]
        /// The longest life of a token, in seconds.
        public let longest: Int64
        /// Whether the operator answers for it with a passphrase of their own: nobody makes such a token for another.
        public let isPersonal: Bool
        /// Whether a successful resume ends it.
        public let isSpentByResume: Bool
    }

    private static let hour: Int64 = 3600

    /// What each role may do.
    ///
    /// Whoever can make trading wider gets a day at most; who works the engine a week; who only looks or reports, a
    /// quarter of a year, because such tokens lie in the configuration of other programs.
    public static let table: [Rights] = [
        Rights(role: .viewer, permissions: [.read], longest: 90 * 24 * hour, isPersonal: false, isSpentByResume: false),
        Rights(
            role: .feed,
            permissions: [.sendEvents],
            longest: 90 * 24 * hour,
            isPersonal: false,
            isSpentByResume: false
        ),
        Rights(
            role: .operator,
            permissions: [.read, .sendEvents, .act],
            longest: 7 * 24 * hour,
            isPersonal: true,
            isSpentByResume: false
        ),
        Rights(
            role: .resume,
            permissions: [.read, .resume],
            longest: 24 * hour,
            isPersonal: true,
            isSpentByResume: true
        ),
        Rights(
            role: .admin,
            permissions: Permission.allCases,
            longest: 24 * hour,
            isPersonal: true,
            isSpentByResume: false
        ),
    ]

    /// The role's row of the table.
    public var rights: Rights {
        // A role without a row, which a test rules out, may do nothing.
        TokenRole.table.first { $0.role == self }
            ?? Rights(role: self, permissions: [], longest: 0, isPersonal: true, isSpentByResume: true)
    }

    /// Whether the role may do that.
    public func may(_ permission: Permission) -> Bool { rights.permissions.contains(permission) }
}
