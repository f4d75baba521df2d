import KillSwitch

/// That a token was spent, for whoever did it: only they can give it back.
public struct TokenSpending: Sendable, Equatable {
    /// The token's id.
    public let id: String
    let number: String
}

extension TokenAuthority {
    /// Spends a token that a resume is about to use up: of any number of processes and threads at once, one does.
    ///
    /// Call it before the resume's compare-and-swap, and `giveBack` when the resume was refused: a crash in between
    /// leaves the token spent, never two resumes.
    ///
    /// - Parameters:
    ///   - id: The claim `jti` of the token.
    ///   - now: The wall time, in seconds since 1970.
    /// - Throws: `TokenRefusal`: `spent`, `revoked`, `expired`, `notIssued`, or `unavailable` when that is not on disk.
    @discardableResult
    public func spend(_ id: String, now: Int64) throws(TokenRefusal) -> TokenSpending {
        let number = Sodium.hexadecimal(Sodium.random(8))
        var refusal: TokenRefusal?
        do {
            try changing { (ledger, _) throws(OperatorsError) in
                guard let index = ledger.tokens.firstIndex(where: { $0.id == id }) else {
                    refusal = .notIssued
                    throw TokenAuthority.unchanged
                }
                let token = ledger.tokens[index]
                refusal =
                    if let revoked = token.revoked {
                        .revoked(revoked.reason)
                    } else if token.spending != nil {
                        .spent
                    } else if now >= token.expires {
                        .expired(token.expires)
                    } else {
                        nil
                    }
                guard refusal == nil else { throw TokenAuthority.unchanged }
                ledger.tokens[index].spending = IssuedToken.Spending(at: now, number: number)
            }
        } catch {
            throw refusal ?? .unavailable("\(error)")
        }
        return TokenSpending(id: id, number: number)
    }

    /// Gives a token back that was spent for a resume that was then refused.
    ///
    /// - Returns: whether it is good again as far as spending goes; false for any spending but the one that holds.
    /// - Throws: `OperatorsError` when the ledger cannot be read or written: the token then may be spent.
    @discardableResult
    public func giveBack(_ spending: TokenSpending) throws(OperatorsError) -> Bool {
        try changing { (ledger, _) throws(OperatorsError) in
            guard let index = ledger.tokens.firstIndex(where: { $0.id == spending.id }),
                ledger.tokens[index].spending?.number == spending.number
            else { return false }
            ledger.tokens[index].spending = nil
            return true
        }
    }

    /// Thrown to leave the ledger as it is; nobody sees it.
    private static let unchanged = OperatorsError(.input, "nothing was changed")
}
