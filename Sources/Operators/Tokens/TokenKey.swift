internal import CSodium

/// How a token is signed: the two algorithms of RFC 7518 and RFC 8037 that a desk knows.
public enum TokenAlgorithm: String, Sendable, Equatable, CaseIterable {
    /// Ed25519 (RFC 8037).
    case edDSA = "EdDSA"
    /// HMAC with SHA-256 (RFC 7515, appendix A.1).
    case hs256 = "HS256"
}

/// One key, which is for one algorithm only: what a header says never changes how a key is used.
///
/// Invariant: the key's name is a digest of the key and its algorithm, so a damaged key has no name that fits it.
struct TokenKey: Sendable, Equatable {
    /// The least that HS256 takes, in bytes (RFC 7518, section 3.2); an Ed25519 seed has exactly as many.
    static let length = 32
    private static let greatest = 1024

    let algorithm: TokenAlgorithm
    /// The secret: the bytes of HS256's key, or Ed25519's seed.
    let secret: [UInt8]
    /// Ed25519's public key; empty for HS256.
    let publicKey: [UInt8]
    private let signing: [UInt8]

    /// Takes a secret; nil when its length does not fit.
    init?(_ algorithm: TokenAlgorithm, secret: [UInt8]) {
        guard Sodium.isReady else { return nil }
        self.algorithm = algorithm
        self.secret = secret
        switch algorithm {
        case .hs256:
            guard (TokenKey.length...TokenKey.greatest).contains(secret.count) else { return nil }
            publicKey = []
            signing = []
        case .edDSA:
            guard secret.count == TokenKey.length else { return nil }
            var open = [UInt8](repeating: 0, count: crypto_sign_publickeybytes())
            var closed = [UInt8](repeating: 0, count: crypto_sign_secretkeybytes())
            guard crypto_sign_seed_keypair(&open, &closed, secret) == 0 else { return nil }
            publicKey = open
            signing = closed
        }
    }

    /// A new key from the system's randomness.
    static func make(_ algorithm: TokenAlgorithm) -> TokenKey? {
        TokenKey(algorithm, secret: Sodium.random(length))
    }

    /// The key's name in headers (`kid`): it tells nothing of the key.
    var name: String { Sodium.digest(Array("estop token key \(algorithm.rawValue)\n".utf8) + secret, length: 8) }

    /// Signs bytes.
    func signature(of bytes: [UInt8]) -> [UInt8] {
        switch algorithm {
        case .hs256: return Sodium.hmac(bytes, key: secret)
        case .edDSA:
            var out = [UInt8](repeating: 0, count: crypto_sign_bytes())
            _ = crypto_sign_detached(&out, nil, bytes, UInt64(bytes.count), signing)
            return out
        }
    }

    /// Whether a signature is of these bytes. Compares in constant time.
    func verifies(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        switch algorithm {
        case .hs256: Sodium.areEqual(Sodium.hmac(bytes, key: secret), signature)
        case .edDSA:
            signature.count == crypto_sign_bytes()
                && crypto_sign_verify_detached(signature, bytes, UInt64(bytes.count), publicKey) == 0
        }
    }
}
