import KillSwitch

/// Why a token is not accepted. Each says what, why and what to do, and nothing about keys.
public enum TokenRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is none.
    case missing
    /// More bytes than any token has.
    case tooLong
    /// Not three parts of strict base64url that hold what they should; the text says which.
    case malformed(String)
    /// The header is not exactly `alg`, `typ` and `kid`.
    case badHeader
    /// The header asks for an extension (`crit`).
    case criticalHeader
    /// The algorithm is not the one of the key that the header names: `none`, or a confusion of keys.
    case wrongAlgorithm
    /// No key of this desk has that name.
    case unknownKey
    /// The signature is not of that key and these bytes.
    case badSignature
    /// A claim is not there.
    case missingClaim(String)
    /// A claim is not what it must be, or is none that tokens of a desk have.
    case badClaim(String)
    /// Another program issued it.
    case wrongIssuer
    /// It is for another desk.
    case wrongAudience(String)
    /// It is good later; seconds since 1970.
    case notYetValid(Int64)
    /// It was good until then; seconds since 1970.
    case expired(Int64)
    /// The desk has not issued it, or has forgotten it long after its end.
    case notIssued
    /// It says something else than the ledger about the same token.
    case notAsIssued
    /// It was revoked, for that reason.
    case revoked(String)
    /// A resume has used it up, or having asked for one that takes two people.
    case spent
    /// Its operator is not enrolled, or was enrolled again since.
    case notEnrolled(String)
    /// The role does not allow that.
    case mayNot(TokenRole, TokenRole.Permission)
    /// Nothing can be said: keys, ledger or operators cannot be read or trusted.
    case unavailable(String)

    /// What a refusal says about who asks.
    public enum Status: Int, Sendable, Equatable {
        /// It is not known who asks.
        case unauthenticated = 401
        /// It is known, and they may not.
        case forbidden = 403
        /// The desk cannot say.
        case unavailable = 503
    }

    /// What a server answers.
    public var status: Status {
        switch self {
        case .mayNot, .notEnrolled: .forbidden
        case .unavailable: .unavailable
        default: .unauthenticated
        }
    }

    /// The word for it in errors and records, such as `token_expired`.
    public var code: String {
        switch self {
        case .missing: "token_missing"
        case .tooLong: "token_too_long"
        case .malformed: "token_malformed"
        case .badHeader: "token_header"
        case .criticalHeader: "token_critical"
        case .wrongAlgorithm: "token_algorithm"
        case .unknownKey: "token_key_unknown"
        case .badSignature: "token_signature"
        case .missingClaim: "token_claim_missing"
        case .badClaim: "token_claim"
        case .wrongIssuer: "token_issuer"
        case .wrongAudience: "token_audience"
        case .notYetValid: "token_not_yet_valid"
        case .expired: "token_expired"
        case .notIssued: "token_not_issued"
        case .notAsIssued: "token_not_as_issued"
        case .revoked: "token_revoked"
        case .spent: "token_spent"
        case .notEnrolled: "operator_not_enrolled"
        case .mayNot: "role_insufficient"
        case .unavailable: "tokens_unavailable"
        }
    }

    /// The value of `WWW-Authenticate` that goes with a 401 or a 403 (RFC 6750, section 3); nil where there is none.
    public var challenge: String? {
        switch self {
        case .missing: "Bearer realm=\"estop\""
        case .mayNot: "Bearer realm=\"estop\", error=\"insufficient_scope\""
        case .unavailable, .notEnrolled: nil
        default: "Bearer realm=\"estop\", error=\"invalid_token\""
        }
    }

    /// What, why and what to do, for a person.
    public var description: String {
        let another = "ask for another (estop token issue)"
        return switch self {
        case .missing: "a bearer token is needed: send Authorization: Bearer TOKEN (estop token issue makes one)"
        case .tooLong: "the token is longer than any that a desk issues: send the token alone"
        case .malformed(let what): "this is no token of a desk (\(what)): send it exactly as it was printed"
        case .badHeader: "the token's header is not one that a desk writes: \(another)"
        case .criticalHeader: "the token asks for an extension that no desk knows (crit): \(another)"
        case .wrongAlgorithm: "the token names an algorithm that its key is not for: \(another)"
        case .unknownKey:
            "no key of this desk has signed the token: it is of another desk, or the keys are new; \(another)"
        case .badSignature: "the token's signature is wrong, so it was changed after it was issued: \(another)"
        case .missingClaim(let name): "the token does not say \(name): \(another)"
        case .badClaim(let name): "what the token says as \(name) cannot be: \(another)"
        case .wrongIssuer: "estop did not issue the token: \(another)"
        case .wrongAudience(let desk): "the token is for another desk, not for \(desk): \(another)"
        case .notYetValid(let time):
            "the token is good from \(TokenRefusal.text(time)) on: wait, or see whether this machine's clock is right"
        case .expired(let time): "the token was good until \(TokenRefusal.text(time)): \(another)"
        case .notIssued: "the desk's ledger does not have this token: \(another)"
        case .notAsIssued: "the token does not say what the desk's ledger says of it: revoke it and \(another)"
        case .revoked(let reason): "the token was revoked (\(reason)): \(another)"
        case .spent: "the token was used up, by a resume or by asking for one that takes two people: \(another)"
        case .notEnrolled(let name):
            "\(name) is not enrolled as when the token was issued: enrol them (estop operator add), then \(another)"
        case .mayNot(let role, let permission):
            "a token of role \(role.rawValue) may not \(permission.rawValue): it takes "
                + TokenRole.table.filter { $0.permissions.contains(permission) }.map(\.role.rawValue)
                .joined(separator: " or ")
        case .unavailable(let why): "no token can be checked: \(why)"
        }
    }

    private static func text(_ seconds: Int64) -> String { Clock.text(milliseconds: seconds * 1000) }
}
