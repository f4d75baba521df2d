public import KillSwitch

/// What the ledger knows of one token.
public struct IssuedToken: Sendable, Equatable {
    /// Its id: the claim `jti`.
    public let id: String
    /// Whose it is.
    public let operatorName: String
    /// What it may do.
    public let role: TokenRole
    /// How it is signed.
    public let algorithm: TokenAlgorithm
    /// For which venues a feed's may speak.
    public let scope: FeedScope
    /// When it was issued, in seconds since 1970.
    public let issued: Int64
    /// When it ends, in seconds since 1970.
    public let expires: Int64
    /// Who answered for it: an operator whose passphrase was given, or the login name of the desk's owner.
    public let issuedBy: String
    /// When its operator had been enrolled, as the file of operators has it; nil when nobody was, or nobody had to be.
    let enrolled: String?
    /// When and why it was revoked.
    public internal(set) var revoked: Revocation?
    /// When a resume used it up, in seconds since 1970, and a number that only who did so knows.
    var spending: Spending?

    /// When and why a token was revoked.
    public struct Revocation: Sendable, Equatable {
        /// When, in seconds since 1970.
        public let at: Int64
        /// Why.
        public let reason: String
    }

    struct Spending: Sendable, Equatable {
        let at: Int64
        let number: String
    }

    /// When a resume used it up, in seconds since 1970; nil when none has.
    public var spent: Int64? { spending?.at }

    /// What a token is worth at a time.
    public enum State: String, Sendable, Equatable {
        /// It is accepted.
        case valid
        /// Its time is over.
        case expired
        /// A resume used it up.
        case spent
        /// It was revoked.
        case revoked
    }

    /// What it is worth at a time (seconds since 1970).
    public func state(now: Int64) -> State {
        if revoked != nil { return .revoked }
        if spending != nil { return .spent }
        return now < expires ? .valid : .expired
    }

    init(_ claims: TokenClaims, algorithm: TokenAlgorithm, issuedBy: String, enrolled: String?) {
        id = claims.id
        operatorName = claims.operatorName
        role = claims.role
        scope = claims.scope
        self.algorithm = algorithm
        issued = claims.issued
        expires = claims.expires
        self.issuedBy = issuedBy
        self.enrolled = enrolled
    }

    /// As JSON for people and programs.
    public func json(now: Int64) -> JSON {
        guard case .object(let members) = json(private: false) else { return .null }
        return .object(members + [JSON.Member("state", .string(state(now: now).rawValue))])
    }

    /// As JSON; for the ledger with what is nobody else's business.
    func json(private isPrivate: Bool) -> JSON {
        var members = [
            JSON.Member("id", .string(id)), JSON.Member("operator", .string(operatorName)),
            JSON.Member("role", .string(role.rawValue)), JSON.Member("alg", .string(algorithm.rawValue)),
            JSON.Member("issued", .integer(issued)), JSON.Member("expires", .integer(expires)),
            JSON.Member("by", .string(issuedBy)),
            JSON.Member("revoked", .number(revoked?.at)), JSON.Member("reason", .text(revoked?.reason)),
            JSON.Member("spent", .number(spending?.at)),
        ]
        if scope != .none { members.append(JSON.Member("scope", .string(scope.text))) }
        if isPrivate {
            members.append(JSON.Member("enrolled", .text(enrolled)))
            members.append(JSON.Member("spending", .text(spending?.number)))
        }
        return .object(members)
    }

    /// Reads the ledger's; nil when it is not exactly that.
    init?(json: JSON) {
        guard case .object(let members) = json, members.count == (json["scope"] == nil ? 12 : 13),
            let id = json["id"]?.string, TokenClaims.isID(id), let operatorName = json["operator"]?.string,
            let role = json["role"]?.string.flatMap(TokenRole.init(rawValue:)),
            let algorithm = json["alg"]?.string.flatMap(TokenAlgorithm.init(rawValue:)),
            let issued = json["issued"]?.integer, let expires = json["expires"]?.integer,
            (0...TokenClaims.latest).contains(issued), (issued...TokenClaims.latest).contains(expires),
            let issuedBy = json["by"]?.string, let enrolled = json["enrolled"],
            enrolled == .null || enrolled.string != nil
        else { return nil }
        self.id = id
        self.operatorName = operatorName
        self.role = role
        self.algorithm = algorithm
        if json["scope"] == nil {
            scope = .none
        } else {
            guard let read = json["scope"]?.string.flatMap({ FeedScope($0) }), read != .none, role == .feed else {
                return nil
            }
            scope = read
        }
        self.issued = issued
        self.expires = expires
        self.issuedBy = issuedBy
        self.enrolled = enrolled.string
        switch (json["revoked"], json["reason"]) {
        case (.null?, .null?): revoked = nil
        case (.integer(let at)?, .string(let reason)?): revoked = Revocation(at: at, reason: reason)
        default: return nil
        }
        switch (json["spent"], json["spending"]) {
        case (.null?, .null?): spending = nil
        case (.integer(let at)?, .string(let number)?): spending = Spending(at: at, number: number)
        default: return nil
        }
    }
}
