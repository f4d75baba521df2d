public import KillSwitch

/// Something that a bearer token can allow.
public enum BearerPermission: String, Sendable, Equatable, CaseIterable {
    /// Any answer that changes nothing.
    case read
    /// Hands events to the engine.
    case sendEvents = "send events"
    /// Changes what the engine does: whatever spends or loosens but a resume.
    case act
    /// Resumes trading.
    case resume
}

/// Who a token speaks for.
public struct BearerClaims: Sendable, Equatable {
    /// The token's own name.
    public var id: String
    /// The operator whose it is.
    public var operatorName: String
    /// Its role, as people know it.
    public var role: String
    /// Whether using it gives the four answers of a resume: it is the operator's own, and one resume uses it up.
    public var givesAnswers: Bool
    /// The venues for which it may speak in events; for every other it is no more than a bot.
    public var venues: [String]
    /// That the operator proved who they are, for a resume that takes two people; nil: nobody can tell.
    public var credential: Credential?

    /// Creates claims.
    public init(
        id: String,
        operatorName: String,
        role: String,
        givesAnswers: Bool = false,
        venues: [String] = [],
        credential: Credential? = nil
    ) {
        self.id = id
        self.operatorName = operatorName
        self.role = role
        self.givesAnswers = givesAnswers
        self.venues = venues
        self.credential = credential
    }
}

/// Why a token does not help.
public struct BearerRefusal: Error, Sendable, Equatable {
    /// The HTTP status: 401 not known who asks, 403 they may not, 503 it cannot be said.
    public var status: Int
    /// The word for it in errors, as in `token_expired`.
    public var code: String
    /// What, why and what to do.
    public var message: String
    /// The value of `WWW-Authenticate`; nil: none.
    public var challenge: String?
    /// Whom the token names, unproved: for the audit, never for an answer. nil: nobody.
    public var claimed: String?
    /// Whose the token is, where it is good and its role is not enough; nil: nobody is proved.
    public var proved: BearerClaims?

    /// Creates a refusal.
    public init(status: Int, code: String, message: String, challenge: String? = nil, claimed: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.challenge = challenge
        self.claimed = claimed
    }

    /// Nobody said who asks.
    static let missing = BearerRefusal(
        status: 401,
        code: "token_missing",
        message: "a bearer token is needed: send Authorization: Bearer TOKEN (estop token issue makes one)",
        challenge: "Bearer realm=\"estop\""
    )
}

/// Who knows tokens. Called on threads that may wait.
public protocol Bearer: Sendable {
    /// Who a token speaks for, if it allows what is wanted.
    func verify(_ token: String, for permission: BearerPermission) -> Result<BearerClaims, BearerRefusal>
    /// Uses a token up, before what it is for is done; only one asker of several succeeds.
    ///
    /// - Returns: how to make it good again, where what it was used up for was refused.
    func spend(_ claims: BearerClaims) -> Result<Job, BearerRefusal>
}

extension Bearer {
    /// Who a token speaks for, whatever its role allows: enough for what only restricts.
    func identify(_ token: String) -> Result<BearerClaims, BearerRefusal> {
        let found = verify(token, for: .read)
        if case .failure(let refusal) = found, let claims = refusal.proved { return .success(claims) }
        return found
    }
}

/// Without tokens: whatever needs one is refused.
public struct NoBearer: Bearer {
    /// Creates it.
    public init() {}

    /// Refuses.
    public func verify(_ token: String, for permission: BearerPermission) -> Result<BearerClaims, BearerRefusal> {
        .failure(
            BearerRefusal(
                status: 401,
                code: "token_unknown",
                message: "this host knows no tokens, so it cannot be asked to \(permission.rawValue) over HTTP: "
                    + "use the command or the dashboard",
                challenge: "Bearer realm=\"estop\", error=\"invalid_token\""
            )
        )
    }

    /// Refuses.
    public func spend(_ claims: BearerClaims) -> Result<Job, BearerRefusal> { .failure(.missing) }
}
