public import KillSwitch
import Synchronization

/// Issues, checks, spends and revokes the tokens of one desk. Halting touches none of this.
///
/// Invariants: a token is accepted only if a key of the desk signed it, the ledger has it just so, it is neither revoked
/// nor spent, and its time is now; of any number that spend one at once, one does; what is answered is on disk.
///
/// `verify` reads three small files and never waits for a lock. `issue`, `spend`, `giveBack` and `revoke` write one under
/// a lock, and may wait for others that do. From any thread, but never from one that also has to halt.
public final class TokenAuthority: Sendable {
    static let lock = "tokens.lock"

    /// The state directory.
    public let directory: String
    /// The desk that its tokens are for: the claim `aud`.
    public let audience: String
    let operators: OperatorStore
    private let patience: UInt64
    /// The ledger as it was read last, with its bytes: what has the same bytes is not read again.
    private let read = Mutex<(bytes: [UInt8], ledger: TokenLedger)?>(nil)

    /// Names the authority; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - audience: The desk's name.
    public init(directory: String, audience: String) {
        operators = OperatorStore(directory: directory)
        self.directory = directory
        self.audience = audience
        patience = 5000
    }

    /// For tests: with a store whose delays are only written down, and another patience, in milliseconds.
    init(operators: OperatorStore, audience: String, patience: UInt64) {
        self.operators = operators
        self.directory = operators.directory
        self.audience = audience
        self.patience = patience
    }

    // MARK: - Checking

    /// What a token says, if it is accepted at a time.
    ///
    /// - Parameters:
    ///   - text: The token, as it came.
    ///   - now: The wall time, in seconds since 1970.
    /// - Throws: `TokenRefusal`.
    public func verify(_ text: some Collection<UInt8>, now: Int64) throws(TokenRefusal) -> TokenClaims {
        // So that nobody has files read for what cannot be a token.
        guard !text.isEmpty else { throw .missing }
        guard text.count <= SignedToken.limit else { throw .tooLong }
        let (keys, ledger, enrolled) = try known()
        guard let keys else { throw .unknownKey }
        let claims = try SignedToken.claims(of: Array(text), keys: keys)
        guard claims.audience == audience else { throw .wrongAudience(audience) }
        guard claims.notBefore <= now else { throw .notYetValid(claims.notBefore) }
        guard now < claims.expires else { throw .expired(claims.expires) }
        guard let token = ledger[claims.id] else { throw .notIssued }
        guard token.operatorName == claims.operatorName, token.role == claims.role, token.issued == claims.issued,
            token.expires == claims.expires, token.scope == claims.scope
        else { throw .notAsIssued }
        try TokenAuthority.check(token, enrolled)
        return claims
    }

    /// What a token says, if it is accepted at a time and its role allows something.
    ///
    /// - Throws: `TokenRefusal`; `mayNot` when the token is good and its role is not enough.
    public func verify(
        _ text: some Collection<UInt8>,
        may permission: TokenRole.Permission,
        now: Int64
    ) throws(TokenRefusal) -> TokenClaims {
        let claims = try verify(text, now: now)
        guard claims.role.may(permission) else { throw .mayNot(claims.role, permission) }
        return claims
    }

    /// Whom a token names, whether or not it is any good: for the record of a refusal, where nothing of it is proved.
    ///
    /// - Returns: the operator and the token's id as it has them, cut short; nil when it has none that can be read.
    public static func claimed(by text: some Collection<UInt8>) -> String? {
        guard text.count <= SignedToken.limit else { return nil }
        let parts = Array(text).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count > 1, let payload = Base64URL.bytes(parts[1]), let json = JSON(bytes: payload) else {
            return nil
        }
        func cut(_ key: String) -> String { String(json[key]?.string?.prefix(64) ?? "?") }
        return "\(cut("sub")) (\(cut("jti")))"
    }

    /// What a token's operator is among all who are enrolled now: for a resume that takes two people.
    ///
    /// - Parameter claims: of a token that was just accepted.
    /// - Throws: `TokenRefusal.unavailable` when nobody can tell who is enrolled.
    public func credential(of claims: TokenClaims) throws(TokenRefusal) -> Credential {
        do {
            return try operators.credential(of: claims.operatorName)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private static func check(_ token: IssuedToken, _ enrolled: [Operator]) throws(TokenRefusal) {
        if let revoked = token.revoked { throw .revoked(revoked.reason) }
        guard token.spending == nil else { throw .spent }
        guard token.role.rights.isPersonal else { return }
        // Nobody enrolled then and now, or the same operator, enrolled no later: a new passphrase ends old tokens.
        guard token.enrolled != nil || enrolled.isEmpty,
            token.enrolled == enrolled.first(where: { $0.name == token.operatorName })?.since
        else { throw .notEnrolled(token.operatorName) }
    }

    private func known() throws(TokenRefusal) -> (TokenKeys?, TokenLedger, [Operator]) {
        do {
            let files = try OwnedDirectory(directory)
            return (try keys(in: files), try ledger(in: files), try operators.list())
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// Every token that the ledger has, in the order of issue. Changes nothing.
    ///
    /// - Throws: `OperatorsError` when the ledger exists and cannot be read, trusted or understood.
    public func list() throws(OperatorsError) -> [IssuedToken] { try ledger(in: OwnedDirectory(directory)).tokens }

    // MARK: - Files

    func keys(in files: borrowing OwnedDirectory) throws(OperatorsError) -> TokenKeys? {
        guard let bytes = try files.read(TokenKeys.name) else { return nil }
        return try TokenKeys(bytes: bytes)
    }

    func ledger(in files: borrowing OwnedDirectory) throws(OperatorsError) -> TokenLedger {
        guard let bytes = try files.read(TokenLedger.name, limit: TokenLedger.fileLimit) else { return TokenLedger() }
        if let known = read.withLock({ $0?.bytes == bytes ? $0?.ledger : nil }) { return known }
        let ledger = try TokenLedger(bytes: bytes)
        read.withLock { $0 = (bytes, ledger) }
        return ledger
    }

    /// Has the ledger changed under the lock, and on disk when it returns.
    func changing<Result>(
        _ body: (inout TokenLedger, borrowing OwnedDirectory) throws(OperatorsError) -> Result
    ) throws(OperatorsError) -> Result {
        let files = try OwnedDirectory(directory)
        try files.checkOwner()
        return try files.locked(TokenAuthority.lock, patience: patience) { () throws(OperatorsError) in
            var ledger = try ledger(in: files)
            let result = try body(&ledger, files)
            try files.replace(TokenLedger.name, with: ledger.text, limit: TokenLedger.fileLimit)
            return result
        }
    }
}
