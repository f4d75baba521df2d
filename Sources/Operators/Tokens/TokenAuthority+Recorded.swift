public import KillSwitch

extension TokenAuthority {
    /// Who has to answer for a token: its own operator where the role is personal, else whoever is named.
    ///
    /// - Parameters:
    ///   - request: What the token is to be.
    ///   - named: Who is named for it; nil: the login name.
    ///   - identity: Who runs this process.
    public static func issuer(of request: TokenRequest, named: String?, identity: Identity) -> String {
        request.role.rights.isPersonal ? request.operatorName : named ?? identity.name
    }

    /// Issues a token to whoever may have it, and records that in the switch's log.
    ///
    /// The owner of the state directory issues; where operators are enrolled, one of them answers for it with their
    /// passphrase: for whatever can act, its own operator. A wrong passphrase is delayed and recorded.
    ///
    /// - Parameters:
    ///   - request: What it is to be.
    ///   - issuer: Who answers for it, see `issuer(of:named:identity:)`.
    ///   - passphrase: Theirs; nil where nobody is enrolled.
    ///   - killSwitch: The desk.
    ///   - identity: Who runs this process.
    ///   - now: The wall time, in seconds since 1970.
    /// - Throws: `OperatorsError`. Whatever could not be recorded is revoked.
    public func issue(
        _ request: TokenRequest,
        by issuer: String,
        passphrase: Passphrase?,
        on killSwitch: KillSwitch,
        identity: Identity,
        now: Int64
    ) throws(OperatorsError) -> (text: String, entry: IssuedToken) {
        if let why = operators.objection(
            to: issuer,
            passphrase: passphrase,
            on: killSwitch,
            identity: identity,
            what: "token"
        ) {
            throw OperatorsError(.notPermitted, "\(why); no token was issued")
        }
        let issued = try issue(request, by: issuer, now: now)
        let entry = issued.entry
        do {
            try killSwitch.noteCredential(
                "issued token \(entry.id) of role \(entry.role.rawValue) (\(entry.algorithm.rawValue)) to '\(entry.operatorName)' "
                    + (entry.scope == .none ? "" : "for \(entry.scope.text) ")
                    + "until \(Clock.text(milliseconds: entry.expires * 1000)), answered for by '\(issuer)'",
                about: entry.operatorName,
                identity: identity
            )
        } catch {
            try revoke(entry.id, reason: "its issue could not be recorded", now: now)
            throw OperatorsError(.system, "the token was not issued, because that cannot be recorded: \(error)")
        }
        return issued
    }

    /// Revokes a token and records that in the switch's log.
    ///
    /// - Throws: `OperatorsError`; with `system` the token is revoked and only the record is missing.
    @discardableResult
    public func revoke(
        _ id: String,
        reason: String,
        on killSwitch: KillSwitch,
        identity: Identity,
        now: Int64
    ) throws(OperatorsError) -> IssuedToken {
        let entry = try revoke(id, reason: reason, now: now)
        do {
            try killSwitch.noteCredential(
                "revoked token \(id) of role \(entry.role.rawValue) of '\(entry.operatorName)': \(reason)",
                about: entry.operatorName,
                identity: identity
            )
        } catch {
            throw OperatorsError(.system, "the token is revoked, but that cannot be recorded: \(error)")
        }
        return entry
    }
}
