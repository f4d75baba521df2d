/// What a token is to be.
public struct TokenRequest: Sendable, Equatable {
    /// Whose it is to be: 1 to 64 bytes.
    public var operatorName: String
    /// What it is to do.
    public var role: TokenRole
    /// How long it is to live, in seconds: 1 to the role's `longest`.
    public var seconds: Int64
    /// How it is to be signed.
    public var algorithm: TokenAlgorithm
    /// For which venues a feed is to speak; other roles have none.
    public var scope: FeedScope

    /// Creates a request.
    public init(
        operatorName: String,
        role: TokenRole,
        seconds: Int64,
        algorithm: TokenAlgorithm = .edDSA,
        scope: FeedScope = .none
    ) {
        self.operatorName = operatorName
        self.role = role
        self.seconds = seconds
        self.algorithm = algorithm
        self.scope = scope
    }
}

extension TokenAuthority {
    /// Issues a token. Whether somebody may is not asked here: see `issue(_:by:passphrase:on:identity:now:)`.
    ///
    /// - Parameters:
    ///   - request: What it is to be.
    ///   - issuer: Who answers for it.
    ///   - now: The wall time, in seconds since 1970.
    /// - Returns: The token, which is nowhere else, and its entry in the ledger, which is on disk.
    /// - Throws: `OperatorsError`: `input`, `unknown`, `notPermitted`, or that a file cannot be read or written.
    func issue(
        _ request: TokenRequest,
        by issuer: String,
        now: Int64
    ) throws(OperatorsError) -> (text: String, entry: IssuedToken) {
        let longest = request.role.rights.longest
        try Operator.check(name: request.operatorName)
        guard (1...longest).contains(request.seconds) else {
            throw OperatorsError(
                .input,
                "a token of role \(request.role.rawValue) lives 1 s to \(longest / 3600) h: ask for another time"
            )
        }
        guard request.scope == .none || request.role == .feed else {
            throw OperatorsError(.input, "a scope is for tokens of role feed: it says for which venues they may speak")
        }
        guard now >= 0, now <= TokenClaims.latest - request.seconds else {
            throw OperatorsError(.input, "this machine's clock is not right: set it, then issue the token")
        }
        let enrolled = try enrolment(of: request)
        return try changing { (ledger, files) throws(OperatorsError) in
            ledger.prune(now: now)
            guard ledger.tokens.count < TokenLedger.capacity else {
                throw OperatorsError(
                    .input,
                    "\(TokenLedger.capacity) tokens are in the ledger: see estop token list for who asks for so many"
                )
            }
            let keys = try madeKeys(in: files)
            guard let key = keys.key(for: request.algorithm) else {
                throw OperatorsError(.corrupt, "\(TokenKeys.name) has no \(request.algorithm.rawValue) key")
            }
            var id = Sodium.hexadecimal(Sodium.random(8))
            while ledger[id] != nil { id = Sodium.hexadecimal(Sodium.random(8)) }
            let claims = TokenClaims(
                audience: audience,
                operatorName: request.operatorName,
                role: request.role,
                issued: now,
                notBefore: now,
                expires: now + request.seconds,
                id: id,
                scope: request.scope
            )
            let text = SignedToken.text(claims, key: key)
            guard text.utf8.count <= SignedToken.limit else {
                throw OperatorsError(.input, "the desk's name is too long for a token: shorten [desk] name")
            }
            let entry = IssuedToken(claims, algorithm: request.algorithm, issuedBy: issuer, enrolled: enrolled)
            ledger.tokens.append(entry)
            return (text, entry)
        }
    }

    /// When the operator of a personal token was enrolled; nil when nobody is, or the role is nobody's own.
    private func enrolment(of request: TokenRequest) throws(OperatorsError) -> String? {
        let list = try operators.list()
        guard request.role.rights.isPersonal, !list.isEmpty else { return nil }
        guard let found = list.first(where: { $0.name == request.operatorName }) else {
            throw OperatorsError(
                .unknown,
                "no operator '\(request.operatorName)' is enrolled, and a token of role \(request.role.rawValue) is an "
                    + "operator's own: see estop operator list"
            )
        }
        return found.since
    }

    /// The desk's keys, made if there are none.
    private func madeKeys(in files: borrowing OwnedDirectory) throws(OperatorsError) -> TokenKeys {
        if let known = try keys(in: files) { return known }
        let made = try TokenKeys.make()
        try files.replace(TokenKeys.name, with: made.text)
        return made
    }

    /// Revokes a token, whatever its state. Only the owner of the state directory; nobody's passphrase is needed to take
    /// something away.
    ///
    /// - Throws: `OperatorsError`: `input`, `unknown`, `exists` when it was revoked before, `notPermitted`, or that the
    ///   ledger cannot be read or written.
    @discardableResult
    func revoke(_ id: String, reason: String, now: Int64) throws(OperatorsError) -> IssuedToken {
        guard !reason.allSatisfy(\.isWhitespace), reason.utf8.count <= TokenLedger.reasonLimit else {
            throw OperatorsError(.input, "a revocation needs a reason of at most \(TokenLedger.reasonLimit) bytes")
        }
        return try changing { (ledger, _) throws(OperatorsError) in
            guard let index = ledger.tokens.firstIndex(where: { $0.id == id }) else {
                throw OperatorsError(.unknown, "the ledger has no token of that id: see estop token list")
            }
            if let before = ledger.tokens[index].revoked {
                throw OperatorsError(.exists, "that token is revoked already (\(before.reason))")
            }
            ledger.tokens[index].revoked = IssuedToken.Revocation(at: now, reason: reason)
            return ledger.tokens[index]
        }
    }
}
