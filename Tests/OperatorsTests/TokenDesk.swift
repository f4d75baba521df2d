import Glibc
import KillSwitch

@testable import Operators

/// A state directory of its own with an authority over its tokens, and ways to forge what it would not issue.
final class TokenDesk: Sendable {
    let state = TemporaryState()
    let authority: TokenAuthority
    /// 2026-11-21T12:00:00Z.
    static let now: Int64 = 1_795_262_400

    init() { authority = TokenAuthority(operators: state.store(), audience: "momentum", patience: 20_000) }

    deinit {
        for name in ["tokens.json", "tokens.keys", "tokens.lock", "tokens.json.new", "tokens.keys.new"] {
            unlink("\(state.path)/\(name)")
        }
    }

    func issue(
        _ role: TokenRole = .viewer,
        to name: String = "ann",
        seconds: Int64 = 900,
        _ algorithm: TokenAlgorithm = .edDSA,
        now: Int64 = TokenDesk.now
    ) throws -> (text: String, entry: IssuedToken) {
        let request = TokenRequest(operatorName: name, role: role, seconds: seconds, algorithm: algorithm)
        return try authority.issue(request, by: "ann", now: now)
    }

    func keys() throws -> TokenKeys { try TokenKeys(bytes: Array((state.text(of: TokenKeys.name) ?? "").utf8)) }

    func key(_ algorithm: TokenAlgorithm) throws -> TokenKey {
        guard let key = try keys().key(for: algorithm) else { throw OperatorsError(.corrupt, "no such key") }
        return key
    }

    /// Why a token is not accepted; nil when it is.
    func refusal(_ text: some Collection<UInt8>, now: Int64 = TokenDesk.now) -> TokenRefusal? {
        do {
            _ = try authority.verify(text, now: now)
            return nil
        } catch { return error }
    }

    func refusal(_ text: String, now: Int64 = TokenDesk.now) -> TokenRefusal? { refusal(Array(text.utf8), now: now) }

    /// A token with a header of one's own, signed by a key of the desk.
    static func sign(header: String, payload: [UInt8], with key: TokenKey) -> String {
        let signed = Base64URL.text(Array(header.utf8)) + "." + Base64URL.text(payload)
        return signed + "." + Base64URL.text(key.signature(of: Array(signed.utf8)))
    }

    /// The payload of a token as text.
    static func payload(of text: String) -> String {
        let parts = text.split(separator: ".")
        return String(decoding: Base64URL.bytes(parts[1].utf8) ?? [], as: UTF8.self)
    }
}
